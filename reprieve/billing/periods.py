"""The periods that invoices are written for: weeks from Monday and months, in the calendar of the business."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from reprieve.accounts.models import PaymentTerms
from reprieve.lib.errors import Invalid

BILLED_IN_PERIODS: Final = (PaymentTerms.WEEKLY, PaymentTerms.MONTHLY)
WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
DAYS_OF_A_WEEK: Final = 7
MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class PeriodUnreadable(Invalid):
    """What was written is no period of these terms."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From the start of `start` up to the start of `end`, which is the first day after it."""

    start: date
    end: date

    @classmethod
    def around(cls, terms: PaymentTerms, day: date) -> Self:
        """The period of these terms that the day lies in. Raises ValueError for terms that have no periods."""
        if terms is PaymentTerms.WEEKLY:
            monday = day - timedelta(days=day.weekday())
            return cls(monday, monday + timedelta(days=DAYS_OF_A_WEEK))
        if terms is PaymentTerms.MONTHLY:
            first = day.replace(day=1)
            return cls(first, (first + timedelta(days=31)).replace(day=1))
        raise ValueError(f"Orders that are paid {terms.label.lower()} are not billed in periods.")

    @classmethod
    def named(cls, terms: PaymentTerms, name: str) -> Self:
        """The week 2026-W47, counted as ISO 8601 does, or the month 2026-10. Raises PeriodUnreadable, ValueError."""
        form, example = (WEEK, "2026-W47") if terms is PaymentTerms.WEEKLY else (MONTH, "2026-10")
        found = form.fullmatch(name.strip())
        try:
            year, number = map(int, found.groups()) if found else (0, 0)
            first = date.fromisocalendar(year, number, 1) if form is WEEK else date(year, number, 1)
            return cls.around(terms, first)
        except (ValueError, OverflowError) as problem:
            which = terms.label.lower()
            raise PeriodUnreadable(
                gettext("“%(name)s” is no period of %(which)s. Write it like %(example)s.")
                % {"name": name, "which": which, "example": example},
                field="period",
            ) from problem

    @classmethod
    def last_ended(cls, terms: PaymentTerms, now: datetime, zone: ZoneInfo) -> Self:
        """The latest period that is over. See `around`."""
        current = cls.around(terms, now.astimezone(zone).date())
        return cls.around(terms, current.start - timedelta(days=1))

    @property
    def name(self) -> str:
        """What `named` reads: 2026-W47 or 2026-10."""
        if (self.end - self.start).days == DAYS_OF_A_WEEK:
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02}"
        return f"{self.start:%Y-%m}"

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    def ends_at(self, zone: tzinfo) -> datetime:
        return datetime.combine(self.end, time(), tzinfo=zone)

    def starts_at(self, zone: tzinfo) -> datetime:
        return datetime.combine(self.start, time(), tzinfo=zone)


def business_zone() -> ZoneInfo:
    """The calendar of the business, in which its periods begin and end."""
    return ZoneInfo(settings.BUSINESS_TIME_ZONE)
