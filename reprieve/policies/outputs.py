"""What a table may answer with. One list for all policies, so that a term means the same wherever it stands."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_noop

from reprieve.dmn.sfeel import ValueType
from reprieve.dmn.table import Output
from reprieve.policies.models import Outcome

NUMBER, BOOLEAN, DURATION = ValueType.NUMBER, ValueType.BOOLEAN, ValueType.DURATION
NO_TIME: Final = timedelta()
SHORTEST_PAUSE: Final = timedelta(minutes=1)  # a pause ends after it begins

OUTPUTS: dict[str, Output] = {
    output.name: output
    for output in (
        Output("outcome", ValueType.STRING, gettext_noop("Outcome"), tuple(Outcome.values)),
        Output("message", ValueType.STRING, gettext_noop("What the customer reads"), None),
        Output("staff_note", ValueType.STRING, gettext_noop("Note to staff"), None, optional=True),
        Output(
            "refund_share",
            NUMBER,
            gettext_noop("Share of the payment refunded (0 to 1)"),
            optional=True,
            minimum=0,
            maximum=1,
        ),
        Output("fixed_fee", NUMBER, gettext_noop("Fixed fee kept, in the order's currency"), optional=True, minimum=0),
        Output("keep_processing_fee", BOOLEAN, gettext_noop("Keep the card's processing fee"), optional=True),
        Output("keep_deposit", BOOLEAN, gettext_noop("Keep the deposit"), optional=True),
        Output("refund_to", ValueType.STRING, gettext_noop("Refund to"), ("origin", "store_credit"), optional=True),
        Output("undo_window", DURATION, gettext_noop("Time in which it can be undone"), optional=True, minimum=NO_TIME),
        Output("longest_pause", DURATION, gettext_noop("Longest pause"), optional=True, minimum=SHORTEST_PAUSE),
        Output("grace", DURATION, gettext_noop("Grace after the pause ran out"), optional=True, minimum=NO_TIME),
    )
}
