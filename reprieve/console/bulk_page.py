"""What the page shows before the same is done with many orders: groups by what the rules say, with what goes back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext
from moneyed import Money

from reprieve.accounts.actors import Actor
from reprieve.billing.quotes import QUOTED, Quote, quote
from reprieve.console.bulk_words import Eligibility, words_of
from reprieve.dmn.values import Value
from reprieve.lib.money import display, from_minor
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.orders.subject import ORDERS
from reprieve.policies.models import Outcome
from reprieve.policies.sql.outcomes import answers_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order. `back` is what is promised to go back of what was paid, if anything is."""

    order: Order
    eligibility: Eligibility
    quoted: Quote | None
    back: str

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
    related = ("lines", *QUOTED) if action is Action.CANCEL else ("lines",)
    wanted = orders.select_related("practice").prefetch_related(*related)
    answers = answers_on(ORDERS, wanted, action, actor, now=now, reason=reason)
    found = [(_row(order, action, outputs), outputs) for order, outputs in answers]
    allowed = [row.quoted for row, _ in found if row.eligibility is Eligibility.ALLOWED and row.quoted]
    return Preview(
        groups=list(_groups(found, action)),
        back=list(_sums(allowed)),
        left_open=sum(quoted.total_minor > quoted.promised_minor for quoted in allowed),
    )


def _row(order: Order, action: Action, outputs: Mapping[str, Value]) -> Row:
    eligibility = _eligibility(order, action, outputs)
    is_money = action is Action.CANCEL and eligibility is not Eligibility.NEVER
    quoted = quote(order, outputs, override=eligibility is Eligibility.AGAINST) if is_money else None
    back = quoted.promised_minor if quoted else 0
    return Row(
        order=order,
        eligibility=eligibility,
        quoted=quoted,
        back=_money(from_minor(back, order.currency)) if back else "",
    )


def _eligibility(order: Order, action: Action, outputs: Mapping[str, Value]) -> Eligibility:
    if lifecycle.transition(order, action.verb) is None:
        return Eligibility.NEVER
    return Eligibility.ALLOWED if outputs["outcome"] == Outcome.ALLOW.value else Eligibility.AGAINST


def _groups(found: Sequence[tuple[Row, Mapping[str, Value]]], action: Action) -> Iterator[Group]:
    for eligibility in Eligibility:
        rows = [(row, outputs) for row, outputs in found if row.eligibility is eligibility]
        if rows:
            says = [_said([row for row, _ in rows], {})] if eligibility is Eligibility.NEVER else list(_by_words(rows))
            yield Group(eligibility=eligibility, title=words_of(action).group(eligibility)(len(rows)), says=says)


def _by_words(rows: Iterable[tuple[Row, Mapping[str, Value]]]) -> Iterator[Said]:
    """The orders together about which the rules say the same, in the order in which they come."""
    words: dict[tuple[Value | None, ...], tuple[Mapping[str, Value], list[Row]]] = {}
    for row, outputs in rows:
        same = tuple(outputs.get(name) for name in ("outcome", "message", "staff_note"))
        words.setdefault(same, (outputs, []))[1].append(row)
    return (_said(alike, outputs) for outputs, alike in words.values())


def _said(rows: Sequence[Row], outputs: Mapping[str, Value]) -> Said:
    labels = {
        Outcome.REQUEST.value: gettext("The rules leave it to support."),
        Outcome.REFUSE.value: gettext("The rules refuse."),
    }
    outcome, message, staff_note = (str(outputs.get(name) or "") for name in ("outcome", "message", "staff_note"))
    return Said(outcome=labels.get(outcome, ""), message=message, staff_note=staff_note, rows=rows)


def _sums(quotes: Iterable[Quote]) -> Iterator[str]:
    sums: Counter[str] = Counter()
    for quoted in quotes:
        sums[quoted.plan.currency] += quoted.promised_minor
    return (_money(from_minor(minor, currency)) for currency, minor in sorted(sums.items()) if minor)


def _money(amount: Money) -> str:
    return display(amount)
