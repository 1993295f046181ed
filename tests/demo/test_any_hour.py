"""The lab opens at any hour, on any day, with any number of cases, whatever the clock of the business does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Max
from pytest_django import Settings

from reprieve.billing.models import Refund, RefundState
from reprieve.billing.undoing import undo_until
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.demo import people
from reprieve.demo.lab import found, live, open_lab, planned
from reprieve.history.models import Event
from reprieve.orders.models import Order, Pause, Status

NEW_YORK = ZoneInfo("America/New_York")
HOURS = [datetime(2026, 11, 29, 0, 17, tzinfo=UTC) + timedelta(hours=hour) for hour in range(48)]
MOST_CASES = 300
LIVED_AT_ONCE = 4  # about so many of the cases at each hour, and others at the next: all of them would take minutes


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def assert_nothing_lies_ahead(now: datetime) -> None:
    assert Event.objects.aggregate(last=Max("at"))["last"] <= now
    assert Order.objects.aggregate(last=Max("status_since"))["last"] <= now
    assert not Pause.objects.filter(ended_at=None, slated_at=None, until__lte=now).exists()


def assert_everything_is_there(now: datetime) -> None:
    assert set(Order.objects.values_list("status", flat=True)) == set(Status)
    assert set(Cancellation.objects.values_list("state", flat=True)) == set(CancellationState)
    assert set(Refund.objects.values_list("state", flat=True)) == set(RefundState) - {RefundState.UNKNOWN}
    owned = Cancellation.objects.filter(order__practice__name=people.SHOWCASE).select_related("order", "decision")
    just = owned.get(closed_at__gt=now - timedelta(minutes=30))
    until = undo_until(just.subject.charge, just, now=now)
    assert until is not None
    assert until > now


@pytest.mark.parametrize(
    ("at", "cases", "zone"),
    [
        (datetime(2026, 12, 31, 23, 30, tzinfo=NEW_YORK), 1, "America/New_York"),  # the last of a month, and of a year
        (datetime(2026, 3, 8, 3, 10, tzinfo=NEW_YORK), 1, "America/New_York"),  # two o'clock was left out
        (datetime(2026, 11, 1, 1, 40, fold=1, tzinfo=NEW_YORK), 60, "America/New_York"),  # one o'clock came twice
        (datetime(2026, 2, 28, 15, tzinfo=UTC), 1, "Australia/Lord_Howe"),  # its clocks differ by half an hour
    ],
)
@pytest.mark.django_db
def test_opens_with_everything_that_is_worth_trying(at: datetime, cases: int, zone: str, settings: Settings) -> None:
    settings.BUSINESS_TIME_ZONE = zone
    now = at.astimezone(UTC)
    open_lab(now=now, cases=cases)
    assert_everything_is_there(now)
    assert_nothing_lies_ahead(now)


@pytest.mark.django_db
def test_opens_at_every_hour_with_any_number_of_cases(settings: Settings) -> None:
    settings.BUSINESS_TIME_ZONE = "America/New_York"
    cast, products = found(HOURS[0])
    for number, now in enumerate(HOURS):
        plans = planned(cast, products, now, 1 + number * (MOST_CASES - 1) // (len(HOURS) - 1))
        every = len(plans) // LIVED_AT_ONCE
        with undone():
            live(cast, plans[number % every :: every], now)
            assert_nothing_lies_ahead(now)
