"""A card is charged exactly once, whatever the provider answers, and whenever; and what was not taken is let go of."""

import signal
from datetime import timedelta

import pytest
from django_ox.models import OxTask
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import PaymentTerms
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.pay_by_card import NothingToPay, pay_order
from reprieve.actions.place_order import place_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.cards import CardInvalid
from reprieve.billing.gateways import Authorised, Declined, Done, Released, Unknown
from reprieve.billing.models import Card, Charge, ChargeState, Payment, PaymentState, Refund, RefundState
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.notifications.models import Email
from reprieve.orders.building import Details, LineDetails
from reprieve.orders.models import Order, Status
from reprieve.settlement.send_payment import book_payment, send_payment, send_payment_when_due
from tests import drill, fake_gateway
from tests.factories.cards import a_card, an_order_by_card, cards_are_taken
from tests.factories.money import give_credit, pay_by_card, placed, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, TO_SHIPPED, Catalog, an_order, moved, put_money_rules_in_force
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db
__all__ = ["cards_are_taken"]
HOUR = timedelta(hours=1)


@pytest.fixture
def card(cast: Cast, rules: None) -> Card:
    return a_card(cast, default=True)


@pytest.fixture
def payment(cast: Cast, catalog: Catalog, card: Card) -> Payment:
    """120.00 to be charged for a case that was just placed."""
    return an_order_by_card(catalog, cast.actor("owner"), card, "design")[1]


def sent(payment: Payment, *words: str, at: int = 0) -> Payment:
    """The payment after the worker has gone on with it, the provider doing what is planned."""
    fake_gateway.plan(*words)
    send_payment(payment_id=payment.pk, now=NOON + at * HOUR)
    require_money_adds_up()
    return Payment.objects.select_related("charge__order").get(pk=payment.pk)


def looks_queued() -> int:
    return OxTask.objects.filter(task_path__endswith="send_payment_when_due").count()


def cancel(cast: Cast, payment: Payment, *, at: int = 1) -> None:
    cancel_order(order_id=placed(payment).pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + at * HOUR)


def stands(payment: Payment) -> str:
    return Payment.objects.get(pk=payment.pk).state


class TestPlacing:
    def test_writes_the_payment_down_and_charges_nothing_before_the_commit(self, payment: Payment, card: Card) -> None:
        assert (payment.state, payment.amount_minor, payment.card, payment.gateway) == ("pending", 12000, card, "fake")
        assert looks_queued() == 1
        assert not fake_gateway.payments_made()

    def test_charges_the_card_and_with_it_the_case(self, payment: Payment, card: Card) -> None:
        paid = sent(payment)
        assert fake_gateway.payments_made() == [("charge", card.source, 12000)]
        assert (paid.state, paid.provider_id, paid.fee_minor) == (PaymentState.PAID, str(payment.key), 378)
        assert Charge.objects.get(payments=payment).state == ChargeState.PAID
        assert placed(paid).charged_at == NOON
        for hour in (1, 2):
            assert sent(payment, at=hour).state == PaymentState.PAID
        assert len(fake_gateway.payments_made()) == 1
        assert Event.objects.filter(type=EventType.PAYMENT_RECEIVED).count() == 1

    def test_store_credit_goes_first_and_the_card_pays_the_rest(self, cast: Cast, catalog: Catalog, card: Card) -> None:
        give_credit(cast.practice.pk, 8000)
        order, payment = an_order_by_card(catalog, cast.actor("owner"), card)
        sent(payment)
        assert fake_gateway.payments_made() == [("charge", card.source, 4000)]
        assert Charge.objects.get(order=order).state == ChargeState.PAID

    def test_needs_no_card_where_store_credit_pays_all(self, cast: Cast, catalog: Catalog, card: Card) -> None:
        give_credit(cast.practice.pk, 12000)
        with pytest.raises(Payment.DoesNotExist):
            an_order_by_card(catalog, cast.actor("owner"), card)
        assert looks_queued() == 0

    def test_charges_nobody_who_pays_by_invoice(self, cast: Cast, catalog: Catalog, card: Card) -> None:
        cast.practice.payment_terms = PaymentTerms.MONTHLY
        cast.practice.save()
        with pytest.raises(Payment.DoesNotExist):
            an_order_by_card(catalog, cast.actor("owner"), card)

    @pytest.mark.parametrize("which", ["stranger", "removed", "absent"])
    def test_places_nothing_on_a_card_that_is_not_the_practices(
        self, cast: Cast, catalog: Catalog, which: str, rules: None
    ) -> None:
        card = a_card(cast, stranger=which == "stranger")
        if which == "removed":
            Card.objects.update(removed_at=NOON)
        with pytest.raises(CardInvalid):
            place_order(
                practice_id=cast.practice.pk,
                actor=cast.actor("owner"),
                wanted=[LineDetails(catalog.products["crowns"].pk)],
                details=Details(patient_reference="J.D.", card_id=0 if which == "absent" else card.pk),
                now=NOON,
            )


