"""What a cancellation gives back, in words: the amounts, where each goes, and what is kept of what."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext

from reprieve.billing.cards import card_pays
from reprieve.billing.cost_in_words import not_billed_in_words, refund_in_words
from reprieve.billing.models import Charge, Method, Payment, PaymentState
from reprieve.billing.quotes import Quote
from reprieve.billing.refund_plan import Part, Plan
from reprieve.lib.money import display, from_minor


def quoted_in_words(charge: Charge, quoted: Quote) -> str:
    """What comes back if it is cancelled as quoted: to the cent where something was paid."""
    held = held_in_words(charge)
    if not quoted.plan.paid_minor and quoted.credited is None:
        not_billed = "" if quoted.is_open else not_billed_in_words(charge)
        applied = quoted.terms.applied(by_card=card_pays(charge))
        return held or not_billed or refund_in_words(applied, charge.currency)
    own = _own_in_words(quoted, charge) if quoted.plan.paid_minor else ""
    return " ".join(filter(None, (own, *_credited_in_words(quoted), held)))


def held_in_words(charge: Charge) -> str:
    """What becomes of a card's payment that is not made yet, or was not made, if it is cancelled."""
    states = {payment.state for payment in charge.payments.all() if payment.card_id is not None}
    if states & {PaymentState.PENDING, PaymentState.UNKNOWN}:
        return gettext("Your card is not charged any more; if it is charged already, support gives the money back.")
    if states & {PaymentState.AUTHORISED, PaymentState.RELEASED} and PaymentState.PAID not in states:
        return gettext("Nothing has been charged to your card; the hold on it is released.")
    return ""


def _own_in_words(quoted: Quote, charge: Charge) -> str:
    """The amounts, each with where it goes, and what is kept of what."""
    payments = {payment.pk: payment for payment in charge.payments.all() if payment.state == PaymentState.PAID}
    return " ".join(_sentences(quoted, payments))


def _sentences(quoted: Quote, payments: Mapping[int, Payment]) -> Iterator[str]:
    plan = quoted.plan
    credit = [part for part in plan.parts if payments[part.payment_id].method == Method.CREDIT]
    money = [part for part in plan.parts if payments[part.payment_id].method != Method.CREDIT]
    if credit:
        yield gettext("%s goes back to your store credit.") % _minor(_sum(credit), plan)
    if quoted.is_open and money:
        yield gettext("Support decides how much of the %s that you paid comes back.") % _minor(_sum(money), plan)
    elif money and quoted.override:
        yield gettext("Support decides whether %s comes back.") % _minor(_sum(money), plan)
    elif money:
        methods = {payments[part.payment_id].method for part in money}
        yield _money_back(plan, _sum(money), _where_to(money, methods), _paid_by_money(payments))
    elif not credit:
        left = plan.paid_minor - plan.refunded_minor
        yield gettext("Nothing of the %s that you paid comes back.") % _minor(left, plan)


def _credited_in_words(quoted: Quote) -> Iterator[str]:
    """What a credit note takes off the invoice, and what of that was paid."""
    if quoted.credited is None:
        return
    invoice, plan = quoted.credited.line.invoice, quoted.plan
    words = {"amount": _minor(quoted.credited.amount_minor, plan), "invoice": invoice.name}
    yield gettext("A credit note takes %(amount)s off invoice %(invoice)s.") % words
    back = _minor(quoted.of_invoice_minor, plan)
    if quoted.of_invoice and not quoted.is_granted:
        yield gettext("%s of it was paid; support decides how much of that comes back.") % back
    elif quoted.of_invoice:
        methods = {each.pk: each.method for each in invoice.payments.all()}
        where = _where_to(quoted.of_invoice, {methods[part.payment_id] for part in quoted.of_invoice})
        yield gettext("%(back)s of it was paid and %(to)s.") % {"back": back, "to": where}


def _money_back(plan: Plan, back_minor: int, where: str, paid_minor: int) -> str:
    """$116.22 goes back to your card: $120.00 minus the card's processing fee of $3.78."""
    words = {"back": _minor(back_minor, plan), "to": where, "paid": _minor(paid_minor, plan)}
    words["kept"], words["fee"] = _minor(paid_minor - back_minor, plan), _minor(plan.kept_fee_minor, plan)
    if back_minor >= paid_minor:
        return gettext("%(back)s %(to)s.") % words
    if plan.kept_fee_minor == paid_minor - back_minor:
        return gettext("%(back)s %(to)s: %(paid)s minus the card's processing fee of %(fee)s.") % words
    if plan.kept_fee_minor:
        return gettext("%(back)s %(to)s: of %(paid)s, %(kept)s is kept, with the card's processing fee.") % words
    return gettext("%(back)s %(to)s: of %(paid)s, %(kept)s is kept.") % words


def _where_to(parts: Sequence[Part], methods: Collection[str]) -> str:
    if all(part.to_credit for part in parts):
        return gettext("becomes store credit")
    if set(methods) == {Method.CARD}:
        return gettext("goes back to your card")
    return gettext("goes back the way you paid")


def _sum(parts: Iterable[Part]) -> int:
    return sum(part.amount_minor for part in parts)


def _paid_by_money(payments: Mapping[int, Payment]) -> int:
    """What is not on its way back already: paid twice, a case is not to look as if it had cost twice as much."""
    return sum(each.left_minor for each in payments.values() if each.method != Method.CREDIT)


def _minor(minor: int, plan: Plan) -> str:
    return display(from_minor(minor, plan.currency))
