"""A charge's way: opened with its order, held by a pause, due again from the resume on, voided by a cancellation."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.billing.models import Charge, ChargeState
from reprieve.billing.payments import ON_ITS_WAY
from reprieve.billing.periods import BILLED_IN_PERIODS
from reprieve.lib.errors import Refused
from reprieve.orders.models import Order, OrderLine

OPEN = (ChargeState.HELD, ChargeState.DUE)


class WaitsForRun(Refused):
    """An invoice run will bill the case, and call it invoiced."""

    code = "waits_for_run"
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


def tax_minor(amount_minor: int, rate: Decimal) -> int:
    """The tax on an amount at so many percent, half to the even unit."""
    return int((amount_minor * rate / 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def hold(order: Order) -> None:
    """The locked order was paused: nothing is billed meanwhile (D8)."""
    _of(order, ChargeState.DUE).update(state=ChargeState.HELD)


def release(order: Order, *, now: datetime) -> None:
    """The locked order goes on: it is billed in the period in which it does (D8)."""
    _of(order, ChargeState.HELD).update(state=ChargeState.DUE, billable_from=now)


def void(order: Order) -> None:
    """The locked order was cancelled: what was not yet charged never is (C13). What was is given back otherwise."""
    _of(order, *OPEN).update(state=ChargeState.VOIDED)


def reopen(order: Order, *, now: datetime | None) -> None:
    """The locked order's cancellation was undone: its charge is due again, from `now` on if it had been held."""
    voided = _of(order, ChargeState.VOIDED)
    if now is None:
        voided.update(state=ChargeState.DUE)
    else:
        voided.update(state=ChargeState.DUE, billable_from=now)


def waits_for_run(charge: Charge) -> bool:
    """Whether an invoice run will bill it, so that nobody has to do so by hand."""
    return charge.state == ChargeState.DUE and charge.terms in BILLED_IN_PERIODS


def billed_outside(order: Order) -> None:
    """Staff say of the locked order that it is invoiced: another system did it, and no run will do it again.

    What a card is paying is left to the card: billed besides, the practice would pay it twice.

    Raises WaitsForRun where a run will: what is called invoiced before would be on no invoice.
    """
    found = _of(order, ChargeState.DUE).first()
    if found is None:
        return
    if waits_for_run(found):
        raise WaitsForRun(
            gettext("This case is billed with the others of its practice, once its week or month is over.")
        )
    if not order.payments.filter(state__in=ON_ITS_WAY).exists():
        _of(order, ChargeState.DUE).update(state=ChargeState.OUTSIDE)


def _of(order: Order, *states: ChargeState) -> QuerySet[Charge]:
    return Charge.objects.filter(order=order, state__in=states)
