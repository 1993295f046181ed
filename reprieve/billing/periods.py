"""The periods that invoices are written for: weeks from Monday and months, in the calendar of the business."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from reprieve.accounts.models import PaymentTerms


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
            return cls(monday, monday + timedelta(days=7))
        if terms is PaymentTerms.MONTHLY:
            first = day.replace(day=1)
            return cls(first, (first + timedelta(days=31)).replace(day=1))
        raise ValueError(f"Orders that are paid {terms.label.lower()} are not billed in periods.")

    @classmethod
    def last_ended(cls, terms: PaymentTerms, now: datetime, zone: ZoneInfo) -> Self:
        """The latest period that is over. See `around`."""
        current = cls.around(terms, now.astimezone(zone).date())
        return cls.around(terms, current.start - timedelta(days=1))

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The instant at which it is over, and the next begins."""
        return datetime.combine(self.end, time(), tzinfo=zone)

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """The instant at which it begins."""
        return datetime.combine(self.start, time(), tzinfo=zone)
