"""What Stripe's answers mean, as two Stripes that others wrote give them, over a connection that breaks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import stripe
from pytest_django import Settings

from reprieve.billing.gateways import (
    Absent,
    Amount,
    Authorised,
    Declined,
    Done,
    GatewayUnavailable,
    Pending,
    Released,
    Unknown,
    gateway,
)
from reprieve.billing.gateways.stripe import StripeGateway, _answered, of_refund, usual_fee_minor
from tests.billing.gateways.fault_proxy import Fault, Proxy
from tests.patience import PATIENCE

USD = "USD"
LOST = [Fault.HANG_UP_BEFORE, Fault.HANG_UP_AFTER, Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.NONSENSE]


def client(proxy: Proxy) -> StripeGateway:
    return StripeGateway(address=proxy.address, key="sk_test_reprieve", timeout=PATIENCE)


def raw(proxy: Proxy) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_reprieve", base_addresses={"api": proxy.address}, max_network_retries=0)


def charged(proxy: Proxy, minor: int = 12000) -> str:
    """The name of a charge that was paid at Stripe."""
    params = {"amount": minor, "currency": "usd", "source": "tok_visa"}
    return str(raw(proxy).raw_request("post", "/v1/charges", **params).data["id"])


def refunded(proxy: Proxy, payment: str) -> list[int]:
    """What has been given back of it, as Stripe tells."""
    return [refund.amount for refund in raw(proxy).v1.refunds.list({"charge": payment}).data]


class TestRefunds:
    def test_gives_back_so_much(self, refunding: Proxy) -> None:
        payment = charged(refunding)
        answer = client(refunding).refund(payment, Amount(11622, USD), key=uuid4())
        assert isinstance(answer, Done)
        assert answer.provider_id.startswith("re_")
        assert refunded(refunding, payment) == [11622]

    def test_asked_twice_with_one_key_gives_back_once(self, refunding: Proxy) -> None:
        payment, key = charged(refunding), uuid4()
        first, second = (client(refunding).refund(payment, Amount(4000, USD), key=key) for _ in range(2))
        assert first == second
        assert refunded(refunding, payment) == [4000]

    def test_two_refunds_of_one_amount_are_two_refunds(self, refunding: Proxy) -> None:
        payment = charged(refunding)
        answers = [client(refunding).refund(payment, Amount(4000, USD), key=uuid4()) for _ in range(2)]
        assert answers[0] != answers[1]
        assert refunded(refunding, payment) == [4000, 4000]

    def test_more_than_is_left_is_declined_for_good(self, refunding: Proxy) -> None:
        payment = charged(refunding)
        client(refunding).refund(payment, Amount(11000, USD), key=uuid4())
        answer = client(refunding).refund(payment, Amount(1001, USD), key=uuid4())
        assert isinstance(answer, Declined)
        assert answer.permanent
        assert "greater than unrefunded amount" in answer.why
        assert refunded(refunding, payment) == [11000]

    def test_a_key_with_another_amount_is_unknown_and_gives_nothing_back(self, refunding: Proxy) -> None:
        payment, key = charged(refunding), uuid4()
        client(refunding).refund(payment, Amount(4000, USD), key=key)
        assert isinstance(client(refunding).refund(payment, Amount(5000, USD), key=key), Unknown)
        assert refunded(refunding, payment) == [4000]

    def test_an_unknown_payment_is_declined_for_good(self, refunding: Proxy) -> None:
        answer = client(refunding).refund("ch_nowhere", Amount(1, USD), key=uuid4())
        assert isinstance(answer, Declined)
        assert answer.permanent

    @pytest.mark.parametrize("fault", LOST)
    def test_a_lost_answer_is_unknown_and_asking_again_gives_back_once(self, refunding: Proxy, fault: Fault) -> None:
        payment, key = charged(refunding), uuid4()
        refunding.faults.append(fault)
        assert isinstance(client(refunding).refund(payment, Amount(4000, USD), key=key), Unknown)
        again = client(refunding).refund(payment, Amount(4000, USD), key=key)
        assert isinstance(again, Done)
        assert refunded(refunding, payment) == [4000]

    @pytest.mark.parametrize(
        ("fault", "acted"),
        [(Fault.HANG_UP_BEFORE, False), (Fault.HANG_UP_AFTER, True), (Fault.ERROR_AFTER, True)],
    )
    def test_a_lost_answer_can_be_looked_up(self, refunding: Proxy, fault: Fault, *, acted: bool) -> None:
        payment, key = charged(refunding), uuid4()
        client(refunding).refund(payment, Amount(1000, USD), key=uuid4())
        refunding.faults.append(fault)
        client(refunding).refund(payment, Amount(4000, USD), key=key)
        found = client(refunding).look_up_refund(payment, key=key)
        assert isinstance(found, Done if acted else Absent)
        assert sorted(refunded(refunding, payment)) == ([1000, 4000] if acted else [1000])

    def test_a_look_up_that_breaks_is_unknown(self, refunding: Proxy) -> None:
        payment = charged(refunding)
        refunding.faults.append(Fault.HANG_UP_BEFORE)
        assert isinstance(client(refunding).look_up_refund(payment, key=uuid4()), Unknown)

    def test_asks_once_and_leaves_it_to_the_caller_to_ask_again(self, refunding: Proxy) -> None:
        payment = charged(refunding)
        refunding.asked.clear()
        refunding.faults.append(Fault.ERROR_BEFORE)
        client(refunding).refund(payment, Amount(4000, USD), key=uuid4())
        assert refunding.asked == ["POST /v1/refunds"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("succeeded", Done("re_1")),
        ("pending", Pending("re_1")),
        ("requires_action", Pending("re_1")),
        ("failed", Declined("The refund failed: expired_or_canceled_card.", permanent=True)),
        ("canceled", Declined("The refund failed: expired_or_canceled_card.", permanent=True)),
    ],
)
def test_reads_every_state_of_a_refund(status: str, expected: object) -> None:
    values = {"id": "re_1", "object": "refund", "status": status, "failure_reason": "expired_or_canceled_card"}
    assert of_refund(stripe.Refund.construct_from(values, "sk")) == expected


def refusal(code: str) -> stripe.StripeError:
    return stripe.InvalidRequestError("No.", None, code=code)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("balance_insufficient"), Declined("No.", permanent=False)),
        (refusal("charge_disputed"), Declined("No.", permanent=True)),
        (stripe.RateLimitError("Slow down."), Declined("Slow down.", permanent=False)),
        (
            stripe.AuthenticationError("Invalid key sk_live_secret."),
            Declined("Stripe does not accept the key that is configured.", permanent=False),
        ),
        (stripe.IdempotencyError("In use."), Unknown("IdempotencyError")),
        (stripe.APIError("oops"), Unknown("APIError")),
    ],
)
def test_only_what_is_clearly_no_is_declined(error: stripe.StripeError, expected: object) -> None:
    def ask() -> stripe.Refund:
        raise error

    assert _answered(ask, of_refund) == expected


def stands(proxy: Proxy, payment: str) -> object:
    return client(proxy).look_up_payment(payment, key=uuid4(), since=datetime.now(UTC))


class TestPayments:
    @pytest.fixture
    def card(self, paying: Proxy) -> str:
        """A kept card that takes every charge."""
        return self.kept(paying, "pm_card_visa")

    @staticmethod
    def kept(paying: Proxy, method: str) -> str:
        stripe_client = raw(paying)
        customer = stripe_client.v1.customers.create({"email": "doctor@maple.example"})
        made = stripe_client.v1.payment_methods.attach(method, {"customer": customer.id})
        return f"{customer.id}/{made.id}"

    def test_takes_an_amount_from_a_kept_card(self, paying: Proxy, card: str) -> None:
        answer = client(paying).charge(Amount(12000, USD), source=card, key=uuid4())
        assert isinstance(answer, Done)
        assert answer.provider_id.startswith("pi_")

    def test_a_card_that_is_declined_takes_nothing(self, paying: Proxy) -> None:
        card = self.kept(paying, "pm_card_chargeCustomerFail")
        answer = client(paying).charge(Amount(12000, USD), source=card, key=uuid4())
        assert isinstance(answer, Declined)
        assert answer.permanent

    def test_what_was_authorised_is_captured_or_let_go_of(self, paying: Proxy, card: str) -> None:
        held = client(paying).authorise(Amount(12000, USD), source=card, key=uuid4())
        assert isinstance(held, Authorised)
        other = client(paying).authorise(Amount(9000, USD), source=card, key=uuid4())
        assert isinstance(other, Authorised)
        assert isinstance(client(paying).capture(held.provider_id, Amount(12000, USD), key=uuid4()), Done)
        assert client(paying).release(other.provider_id, key=uuid4()) == Released()
        stand = [stands(paying, held.provider_id), stands(paying, other.provider_id)]
        assert [type(each) for each in stand] == [Done, Released]

    @pytest.mark.parametrize(("fault", "acted"), [(Fault.HANG_UP_BEFORE, False), (Fault.HANG_UP_AFTER, True)])
    def test_a_payment_whose_answer_was_lost_is_found_by_its_key(
        self, paying: Proxy, card: str, fault: Fault, *, acted: bool
    ) -> None:
        key = uuid4()
        paying.faults.append(fault)
        assert isinstance(client(paying).charge(Amount(12000, USD), source=card, key=key), Unknown)
        found = client(paying).look_up_payment("", key=key, since=datetime.now(UTC))
        assert isinstance(found, Done if acted else Absent)

    def test_looks_no_further_back_than_it_was_asked_for(self, paying: Proxy, card: str) -> None:
        key = uuid4()
        client(paying).charge(Amount(12000, USD), source=card, key=key)
        later = datetime.now(UTC) + timedelta(hours=2)
        assert client(paying).look_up_payment("", key=key, since=later) == Absent()

    def test_a_customer_is_one_who_keeps_cards_and_a_card_is_forgotten(self, paying: Proxy) -> None:
        holder = client(paying).add_holder("P-1007", key=uuid4())
        made = raw(paying).v1.payment_methods.attach("pm_card_visa", {"customer": holder})
        client(paying).forget_card(f"{holder}/{made.id}")
        client(paying).forget_card(f"{holder}/{made.id}")
        assert raw(paying).v1.payment_methods.retrieve(made.id).customer is None

    def test_a_stripe_that_is_not_there_is_said_to_be_unavailable(self, paying: Proxy) -> None:
        for ask in (
            lambda: client(paying).add_holder("P-1007", key=uuid4()),
            lambda: client(paying).forget_card("cus_1/pm_1"),
            lambda: client(paying).saved_card("cs_1"),
        ):
            paying.faults.append(Fault.HANG_UP_BEFORE)
            with pytest.raises(GatewayUnavailable):
                ask()


@pytest.mark.parametrize(
    ("minor", "currency", "fee"), [(12000, "USD", 378), (1, "USD", 30), (5800, "JPY", 168), (12000, "KWD", 648)]
)
def test_the_usual_fee_is_a_share_and_an_amount(settings: Settings, minor: int, currency: str, fee: int) -> None:
    settings.CARD_FEE_PERCENT, settings.CARD_FEE_FIXED = Decimal("2.9"), Decimal("0.30")
    assert usual_fee_minor(Amount(minor, currency)) == fee


def test_is_known_by_its_name() -> None:
    assert isinstance(gateway("stripe"), StripeGateway)
