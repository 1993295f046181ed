"""Cancelling, requesting and withdrawing through the portal."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.cancellations.models import Cancellation
from reprieve.catalog.models import Reason
from reprieve.notifications.models import Email
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order, Status
from tests.factories.people import Cast
from tests.factories.things import TO_SHIPPED, Catalog, an_order, moved
from tests.portal.conftest import SignIn

HTMX = {"HX-Request": "true"}
TEN_MEGABYTES = "x" * (10 * 1024 * 1024)
GOOD = {"reason": "patient_away", "note": "Patient rescheduled, will resubmit later."}


@pytest.fixture
def order(catalog: Catalog, cast: Cast) -> Order:
    """A design service in processing: it can be cancelled at once (C3)."""
    return an_order(catalog, cast.actor("owner"), "design")


@pytest.fixture
def begun(order: Order) -> Order:
    """The same with its design started: support decides (C7)."""
    return moved(order, Verb.START_DESIGN)


def url(order: Order, what: str = "") -> str:
    return f"/orders/{order.number}/{what}"


def status(order: Order) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


def said(response: Any) -> list[str]:  # noqa: ANN401
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestCancel:
    def test_shows_reasons_examples_and_cost_and_changes_nothing(self, owner: Client, order: Order) -> None:
        """C9, C12, S3."""
        response = owner.get(url(order, "cancel/"))
        page = response.content.decode()
        assert response.status_code == 200
        for words in (
            "The patient is away",
            "Wrong product",
            "Patient rescheduled, will resubmit later.",
            "without names or health details of patients",
            "Free of charge.",
            "minus the card&#x27;s processing fee",
        ):
            assert words in page
        assert status(order) == Status.PROCESSING
        assert not Cancellation.objects.exists()

    def test_says_until_when_this_holds_and_what_then(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        order = an_order(catalog, cast.actor("owner"), now=timezone.now())
        page = owner.get(url(order, "cancel/")).content.decode()
        assert "This holds until" in page
        assert "data-countdown" in page
        assert "After that: Free of charge. If your card was charged already, its processing fee is kept." in page

    def test_cancels_with_reason_and_note_and_confirms_on_screen_and_by_mail(
        self, owner: Client, cast: Cast, order: Order
    ) -> None:
        """C3, C9, C10."""
        response = owner.post(url(order, "cancel/"), GOOD)
        assert (response.status_code, response.headers["Location"]) == (302, url(order))
        done = Cancellation.objects.get()
        assert (done.order_id, done.reason.key, done.note) == (order.pk, "patient_away", GOOD["note"])
        assert status(order) == Status.CANCELLED
        page = owner.get(url(order)).content.decode()
        assert f"{order.number} is cancelled. A confirmation is on its way to owner@example.test." in page
        assert Email.objects.filter(recipient=cast.owner).count() == 1

    def test_promises_no_mail_to_who_wants_none(self, owner: Client, cast: Cast, order: Order) -> None:
        """C10."""
        cast.owner.emails_enabled = False
        cast.owner.save()
        owner.post(url(order, "cancel/"), GOOD)
        page = owner.get(url(order)).content.decode()
        assert f"{order.number} is cancelled." in page
        assert "A confirmation is on its way" not in page
        assert not Email.objects.filter(recipient=cast.owner).exists()

    def test_promises_no_mail_to_an_address_that_has_not_been_confirmed(
        self, owner: Client, cast: Cast, order: Order
    ) -> None:
        """C10."""
        EmailAddress.objects.filter(user=cast.owner).update(verified=False)
        owner.post(url(order, "cancel/"), GOOD)
        page = owner.get(url(order)).content.decode()
        assert f"{order.number} is cancelled." in page
        assert "A confirmation is on its way" not in page
        assert not Email.objects.filter(recipient=cast.owner).exists()

    def test_says_the_same_when_it_is_sent_twice(self, owner: Client, order: Order) -> None:
        for _ in range(2):
            response = owner.post(url(order, "cancel/"), GOOD)
            assert response.status_code == 302
            assert said(response)[-1].startswith(f"{order.number} is cancelled.")
        assert Cancellation.objects.count() == 1

    def test_sends_the_whole_page_on_from_the_dialog(self, owner: Client, order: Order) -> None:
        response = owner.post(url(order, "cancel/"), GOOD, headers=HTMX)
        assert response.headers["HX-Redirect"] == url(order)
        assert status(order) == Status.CANCELLED

    def test_opens_as_a_dialog_for_htmx_and_as_a_page_otherwise(self, owner: Client, order: Order) -> None:
        assert "<!DOCTYPE html>" not in owner.get(url(order, "cancel/"), headers=HTMX).content.decode()
        assert "<!DOCTYPE html>" in owner.get(url(order, "cancel/")).content.decode()

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            pytest.param({"note": "Just so."}, "Please choose a reason.", id="no reason"),
            pytest.param({"reason": "other", "note": "  "}, "“Other” needs a few words from you.", id="other"),
            pytest.param(
                {"reason": "patient_away", "note": TEN_MEGABYTES}, "please shorten it to 2,000", id="ten megabytes"
            ),
            pytest.param({"reason": "no_such", "note": "Kept."}, "This reason is no longer offered.", id="foreign"),
        ],
    )
    def test_shows_what_is_wrong_at_its_field_and_keeps_the_rest(
        self, sent: dict[str, str], words: str, owner: Client, order: Order
    ) -> None:
        response = owner.post(url(order, "cancel/"), sent)
        page = response.content.decode()
        assert response.status_code == 422
        assert words in page
        assert sent["note"].strip() in page
        assert status(order) == Status.PROCESSING
        assert not Cancellation.objects.exists()

    def test_keeps_the_chosen_reason(self, owner: Client, order: Order) -> None:
        response = owner.post(url(order, "cancel/"), {"reason": "other", "note": ""})
        chosen = [choice for choice in response.context["form"]["reason"] if choice.data["selected"]]
        assert [choice.data["value"] for choice in chosen] == ["other"]

    def test_does_not_offer_a_reason_that_was_switched_off(self, owner: Client, order: Order) -> None:
        Reason.objects.filter(key="wrong_product").update(active=False)
        assert "Wrong product" not in owner.get(url(order, "cancel/")).content.decode()

    def test_goes_on_to_a_request_with_what_was_typed_if_design_has_started_meanwhile(
        self, owner: Client, begun: Order
    ) -> None:
        response = owner.post(url(begun, "cancel/"), GOOD)
        page = response.content.decode()
        assert response.status_code == 409
        assert "This has changed meanwhile" in page
        assert f'action="{url(begun, "request-cancellation/")}"' in page
        assert GOOD["note"] in page
        assert response.context["form"]["reason"].value() == "patient_away"
        assert status(begun) == Status.IN_PRODUCTION
        assert not Cancellation.objects.exists()

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_refuses_with_the_reason_once_it_has_shipped(
        self, method: str, headers: dict[str, str], owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        """D9, C8."""
        order = moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
        response = getattr(owner, method)(url(order, "cancel/"), GOOD, headers=headers)
        page = response.content.decode()
        assert response.status_code == 409
        assert "This case has shipped" in page
        assert "cancellation_refused" in page
        assert ("<!DOCTYPE html>" in page) is not bool(headers)
        assert status(order) == Status.SHIPPED
        assert not Cancellation.objects.exists()

    def test_leads_to_the_request_where_support_decides(self, owner: Client, begun: Order) -> None:
        response = owner.get(url(begun, "cancel/"))
        assert response.headers["Location"] == url(begun, "request-cancellation/")

    def test_leads_back_to_an_order_that_is_cancelled(self, owner: Client, order: Order, cast: Cast) -> None:
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        assert owner.get(url(order, "cancel/")).headers["Location"] == url(order)
        assert owner.get(url(order, "cancel/"), headers=HTMX).headers["HX-Redirect"] == url(order)

    def test_ends_the_pause_of_a_paused_order(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"))
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        owner.post(url(order, "cancel/"), GOOD)
        assert status(order) == Status.CANCELLED
        page = owner.get(url(order)).content.decode()
        assert "The pause ended with the cancellation." in page
        assert "paused this case" not in page


class TestRequest:
    def test_says_that_support_decides_and_what_commonly_prevents_it(self, owner: Client, begun: Order) -> None:
        """C7, C15."""
        page = owner.get(url(begun, "request-cancellation/")).content.decode()
        assert "What commonly prevents cancelling" in page
        assert "Request cancellation" in page
        assert not Cancellation.objects.exists()

    def test_files_the_request_once_however_often_it_is_sent(self, owner: Client, begun: Order) -> None:
        for _ in range(2):
            response = owner.post(url(begun, "request-cancellation/"), GOOD)
            assert (response.status_code, response.headers["Location"]) == (302, url(begun))
            assert "is with support" in said(response)[-1]
        asked = Cancellation.objects.get()
        assert (asked.state, asked.reason.key, asked.note) == ("requested", "patient_away", GOOD["note"])
        assert status(begun) == Status.IN_PRODUCTION

    def test_says_cancelled_if_it_has_been_cancelled_meanwhile(self, owner: Client, begun: Order) -> None:
        cancel_order(order_id=begun.pk, actor=SYSTEM, reason="patient_away", now=timezone.now(), override=True)
        response = owner.post(url(begun, "request-cancellation/"), GOOD)
        assert said(response)[-1].startswith(f"{begun.number} is cancelled.")

    def test_keeps_what_was_typed_when_the_reason_is_missing(self, owner: Client, begun: Order) -> None:
        response = owner.post(url(begun, "request-cancellation/"), {"note": "Please!"})
        assert response.status_code == 422
        assert "Please choose a reason." in response.content.decode()
        assert "Please!" in response.content.decode()
        assert not Cancellation.objects.exists()

    def test_offers_to_cancel_at_once_where_no_request_is_needed(self, owner: Client, order: Order) -> None:
        assert owner.get(url(order, "request-cancellation/")).headers["Location"] == url(order, "cancel/")
        response = owner.post(url(order, "request-cancellation/"), GOOD)
        page = response.content.decode()
        assert response.status_code == 409
        assert "Good news" in page
        assert f'action="{url(order, "cancel/")}"' in page
        assert GOOD["note"] in page
        assert not Cancellation.objects.exists()

    def test_leads_back_while_a_request_is_open(self, owner: Client, begun: Order, cast: Cast) -> None:
        request_cancellation(order_id=begun.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        assert owner.get(url(begun, "request-cancellation/")).headers["Location"] == url(begun)


class TestWithdraw:
    @pytest.fixture
    def asked(self, begun: Order, cast: Cast, owner: Client) -> Cancellation:
        return request_cancellation(
            order_id=begun.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now()
        )

    def test_asks_once_more_and_changes_nothing(self, owner: Client, begun: Order, asked: Cancellation) -> None:
        page = owner.get(url(begun, "withdraw/")).content.decode()
        assert f'name="request" value="{asked.pk}"' in page
        asked.refresh_from_db()
        assert asked.state == "requested"

    def test_takes_it_back_once_however_often_it_is_sent(
        self, sign_in: SignIn, begun: Order, asked: Cancellation
    ) -> None:
        colleague = sign_in("colleague")
        for _ in range(2):
            response = colleague.post(url(begun, "withdraw/"), {"request": asked.pk})
            assert (response.status_code, response.headers["Location"]) == (302, url(begun))
            assert "is withdrawn" in said(response)[-1]
        asked.refresh_from_db()
        assert (asked.state, asked.closed_by_name) == ("withdrawn", "Colleague")

    def test_refuses_once_support_has_answered(
        self, owner: Client, cast: Cast, begun: Order, asked: Cancellation
    ) -> None:
        version = Order.objects.get(pk=begun.pk).version
        approve_cancellation(
            cancellation_id=asked.pk, actor=cast.actor("support"), expected_version=version, now=timezone.now()
        )
        response = owner.post(url(begun, "withdraw/"), {"request": asked.pk})
        assert response.status_code == 409
        assert "This request is closed already: approved." in response.content.decode()
        assert status(begun) == Status.CANCELLED

    def test_says_that_nothing_waits(self, owner: Client, begun: Order) -> None:
        assert owner.get(url(begun, "withdraw/")).status_code == 409

    def test_never_takes_back_a_newer_request_than_the_one_seen(
        self, owner: Client, cast: Cast, begun: Order, asked: Cancellation
    ) -> None:
        withdraw_cancellation(cancellation_id=asked.pk, actor=cast.actor("colleague"), now=timezone.now())
        newer = request_cancellation(
            order_id=begun.pk, actor=cast.actor("colleague"), reason="patient_away", now=timezone.now()
        )
        owner.post(url(begun, "withdraw/"), {"request": asked.pk})
        newer.refresh_from_db()
        assert newer.state == "requested"

    @pytest.mark.parametrize(("sent", "code"), [("999999", 404), ("", 422), ("x", 422), ("9" * 40, 422), ("-1", 422)])
    def test_finds_no_request_under_a_foreign_number(
        self, sent: str, code: int, owner: Client, begun: Order, asked: Cancellation
    ) -> None:
        assert owner.post(url(begun, "withdraw/"), {"request": sent}).status_code == code
        asked.refresh_from_db()
        assert asked.state == "requested"
