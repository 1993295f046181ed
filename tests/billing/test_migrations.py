"""Rows from before there were charges and keys get theirs, as honestly as it can be known."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.billing.models import Charge, ChargeState, Payment
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from tests.factories.money import pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_COMPLETED, Catalog, an_order, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
DAY = timedelta(days=1)
HELD, DUE, VOIDED, OUTSIDE = ChargeState.HELD, ChargeState.DUE, ChargeState.VOIDED, ChargeState.OUTSIDE


def test_every_order_gets_the_charge_that_its_state_tells(cast: Cast, catalog: Catalog) -> None:
    owner = cast.actor("owner")

    def order(*verbs: Verb, paused: bool = False) -> Order:
        placed = an_order(catalog, owner, "crowns", "veneers")
        if paused:
            pause_order(order_id=placed.pk, actor=owner, reason="patient_away", now=NOON)
        return moved(placed, *verbs)

    new, completed, invoiced = order(), order(*TO_COMPLETED), order(*TO_COMPLETED, Verb.INVOICE)
    paused, slated, resumed, cancelled, cancelled_late = (order(paused=True) for _ in range(5))
    slate_order(order_id=slated.pk, actor=SYSTEM, now=NOON + 60 * DAY)
    resume_order(order_id=resumed.pk, actor=owner, now=NOON + DAY)
    cancel_order(order_id=cancelled.pk, actor=owner, reason="patient_away", now=NOON + DAY)
    cancel_order(order_id=cancelled_late.pk, actor=owner, reason="patient_away", now=NOON + DAY)
    Order.objects.filter(pk=cancelled_late.pk).update(charged_at=NOON)
    Charge.objects.all().delete()
    import_module("reprieve.billing.migrations.0003_a_charge_for_every_order").fill(apps, connection.schema_editor())
    found = {charge.order: charge for charge in Charge.objects.select_related("order")}
    assert {order: charge.state for order, charge in found.items()} == {
        new: DUE,
        completed: DUE,
        invoiced: OUTSIDE,
        paused: HELD,
        slated: HELD,
        resumed: DUE,
        cancelled: VOIDED,
        cancelled_late: OUTSIDE,
    }
    assert {(charge.amount_minor, charge.tax_minor, charge.currency, charge.terms) for charge in found.values()} == {
        (24000, 0, "USD", "per_case")
    }
    assert {charge.first_billable_from for charge in found.values()} == {NOON}
    assert (found[new].billable_from, found[resumed].billable_from) == (NOON, NOON + DAY)


def test_every_payment_gets_a_key_of_its_own(cast: Cast, catalog: Catalog) -> None:
    payments = [pay_by_card(an_order(catalog, cast.actor("owner"))) for _ in range(3)]
    before = {payment.key for payment in payments}
    import_module("reprieve.billing.migrations.0005_cards").give_keys(apps, connection.schema_editor())
    after = set(Payment.objects.values_list("key", flat=True))
    assert len(after) == len(payments)
    assert not after & before
