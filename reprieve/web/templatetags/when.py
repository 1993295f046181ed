"""Instants in words: `moment` says when, `countdown` how far off. The script keeps countdowns going alike."""

from datetime import UTC, date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

register = template.Library()

DAY, HOUR, MINUTE = 86400, 3600, 60


@register.filter(expects_localtime=False)
def instant(at: datetime) -> str:
    """The machine's form for `<time datetime>`: 2026-11-21T14:32:00Z."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@register.filter(expects_localtime=False)
def moment(at: datetime, now: datetime | None = None) -> str:
    """In the reader's time zone: “today, 14:32”, “27 Dec, 14:32”, “27 Dec 2025, 14:32”; or “Dec 27, 2:32 PM”."""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now()).date()
    return f"{_day(local, today)}, {date_format(local, 'TIME_FORMAT')}"


def _day(local: datetime, today: date) -> str:
    near = {
        today - timedelta(days=1): gettext("yesterday"),
        today: gettext("today"),
        today + timedelta(days=1): gettext("tomorrow"),
    }
    if local.date() in near:
        return near[local.date()]
    return date_format(local, "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT")


@register.filter(expects_localtime=False)
def countdown(at: datetime, now: datetime | None = None) -> str:
    """How far off an instant is, in its largest whole unit: “in 37 minutes”, “in 36 days”, “2 hours ago”."""
    seconds = int((at - (now or timezone.now())).total_seconds())
    amount = _largest_unit(abs(seconds))
    return gettext("in %(time)s") % {"time": amount} if seconds >= 0 else gettext("%(time)s ago") % {"time": amount}


def _largest_unit(seconds: int) -> str:
    if seconds >= DAY:
        # Beyond two days the nearest one is what people mean: a pause of 45 days has 45 left when it begins, not 44.
        days = (seconds + DAY // 2) // DAY if seconds >= 2 * DAY else 1
        return ngettext("%(number)d day", "%(number)d days", days) % {"number": days}
    if seconds >= HOUR:
        return ngettext("%(number)d hour", "%(number)d hours", seconds // HOUR) % {"number": seconds // HOUR}
    if seconds >= MINUTE:
        return ngettext("%(number)d minute", "%(number)d minutes", seconds // MINUTE) % {"number": seconds // MINUTE}
    return ngettext("%(number)d second", "%(number)d seconds", seconds) % {"number": seconds}
