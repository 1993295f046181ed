"""Finding orders, alike behind both doors: one by its number, those of a list by words and by status."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.lib import identifiers
from reprieve.lib.errors import NotFound
from reprieve.orders.actions import Action
from reprieve.orders.models import Order, Pause, Status
from reprieve.orders.subject import ORDERS
from reprieve.policies.models import Outcome
from reprieve.policies.sql.outcomes import decided_as

CANCELLATION_REQUESTED = "cancellation_requested"
CANCELLABLE_NOW = "cancellable_now"
LONGEST_SEARCH = 100
MISSING = _("There is no such order, or it belongs to another practice.")
REFERENCES = ("patient_reference", "customer_reference")


def order_by_number(actor: Actor, number: str) -> Order:
    """The order behind a number in an address. Raises NotFound, also for another practice's."""
    return numbered(access.rows(actor, Order).select_related("practice", "charge"), number)


def numbered(orders: QuerySet[Order], number: str) -> Order:
    """The one of the orders that has the number. Raises NotFound."""
    order = orders.filter(pk=key_of(number)).first()
    if order is None:
        raise NotFound(str(MISSING))
    return order


def key_of(number: str) -> int:
    """The key that a number in an address stands for, for a command that looks it up itself. Raises NotFound."""
    pk = identifiers.order_id(number)
    if pk is None:
        raise NotFound(str(MISSING))
    return pk


def as_printed(number: str) -> str:
    """A number in an address as it is written everywhere else."""
    return identifiers.order_number(key_of(number))


def searchable(text: str) -> str:
    """What somebody typed, in a length and in characters that a database can search for."""
    return text.replace("\0", "").strip()[:LONGEST_SEARCH]


def named_by(words: str, *further: str) -> Q:
    """Orders whose number, references or `further` fields the words name, or whose practice's number they are.

    The order's number is also found without its R.
    """
    found = Q()
    for field in (*REFERENCES, *further):
        found |= Q(**{f"{field}__icontains": words})
    practice = identifiers.practice_id(words)
    if practice is not None:
        found |= Q(practice=practice)
    pk = identifiers.order_id(f"R-{words}" if words.isdecimal() and words.isascii() else words)
    return found if pk is None else found | Q(pk=pk)


def has_open_request() -> Exists:
    return Exists(Cancellation.objects.filter(order=OuterRef("pk"), state=CancellationState.REQUESTED))


def with_what_a_row_shows(orders: QuerySet[Order]) -> QuerySet[Order]:
    """The orders of a list with their lines, `is_cancellation_requested`, and `paused_until` while they are paused."""
    pauses = Pause.objects.filter(order=OuterRef("pk"), ended_at=None, slated_at=None)
    return orders.prefetch_related("lines").annotate(
        is_cancellation_requested=has_open_request(), paused_until=Subquery(pauses.values("until")[:1])
    )


def narrowed(orders: QuerySet[Order], choice: str, actor: Actor, *, now: datetime) -> QuerySet[Order]:
    """Those of a status, with an open request, or that the rules let whoever asks cancel now without asking anybody.

    All of them for anything else: an old link still works.
    """
    if choice == CANCELLATION_REQUESTED:
        return orders.filter(has_open_request())
    if choice == CANCELLABLE_NOW:
        uncancelled = orders.exclude(status=Status.CANCELLED)
        return decided_as(ORDERS, uncancelled, Outcome.ALLOW, Action.CANCEL, actor, now=now)
    return orders.filter(status=choice) if choice in Status.values else orders
