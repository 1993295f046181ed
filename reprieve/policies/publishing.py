"""Publishing rules: a table becomes the next version of its policy, and answers from an instant on."""

from datetime import datetime

from django.db import transaction

from reprieve.dmn.table import content_hash, table_to_data
from reprieve.policies.models import Activation, Mode, Policy, PolicyVersion
from reprieve.policies.preset_files import Preset


@transaction.atomic
def install(preset: Preset, *, starts_at: datetime) -> PolicyVersion:
    """Publish the preset as the policy's next version and put it in force from `starts_at`.

    Nothing happens if the version in force is the same table already.
    """
    policy, _ = Policy.objects.get_or_create(
        subject=preset.subject,
        action=preset.action,
        defaults={"key": preset.key, "title": preset.title},
    )
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    live = policy.activations.filter(mode=Mode.LIVE, ends_at=None).select_related("version").first()
    digest = content_hash(preset.table)
    if live is not None and (live.version.content_hash, live.version.basis) == (digest, preset.basis):
        return live.version
    latest = policy.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = PolicyVersion.objects.create(
        policy=policy,
        number=latest + 1,
        definition=table_to_data(preset.table),
        content_hash=digest,
        basis=preset.basis,
        source=preset.source,
        created_at=starts_at,
        published_at=starts_at,
    )
    if live is not None:
        live.ends_at = starts_at
        live.save(update_fields=["ends_at"])
    Activation.objects.create(policy=policy, version=version, starts_at=starts_at)
    return version
