from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from reprieve.accounts.models import PaymentTerms
from reprieve.billing.periods import Period

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("terms", "day", "start", "end"),
    [
        (PaymentTerms.WEEKLY, date(2026, 11, 16), date(2026, 11, 16), date(2026, 11, 23)),
        (PaymentTerms.WEEKLY, date(2026, 11, 22), date(2026, 11, 16), date(2026, 11, 23)),
        (PaymentTerms.MONTHLY, date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
        (PaymentTerms.MONTHLY, date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (PaymentTerms.MONTHLY, date(2026, 12, 1), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_week_begins_on_monday_and_a_month_on_its_first(
    terms: PaymentTerms, day: date, start: date, end: date
) -> None:
    assert Period.around(terms, day) == Period(start, end)


def test_what_is_paid_at_once_has_no_period() -> None:
    with pytest.raises(ValueError, match="not billed in periods"):
        Period.around(PaymentTerms.PER_CASE, date(2026, 11, 16))


def test_the_day_is_the_one_of_the_business() -> None:
    now = datetime(2026, 12, 1, 3, tzinfo=UTC)  # still November in Chicago
    assert Period.last_ended(PaymentTerms.MONTHLY, now, CHICAGO) == Period(date(2026, 10, 1), date(2026, 11, 1))


def test_a_period_over_the_end_of_summer_time_lasts_an_hour_longer() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 2))
    length = november.ends_at(CHICAGO).astimezone(UTC) - november.starts_at(CHICAGO).astimezone(UTC)
    assert length.total_seconds() == 25 * 3600
