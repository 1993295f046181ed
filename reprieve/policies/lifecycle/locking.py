"""Taking a policy, or what belongs to it, to change it: locked until the transaction ends.

PostgreSQL locks the row; on SQLite the transaction itself (IMMEDIATE) is the lock. Where a policy and its draft are
both locked, the policy comes first.
"""

from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.lib.errors import NotFound
from reprieve.policies.models import Activation, Draft, Policy


def lock_draft(actor: Actor, draft_id: int) -> Draft:
    """The draft, locked until the transaction ends. Raises NotFound."""
    drafts = access.rows(actor, Draft).select_related("policy").select_for_update(of=("self",))
    draft = drafts.filter(pk=draft_id).first()
    if draft is None:
        raise NotFound(gettext("There is no such draft."))
    return draft


def lock_policy(actor: Actor, key: str) -> Policy:
    """The policy, locked until the transaction ends; what is in force changes under this lock. Raises NotFound."""
    policy = access.rows(actor, Policy).select_for_update().filter(key=key).first()
    if policy is None:
        raise NotFound(gettext("There is no such policy."))
    return policy


def lock_policy_of(actor: Actor, draft_id: int) -> Policy:
    """The policy that a draft is of, locked. Where both are, the policy comes first. Raises NotFound."""
    draft = access.rows(actor, Draft).select_related("policy").filter(pk=draft_id).first()
    if draft is None:
        raise NotFound(gettext("There is no such draft."))
    return lock_policy(actor, draft.policy.key)


def lock_activation(actor: Actor, activation_id: int) -> Activation:
    """An activation as it is under its policy's lock. Raises NotFound."""
    activations = access.rows(actor, Activation).select_related("policy", "version").filter(pk=activation_id)
    found = activations.first()
    if found is None:
        raise NotFound(gettext("There is no such activation."))
    lock_policy(actor, found.policy.key)
    return activations.get()
