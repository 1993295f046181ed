"""Import orders from a CSV file: all of them, or none and a list of everything that is wrong.

An order is known by its practice and the practice's own reference, so a file can be imported again without harm.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched

from django.db import IntegrityError, transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.actions.place_order import (
    Details,
    LineInvalid,
    Wish,
    build_line,
    build_order,
    check_details,
    require_one_currency,
)
from reprieve.catalog.models import Product
from reprieve.history.models import EventType
from reprieve.history.record import draft as draft_event
from reprieve.history.record import record_all
from reprieve.lib.errors import Invalid, Refused
from reprieve.orders.models import Order, OrderLine
from reprieve.orders.order_csv import Problem, Row, read_orders

SHOWN_PROBLEMS = 50
BATCH = 1000
COLUMN_OF_FIELD = {"patient_reference": "patient", "customer_reference": "reference"}
SAME_IN_AN_ORDER = ("patient", "requested_delivery", "payment_terms", "note", "submitted_at")

type Key = tuple[int, str]


class ImportRefused(Refused):
    """The file has problems, so nothing was imported. `problems` are in the order of the file."""

    code = "import_refused"
    usual_remedy = "Nothing was imported. Correct the file and import it again."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__(f"The file has {_count(len(self.problems), 'problem')}.")

    @property
    def shown(self) -> list[Problem]:
        """As many of the problems as somebody would read."""
        return self.problems[:SHOWN_PROBLEMS]


class ImportCollided(Refused):
    """Somebody wrote one of the same orders while this import was writing."""

    code = "import_collided"
    usual_remedy = "Nothing was imported. Import the file again: what is there by then is left as it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. `different` are the orders that were there already with another content, left as they are."""

    new: list[Order]
    already_there: list[Order]
    different: list[Order]


@dataclass(slots=True, kw_only=True)
class Draft:
    """An order as the file asks for it.

    `said` is its first row, filled up with what later rows say in the columns that the lines of an order share.
    """

    practice: Practice
    said: Row
    lines: list[tuple[Row, OrderLine]] = field(default_factory=list)

    @property
    def details(self) -> Details:
        """What the order says besides its lines."""
        return Details(
            patient_reference=self.said.patient,
            customer_reference=self.said.reference,
            note=self.said.note,
            requested_delivery=self.said.requested_delivery,
            payment_terms=self.said.payment_terms,
        )


def import_orders(*, content: bytes, actor: Actor, now: datetime, practice: str = "") -> Imported:
    """Import them. `practice` is whose orders all of them are, for a file that does not say.

    Raises NotAllowed, FileUnreadable, ImportRefused, ImportCollided; then nothing is imported.
    """
    access.require_role(actor, *access.IMPORTS_ORDERS)
    rows, problems = read_orders(content, practice=practice)
    try:
        with transaction.atomic():
            drafts = _drafts(rows, practice, problems)
            there = _there(drafts)
            new = {key: draft for key, draft in drafts.items() if key not in there}
            orders = [_order(draft, actor, now, problems) for draft in new.values()]
            if problems:
                raise ImportRefused(problems)
            _write(orders, list(new.values()), actor, now)
    except IntegrityError as collision:
        raise ImportCollided("Somebody else has written one of these orders at the same moment.") from collision
    return Imported(
        new=orders,
        already_there=list(there.values()),
        different=[order for key, order in there.items() if not _is_same(order, drafts[key])],
    )


def _drafts(rows: Sequence[Row], practice: str, problems: list[Problem]) -> dict[Key, Draft]:
    """The orders that the rows make up, each line looked up and built."""
    practices = _by_name(Practice.objects.all())
    products = _by_name(Product.objects.select_related("family"))
    drafts: dict[Key, Draft] = {}
    for row in rows:
        if practice and _tidy(row.practice) != _tidy(practice):
            what = f"The file is imported for {practice}, but this line is for “{row.practice}”."
            problems.append(Problem(row.line, "practice", what))
            continue
        owner = _find(practices, row, "practice", problems)
        product = _find(products, row, "product", problems)
        if owner is None or product is None:
            continue
        draft = drafts.setdefault((owner.pk, row.reference), Draft(practice=owner, said=row))
        problems += _listen(draft, row)
        if (line := _line(row, product, problems)) is not None:
            draft.lines.append((row, line))
    return drafts


def _line(row: Row, product: Product, problems: list[Problem]) -> OrderLine | None:
    wish = Wish(product.pk, row.teeth, 1 if row.quantity is None else row.quantity)
    try:
        line = build_line(0, wish, {product.pk: product})
    except LineInvalid as problem:
        problems.append(Problem(row.line, problem.field, problem.why))
        return None
    if row.quantity not in (None, line.quantity):
        what = f"The teeth make {line.quantity}, but the quantity is {row.quantity}. Leave the quantity empty."
        problems.append(Problem(row.line, "quantity", what))
    return line


