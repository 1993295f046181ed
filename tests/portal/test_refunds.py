"""Money after a cancellation, as the practice sees it."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.billing.models import Refund, RefundState
from reprieve.orders.models import Order, Status
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.money import give_credit, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, UNDO_WINDOW, Catalog, an_order, moved

OFFERED = "You can undo this until"
GOOD = {"reason": "patient_away", "note": ""}
FEE = "$116.22 goes back to your card: $120.00 minus the card's processing fee of $3.78."


@pytest.fixture(autouse=True)
def provider() -> None:
    fake_gateway.forget()


@pytest.fixture
def order(catalog: Catalog, cast: Cast) -> Order:
    """Paid by card, with a fee of 3.78."""
    order = an_order(catalog, cast.actor("owner"), "design", now=timezone.now())
    pay_by_card(order, 12000, fee=378)
    return order


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


class TestCancel:
    def test_c12_the_quote_is_on_the_page_to_the_cent_and_is_what_comes_back(self, owner: Client, order: Order) -> None:
        page = text(owner, f"/orders/{order.number}/cancel/")
        assert FEE in page
        assert '<input type="hidden" name="refund" value="11622">' in page
        assert owner.post(f"/orders/{order.number}/cancel/", GOOD | {"refund": "11622"}).status_code == 302
        assert Refund.objects.get().amount_minor == 11622
        assert "$116.22 to the card: Approved." in text(owner, f"/orders/{order.number}/")

    def test_order_details_says_it_before(self, owner: Client, order: Order) -> None:
        page = text(owner, f"/orders/{order.number}/")
        assert f"If it is cancelled: {FEE}" in page
        assert "Card" in page

    @pytest.mark.parametrize("tampered", ["12000", "0", "11623"])
    def test_another_amount_than_was_shown_is_refused_with_the_new_one(
        self, owner: Client, order: Order, tampered: str
    ) -> None:
        response = owner.post(f"/orders/{order.number}/cancel/", GOOD | {"refund": tampered})
        page = html.unescape(response.content.decode())
        assert response.status_code == 409
        assert "it would now be $116.22" in page
        assert 'name="refund" value="11622"' in page
        order.refresh_from_db()
        assert order.status == Status.PROCESSING
        assert not Refund.objects.exists()

    @pytest.mark.parametrize("nonsense", ["-1", "all of it", "9" * 40])
    def test_nonsense_is_refused(self, owner: Client, order: Order, nonsense: str) -> None:
        assert owner.post(f"/orders/{order.number}/cancel/", GOOD | {"refund": nonsense}).status_code == 422
        assert not Refund.objects.exists()


class TestRequestRefund:
    @pytest.fixture
    def cancelled(self, order: Order, cast: Cast) -> Order:
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        return order

    def test_s6_asks_with_a_reason_and_shows_the_state(self, owner: Client, cancelled: Order) -> None:
        path = f"/orders/{cancelled.number}/request-refund/"
        assert path in text(owner, f"/orders/{cancelled.number}/")
        assert "$3.78 of what you paid" in text(owner, path)
        assert owner.post(path, {"reason": "Charged twice.", "amount": ""}).status_code == 302
        page = text(owner, f"/orders/{cancelled.number}/")
        assert "Waiting for approval" in page
        assert "Owner asked for a refund of $3.78." in page
        assert path not in page

    @pytest.mark.parametrize(
        ("reason", "amount"), [("", ""), ("x", "0"), ("x", "-1"), ("x", "3.79"), ("x", "1e9"), ("x", "3.785")]
    )
    def test_keeps_what_was_typed_where_it_cannot_be(
        self, owner: Client, cancelled: Order, reason: str, amount: str
    ) -> None:
        path = f"/orders/{cancelled.number}/request-refund/"
        response = owner.post(path, {"reason": reason, "amount": amount})
        assert response.status_code == 422
        assert f'value="{amount}"' in response.content.decode() or not amount
        assert Refund.objects.count() == 1

    def test_there_is_nothing_to_ask_for_while_the_order_goes_on(self, owner: Client, order: Order) -> None:
        assert owner.get(f"/orders/{order.number}/request-refund/").status_code == 409

    def test_a_stranger_finds_nothing(self, stranger: Client, cancelled: Order) -> None:
        path = f"/orders/{cancelled.number}/request-refund/"
        assert [stranger.get(path).status_code, stranger.post(path, {"reason": "x"}).status_code] == [404, 404]
        assert Refund.objects.count() == 1


class TestUndo:
    @pytest.fixture
    def undoable(self, cast: Cast, catalog: Catalog) -> Order:
        """Paid with 80.00 of store credit and 40.00 by card, and cancelled just now under the lab's rules."""
        give_credit(cast.practice.pk, 8000)
        order = an_order(catalog, cast.actor("owner"), now=timezone.now())
        pay_by_card(order, 4000)
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        return order

    def test_is_told_of_before_anything_is_cancelled(self, owner: Client, order: Order) -> None:
        page = text(owner, f"/orders/{order.number}/cancel/")
        assert "You can undo it for 30 minutes afterwards." in page
        assert "No money is sent back before that time is over." in page

    def test_is_not_told_of_where_it_will_not_be_possible(self, owner: Client, order: Order) -> None:
        moved(order, *TO_DESIGN, now=timezone.now())
        assert "You can undo" not in text(owner, f"/orders/{order.number}/request-cancellation/")

    def test_the_button_stands_with_what_it_does_until_it_is_used(self, owner: Client, undoable: Order) -> None:
        page = text(owner, f"/orders/{undoable.number}/")
        assert OFFERED in page
        assert "(in 29 minutes)" in re.sub("<[^>]*>", "", page)
        assert "The case then goes on where it stood, and what it costs is due as before." in page
        assert "The store credit that came back is spent on it again." in page
        assert "No money is sent back before that time." in page
        assert "nothing more will happen to it unless that is undone" in page
        assert owner.post(f"/orders/{undoable.number}/undo/").status_code == 302
        page = text(owner, f"/orders/{undoable.number}/")
        assert "Owner undid the cancellation; the case goes on." in page
        assert page.count("Undone with the cancellation") == 2
        assert OFFERED not in page
        assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.UNDONE}

    def test_a_pause_that_the_cancellation_ended_is_said_to_stay_ended(
        self, owner: Client, order: Order, cast: Cast
    ) -> None:
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        page = text(owner, f"/orders/{order.number}/")
        assert "its pause stays ended, and what the case costs is due from that day on." in page

    def test_a_stranger_undoes_nothing(self, stranger: Client, undoable: Order) -> None:
        assert stranger.post(f"/orders/{undoable.number}/undo/").status_code == 404
        undoable.refresh_from_db()
        assert undoable.status == Status.CANCELLED

    def test_a_get_leads_to_the_case_and_undoes_nothing(self, owner: Client, undoable: Order) -> None:
        assert owner.get(f"/orders/{undoable.number}/undo/")["Location"] == f"/orders/{undoable.number}/"
        undoable.refresh_from_db()
        assert undoable.status == Status.CANCELLED

    def test_too_late_is_said(self, owner: Client, order: Order, cast: Cast) -> None:
        long_ago = timezone.now() - timedelta(minutes=31)
        Order.objects.update(submitted_at=long_ago, status_since=long_ago)
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=long_ago)
        assert OFFERED not in text(owner, f"/orders/{order.number}/")
        response = owner.post(f"/orders/{order.number}/undo/")
        assert response.status_code == 409
        assert "The time in which this cancellation could be undone has passed." in response.content.decode()
        order.refresh_from_db()
        assert order.status == Status.CANCELLED


class TestBilling:
    def test_shows_credit_and_refunds_with_their_states(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        give_credit(cast.practice.pk, 15000)
        order = an_order(catalog, cast.actor("owner"), now=NOON)
        page = text(owner, "/billing/")
        assert "$30.00" in page
        assert "Spent on a case" in page
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
        page = text(owner, "/billing/")
        assert "$150.00" in page
        assert "To the store credit" in page
        assert "Refunded" in page

    def test_shows_a_stranger_nothing_of_it(self, stranger: Client, cast: Cast, order: Order) -> None:
        give_credit(cast.practice.pk, 15000)
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        page = text(stranger, "/billing/")
        assert "$150.00" not in page
        assert order.number not in page


def test_a_refund_that_failed_is_no_word_of_the_provider_to_the_practice(
    owner: Client, order: Order, cast: Cast
) -> None:
    now = timezone.now()
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=now)
    fake_gateway.plan("declined")
    send_refund(refund_id=Refund.objects.get().pk, now=now + UNDO_WINDOW)
    page = text(owner, f"/orders/{order.number}/")
    assert "Failed; support looks after it" in page
    assert "The card is closed." not in page