class TestAnswers:
    def test_edge_4_an_answer_that_was_lost_is_looked_up_and_never_asked_for_again(self, payment: Payment) -> None:
        lost = sent(payment, "lost_answer")
        assert (lost.state, lost.problem) == (PaymentState.UNKNOWN, "Nobody answered.")
        assert looks_queued() == 2
        assert sent(payment, "declined", at=1).state == PaymentState.PAID
        assert len(fake_gateway.payments_made()) == 1

    def test_a_question_that_was_lost_is_asked_again_with_the_same_key(self, payment: Payment) -> None:
        assert sent(payment, "lost_question").state == PaymentState.UNKNOWN
        paid = sent(payment, at=1)
        assert (paid.state, paid.provider_id) == (PaymentState.PAID, str(payment.key))
        assert len(fake_gateway.payments_made()) == 1

    def test_what_is_under_way_is_looked_up_until_it_is_done(self, payment: Payment) -> None:
        assert sent(payment, "pending").state == PaymentState.PENDING
        assert sent(payment, at=1).state == PaymentState.PAID
        assert len(fake_gateway.payments_made()) == 1

    def test_a_gateway_that_breaks_leaves_the_try_open(self, payment: Payment) -> None:
        fake_gateway.plan("broken")
        with pytest.raises(ConnectionError):
            send_payment(payment_id=payment.pk, now=NOON)
        assert stands(payment) == PaymentState.PENDING
        assert sent(payment, at=1).state == PaymentState.PAID
        assert len(fake_gateway.payments_made()) == 1

    def test_a_refusal_for_now_is_tried_again(self, payment: Payment) -> None:
        later = sent(payment, "later")
        assert (later.state, later.problem, looks_queued()) == (PaymentState.PENDING, "Not enough money.", 2)
        assert sent(payment, at=1).state == PaymentState.PAID

    def test_a_declined_card_fails_and_the_practice_is_told_once(self, payment: Payment) -> None:
        failed = sent(payment, "declined")
        assert (failed.state, failed.problem) == (PaymentState.FAILED, "The card is closed.")
        assert sent(payment, at=1).state == PaymentState.FAILED
        assert looks_queued() == 1
        assert Email.objects.filter(event__type=EventType.PAYMENT_FAILED).count() == 2
        assert Charge.objects.get(payments=payment).state == ChargeState.DUE
        assert not fake_gateway.payments_made()

    def test_an_old_answer_overrules_nothing(self, payment: Payment) -> None:
        sent(payment)
        for answer in (Unknown("late"), Declined("late", permanent=True), Authorised("x")):
            book_payment(payment_id=payment.pk, answer=answer, actor=SYSTEM, now=NOON)
        assert stands(payment) == PaymentState.PAID

    def test_the_providers_own_fee_replaces_the_usual_one_while_nothing_went_back(
        self, cast: Cast, payment: Payment
    ) -> None:
        sent(payment)
        told = Done(str(payment.key), fee_minor=401)
        book_payment(payment_id=payment.pk, answer=told, actor=SYSTEM, now=NOON)
        assert Payment.objects.get().fee_minor == 401
        cancel(cast, payment)
        book_payment(payment_id=payment.pk, answer=Done(str(payment.key), fee_minor=402), actor=SYSTEM, now=NOON)
        assert Payment.objects.get().fee_minor == 401
        assert Refund.objects.get().amount_minor == 12000 - 401


