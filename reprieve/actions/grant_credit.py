"""Staff grant a practice store credit, or take some back; each with a reason that the practice reads."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.billing import credit
from reprieve.billing.checks import require_amount, require_why
from reprieve.billing.models import CreditEntry, CreditKind
from reprieve.history.models import EventType
from reprieve.history.record import amount, record

EVENT_OF = {CreditKind.GRANT: EventType.CREDIT_GRANTED, CreditKind.TAKEN_BACK: EventType.CREDIT_TAKEN_BACK}


@transaction.atomic
def grant_credit(  # noqa: PLR0913 - the whole command in one line
    *,
    practice_id: int,
    actor: Actor,
    amount_minor: int,
    currency: str,
    why: str,
    key: UUID | None = None,
    now: datetime,
) -> CreditEntry:
    """Grant it. Sent twice with the same key: the same entry again, and no second one.

    Raises NotFound, NotAllowed, AmountInvalid, WhyMissing.
    """
    return _change(CreditKind.GRANT, practice_id, amount_minor, currency, actor=actor, why=why, key=key, now=now)


@transaction.atomic
def take_back_credit(  # noqa: PLR0913 - the whole command in one line
    *,
    practice_id: int,
    actor: Actor,
    amount_minor: int,
    currency: str,
    why: str,
    key: UUID | None = None,
    now: datetime,
) -> CreditEntry:
    """Take so much of it back. Raises CreditTooSmall besides what `grant_credit` raises."""
    return _change(CreditKind.TAKEN_BACK, practice_id, amount_minor, currency, actor=actor, why=why, key=key, now=now)


def _change(  # noqa: PLR0913 - one change in one line
    kind: CreditKind,
    practice_id: int,
    amount_minor: int,
    currency: str,
    *,
    actor: Actor,
    why: str,
    key: UUID | None,
    now: datetime,
) -> CreditEntry:
    access.require_role(actor, *access.GRANTS_CREDIT)
    require_amount(amount_minor, currency)
    require_why(why)
    practice = credit.lock_practice(access.find(actor, Practice, pk=practice_id).pk)
    if key and (twin := CreditEntry.objects.filter(practice=practice, command_key=key).first()):
        return twin
    entry = credit.write(practice, kind, amount_minor, currency, actor=actor, now=now, why=why.strip(), command_key=key)
    record(
        EVENT_OF[kind],
        subject=Practice.SUBJECT,
        subject_id=practice.pk,
        actor=actor,
        now=now,
        data={"amount": amount(amount_minor, currency), "why": entry.why},
    )
    return entry
