"""Store credit: reading a practice's balance, and writing the ledger under the practice's lock."""

from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.billing.models import Charge, CreditEntry, CreditKind, Method, Payment, PaymentState
from reprieve.billing.models.credit import ADDS
from reprieve.billing.payables import open_minor, payment_for
from reprieve.lib import money
from reprieve.lib.errors import Refused


class CreditTooSmall(Refused):
    """The practice has less store credit than this would take."""

    usual_remedy = _("Have a look at the balance, and pay the rest another way.")


def lock_practice(practice_id: int) -> Practice:
    """The practice, locked until the transaction ends: what writes its ledger waits for its turn.

    Whoever locks an order as well locks it first.
    """
    return Practice.objects.select_for_update().get(pk=practice_id)


def balance_minor(practice_id: int, currency: str) -> int:
    """What the practice can spend, in minor units of the currency."""
    last = _entries(practice_id, currency).values_list("balance_minor", flat=True).first()
    return last or 0


def balances(practice_id: int) -> dict[str, int]:
    """The balance in each currency that the practice ever had credit in, in one query."""
    newest = _entries(OuterRef("practice"), OuterRef("currency")).values("pk")[:1]
    last = CreditEntry.objects.filter(practice=practice_id, pk=Subquery(newest))
    return dict(last.order_by("currency").values_list("currency", "balance_minor"))


def write(  # noqa: PLR0913 - one row in one line
    practice: Practice,
    kind: CreditKind,
    amount_minor: int,
    currency: str,
    *,
    actor: Actor,
    now: datetime,
    charge: Charge | None = None,
    why: str = "",
    command_key: UUID | None = None,
) -> CreditEntry:
    """Append one entry of the locked practice; the kind says whether it adds or takes.

    Raises ValueError for an amount that is not above zero, CreditTooSmall where the balance does not hold it.
    """
    if amount_minor <= 0:
        raise ValueError("An entry needs an amount above zero.")
    change = amount_minor if kind in ADDS else -amount_minor
    last = _entries(practice.pk, currency).first()
    number, balance = (last.number, last.balance_minor) if last else (0, 0)
    if balance + change < 0:
        there = money.display(money.from_minor(balance, currency))
        raise CreditTooSmall(gettext("The store credit is %(there)s, which is not enough for this.") % {"there": there})
    return CreditEntry.objects.create(
        practice=practice,
        currency=currency,
        number=number + 1,
        kind=kind,
        amount_minor=change,
        balance_minor=balance + change,
        charge=charge,
        why=why,
        actor_id=actor.person_id,
        actor_name=actor.name,
        at=now,
        command_key=command_key,
    )


def spend(charge: Charge, *, actor: Actor, now: datetime) -> Payment | None:
    """Pay as much of a new charge from store credit as there is: credit goes first under all terms.

    Locks the practice. None where there is no credit in this currency, or nothing to pay.
    """
    practice = lock_practice(charge.practice_id)
    amount_minor = min(balance_minor(practice.pk, charge.currency), open_minor(charge))
    if amount_minor <= 0:
        return None
    payment = payment_for(charge, Method.CREDIT, amount_minor, now=now)
    payment.credit_entry = write(
        practice, CreditKind.SPENT, amount_minor, charge.currency, actor=actor, now=now, charge=charge
    )
    payment.state, payment.paid_at = PaymentState.PAID, now
    payment.save(force_insert=True)
    return payment


def _entries(practice: int | OuterRef, currency: str | OuterRef) -> QuerySet[CreditEntry]:
    return CreditEntry.objects.filter(practice=practice, currency=currency).order_by("-number")
