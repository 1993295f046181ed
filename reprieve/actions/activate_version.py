"""Put a published version in force, live: back to an earlier one, or what was listened to as a shadow."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.lib.errors import NotFound
from reprieve.policies.lifecycle.locking import lock_policy
from reprieve.policies.lifecycle.publishing import PolicyChanged, activate, latest
from reprieve.policies.lifecycle.reviews import require_other, was_live
from reprieve.policies.models import Activation, Draft, Mode, Policy, PolicyVersion


@transaction.atomic
def activate_version(  # noqa: PLR0913 - the whole command in one line
    *,
    policy_key: str,
    number: int,
    actor: Actor,
    now: datetime,
    seen_activation_id: int | None,
    starts_at: datetime | None = None,
) -> Activation:
    """Put it in force from `starts_at` on, or else from now. What was decided until then stands.

    `seen_activation_id` is the live activation that the actor saw, None if there was none. What was never live before
    takes somebody who has not written it. Raises NotFound, NotAllowed, WroteIt, PolicyChanged, StartsInThePast,
    AlreadyScheduled, AlreadyInForce, RulesOutdated.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    policy = lock_policy(actor, policy_key)
    version = policy.versions.filter(number=number, published_at__isnull=False).first()
    if version is None:
        raise NotFound(gettext("There is no such version of this policy."))
    _require_seen(policy, seen_activation_id)
    _require_approval(version, actor, now)
    return activate(version, mode=Mode.LIVE, starts_at=starts_at or now, actor=actor, now=now)


def _require_seen(policy: Policy, seen: int | None) -> None:
    live = latest(policy, Mode.LIVE)
    if (live.pk if live else None) != seen:
        raise PolicyChanged(
            gettext("Another version was put in force after you opened this page, so nothing was done."),
            remedy=gettext("Have a look at the policy as it is now."),
        )


def _require_approval(version: PolicyVersion, actor: Actor, now: datetime) -> None:
    draft = Draft.objects.filter(published=version).first()
    if draft is not None and not was_live(version.activations.all(), now):
        require_other(draft, actor)
