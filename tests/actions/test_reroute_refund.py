"""A refund whose card is closed goes another way: by hand, or as store credit; and never two ways at once."""

from datetime import timedelta

import pytest

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.confirm_refund import confirm_refund, report_failed_refund
from reprieve.actions.reroute_refund import Way, WayInvalid, reroute_refund, ways
from reprieve.actions.retry_refund import retry_refund
from reprieve.billing.credit import balance_minor
from reprieve.billing.gateways import Declined, Done
from reprieve.billing.models import CreditEntry, CreditKind, Payment, Refund, RefundState
from reprieve.billing.refunds import PaymentDisputed, RefundMoved
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.notifications.models import Email
from reprieve.settlement.send_refund import book_refund, send_refund
from tests import fake_gateway
from tests.factories.invoices import LATER, a_paid_invoice, cancel, stands
from tests.factories.money import pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import UNDO_WINDOW, Catalog, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
HOUR = timedelta(hours=1)


@pytest.fixture
def refund(cast: Cast, catalog: Catalog) -> Refund:
    """120.00 of a cancelled case that the card's bank will not take."""
    fake_gateway.forget()
    order = an_order(catalog, cast.actor("owner"), "design", now=LATER - HOUR)
    pay_by_card(order, 12000)
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=LATER - UNDO_WINDOW)
    return sent(Refund.objects.get(), "declined")


def sent(refund: Refund, *words: str, at: int = 0) -> Refund:
    fake_gateway.plan(*words)
    send_refund(refund_id=refund.pk, now=LATER + at * HOUR)
    require_money_adds_up()
    return Refund.objects.get(pk=refund.pk)


def rerouted(cast: Cast, refund: Refund, way: Way, *, who: str = "support", seen: int | None = None) -> Refund:
    version = refund.version if seen is None else seen
    reroute_refund(refund_id=refund.pk, actor=cast.actor(who), expected_version=version, way=way, now=LATER + HOUR)
    return Refund.objects.get(pk=refund.pk)


def tries(refund: Refund) -> list[tuple[str, bool, str]]:
    return [(each.gateway, each.ended_at is not None, each.problem) for each in refund.attempts.order_by("number")]


def said() -> list[str]:
    return [sentence(event) for event in Event.objects.filter(type=EventType.REFUND_REROUTED).order_by("pk")]


def test_by_hand_the_next_try_is_a_colleagues_who_confirms_it_with_a_reference(cast: Cast, refund: Refund) -> None:
    assert refund.state == RefundState.FAILED
    chosen = rerouted(cast, refund, Way.BY_HAND)
    assert (chosen.state, chosen.by_hand, chosen.to_credit, chosen.version) == (
        RefundState.APPROVED,
        True,
        False,
        refund.version + 1,
    )
    made = sent(refund, at=1)
    assert made.state == RefundState.SENT
    assert tries(refund) == [("fake", True, "The card is closed."), ("manual", False, "")]
    done = confirm_refund(
        refund_id=refund.pk,
        actor=cast.actor("manager"),
        expected_version=made.version,
        reference="Transfer 4711",
        now=LATER + HOUR,
    )
    assert (done.state, done.attempts.latest("number").reference) == (RefundState.COMPLETED, "Transfer 4711")
    assert not fake_gateway.refunds_made()
    assert said() == ["Support chose another way for the refund of $120.00: made by hand."]
    assert Email.objects.filter(event__type=EventType.REFUND_REROUTED).count() == 2
    require_money_adds_up()


def test_as_store_credit_it_is_done_at_once(cast: Cast, refund: Refund) -> None:
    done = rerouted(cast, refund, Way.STORE_CREDIT)
    assert (done.state, done.to_credit, done.by_hand, done.completed_at) == (
        RefundState.COMPLETED,
        True,
        False,
        LATER + HOUR,
    )
    entry = CreditEntry.objects.get()
    assert (entry.kind, entry.amount_minor, entry.charge, entry.why) == (CreditKind.REFUND, 12000, refund.charge, "")
    assert balance_minor(cast.practice.pk, "USD") == 12000
    assert sent(refund, at=2).state == RefundState.COMPLETED
    assert not fake_gateway.refunds_made()
    assert said() == ["Support chose another way for the refund of $120.00: as store credit."]


@pytest.mark.parametrize(
    "answer", [Declined("Closed.", permanent=True), Declined("Later.", permanent=False), Done("x")]
)
def test_what_is_still_heard_of_the_card_overrules_nothing(cast: Cast, refund: Refund, answer: Declined | Done) -> None:
    attempt = refund.attempts.get()
    for way in (Way.BY_HAND, Way.STORE_CREDIT):
        Refund.objects.filter(pk=refund.pk).update(state=RefundState.FAILED)
        before = rerouted(cast, Refund.objects.get(pk=refund.pk), way)
        book_refund(attempt_id=attempt.pk, answer=answer, actor=SYSTEM, now=LATER + 2 * HOUR)
        after = Refund.objects.get(pk=refund.pk)
        assert (after.state, after.version) == (before.state, before.version)


def test_nobody_reports_store_credit_as_come_back(cast: Cast, refund: Refund) -> None:
    made = sent(rerouted(cast, refund, Way.BY_HAND), at=1)
    failed = failed_by_hand(cast, made)
    done = rerouted(cast, failed, Way.STORE_CREDIT)
    with pytest.raises(RefundMoved):
        failed_by_hand(cast, done)
    assert Refund.objects.get().state == RefundState.COMPLETED
    assert balance_minor(cast.practice.pk, "USD") == 12000


