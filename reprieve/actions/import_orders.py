"""Import orders from a CSV file: all of them, or none and a list of everything that is wrong.

An order is known by its practice and the practice's own reference, so a file can be imported again without harm.
Everything is read, built and checked before the first lock is taken: nobody waits for a long file.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.billing.charges import charge_for
from reprieve.billing.models import Charge
from reprieve.catalog.models import Product
from reprieve.history.models import EventType
from reprieve.history.record import draft as draft_event
from reprieve.history.record import record_all
from reprieve.lib import identifiers
from reprieve.lib.errors import Invalid, Refused
from reprieve.orders.building import (
    Details,
    LineDetails,
    LineInvalid,
    build_line,
    build_order,
    check_details,
    require_one_currency,
)
from reprieve.orders.models import Order, OrderLine
from reprieve.orders.order_csv import Problem, Row, read_orders

SHOWN_PROBLEMS = 50
SHOWN_PRACTICES = 5
BATCH = 1000
COLUMN_OF_FIELD = {"patient_reference": "patient", "customer_reference": "reference"}
SAME_IN_AN_ORDER = ("patient", "requested_delivery", "payment_terms", "note", "submitted_at")

type Key = tuple[int, str]


class ImportRefused(Refused):
    """The file has problems, so nothing was imported. `problems` are in the order of the file."""

    usual_remedy = _("Nothing was imported. Correct the file and import it again.")

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        number = len(self.problems)
        super().__init__(ngettext("The file has %d problem.", "The file has %d problems.", number) % number)

    @property
    def shown(self) -> list[Problem]:
        """As many of the problems as somebody would read."""
        return self.problems[:SHOWN_PROBLEMS]


class PracticeUnknown(Invalid):
    """What was given is no practice's number; `why` names the numbers that were perhaps meant."""


