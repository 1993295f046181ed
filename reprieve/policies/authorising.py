"""From a ruling to yes or no: the one place where an outcome becomes a refusal, or staff an override."""

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.lib.errors import Refused
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling
from reprieve.policies.words.advice import remedy


def authorise(
    ruling: Ruling,
    actor: Actor,
    *,
    override: bool,
    refused: type[Refused],
    needs_request: type[Refused] | None = None,
) -> bool:
    """Whether what will be done is an override of the rules.

    Raises `refused` or `needs_request` in the table's own words; NotAllowed to staff whose work it is not, and to
    customers who ask for an override.
    """
    access.require_may_act(actor)
    if override:
        access.require_role(actor, *access.ACTS_FOR_CUSTOMERS)
    if ruling.outcome is Outcome.ALLOW:
        return False
    if override:
        return True
    if ruling.outcome is Outcome.REQUEST and needs_request is not None:
        raise needs_request(ruling.message)
    raise refusal(ruling, refused)


def refusal(ruling: Ruling, refused: type[Refused]) -> Refused:
    """The refusal in the table's own words, with what would have to differ and when time alone will help."""
    return refused(ruling.message, remedy=remedy(ruling))
