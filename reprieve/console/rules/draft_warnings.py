"""What whoever publishes a draft must not overlook: other rules since it was begun, or others scheduled already."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from reprieve.policies.in_force import live_and_scheduled
from reprieve.policies.models import Activation, Draft, DraftState
from reprieve.web.templatetags.when import moment


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing, with the page on which it is looked at."""

    title: str
    text: str
    more: str
    url: str
    label: str


def warnings(draft: Draft, now: datetime) -> list[Warned]:
    live, scheduled = live_and_scheduled(draft.policy, now)
    found = []
    if live is not None and draft.based_on is not None and live.version_id != draft.based_on_id:
        found.append(_overtaken(draft, live))
    if scheduled is not None:
        found.append(_scheduled(draft, scheduled))
    return found


def _overtaken(draft: Draft, live: Activation) -> Warned:
    number, origin = live.version.number, draft.based_on.number if draft.based_on else 0
    words = {"number": number, "origin": origin, "at": moment(live.starts_at)}
    is_later = draft.state == DraftState.IN_REVIEW and draft.asked_at is not None and draft.asked_at < live.starts_at
    return Warned(
        gettext("Version %(number)s is in force, but this draft was begun from version %(origin)s") % words,
        gettext("Publishing it undoes what version %s changed, unless the draft says the same.") % number,
        gettext("Version %(number)s is in force from %(at)s, which is after approval was asked for.") % words
        if is_later
        else gettext("Version %(number)s is in force from %(at)s.") % words,
        f"{reverse('console:policy', args=[draft.policy.key])}?version={number}",
        gettext("See version %s") % number,
    )


def _scheduled(draft: Draft, scheduled: Activation) -> Warned:
    number = scheduled.version.number
    return Warned(
        gettext("Version %(number)s is to start %(at)s") % {"number": number, "at": moment(scheduled.starts_at)},
        gettext("Until it has begun, or is called off, nothing else can be put in force, now or later."),
        gettext("A shadow is not kept from listening by it."),
        reverse("console:policy", args=[draft.policy.key]),
        gettext("See what is scheduled"),
    )