class TestAnotherCard:
    def test_pays_what_was_declined(self, cast: Cast, payment: Payment) -> None:
        sent(payment, "declined")
        other = a_card(cast)
        again = pay_order(order_id=placed(payment).pk, actor=cast.actor("owner"), card_id=other.pk, now=NOON)
        assert again.key != payment.key
        assert sent(again).state == PaymentState.PAID
        assert fake_gateway.payments_made() == [("charge", other.source, 12000)]

    def test_asked_twice_pays_once(self, cast: Cast, catalog: Catalog, card: Card) -> None:
        order = an_order(catalog, cast.actor("owner"))
        first, second = (
            pay_order(order_id=order.pk, actor=cast.actor("owner"), card_id=card.pk, now=NOON) for _ in range(2)
        )
        assert first == second
        sent(first)
        with pytest.raises(NothingToPay):
            pay_order(order_id=order.pk, actor=cast.actor("owner"), card_id=card.pk, now=NOON)
        assert len(fake_gateway.payments_made()) == 1

    def test_is_the_business_of_its_practice_and_of_support(self, cast: Cast, catalog: Catalog, card: Card) -> None:
        order = an_order(catalog, cast.actor("owner"))
        for who, refusal in (("stranger", NotFound), ("production", NotAllowed)):
            with pytest.raises(refusal):
                pay_order(order_id=order.pk, actor=cast.actor(who), card_id=card.pk, now=NOON)
        with pytest.raises(CardInvalid):
            pay_order(order_id=order.pk, actor=cast.actor("support"), card_id=a_card(cast, stranger=True).pk, now=NOON)
        assert not Payment.objects.exists()

    def test_is_not_asked_for_while_the_case_is_paused(self, cast: Cast, catalog: Catalog, card: Card) -> None:
        order = an_order(catalog, cast.actor("owner"))
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
        with pytest.raises(NothingToPay):
            pay_order(order_id=order.pk, actor=cast.actor("owner"), card_id=card.pk, now=NOON)

    def test_money_that_comes_after_all_is_booked_and_what_is_too_much_waits_for_support(
        self, cast: Cast, payment: Payment
    ) -> None:
        sent(payment, "declined")
        pay_by_card(placed(payment), 12000)
        book_payment(payment_id=payment.pk, answer=Done("pi_late", fee_minor=378), actor=SYSTEM, now=NOON)
        refund = Refund.objects.get()
        assert (refund.state, refund.amount_minor, refund.payment) == (RefundState.PENDING, 12000, payment)
        require_money_adds_up()


class TestCancelling:
    def test_before_the_charge_lets_go_of_it_and_nobody_is_asked(self, cast: Cast, payment: Payment) -> None:
        cancel(cast, payment)
        assert sent(payment, at=2).state == PaymentState.RELEASED
        assert sent(payment, at=3).state == PaymentState.RELEASED
        assert not fake_gateway.payments_made()
        assert not Refund.objects.exists()
        assert Event.objects.filter(type=EventType.PAYMENT_RELEASED).count() == 1

    def test_edges_10_and_11_money_that_was_in_flight_never_reopens_the_case_and_waits_to_go_back(
        self, cast: Cast, payment: Payment
    ) -> None:
        sent(payment, "lost_answer")
        cancel(cast, payment)
        before = Order.objects.values().get()
        assert sent(payment, at=1).state == PaymentState.PAID
        assert Order.objects.values().get() == before
        refund = Refund.objects.get()
        assert (refund.state, refund.amount_minor) == (RefundState.PENDING, 12000)
        assert Event.objects.filter(type=EventType.PAYMENT_CAME_LATE).count() == 1

    def test_a_question_that_was_lost_is_not_asked_again_for_a_cancelled_case(
        self, cast: Cast, payment: Payment
    ) -> None:
        sent(payment, "lost_question")
        cancel(cast, payment)
        assert sent(payment, at=2).state == PaymentState.RELEASED
        assert not fake_gateway.payments_made()

    def test_while_it_can_be_undone_nothing_is_let_go_of_and_undoing_lets_it_be_paid(
        self, cast: Cast, catalog: Catalog
    ) -> None:
        put_money_rules_in_force()
        order, payment = an_order_by_card(catalog, cast.actor("owner"), a_card(cast))
        cancel(cast, payment, at=0)
        assert sent(payment).state == PaymentState.PENDING
        undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=NOON + timedelta(minutes=5))
        assert sent(payment, at=1).state == PaymentState.PAID
        assert len(fake_gateway.payments_made()) == 1


class TestPausing:
    def test_d8_charges_nothing_until_the_case_goes_on(self, cast: Cast, payment: Payment) -> None:
        order_id = placed(payment).pk
        pause_order(order_id=order_id, actor=cast.actor("owner"), reason="patient_away", now=NOON)
        assert sent(payment).state == PaymentState.PENDING
        assert not fake_gateway.payments_made()
        queued = looks_queued()
        resume_order(order_id=order_id, actor=cast.actor("owner"), now=NOON + HOUR)
        assert looks_queued() == queued + 1
        assert sent(payment, at=1).state == PaymentState.PAID


