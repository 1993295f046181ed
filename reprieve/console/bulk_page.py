"""What the page shows before the same is done with many orders: groups by what the rules say, with what goes back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.billing.quotes import Quote
from reprieve.console.bulk_words import Eligibility, words_of
from reprieve.lib.money import display, from_minor
from reprieve.options.answers import Option
from reprieve.options.options import options_of
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.policies.models import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order. `back` is what is promised to go back of what was paid, if anything is."""

    option: Option
    eligibility: Eligibility
    quoted: Quote | None
    back: str

    @property
    def order(self) -> Order:
        return self.option.order

    @property
    def seen(self) -> str:
        """What the form carries of it; `SeenOrdersField` reads it."""
        refund = "" if self.quoted is None else str(self.quoted.promised_minor)
        return f"{self.order.pk}:{self.order.version}:{self.eligibility}:{refund}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Orders about which the rules say the same: by which outcome, in which words to the customer and to staff."""

    outcome: str
    message: str
    staff_note: str
    rows: Sequence[Row]

    @property
    def gives_back(self) -> bool:
        return any(row.back for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The orders that are equally eligible. `title` counts them in words."""

    eligibility: Eligibility
    title: str
    says: Sequence[Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be done.

    Attributes:
        groups: the orders by what the rules say.
        back: what goes back of those allowed, a sum a currency.
        left_open: of how many of them support decides how much goes back.
    """

    groups: Sequence[Group]
    back: Sequence[str]
    left_open: int

    @property
    def eligibilities(self) -> set[Eligibility]:
        return {group.eligibility for group in self.groups}


def preview(
    orders: QuerySet[Order], action: Action, actor: Actor, *, now: datetime, reason: str | None = None
) -> Preview:
    """What the rules say about each order, and whether its state lets it happen. As many queries for two as for 200.

    Raises NoRulesInForce.
    """
    among = options_of(orders.select_related("practice"), actor, now=now, reason=reason, actions=(action,))
    rows = [_row(found.require(action)) for found in among.values()]
    allowed = [row.quoted for row in rows if row.eligibility is Eligibility.ALLOWED and row.quoted]
    return Preview(
        groups=list(_groups(rows, action)),
        back=list(_sums(allowed)),
        left_open=sum(quoted.total_minor > quoted.promised_minor for quoted in allowed),
    )


def _row(option: Option) -> Row:
    eligibility, quoted = _eligibility(option), None
    if option.action is Action.CANCEL and eligibility is not Eligibility.NEVER:
        quoted = option.quote if eligibility is Eligibility.ALLOWED else option.quote_against_the_rules
    back = quoted.promised_minor if quoted else 0
    return Row(
        option=option,
        eligibility=eligibility,
        quoted=quoted,
        back=display(from_minor(back, option.order.currency)) if back else "",
    )


def _eligibility(option: Option) -> Eligibility:
    if not option.fits_state:
        return Eligibility.NEVER
    return Eligibility.ALLOWED if option.outcome is Outcome.ALLOW else Eligibility.AGAINST


def _groups(found: Sequence[Row], action: Action) -> Iterator[Group]:
    for eligibility in Eligibility:
        rows = [row for row in found if row.eligibility is eligibility]
        if rows:
            says = [_nothing_said(rows)] if eligibility is Eligibility.NEVER else list(_by_words(rows))
            yield Group(eligibility=eligibility, title=words_of(action).group(eligibility)(len(rows)), says=says)


def _nothing_said(rows: Sequence[Row]) -> Said:
    return Said(outcome="", message="", staff_note="", rows=rows)


def _by_words(rows: Iterable[Row]) -> Iterator[Said]:
    """The orders together about which the rules say the same, in the order in which they come."""
    together: dict[tuple[Outcome, str, str], list[Row]] = {}
    for row in rows:
        option = row.option
        together.setdefault((option.outcome, option.message, option.staff_note), []).append(row)
    labels = {
        Outcome.REQUEST: gettext("The rules leave it to support."),
        Outcome.REFUSE: gettext("The rules refuse."),
    }
    for (outcome, message, staff_note), alike in together.items():
        yield Said(outcome=labels.get(outcome, ""), message=message, staff_note=staff_note, rows=alike)


def _sums(quotes: Iterable[Quote]) -> Iterator[str]:
    sums: Counter[str] = Counter()
    for quoted in quotes:
        sums[quoted.plan.currency] += quoted.promised_minor
    return (display(from_minor(minor, currency)) for currency, minor in sorted(sums.items()) if minor)
