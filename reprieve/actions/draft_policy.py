"""Begin to write new rules: a draft, from a version or from a table of one's own."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.dmn.table import Table
from reprieve.history.models import EventType
from reprieve.lib.errors import Invalid, NotFound
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import DraftChanges, add_editor, table_of, write
from reprieve.policies.lifecycle.history import record_on
from reprieve.policies.models import Draft, Policy, PolicyVersion


class NothingToStartFrom(Invalid):
    """The policy has no version yet, and no table was given."""


@transaction.atomic
def draft_policy(  # noqa: PLR0913 - the whole command in one line
    *,
    policy_key: str,
    actor: Actor,
    now: datetime,
    based_on: int | None = None,
    table: Table | None = None,
    scenarios: Iterable[Scenario] | None = None,
    basis: str | None = None,
    dmn_ids: Mapping[str, object] | None = None,
    why: str = "",
) -> Draft:
    """A new draft. What is not given is taken from version `based_on`, or else from the version in force.

    Raises NotFound, NotAllowed, NothingToStartFrom, DraftInvalid (with every problem; nothing is saved), NoteTooLong.
    """
    access.require_role(actor, *access.EDITS_POLICIES)
    policy = access.find(actor, Policy, key=policy_key)
    origin = _origin(policy, based_on, now)
    draft = Draft(policy=policy, based_on=origin, author_id=actor.person_id, created_at=now, changed_at=now)
    if origin is None and table is None:
        raise NothingToStartFrom(
            gettext("There is no version yet to start from."), remedy=gettext("Give a table to start with.")
        )
    if origin is not None:
        table = table or table_of(origin)
        scenarios = scenarios_from_data(origin.scenarios) if scenarios is None else scenarios
        basis, dmn_ids = basis or origin.basis, origin.dmn_ids if dmn_ids is None else dmn_ids
    write(draft, DraftChanges(table=table, scenarios=scenarios, basis=basis, dmn_ids=dmn_ids, why=why))
    draft.save(force_insert=True)
    add_editor(draft, actor)
    record_on(policy, EventType.POLICY_DRAFTED, actor=actor, now=now, draft=draft.pk)
    return draft


def _origin(policy: Policy, number: int | None, now: datetime) -> PolicyVersion | None:
    """The version to start from; without a number that in force, else the newest. Raises NotFound."""
    if number is None:
        return version_in_force(policy, now) or policy.versions.filter(published_at__isnull=False).last()
    version = policy.versions.filter(number=number, published_at__isnull=False).first()
    if version is None:
        raise NotFound(gettext("There is no such version of this policy."))
    return version
