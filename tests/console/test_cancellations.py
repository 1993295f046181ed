import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.history.models import Event, EventType
from reprieve.orders.models import Order, Status
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_DESIGN, TO_SHIPPED, Catalog, an_order, moved

QUEUE = "/console/requests/"


def another_request(cast: Cast, catalog: Catalog, minutes: int) -> Cancellation:
    actor = cast.actor("stranger")
    order = moved(an_order(catalog, actor, "design"), *TO_DESIGN)
    return request_cancellation(order_id=order.pk, actor=actor, reason="patient_away", now=NOON + minutes * MINUTE)


def state_of(cancellation: Cancellation) -> tuple[str, str]:
    """Of the request and of its order, as the database has them."""
    cancellation.refresh_from_db()
    return cancellation.state, Order.objects.get(pk=cancellation.subject.pk).status


class TestQueue:
    def test_shows_who_has_waited_longest_first(
        self, support: Client, asked: Cancellation, cast: Cast, catalog: Catalog
    ) -> None:
        older = another_request(cast, catalog, 5)
        response = support.get(QUEUE)
        assert [row for row, _ in response.context["waiting"]] == [older, asked]
        page = response.content.decode()
        for words in (
            "Owner",
            "Elm Street Dental",
            "Wrong product",
            "It was the bridge that we wanted.",
            "Design begun",
        ):
            assert words in page

    def test_counts_who_waits_in_the_navigation(self, support: Client, asked: Cancellation) -> None:
        assert '<span class="count">1' in support.get("/console/orders/").content.decode()

    def test_leaves_out_what_is_answered_or_withdrawn(self, support: Client, asked: Cancellation, cast: Cast) -> None:
        withdraw_cancellation(cancellation_id=asked.pk, actor=cast.actor("owner"), now=NOON + 20 * MINUTE)
        page = support.get(QUEUE)
        assert page.context["waiting"] == []
        assert "Nobody waits" in page.content.decode()
        assert 'class="count"' not in page.content.decode()

    def test_lets_production_look_but_not_answer(self, production: Client, asked: Cancellation) -> None:
        page = production.get(QUEUE).content.decode()
        assert asked.subject.number in page
        assert "/approve/" not in page
        assert "/decline/" not in page

    @pytest.mark.parametrize("count", [1, 12])
    def test_needs_five_queries_however_many_wait(
        self,
        support: Client,
        asked: Cancellation,
        cast: Cast,
        catalog: Catalog,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(count):
            another_request(cast, catalog, number)
        support.get(QUEUE)  # compiles the rules
        with django_assert_num_queries(5):
            support.get(QUEUE)


class TestApprove:
    def test_cancels_the_order_and_keeps_the_staff_note_from_the_customer(
        self, support: Client, customer: Client, asked: Cancellation
    ) -> None:
        url = f"{QUEUE}{asked.pk}/approve/"
        assert support.get(url).status_code == 200
        response = support.post(url, {"version": asked.subject.version, "staff_note": "Third one this month."})
        assert response.status_code == 302
        assert state_of(asked) == (CancellationState.APPROVED, Status.CANCELLED)
        number = asked.subject.number
        assert "Third one this month." in support.get(f"/console/orders/{number}/").content.decode()
        assert "Third one this month." not in customer.get(f"/orders/{number}/").content.decode()

    def test_a_second_click_approves_once(self, support: Client, asked: Cancellation) -> None:
        for _click in range(2):
            answer = support.post(f"{QUEUE}{asked.pk}/approve/", {"version": asked.subject.version})
            assert answer.status_code == 302
        assert Event.objects.filter(type=EventType.CANCELLATION_APPROVED).count() == 1

    def test_refuses_a_case_that_has_changed_since(self, support: Client, asked: Cancellation) -> None:
        response = support.post(f"{QUEUE}{asked.pk}/approve/", {"version": asked.subject.version - 1})
        assert response.status_code == 409
        assert state_of(asked) == (CancellationState.REQUESTED, Status.IN_PRODUCTION)

    def test_refuses_what_was_withdrawn_meanwhile(self, support: Client, asked: Cancellation, cast: Cast) -> None:
        withdraw_cancellation(cancellation_id=asked.pk, actor=cast.actor("owner"), now=NOON + 20 * MINUTE)
        assert support.post(f"{QUEUE}{asked.pk}/approve/", {"version": asked.subject.version}).status_code == 409
        assert state_of(asked) == (CancellationState.WITHDRAWN, Status.IN_PRODUCTION)

    def test_keeps_a_note_that_is_too_long(self, support: Client, asked: Cancellation) -> None:
        typed = {"version": asked.subject.version, "staff_note": "note " * 500}
        response = support.post(f"{QUEUE}{asked.pk}/approve/", typed)
        assert response.status_code == 422
        assert "note note note" in response.content.decode()
        assert state_of(asked) == (CancellationState.REQUESTED, Status.IN_PRODUCTION)


class TestDecline:
    def test_answers_the_customer_and_notes_for_staff(
        self, support: Client, customer: Client, asked: Cancellation
    ) -> None:
        """C11."""
        url = f"{QUEUE}{asked.pk}/decline/"
        page = support.get(url).content.decode()
        assert "Answer to the customer" in page
        assert "Only colleagues read this" in page
        typed = {
            "version": asked.subject.version,
            "answer": "The design was finished this morning.",
            "staff_note": "Calls often.",
        }
        assert support.post(url, typed).status_code == 302
        assert state_of(asked) == (CancellationState.DECLINED, Status.IN_PRODUCTION)
        read = customer.get(f"/orders/{asked.subject.number}/").content.decode()
        assert "The design was finished this morning." in read
        assert "Calls often." not in read

    def test_without_words_keeps_what_was_typed(self, support: Client, asked: Cancellation) -> None:
        response = support.post(
            f"{QUEUE}{asked.pk}/decline/",
            {"version": asked.subject.version, "answer": " ", "staff_note": "Calls often."},
        )
        assert response.status_code == 422
        assert "Please tell the customer why it cannot be cancelled." in response.content.decode()
        assert "Calls often." in response.content.decode()
        assert state_of(asked) == (CancellationState.REQUESTED, Status.IN_PRODUCTION)
        assert not Event.objects.filter(type=EventType.CANCELLATION_DECLINED).exists()

    def test_keeps_an_answer_that_is_too_long(self, support: Client, asked: Cancellation) -> None:
        response = support.post(
            f"{QUEUE}{asked.pk}/decline/", {"version": asked.subject.version, "answer": "because " * 300}
        )
        assert response.status_code == 422
        assert "because because" in response.content.decode()
        assert state_of(asked) == (CancellationState.REQUESTED, Status.IN_PRODUCTION)

    @pytest.mark.parametrize("verb", ["approve", "decline"])
    def test_production_may_not_answer(self, production: Client, asked: Cancellation, verb: str) -> None:
        typed = {"version": asked.subject.version, "answer": "No."}
        response = production.post(f"{QUEUE}{asked.pk}/{verb}/", typed)
        assert response.status_code == 403
        assert state_of(asked) == (CancellationState.REQUESTED, Status.IN_PRODUCTION)

    @pytest.mark.parametrize("verb", ["approve", "decline"])
    def test_customers_find_nothing(self, customer: Client, asked: Cancellation, verb: str) -> None:
        assert customer.post(f"{QUEUE}{asked.pk}/{verb}/", {"answer": "No."}).status_code == 404
        assert state_of(asked) == (CancellationState.REQUESTED, Status.IN_PRODUCTION)


class TestCancel:
    def test_cancels_where_the_rules_allow(self, support: Client, order: Order) -> None:
        url = f"/console/orders/{order.number}/cancel/"
        page = support.get(url).content.decode()
        assert "The rules say: Allow" in page
        assert "Override the rules" not in page
        assert "It can be undone for 30 minutes afterwards." in page
        for _click in range(2):
            assert support.post(url, {"version": order.version, "reason": "wrong_product"}).status_code == 302
        order.refresh_from_db()
        assert order.status == Status.CANCELLED
        assert not Event.objects.get(type=EventType.ORDER_CANCELLED).override

    def test_asks_for_the_override_where_they_do_not(self, support: Client, order: Order) -> None:
        order = moved(order, *TO_SHIPPED)
        url = f"/console/orders/{order.number}/cancel/"
        response = support.post(
            url, {"version": order.version, "reason": "wrong_product", "note": "Lost by the courier."}
        )
        assert response.status_code == 409
        assert "Lost by the courier." in response.content.decode()
        assert "Tick this to do it all the same." in response.content.decode()
        order.refresh_from_db()
        assert order.status == Status.SHIPPED
        assert not Cancellation.objects.exists()

    def test_records_the_override(self, support: Client, order: Order) -> None:
        order = moved(order, *TO_SHIPPED)
        typed = {"version": order.version, "reason": "wrong_product", "override": "on"}
        assert support.post(f"/console/orders/{order.number}/cancel/", typed).status_code == 302
        assert Cancellation.objects.get().override
        assert Event.objects.get(type=EventType.ORDER_CANCELLED).override
        assert "Overridden by staff" in support.get(f"/console/orders/{order.number}/").content.decode()

    def test_does_not_call_it_an_override_where_the_rules_allow(self, support: Client, order: Order) -> None:
        typed = {"version": order.version, "reason": "wrong_product", "override": "on"}
        assert support.post(f"/console/orders/{order.number}/cancel/", typed).status_code == 302
        assert not Cancellation.objects.get().override

    def test_other_needs_words(self, support: Client, order: Order) -> None:
        response = support.post(
            f"/console/orders/{order.number}/cancel/", {"version": order.version, "reason": "other"}
        )
        assert response.status_code == 422
        assert "needs a few words" in response.content.decode()
        order.refresh_from_db()
        assert order.status == Status.PROCESSING

    def test_a_cancelled_order_has_nothing_to_cancel(self, support: Client, order: Order) -> None:
        url = f"/console/orders/{order.number}/cancel/"
        support.post(url, {"version": order.version, "reason": "wrong_product"})
        assert support.get(url).status_code == 409