def failed_by_hand(cast: Cast, refund: Refund) -> Refund:
    return report_failed_refund(
        refund_id=refund.pk,
        actor=cast.actor("support"),
        expected_version=refund.version,
        why="Nobody knows the account.",
        now=LATER + HOUR,
    )


def test_what_came_back_by_hand_is_tried_by_hand_or_by_card_again(cast: Cast, refund: Refund) -> None:
    assert ways(refund) == [Way.BY_HAND, Way.STORE_CREDIT]
    failed = failed_by_hand(cast, sent(rerouted(cast, refund, Way.BY_HAND), at=1))
    assert ways(failed) == [Way.AS_PAID, Way.STORE_CREDIT]
    retry_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=failed.version, now=LATER + HOUR)
    failed = failed_by_hand(cast, sent(refund, at=1))
    assert [gateway for gateway, *_ in tries(refund)] == ["fake", "manual", "manual"]
    rerouted(cast, failed, Way.AS_PAID)
    assert sent(refund, "done", at=1).state == RefundState.COMPLETED
    assert len(fake_gateway.refunds_made()) == 1
    require_money_adds_up()


@pytest.mark.parametrize("words", [("pending",), ("lost_answer",), ("done",)])
def test_never_while_a_try_is_open_or_unclear_or_done(cast: Cast, refund: Refund, words: tuple[str, ...]) -> None:
    retry_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=refund.version, now=LATER)
    under_way = sent(refund, *words)
    for way in Way:
        with pytest.raises(RefundMoved):
            rerouted(cast, under_way, way)
    after = Refund.objects.get()
    assert (after.version, after.by_hand, after.to_credit) == (under_way.version, False, False)
    assert not CreditEntry.objects.exists()
    assert said() == []


def test_not_while_it_is_about_to_be_tried_again_by_itself(cast: Cast, refund: Refund) -> None:
    """What a provider refuses for now it may have done for another who asked: that is looked up with the next try."""
    retry_refund(refund_id=refund.pk, actor=cast.actor("support"), expected_version=refund.version, now=LATER)
    failed = sent(refund, "later")
    assert failed.state == RefundState.FAILED
    for way in (Way.BY_HAND, Way.STORE_CREDIT):
        with pytest.raises(RefundMoved, match="tried again by itself"):
            rerouted(cast, failed, way)
    assert Refund.objects.get().version == failed.version


def test_the_same_click_twice_is_one_and_another_screen_is_told(cast: Cast, refund: Refund) -> None:
    for _ in range(2):
        rerouted(cast, refund, Way.STORE_CREDIT, seen=refund.version)
    assert CreditEntry.objects.count() == 1
    assert len(said()) == 1
    for who, way in (("manager", Way.STORE_CREDIT), ("support", Way.BY_HAND)):
        with pytest.raises(RefundMoved, match="now refunded"):
            rerouted(cast, refund, way, who=who, seen=refund.version)
    assert CreditEntry.objects.count() == 1


def test_a_way_that_it_goes_already_is_no_other(cast: Cast, refund: Refund) -> None:
    with pytest.raises(WayInvalid):
        rerouted(cast, refund, Way.AS_PAID)
    Payment.objects.update(gateway="manual", method="manual")
    with pytest.raises(WayInvalid):
        rerouted(cast, refund, Way.BY_HAND)
    assert Refund.objects.get().version == refund.version


def test_edge_9_not_while_the_payment_is_disputed(cast: Cast, refund: Refund) -> None:
    Payment.objects.update(disputed=True)
    for way in (Way.BY_HAND, Way.STORE_CREDIT):
        with pytest.raises(PaymentDisputed):
            rerouted(cast, refund, way)
    assert (Refund.objects.get().state, CreditEntry.objects.count()) == (RefundState.FAILED, 0)


@pytest.mark.parametrize("who", ["owner", "stranger", "production"])
def test_only_support_and_managers_choose(cast: Cast, refund: Refund, who: str) -> None:
    with pytest.raises(NotAllowed):
        rerouted(cast, refund, Way.STORE_CREDIT, who=who)
    assert Refund.objects.get().state == RefundState.FAILED


def test_a_refund_that_is_not_there_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        reroute_refund(refund_id=1, actor=cast.actor("support"), expected_version=1, way=Way.BY_HAND, now=LATER)


def test_a_refund_of_an_invoice_becomes_store_credit_under_the_case_and_the_invoices_name(
    cast: Cast, catalog: Catalog
) -> None:
    fake_gateway.forget()
    invoice, (order, _) = a_paid_invoice(catalog, cast.actor("owner"))
    cancel(order, cast.actor("owner"))
    failed = sent(Refund.objects.get(), "declined")
    rerouted(cast, failed, Way.STORE_CREDIT)
    entry = CreditEntry.objects.get()
    assert (entry.charge, entry.why, entry.amount_minor) == (order.charge, "INV-1001", 12000)
    assert (stands(invoice).open_minor, stands(invoice).paid_minor) == (0, 12000)
    assert said() == ["Support chose another way for the refund of $120.00: as store credit."] * 2
