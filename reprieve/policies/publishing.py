"""What is published, and what is in force when: a version never changes, and two are never live at one time.

All of it happens under the policy's lock. The database holds it too: a published version and the beginning of an
activation cannot be changed, and live activations of one policy cannot overlap.
"""

from datetime import datetime

from django.db import transaction

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.dmn.table import content_hash, table_to_data
from reprieve.history.models import EventType
from reprieve.policies.history import record_on
from reprieve.policies.models import Activation, Mode, Policy, PolicyVersion
from reprieve.policies.preset_files import Preset
from reprieve.policies.scenarios import scenarios_to_data


def policy_for(preset: Preset) -> Policy:
    """The policy that answers the preset's question, made if there is none: it has no version then."""
    policy, _ = Policy.objects.get_or_create(
        subject=preset.subject,
        action=preset.action,
        defaults={"key": preset.key, "title": preset.title},
    )
    return policy


@transaction.atomic
def install(preset: Preset, *, starts_at: datetime) -> PolicyVersion:
    """Publish the preset as the policy's next version and put it in force from `starts_at`.

    Nothing happens if the version in force is the same table already.
    """
    policy = Policy.objects.select_for_update().get(pk=policy_for(preset).pk)
    live = policy.activations.filter(mode=Mode.LIVE, ends_at=None).select_related("version").first()
    digest = content_hash(preset.table)
    if live is not None and (live.version.content_hash, live.version.basis) == (digest, preset.basis):
        return live.version
    version = PolicyVersion.objects.create(
        policy=policy,
        number=next_number(policy),
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


def next_number(policy: Policy) -> int:
    """The number that the next version of a locked policy gets."""
    latest = policy.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return latest + 1


def activate(version: PolicyVersion, *, mode: Mode, starts_at: datetime, actor: Actor, now: datetime) -> Activation:
    """Put a version of a locked policy in force, and end at that instant what was in force in that mode."""
    policy = version.policy
    policy.activations.filter(mode=mode, ends_at=None).update(ends_at=starts_at)
    activation = Activation.objects.create(policy=policy, version=version, mode=mode, starts_at=starts_at)
    kind = EventType.POLICY_ACTIVATED if mode == Mode.LIVE else EventType.SHADOW_STARTED
    record_on(policy, kind, actor=actor, now=now, number=version.number, starts_at=starts_at.isoformat())
    return activation
