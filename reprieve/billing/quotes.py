"""What a cancellation gives back: the amounts that people are shown, and that the act then carries out.

The quote and the act are one function over what was paid and the terms of the kept decision: for the charge itself
(`refund_plan.plan`), and, where a credit note takes it off its invoice, for what is then paid too much of that
(`refund_plan.plan_overpaid`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.billing import credit_notes
from reprieve.billing.credit_notes import Credited
from reprieve.billing.documents import as_loaded
from reprieve.billing.loading import load_charge
from reprieve.billing.models import Charge, Method, Payment, PaymentState
from reprieve.billing.payments import excess_minor
from reprieve.billing.refund_plan import Paid, Part, Plan, plan, plan_overpaid
from reprieve.cancellations.subjects import Subject
from reprieve.lib import money
from reprieve.lib.errors import Refused
from reprieve.policies.money_terms import MoneyTerms, RefundTo

ALL_OF_IT: Final = MoneyTerms(share=Decimal(1))


class RefundChanged(Refused):
    """What would be given back is another amount than the one that was shown."""

    usual_remedy = _("Have a look at the new amount, then decide again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a cancellation gives back.

    Attributes:
        plan: what goes back of the charge's own payments; all that is left where the rules leave the share open.
        terms: the money terms of the decision.
        is_open: whether the rules leave the money to support. Store credit is restored all the same (C14).
        override: whether staff cancel against the rules: then, too, support decides on the money.
        credited: what a credit note takes off the invoice that the charge is on, if it is on one.
        of_invoice: what goes back of that invoice's payments, because it is then paid too much.
    """

    plan: Plan
    terms: MoneyTerms
    is_open: bool
    override: bool = False
    credited: Credited | None = None
    of_invoice: tuple[Part, ...] = ()

    @property
    def is_granted(self) -> bool:
        """Whether what goes back is sent without further asking."""
        return not self.is_open and not self.override

    @property
    def of_invoice_minor(self) -> int:
        """What goes back of the invoice's payments, in minor units."""
        return sum(part.amount_minor for part in self.of_invoice)

    @property
    def total_minor(self) -> int:
        """What goes back, or waits for support to say so, in minor units."""
        return self.plan.total_minor + self.of_invoice_minor

    @property
    def promised_minor(self) -> int:
        """What the customer is told will come back, in minor units: not what support has yet to decide on."""
        return self.total_minor if self.is_granted else self.plan.restored_minor


def quote(charge: Charge, outputs: Mapping[str, object], *, override: bool = False) -> Quote:
    """What cancelling gives back of the charge under a decision, just made or kept, from what is paid by now."""
    terms = MoneyTerms.of(outputs)
    is_open = terms.share is None
    followed = ALL_OF_IT if is_open else terms
    found = plan(
        followed, map(as_paid, _made(charge.payments.all())), charge.currency, excess_minor=excess_minor(charge)
    )
    credited = credit_notes.forecast(charge, outputs, override=override)
    return Quote(
        plan=found,
        terms=terms,
        is_open=is_open,
        override=override,
        credited=credited,
        of_invoice=_of_invoice(credited, found, followed) if credited is not None else (),
    )


def quote_to_act(
    subject: Subject, outputs: Mapping[str, object], *, override: bool = False, shown_minor: int | None
) -> Quote:
    """The quote of what is locked with all locked that it rests on, for the same transaction to carry out.

    Raises RefundChanged unless it is what was shown; None: nobody was shown one.
    """
    quoted = quote(load_charge(subject), outputs, override=override)
    _require_shown(quoted, shown_minor)
    return quoted


def as_paid(payment: Payment) -> Paid:
    return Paid(
        payment_id=payment.pk,
        amount_minor=payment.amount_minor,
        refunded_minor=payment.refunded_minor,
        fee_minor=payment.fee_minor,
        by_credit=payment.method == Method.CREDIT,
    )


def _of_invoice(credited: Credited, own: Plan, terms: MoneyTerms) -> tuple[Part, ...]:
    """What the credit note leaves overpaid, once the charge's own payments have gone back as planned.

    Never more than the credit note is over: what was paid too much before is not this cancellation's.
    """
    invoice = credited.line.invoice
    overpaid = credited.amount_minor - own.total_minor - as_loaded(credited.line).open_minor
    return plan_overpaid(
        map(as_paid, _made(invoice.payments.all())),
        min(overpaid, credited.amount_minor),
        to_credit=terms.refund_to is RefundTo.STORE_CREDIT,
    )


def _made(payments: Iterable[Payment]) -> Iterable[Payment]:
    return (payment for payment in payments if payment.state == PaymentState.PAID)


def _require_shown(quoted: Quote, shown_minor: int | None) -> None:
    if shown_minor is None or shown_minor == quoted.promised_minor:
        return
    shown, now = (
        money.display(money.from_minor(minor, quoted.plan.currency)) for minor in (shown_minor, quoted.promised_minor)
    )
    raise RefundChanged(
        gettext("The refund is no longer %(shown)s: it would now be %(now)s. Nothing has been done.")
        % {"shown": shown, "now": now}
    )
