"""What a table may answer with. One list for all policies, so that a term means the same wherever it stands."""

from reprieve.dmn.sfeel import ValueType
from reprieve.dmn.table import Output
from reprieve.policies.models import Outcome

OUTPUTS: dict[str, Output] = {
    output.name: output
    for output in (
        Output("outcome", ValueType.STRING, "Outcome", tuple(Outcome.values)),
        Output("message", ValueType.STRING, "What the customer reads", None),
        Output("staff_note", ValueType.STRING, "Note to staff", None, optional=True),
        Output("refund_share", ValueType.NUMBER, "Share of the payment refunded (0 to 1)", None, optional=True),
        Output("fixed_fee", ValueType.NUMBER, "Fixed fee kept, in the order's currency", None, optional=True),
        Output("keep_processing_fee", ValueType.BOOLEAN, "Keep the card's processing fee", None, optional=True),
        Output("refund_to", ValueType.STRING, "Refund to", ("origin", "store_credit"), optional=True),
        Output("undo_window", ValueType.DURATION, "Time in which it can be undone", None, optional=True),
        Output("longest_pause", ValueType.DURATION, "Longest pause", None, optional=True),
        Output("grace", ValueType.DURATION, "Grace after the pause ran out", None, optional=True),
    )
}