class ImportCollided(Refused):
    """Somebody wrote one of the same orders while this import was writing."""

    usual_remedy = _("Nothing was imported. Import the file again: what is there by then is left as it is.")


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
        return Details(
            patient_reference=self.said.patient,
            customer_reference=self.said.reference,
            note=self.said.note,
            requested_delivery=self.said.requested_delivery,
            payment_terms=self.said.payment_terms,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An order that is ready to be written, with what is wrong with it if it is to be new."""

    order: Order
    lines: list[OrderLine]
    problems: list[Problem]


class Practices:
    """Every practice, found by its number alone: it chooses its name itself, and nobody keeps two from the same one."""

    def __init__(self) -> None:
        self._by_id = Practice.objects.in_bulk()
        self._by_name = _by_name(self._by_id.values())

    def find(self, written: str, *, guess: bool = True) -> Practice:
        """The practice of a number. Raises PracticeUnknown; `guess` looks for names like what was written."""
        pk = identifiers.practice_id(written)
        if pk in self._by_id:
            return self._by_id[pk]
        named = self._by_name.get(_tidy(written), [])
        if named:
            raise PracticeUnknown(
                gettext("“%(written)s” is a name. Write the practice's number: %(numbers)s.")
                % {"written": written, "numbers": _numbers(named)}
            )
        close = _closest(written, self._by_name) if guess else None
        hint = gettext("The console's list of practices has it.")
        if close:
            hint = gettext("Did you mean %s?") % _numbers(self._by_name[close])
        raise PracticeUnknown(
            gettext("There is no practice “%(written)s”. Write the practice's number. %(hint)s")
            % {"written": written, "hint": hint}
        )


def import_orders(*, content: bytes, actor: Actor, now: datetime, practice: str = "") -> Imported:
    """Import them. `practice` is the number of the one practice whose all of them are, for a file that does not say.

    Raises NotAllowed, FileUnreadable, PracticeUnknown, ImportRefused, ImportCollided; then nothing is imported.
    """
    access.require_role(actor, *access.IMPORTS_ORDERS)
    rows, problems = read_orders(content, practice=practice)
    drafts = _drafts(rows, practice, problems)
    prepared = {key: _prepare(draft, actor, now) for key, draft in drafts.items()}
    try:
        with transaction.atomic():
            _lock_practices(drafts)
            there = _existing(drafts)
            new = [ready for key, ready in prepared.items() if key not in there]
            problems += [problem for ready in new for problem in ready.problems]
            if problems:
                raise ImportRefused(problems)
            _write(new, actor, now)
    except IntegrityError as collision:
        raise ImportCollided(
            gettext("Somebody else has written one of these orders at the same moment.")
        ) from collision
    already_there = _load(there)
    return Imported(
        new=[ready.order for ready in new],
        already_there=list(already_there.values()),
        different=[order for key, order in already_there.items() if not _is_same(order, drafts[key])],
    )


def _drafts(rows: Sequence[Row], practice: str, problems: list[Problem]) -> dict[Key, Draft]:
    """The orders that the rows make up, each line looked up and built. Raises PracticeUnknown for `practice`."""
    practices = Practices()
    products = _by_name(Product.objects.select_related("family"))
    everybodys = practices.find(practice) if practice else None
    drafts: dict[Key, Draft] = {}
    for row in rows:
        owner = _owner(practices, row, everybodys, problems)
        product = _product(products, row, problems)
        if owner is None or product is None:
            continue
        draft = drafts.setdefault((owner.pk, row.reference), Draft(practice=owner, said=row))
        problems += _take_in(draft, row)
        if (line := _line(row, product, problems)) is not None:
            draft.lines.append((row, line))
    return drafts


def _owner(practices: Practices, row: Row, everybodys: Practice | None, problems: list[Problem]) -> Practice | None:
    """Whose order the row is of, or None and a problem: an unknown practice, or another than `everybodys`."""
    try:
        owner = practices.find(row.practice, guess=len(problems) < SHOWN_PROBLEMS)
    except PracticeUnknown as problem:
        problems.append(Problem(row.line, "practice", problem.why))
        return None
    if everybodys not in (None, owner):
        what = gettext("The file is imported for %(everybodys)s, but this line is for %(owner)s.") % {
            "everybodys": _numbers([everybodys]),
            "owner": _numbers([owner]),
        }
        problems.append(Problem(row.line, "practice", what))
        return None
    return owner


def _line(row: Row, product: Product, problems: list[Problem]) -> OrderLine | None:
    wanted = LineDetails(product.pk, row.teeth, 1 if row.quantity is None else row.quantity)
    try:
        line = build_line(0, wanted, {product.pk: product})
    except LineInvalid as problem:
        problems.append(Problem(row.line, problem.field, problem.why))
        return None
    if row.quantity not in (None, line.quantity):
        what = gettext("The teeth make %(teeth)d, but the quantity is %(quantity)d. Leave the quantity empty.") % {
            "teeth": line.quantity,
            "quantity": row.quantity,
        }
        problems.append(Problem(row.line, "quantity", what))
    return line


def _take_in(draft: Draft, row: Row) -> list[Problem]:
    """Take in what a row says about its order as a whole; what contradicts an earlier row is a problem."""
    found = []
    for name in SAME_IN_AN_ORDER:
        before, here = getattr(draft.said, name), getattr(row, name)
        if here and not before:
            draft.said = replace(draft.said, **{name: here})
        elif here and here != before:
            what = gettext("The lines of order %(reference)s disagree: “%(before)s” before, “%(here)s” here.") % {
                "reference": row.reference,
                "before": before,
                "here": here,
            }
            found.append(Problem(row.line, name, what))
    return found


def _prepare(draft: Draft, actor: Actor, now: datetime) -> Prepared:
    """The order and its lines, not yet saved, submitted when the file says so."""
    submitted_at = draft.said.submitted_at or now
    problems = []
    if submitted_at > now:
        problems.append(Problem(draft.said.line, "submitted_at", gettext("This lies in the future.")))
    problems += [
        Problem(row.line, "product", gettext("%s can no longer be ordered.") % line.product_name)
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
    order = build_order(draft.practice, actor, draft.details, lines, now=submitted_at)
    return Prepared(order=order, lines=lines, problems=problems)


def _lock_practices(keys: Iterable[Key]) -> None:
    """Lock their rows, as placing an order does, so that nobody else writes an order of theirs."""
    practices = sorted({practice for practice, _ in keys})
    list(Practice.objects.select_for_update().filter(pk__in=practices).order_by("pk"))


def _existing(keys: Iterable[Key]) -> dict[Key, int]:
    wanted = dict.fromkeys(keys)
    practices = sorted({practice for practice, _ in wanted})
    found: dict[Key, int] = {}
    all_references = sorted({reference for _, reference in wanted})
    for references in batched(all_references, BATCH):
        orders = Order.objects.filter(practice__in=practices, customer_reference__in=references)
        rows = orders.order_by().values_list("practice", "customer_reference", "pk")
        found |= {(practice, reference): pk for practice, reference, pk in rows}
    return {key: found[key] for key in wanted if key in found}


def _load(there: Mapping[Key, int]) -> dict[Key, Order]:
    found: dict[int, Order] = {}
    for keys in batched(there.values(), BATCH):
        found |= Order.objects.prefetch_related("lines").in_bulk(keys)
    return {key: found[pk] for key, pk in there.items() if pk in found}


def _write(new: Sequence[Prepared], actor: Actor, now: datetime) -> None:
    orders = Order.objects.bulk_create((ready.order for ready in new), batch_size=BATCH)
    OrderLine.objects.bulk_create((line for ready in new for line in ready.lines), batch_size=BATCH)
    Charge.objects.bulk_create((charge_for(ready.order, ready.lines) for ready in new), batch_size=BATCH)
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


def _product(products: Mapping[str, list[Product]], row: Row, problems: list[Problem]) -> Product | None:
    """The product that the row names, or None and a problem that says what to write instead."""
    found = products.get(_tidy(row.product), [])
    if len(found) == 1:
        return found[0]
    if found:
        what = gettext("There are %(number)d products of the name “%(name)s”, so it cannot be told which is meant.") % {
            "number": len(found),
            "name": row.product,
        }
    else:
        close = _closest(row.product, products) if len(problems) < SHOWN_PROBLEMS else None
        what = gettext("There is no product “%s”.") % row.product
        if close:
            what = f"{what} {gettext('Did you mean “%s”?') % products[close][0].name}"
    problems.append(Problem(row.line, "product", what))
    return None


def _closest(written: str, names: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(_tidy(written), names, n=1)), None)


def _numbers(practices: Sequence[Practice]) -> str:
    """P-1003 (Smile Dental) or P-1012 (Smile  dental)."""
    shown = [f"{practice.number} ({practice.name})" for practice in practices[:SHOWN_PRACTICES]]
    if len(practices) > len(shown):
        shown.append(gettext("%d more") % (len(practices) - len(shown)))
    return gettext(" or ").join(shown)


def _tidy(name: str) -> str:
    return " ".join(name.split()).casefold()
