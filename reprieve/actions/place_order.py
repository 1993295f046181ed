"""Place an order: lines at today's prices, files, and the practice's terms, fixed for good."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.billing import credit
from reprieve.billing.cards import choose_card
from reprieve.billing.charges import charge_for
from reprieve.billing.models import Charge
from reprieve.billing.payables import open_minor, record_for, settle
from reprieve.history.models import EventType
from reprieve.history.record import amount, record
from reprieve.orders.building import Details, LineDetails, OrderInvalid, build_lines, build_order, check_details
from reprieve.orders.models import FileKind, Order, OrderLine
from reprieve.orders.storing import add_rows, store_contents
from reprieve.settlement.send_payment import pay_with_card


@transaction.atomic
def place_order(
    *, practice_id: int, actor: Actor, wanted: Sequence[LineDetails], details: Details, now: datetime
) -> Order:
    """Place it. Sent twice with the same key: the practice's same order again, and no second one.

    Raises NotFound (another practice), OrderInvalid, LineInvalid, NoteTooLong, CardInvalid.
    """
    practice = access.find(actor, Practice, pk=practice_id)
    # The practice's row serialises orders with one key or one reference, so that the second finds the first.
    Practice.objects.select_for_update().get(pk=practice.pk)
    if details.command_key and (twin := practice.orders.filter(command_key=details.command_key).first()):
        return twin
    lines = build_lines(wanted)
    check_details(details, now)
    order = build_order(practice, actor, details, lines, now=now)
    _require_new_reference(order)
    order.save()
    OrderLine.objects.bulk_create(lines)
    charge = charge_for(order, lines)
    charge.save(force_insert=True)
    record(
        EventType.ORDER_PLACED,
        subject=Order.SUBJECT,
        subject_id=order.pk,
        actor=actor,
        now=now,
        data={"reference": order.customer_reference or order.number},
    )
    _pay_with_credit(charge, actor=actor, now=now)
    if details.card_id is not None and order.payment_terms == PaymentTerms.PER_CASE:
        card = choose_card(actor, practice.pk, details.card_id)
        if (left := open_minor(charge)) > 0:
            pay_with_card(charge, card, left, now=now)
    files = add_rows(order, details.files, FileKind.SUBMITTED, actor=actor, now=now)
    store_contents(files, details.files)
    return order


def _pay_with_credit(charge: Charge, *, actor: Actor, now: datetime) -> None:
    """Store credit goes first, under all terms; what it pays is charged at once."""
    payment = credit.spend(charge, actor=actor, now=now)
    if payment is None:
        return
    data: dict[str, object] = {"amount": amount(payment.amount_minor, payment.currency), "payment": payment.pk}
    record_for(charge, EventType.CREDIT_SPENT, actor=actor, now=now, data=data)
    settle(charge, actor=actor, now=now)


def _require_new_reference(order: Order) -> None:
    if not order.customer_reference:
        return
    twin = Order.objects.filter(practice=order.practice, customer_reference=order.customer_reference).first()
    if twin is not None:
        raise OrderInvalid(
            gettext("You have given this reference to %(number)s already. Please choose another.")
            % {"number": twin.number},
            field="customer_reference",
        )
