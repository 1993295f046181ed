"""A charge's way: opened with its order, held by a pause, due again from the resume on, voided by a cancellation.

Here and in the bulk run (`invoice_runs.py`) billing reaches what charges are of; the rest of it knows them alone.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.billing.models import ON_ITS_WAY, Charge, ChargeState
from reprieve.billing.periods import BILLED_IN_PERIODS
from reprieve.cancellations import subjects
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order, OrderLine

OPEN = (ChargeState.HELD, ChargeState.DUE)


class WaitsForRun(Refused):
    """An invoice run will bill the case, and call it invoiced."""

    usual_remedy = _("Leave it as it is: the run moves it on.")


def charge_for(order: Order, lines: Iterable[OrderLine], rate: Decimal | None = None) -> Charge:
    """The charge of a new order, not yet saved. `rate` is the tax in percent; without it the business's own.

    Tax is rounded on each line, half to the even unit, so that the lines of an invoice add up to its tax.
    """
    rate = settings.TAX_PERCENT if rate is None else rate
    amounts = [line.amount_minor for line in lines]
    return Charge(
        order=order,
        practice_id=order.practice_id,
        terms=order.payment_terms,
        currency=order.currency,
        amount_minor=sum(amounts),
        tax_rate=rate,
        tax_minor=sum(tax_minor(amount, rate) for amount in amounts),
        first_billable_from=order.submitted_at,
        billable_from=order.submitted_at,
    )


def lock(actor: Actor, found: Charge) -> Charge:
    """The charge as it is under the lock of its subject, which is held until the transaction ends. Raises NotFound."""
    return subjects.lock(actor, found).charge


def lock_all(found: QuerySet[Charge]) -> None:
    """Lock the subjects of the charges until the transaction ends: the orders by their numbers."""
    orders = Order.objects.filter(pk__in=found.order_by().values("order"))
    list(orders.select_for_update().order_by("pk").values_list("pk"))


def tax_minor(amount_minor: int, rate: Decimal) -> int:
    """The tax on an amount at so many percent, half to the even unit."""
    return int((amount_minor * rate / 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def hold(charge: Charge) -> None:
    """What the locked charge is of was paused: nothing is billed meanwhile (D8)."""
    _move(charge, ChargeState.HELD, ChargeState.DUE)


def release(charge: Charge, *, now: datetime) -> None:
    """It goes on: the locked charge is billed in the period in which it does (D8)."""
    _move(charge, ChargeState.DUE, ChargeState.HELD, billable_from=now)


def void(charge: Charge) -> None:
    """It was cancelled: what was not yet charged never is (C13). What was is given back otherwise."""
    _move(charge, ChargeState.VOIDED, *OPEN)


def reopen(charge: Charge, *, now: datetime | None) -> None:
    """The cancellation was undone: the charge is due again, from `now` on if it had been held."""
    _move(charge, ChargeState.DUE, ChargeState.VOIDED, billable_from=now)


def waits_for_run(charge: Charge) -> bool:
    """Whether an invoice run will bill it, so that nobody has to do so by hand."""
    return charge.state == ChargeState.DUE and charge.terms in BILLED_IN_PERIODS


def billed_outside(charge: Charge) -> None:
    """Staff call what the locked charge is of invoiced: another system did it, and no run will do it again.

    What a card is paying is left to the card: billed besides, the practice would pay it twice.

    Raises WaitsForRun where a run will: what is called invoiced before would be on no invoice.
    """
    if waits_for_run(charge):
        raise WaitsForRun(
            gettext("This case is billed with the others of its practice, once its week or month is over.")
        )
    if charge.state == ChargeState.DUE and not charge.payments.filter(state__in=ON_ITS_WAY).exists():
        _move(charge, ChargeState.OUTSIDE, ChargeState.DUE)


def _move(charge: Charge, to: ChargeState, *sources: ChargeState, billable_from: datetime | None = None) -> None:
    """Move it if it is in one of these states; `billable_from` changes where it is given."""
    if charge.state in sources:
        charge.state, charge.billable_from = to, billable_from or charge.billable_from
        charge.save(update_fields=["state", "billable_from"])