def _listen(draft: Draft, row: Row) -> list[Problem]:
    """Take in what a row says about its order as a whole; what contradicts an earlier row is a problem."""
    found = []
    for name in SAME_IN_AN_ORDER:
        before, here = getattr(draft.said, name), getattr(row, name)
        if here and not before:
            draft.said = replace(draft.said, **{name: here})
        elif here and here != before:
            what = f"The lines of order {row.reference} disagree: “{before}” before, “{here}” here."
            found.append(Problem(row.line, name, what))
    return found


def _there(drafts: Mapping[Key, Draft]) -> dict[Key, Order]:
    """Those of the orders that exist. Their practices' rows are locked first, as placing an order does."""
    practices = sorted({practice for practice, _ in drafts})
    list(Practice.objects.select_for_update().filter(pk__in=practices).order_by("pk"))
    found: dict[Key, Order] = {}
    for references in batched(sorted({reference for _, reference in drafts}), BATCH):
        orders = Order.objects.filter(practice__in=practices, customer_reference__in=references)
        found |= {(order.practice_id, order.customer_reference): order for order in orders.prefetch_related("lines")}
    return {key: found[key] for key in drafts if key in found}


def _order(draft: Draft, actor: Actor, now: datetime, problems: list[Problem]) -> Order:
    """The new order, not yet saved, submitted when the file says so."""
    submitted_at = draft.said.submitted_at or now
    if submitted_at > now:
        problems.append(Problem(draft.said.line, "submitted_at", "This lies in the future."))
    problems += [
        Problem(row.line, "product", f"{line.product_name} can no longer be ordered.")
        for row, line in draft.lines
        if not line.product.active
    ]
    lines = [line for _, line in draft.lines]
    try:
        check_details(draft.details, submitted_at)
        require_one_currency(lines)
    except Invalid as problem:
        column = COLUMN_OF_FIELD.get(problem.field, problem.field)
        problems.append(Problem(draft.said.line, column, problem.why))
    currency = lines[0].currency if lines else ""
    return build_order(draft.practice, actor, draft.details, currency=currency, now=submitted_at)


def _write(orders: Sequence[Order], drafts: Sequence[Draft], actor: Actor, now: datetime) -> None:
    Order.objects.bulk_create(orders, batch_size=BATCH)
    lines = []
    for order, draft in zip(orders, drafts, strict=True):
        for _, line in draft.lines:
            line.order = order
            lines.append(line)
    OrderLine.objects.bulk_create(lines, batch_size=BATCH)
    record_all(
        draft_event(
            EventType.ORDER_IMPORTED,
            subject=Order.SUBJECT,
            subject_id=order.pk,
            actor=actor,
            now=now,
            data={"reference": order.customer_reference},
        )
        for order in orders
    )


def _is_same(order: Order, draft: Draft) -> bool:
    """Whether an order that is there is what the file asks for; what the file leaves open cannot differ."""
    details = draft.details
    return (
        (order.patient_reference, order.note, order.requested_delivery)
        == (details.patient_reference, details.note, details.requested_delivery)
        and details.payment_terms in ("", order.payment_terms)
        and draft.said.submitted_at in (None, order.submitted_at)
        and sorted(map(_content, order.lines.all())) == sorted(_content(line) for _, line in draft.lines)
    )


def _content(line: OrderLine) -> tuple[int, list[int], int]:
    return line.product_id, line.teeth, line.quantity


def _by_name[M: (Practice, Product)](rows: Iterable[M]) -> dict[str, list[M]]:
    found = defaultdict(list)
    for row in rows:
        found[_tidy(row.name)].append(row)
    return found


def _find[M: (Practice, Product)](
    names: Mapping[str, list[M]], row: Row, column: str, problems: list[Problem]
) -> M | None:
    """The one that the row names in a column, or a problem that says what to write instead."""
    written: str = getattr(row, column)
    found = names.get(_tidy(written), [])
    if len(found) == 1:
        return found[0]
    if found:
        what = f"There are {len(found)} of the name “{written}”, so it cannot be told which is meant."
    else:
        close = difflib.get_close_matches(_tidy(written), names, n=1) if len(problems) < SHOWN_PROBLEMS else []
        hint = f" Did you mean “{names[close[0]][0].name}”?" if close else ""
        what = f"There is no {column} “{written}”.{hint}"
    problems.append(Problem(row.line, column, what))
    return None


def _tidy(name: str) -> str:
    return " ".join(name.split()).casefold()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
