"""An order and its lines, built in memory for whoever places or imports one: what may stand in it, at which prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.catalog.models import PricedPer, Product
from reprieve.lib import money
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import check_note, shorten
from reprieve.orders.models import Order, OrderLine
from reprieve.orders.teeth import TEETH
from reprieve.orders.uploads import Upload
from reprieve.policies.facts.stored import barred

LARGEST_QUANTITY = 100
LONGEST_REFERENCE = 60
PATIENT_MISSING = _("Please write a reference for the patient, such as initials.")


class LineInvalid(Invalid):
    """A line that cannot be made: its place among those wanted, from 0, and `product`, `teeth` or `quantity` of it."""

    def __init__(self, why: str, *, line: int, field: str) -> None:
        super().__init__(why, field=field)
        self.line = line


class OrderInvalid(Invalid):
    """Something else about the order is missing or impossible."""


@dataclass(frozen=True, slots=True)
class LineDetails:
    """A line as the customer asks for it: teeth for products priced per tooth, else a quantity."""

    product_id: int
    teeth: tuple[int, ...] = ()
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an order is about besides its lines. `command_key` makes a repeat of the same form harmless.

    `card_id` is the practice's card that pays, under the terms of paying per case, what store credit does not.
    """

    patient_reference: str
    customer_reference: str = ""
    note: str = ""
    requested_delivery: date | None = None
    payment_terms: str = ""
    card_id: int | None = None
    command_key: UUID | None = None
    files: Sequence[Upload] = field(default=())


def build_order(
    practice: Practice, actor: Actor, details: Details, lines: Sequence[OrderLine], *, now: datetime
) -> Order:
    """The order of these lines, none of them saved yet, submitted at `now` on the terms that it keeps."""
    order = Order(
        practice=practice,
        placed_by_id=actor.person_id,
        patient_reference=details.patient_reference.strip(),
        customer_reference=details.customer_reference.strip(),
        command_key=details.command_key,
        note=details.note.strip(),
        requested_delivery=details.requested_delivery,
        payment_terms=details.payment_terms or practice.payment_terms,
        currency=lines[0].currency if lines else "",
        families=barred(line.family for line in lines),
        amount_minor=sum(line.amount_minor for line in lines),
        fabricated=any(line.fabricated for line in lines),
        status_since=now,
        submitted_at=now,
    )
    for line in lines:
        line.order = order
    return order


def check_details(details: Details, now: datetime) -> None:
    """Raises OrderInvalid or NoteTooLong, naming the field, unless an order may say this at `now`."""
    check_note(details.note)
    if not details.patient_reference.strip():
        raise OrderInvalid(str(PATIENT_MISSING), field="patient_reference")
    for name in ("patient_reference", "customer_reference"):
        if len(getattr(details, name).strip()) > LONGEST_REFERENCE:
            raise OrderInvalid(shorten(LONGEST_REFERENCE), field=name)
    today = now.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).date()
    if details.requested_delivery is not None and details.requested_delivery <= today:
        raise OrderInvalid(gettext("The delivery date has to lie in the future."), field="requested_delivery")


def build_lines(wanted: Sequence[LineDetails]) -> list[OrderLine]:
    """The lines, not yet saved, at today's prices. Raises LineInvalid."""
    if not wanted:
        raise LineInvalid(gettext("Please choose at least one product."), line=0, field="product")
    ids = {each.product_id for each in wanted}
    products = Product.objects.filter(active=True, pk__in=ids).select_related("family").in_bulk()
    lines = [build_line(number, each, products) for number, each in enumerate(wanted)]
    require_one_currency(lines)
    return lines


def build_line(number: int, wanted: LineDetails, products: Mapping[int, Product]) -> OrderLine:
    """The line, not yet saved, at today's price. `number` is its place among those wanted. Raises LineInvalid."""
    product = products.get(wanted.product_id)
    if product is None:
        raise LineInvalid(gettext("Please choose a product from the list."), line=number, field="product")
    teeth = sorted(set(wanted.teeth))
    if product.priced_per == PricedPer.TOOTH and not teeth:
        raise LineInvalid(gettext("Please write which teeth, such as 8, 9."), line=number, field="teeth")
    if any(tooth not in TEETH for tooth in teeth):
        raise LineInvalid(gettext("Teeth are numbered from 1 to 32."), line=number, field="teeth")
    quantity = len(teeth) if product.priced_per == PricedPer.TOOTH else wanted.quantity
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise LineInvalid(
            gettext("The quantity is from 1 to %(largest_quantity)s.") % {"largest_quantity": LARGEST_QUANTITY},
            line=number,
            field="quantity",
        )
    return OrderLine(
        product=product,
        product_name=product.name,
        family=product.family.key,
        fabricated=product.family.fabricated,
        teeth=teeth,
        quantity=quantity,
        unit_price_minor=product.price_minor,
        currency=product.currency,
    )


def require_one_currency(lines: Sequence[OrderLine]) -> None:
    """Raises LineInvalid unless an order of these lines has one total, and one that money can be."""
    if len({line.currency for line in lines}) > 1:
        raise LineInvalid(
            gettext("Products in different currencies need orders of their own."), line=0, field="product"
        )
    if sum(line.amount_minor for line in lines) > money.LARGEST_MINOR:
        raise LineInvalid(gettext("This is more than one order can cost."), line=0, field="quantity")
