"""A pause as its banner shows it: who, why, until when, and what then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from reprieve.orders.models import Pause

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PauseBanner:
    """What `components/pause_banner.html` wants. `kept_until` is when an order that nobody resumes may be deleted."""

    by: str
    reason: str
    note: str
    since: datetime
    until: datetime
    kept_until: datetime
    days: int
    days_passed: int
    then: str


def pause_banner(pause: Pause, *, now: datetime) -> PauseBanner:
    """The banner of an open pause; reads its prefetched reason."""
    return PauseBanner(
        by=pause.paused_by_name,
        reason=pause.reason.label,
        note=pause.note,
        since=pause.started_at,
        until=pause.until,
        kept_until=pause.until + pause.grace,
        days=(pause.until - pause.started_at) // ONE_DAY,
        days_passed=(now - pause.started_at) // ONE_DAY,
        then=after_the_pause(pause.grace),
    )


def after_the_pause(grace: timedelta | None) -> str:
    """What happens when a pause runs out (D5). `grace` is how long the order is then kept."""
    if not grace:
        return gettext("Not resumed by then, it is slated for deletion.")
    return (
        ngettext(
            "Not resumed by then, it is slated for deletion. It is kept for %d day; support can restore it.",
            "Not resumed by then, it is slated for deletion. It is kept for %d days; support can restore it.",
            grace.days,
        )
        % grace.days
    )