class TestCapturingLater:
    @pytest.fixture(autouse=True)
    def captured_at_design(self, settings: Settings) -> None:
        settings.CAPTURE_AT = "design_started"

    @pytest.fixture
    def held(self, cast: Cast, catalog: Catalog, card: Card) -> Payment:
        return sent(an_order_by_card(catalog, cast.actor("owner"), card)[1])

    def test_placing_only_reserves_the_amount(self, held: Payment, card: Card) -> None:
        assert (held.state, held.fee_minor, held.paid_at) == (PaymentState.AUTHORISED, 0, None)
        assert fake_gateway.payments_made() == [("authorise", card.source, 12000)]
        assert sent(held, at=1).state == PaymentState.AUTHORISED
        assert Charge.objects.get().state == ChargeState.DUE
        assert Event.objects.filter(type=EventType.PAYMENT_AUTHORISED).count() == 1

    def test_starting_the_design_captures_it_once(self, held: Payment) -> None:
        queued = looks_queued()
        moved(placed(held), *TO_DESIGN)
        assert looks_queued() == queued + 1
        sent(held, at=1)
        paid = sent(held, at=2)
        assert (paid.state, paid.fee_minor) == (PaymentState.PAID, 378)
        assert [what for what, *_ in fake_gateway.payments_made()] == ["authorise", "capture"]
        assert Charge.objects.get().state == ChargeState.PAID

    def test_a_capture_whose_answer_was_lost_is_looked_up(self, held: Payment) -> None:
        moved(placed(held), *TO_DESIGN)
        queued = looks_queued()
        assert sent(held, "lost_answer", at=1).state == PaymentState.AUTHORISED
        assert looks_queued() == queued + 1
        assert sent(held, at=2).state == PaymentState.PAID
        assert [what for what, *_ in fake_gateway.payments_made()] == ["authorise", "capture"]

    def test_cancelling_before_releases_it_and_costs_nobody_a_fee(self, cast: Cast, held: Payment) -> None:
        cancel(cast, held)
        assert sent(held, "lost_answer", at=1).state == PaymentState.AUTHORISED
        sent(held, at=2)
        released = sent(held, at=3)
        assert (released.state, released.fee_minor) == (PaymentState.RELEASED, 0)
        assert [what for what, *_ in fake_gateway.payments_made()] == ["authorise", "release"]
        assert not Refund.objects.exists()
        assert Charge.objects.get().state == ChargeState.VOIDED

    def test_a_hold_that_ran_out_is_charged_anew_when_it_would_be_captured(self, held: Payment, card: Card) -> None:
        fake_gateway.run_out(str(held.key))
        moved(placed(held), *TO_DESIGN)
        assert sent(held, at=24 * 8).state == PaymentState.RELEASED
        anew = Payment.objects.exclude(pk=held.pk).get()
        assert sent(anew, at=24 * 8).state == PaymentState.PAID
        assert fake_gateway.payments_made()[-1] == ("charge", card.source, 12000)
        assert Payment.objects.count() == 2

    def test_a_hold_known_to_have_run_out_is_charged_anew_by_the_move(self, held: Payment) -> None:
        fake_gateway.run_out(str(held.key))
        book_payment(payment_id=held.pk, answer=Released(), actor=SYSTEM, now=NOON)
        assert Payment.objects.count() == 1
        moved(placed(held), *TO_DESIGN)
        assert Payment.objects.count() == 2

    def test_shipping_is_where_it_is_captured_if_the_business_says_so(
        self, settings: Settings, cast: Cast, catalog: Catalog, card: Card
    ) -> None:
        settings.CAPTURE_AT = "shipped"
        order, payment = an_order_by_card(catalog, cast.actor("owner"), card)
        sent(payment)
        moved(order, *TO_SHIPPED[:-1])
        assert sent(payment, at=1).state == PaymentState.AUTHORISED
        moved(order, *TO_SHIPPED[-1:])
        assert sent(payment, at=2).state == PaymentState.PAID


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_any_point_charges_exactly_once(cast: Cast, catalog: Catalog, card: Card) -> None:
    owner = cast.actor("owner")
    payments = {point: an_order_by_card(catalog, owner, card, "design")[1] for point in drill.PAYMENT_POINTS}
    started = {point: drill.start(point, "pay", payment.pk) for point, payment in payments.items()}
    ends = {point: process.wait(PATIENCE) for point, process in started.items()}
    assert ends == dict.fromkeys(drill.PAYMENT_POINTS, -signal.SIGKILL)
    assert len(fake_gateway.payments_made()) == 4
    for payment in payments.values():
        for _ in range(2):
            send_payment_when_due.call(payment.pk)
    assert fake_gateway.payments_made() == [("charge", card.source, 12000)] * len(payments)
    assert set(Payment.objects.values_list("state", flat=True)) == {PaymentState.PAID}
    assert set(Order.objects.values_list("status", flat=True)) == {Status.PROCESSING}
    require_money_adds_up()
