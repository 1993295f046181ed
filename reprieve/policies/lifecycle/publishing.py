"""What is published, and what is in force when: a version never changes, and two are never live at one time.

All of it happens under the policy's lock. The database holds it too: a published version and the beginning of an
activation cannot be changed, and activations of one policy and mode cannot overlap.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.dmn.table import TableError, content_hash, table_to_data
from reprieve.history.models import EventType
from reprieve.lib.errors import Invalid, Refused
from reprieve.policies.evidence.scenarios import scenarios_to_data
from reprieve.policies.lifecycle.drafts import as_registered, table_of
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.models import Activation, Draft, Mode, Policy, PolicyVersion
from reprieve.policies.presets.files import Preset


class StartsInThePast(Invalid):
    """What was decided cannot be decided otherwise afterwards."""


class AlreadyScheduled(Refused):
    """Another version is to be in force from a later date on."""

    usual_remedy = _("Call it off first.")


class AlreadyInForce(Refused):
    """The version answers, or listens, already."""


class ShadowIsRunning(Refused):
    usual_remedy = _("End it first.")


class HasBegun(Refused):
    usual_remedy = _("Put another version in force instead; this one then ends.")


class RulesOutdated(Refused):
    """The rules ask for something that this release of the product no longer knows."""

    usual_remedy = _("Start a draft from this version and correct it.")


class PolicyChanged(Refused):
    """Something else was put in force after the page was shown."""


def policy_for(preset: Preset) -> Policy:
    """The policy that answers the preset's question; made if there is none, and then without a version."""
    policy, _ = Policy.objects.get_or_create(
        subject=preset.subject,
        action=preset.action,
        defaults={"key": preset.key, "title": preset.title},
    )
    return policy


@transaction.atomic
def install(preset: Preset, *, starts_at: datetime) -> PolicyVersion:
    """Publish the preset as the policy's next version and put it in force from `starts_at`, which is now.

    Nothing happens if the version in force is the same table already. Raises AlreadyScheduled.
    """
    policy = Policy.objects.select_for_update().get(pk=policy_for(preset).pk)
    live = latest(policy, Mode.LIVE)
    digest = content_hash(preset.table)
    if live is not None and (live.version.content_hash, live.version.basis) == (digest, preset.basis):
        return live.version
    version = PolicyVersion.objects.create(
        policy=policy,
        number=_next_number(policy),
        definition=table_to_data(preset.table),
        content_hash=digest,
        basis=preset.basis,
        scenarios=scenarios_to_data(preset.scenarios),
        source=preset.source,
        created_at=starts_at,
        published_at=starts_at,
    )
    record_on(
        policy, EventType.POLICY_PUBLISHED, actor=SYSTEM, now=starts_at, number=version.number, source=version.source
    )
    activate(version, mode=Mode.LIVE, starts_at=starts_at, actor=SYSTEM, now=starts_at)
    return version


def publish(draft: Draft, *, approver_id: int, now: datetime) -> PolicyVersion:
    """The next version of a locked policy, as the draft says it."""
    return PolicyVersion.objects.create(
        policy=draft.policy,
        number=_next_number(draft.policy),
        definition=draft.definition,
        content_hash=draft.content_hash,
        basis=draft.basis,
        scenarios=draft.scenarios,
        dmn_ids=draft.dmn_ids,
        why=draft.why,
        author_id=draft.author_id,
        approver_id=approver_id,
        created_at=draft.created_at,
        published_at=now,
    )


def _next_number(policy: Policy) -> int:
    newest = policy.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return newest + 1


def latest(policy: Policy, mode: Mode) -> Activation | None:
    """What is in force without end, or is to be from a later date on."""
    return policy.activations.filter(mode=mode, ends_at=None).select_related("version").first()


def activate(version: PolicyVersion, *, mode: Mode, starts_at: datetime, actor: Actor, now: datetime) -> Activation:
    """Put a version of a locked policy in force, and end at that instant what was live before it.

    A shadow that becomes live ends as a shadow then. Raises StartsInThePast, AlreadyScheduled, AlreadyInForce,
    ShadowIsRunning, PolicyChanged, RulesOutdated.
    """
    if starts_at < now:
        why = gettext("This time is over; what was decided until now stands.")
        raise StartsInThePast(why, field="starts_at", remedy=gettext("Choose a later time, or none for now."))
    policy = version.policy
    _require_known(version)
    before = latest(policy, mode)
    if before is not None:
        _require_free(before, version, starts_at=starts_at, now=now)
        _end(before, starts_at)
    if mode == Mode.LIVE:
        _end_shadow_of(version, starts_at)
    activation = Activation.objects.create(policy=policy, version=version, mode=mode, starts_at=starts_at)
    kind = EventType.POLICY_ACTIVATED if mode == Mode.LIVE else EventType.SHADOW_STARTED
    record_on(policy, kind, actor=actor, now=now, number=version.number, starts_at=starts_at.isoformat())
    return activation


def _require_known(version: PolicyVersion) -> None:
    try:
        as_registered(table_of(version), version.policy.subject)
    except TableError as error:
        words = {"number": version.number, "problem": error.problems[0].message}
        raise RulesOutdated(gettext("Version %(number)s cannot be used any more: %(problem)s.") % words) from error


def _require_free(before: Activation, version: PolicyVersion, *, starts_at: datetime, now: datetime) -> None:
    words = {"number": before.version.number, "date": date_format(localtime(before.starts_at), "DATETIME_FORMAT")}
    if before.starts_at > now:
        raise AlreadyScheduled(gettext("Version %(number)s is to start on %(date)s.") % words)
    if before.version_id == version.pk:
        raise AlreadyInForce(gettext("Version %(number)s is in force already, since %(date)s.") % words)
    if before.mode == Mode.SHADOW:
        raise ShadowIsRunning(gettext("Version %(number)s listens as a shadow since %(date)s.") % words)
    if before.starts_at >= starts_at:
        why = gettext("Version %(number)s was put in force at this very moment.") % words
        raise PolicyChanged(why, remedy=gettext("Have a look at the policy as it is now."))


def _end_shadow_of(version: PolicyVersion, at: datetime) -> None:
    shadow = latest(version.policy, Mode.SHADOW)
    if shadow is not None and shadow.version_id == version.pk:
        _end(shadow, max(at, shadow.starts_at))


def call_off(activation: Activation, *, now: datetime) -> None:
    """Let what has not begun never begin; what it was to follow goes on without end. Raises HasBegun."""
    if activation.starts_at <= now:
        raise HasBegun(gettext("Version %s is in force already.") % activation.version.number)
    _end(activation, activation.starts_at)
    policy = activation.policy
    ended_by_it = Q(mode=activation.mode) | Q(mode=Mode.SHADOW, version=activation.version)
    for before in policy.activations.filter(ended_by_it, ends_at=activation.starts_at).exclude(starts_at=F("ends_at")):
        if latest(policy, Mode(before.mode)) is None:
            _end(before, None)


def end(activation: Activation, *, now: datetime) -> None:
    """End what is in force now; what has not begun never begins."""
    _end(activation, max(now, activation.starts_at))


def _end(activation: Activation, at: datetime | None) -> None:
    activation.ends_at = at
    activation.save(update_fields=["ends_at"])
