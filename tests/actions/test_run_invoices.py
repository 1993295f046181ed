from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings
from django.utils.module_loading import import_string
from django_ox.testing import run_tasks

from reprieve.accounts.models import PaymentTerms, Practice
from reprieve.actions.run_invoices import run_invoices, run_what_is_over
from reprieve.billing.models import Charge, Invoice
from reprieve.billing.periods import Period
from reprieve.lib.errors import NotAllowed
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = pytest.mark.django_db
MARCH = Period.named(PaymentTerms.MONTHLY, "2026-03")
APRIL = datetime(2026, 4, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("who", ["owner", "stranger", "support", "production"])
def test_is_work_for_managers(cast: Cast, catalog: Catalog, who: str) -> None:
    an_order(catalog, cast.actor("owner"))
    Charge.objects.update(terms="monthly")
    with pytest.raises(NotAllowed):
        run_invoices(terms=PaymentTerms.MONTHLY, period=MARCH, actor=cast.actor(who), now=APRIL)
    assert not Invoice.objects.exists()
    assert run_invoices(terms=PaymentTerms.MONTHLY, period=MARCH, actor=cast.actor("manager"), now=APRIL).invoices == 1


def test_the_schedule_names_a_task_that_is_there() -> None:
    assert import_string(settings.SCHEDULES["invoices"]["task"]) is run_what_is_over


def test_the_worker_invoices_what_is_over_and_nothing_else_however_often_it_comes(cast: Cast, catalog: Catalog) -> None:
    for terms, at in (("monthly", NOON), ("monthly", APRIL), ("weekly", NOON), ("weekly", APRIL)):
        Practice.objects.update(payment_terms=terms)
        an_order(catalog, cast.actor("owner"), now=at)
    with time_machine.travel(APRIL, tick=False):
        for _ in range(2):
            run_what_is_over.enqueue()
            run_tasks()
    found = Invoice.objects.order_by("terms").values_list("terms", "period_start", "amount_minor")
    assert [(terms, f"{start}", amount) for terms, start, amount in found] == [
        ("monthly", "2026-03-01", 12000),
        ("weekly", "2026-03-23", 12000),
    ]
    assert sorted(Charge.objects.values_list("terms", "state")) == [
        ("monthly", "due"),
        ("monthly", "invoiced"),
        ("weekly", "due"),
        ("weekly", "invoiced"),
    ]
