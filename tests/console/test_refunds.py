"""Refunds, store credit and payments at support's desk."""

import csv
import html
import io

import pytest
from django.test import Client
from django.utils import timezone

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.reject_refund import reject_refund
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.billing.credit import balance_minor
from reprieve.billing.models import Invoice, Payment, Refund, RefundState
from reprieve.orders.models import Order
from reprieve.settlement.send_refund import send_refund
from tests import fake_gateway
from tests.factories.invoices import LATER, a_paid_invoice, cancel, pay_invoice
from tests.factories.money import a_refund, pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, UNDO_WINDOW, Catalog, an_order, moved, put_money_rules_in_force


@pytest.fixture
def refund(cast: Cast, catalog: Catalog, rules: None) -> Refund:
    """3.78 that waits for approval."""
    fake_gateway.forget()
    return a_refund(catalog, cast.actor("owner"))


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def act(client: Client, refund: Refund, verb: str, **given: object) -> int:
    data = {"version": refund.version} | given
    return client.post(f"/console/refunds/{refund.pk}/{verb}/", data).status_code


def state(refund: Refund) -> str:
    return Refund.objects.values_list("state", flat=True).get(pk=refund.pk)


class TestQueue:
    def test_shows_what_waits_and_counts_it(self, support: Client, refund: Refund) -> None:
        page = text(support, "/console/refunds/")
        assert "We were charged twice." in page
        assert "$3.78" in page
        assert "$116.22" not in page
        assert "$116.22" in text(support, "/console/refunds/?queue=all")

    @pytest.mark.parametrize("queue", ["waiting", "by_hand", "failed", "unclear", "all", "nonsense", "\0"])
    def test_every_queue_has_its_page(self, support: Client, refund: Refund, queue: str) -> None:
        assert support.get("/console/refunds/", {"queue": queue}).status_code == 200

    def test_production_looks_and_does_not_act(self, production: Client, refund: Refund) -> None:
        page = text(production, "/console/refunds/")
        assert "Approve" not in page
        assert act(production, refund, "approve", amount="3.78") == 403
        assert state(refund) == RefundState.PENDING


class TestAnswers:
    def test_s6_approves_as_it_is(self, support: Client, refund: Refund) -> None:
        assert 'value="3.78"' in text(support, f"/console/refunds/{refund.pk}/approve/")
        assert act(support, refund, "approve", amount="3.78") == 302
        assert state(refund) == RefundState.APPROVED

    @pytest.mark.parametrize("amount", ["", "0", "-1", "3.79", "12,000", "x", "3.781"])
    def test_an_amount_that_cannot_be_is_refused_at_its_field(
        self, support: Client, refund: Refund, amount: str
    ) -> None:
        assert act(support, refund, "approve", amount=amount) == 422
        assert state(refund) == RefundState.PENDING
        assert Refund.objects.get(pk=refund.pk).amount_minor == 378

    def test_s6_rejects_with_a_reason_that_the_practice_reads(
        self, support: Client, cast: Cast, refund: Refund
    ) -> None:
        assert act(support, refund, "reject", answer="") == 422
        assert act(support, refund, "reject", answer="The bank keeps it.") == 302
        assert state(refund) == RefundState.REJECTED
        owner = Client()
        owner.force_login(cast.owner)
        assert "The bank keeps it." in text(owner, f"/orders/{refund.about}/")

    def test_edge_13_an_open_screen_does_not_act_on_what_has_moved(self, support: Client, refund: Refund) -> None:
        assert act(support, refund, "reject", answer="No.", version=7) == 409
        assert act(support, refund, "retry") == 409
        assert act(support, refund, "confirm", reference="x") == 409
        assert state(refund) == RefundState.PENDING

    def test_a_failed_one_is_tried_again(self, support: Client, refund: Refund) -> None:
        sent = Refund.objects.exclude(pk=refund.pk).get()
        fake_gateway.plan("declined")
        send_refund(refund_id=sent.pk, now=timezone.now())
        sent.refresh_from_db()
        page = text(support, "/console/refunds/?queue=failed")
        assert "The card is closed." in page
        assert "Try again" in page
        assert act(support, sent, "retry") == 302
        assert state(sent) == RefundState.APPROVED

    def test_one_by_hand_is_confirmed_with_its_reference(
        self, support: Client, cast: Cast, catalog: Catalog, rules: None
    ) -> None:
        order = an_order(catalog, cast.actor("owner"), "design")
        data = {"version": 1, "amount": "120.00", "reference": "=HYPERLINK(1)"}
        assert "$120.00 is open" in text(support, f"/console/orders/{order.number}/record-payment/")
        assert support.post(f"/console/orders/{order.number}/record-payment/", data).status_code == 302
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        made = Refund.objects.get()
        send_refund(refund_id=made.pk, now=timezone.now() + UNDO_WINDOW)
        made.refresh_from_db()
        assert "It is made" in text(support, "/console/refunds/?queue=by_hand")
        assert act(support, made, "confirm", reference="") == 422
        assert act(support, made, "confirm", reference="Transfer 4711") == 302
        made.refresh_from_db()
        assert made.state == RefundState.COMPLETED
        assert act(support, made, "failed", why="It came back.") == 302
        assert state(made) == RefundState.FAILED
        table = list(csv.reader(io.StringIO(exported(support))))
        assert [row[9] for row in table] == ["reference", "'=HYPERLINK(1)", "Transfer 4711"]


def exported(client: Client) -> str:
    response = client.get("/console/refunds/export/")
    assert response.status_code == 200
    return response.getvalue().decode("utf-8-sig")


class TestExport:
    def test_adds_up_for_the_accountant(self, support: Client, refund: Refund) -> None:
        head, *rows = csv.reader(io.StringIO(exported(support)))
        assert head[:3] == ["what", "number", "date"]
        amounts = [(row[0], row[11], row[13], row[14]) for row in rows]
        assert amounts == [
            ("payment", "paid", "120.00", "3.78"),
            ("refund", "approved", "-116.22", "0"),
            ("refund", "pending", "-3.78", "0"),
        ]

    def test_names_the_invoice_and_the_way_that_it_went(
        self, support: Client, cast: Cast, catalog: Catalog, rules: None
    ) -> None:
        _, (order, _) = a_paid_invoice(catalog, cast.actor("owner"))
        cancel(order, cast.actor("owner"))
        Refund.objects.update(by_hand=True)
        _, *rows = csv.reader(io.StringIO(exported(support)))
        assert [(row[0], row[5], row[6], row[7], row[13]) for row in rows] == [
            ("payment", "", "INV-1001", "card", "240.00"),
            ("refund", "", "INV-1001", "manual", "-120.00"),
        ]

    def test_names_that_are_formulas_are_text(self, support: Client, cast: Cast, refund: Refund) -> None:
        cast.practice.name = "=cmd|' /C calc'!A0"
        cast.practice.save()
        assert [row[4][:5] for row in csv.reader(io.StringIO(exported(support)))][1:] == ["'=cmd"] * 3


class TestOneThatFailed:
    @pytest.fixture
    def failed(self, cast: Cast, catalog: Catalog, rules: None) -> Refund:
        """120.00 of a paid invoice, which the card's bank will not take."""
        fake_gateway.forget()
        _, (order, _) = a_paid_invoice(catalog, cast.actor("owner"))
        cancel(order, cast.actor("owner"))
        fake_gateway.plan("declined")
        send_refund(refund_id=Refund.objects.get().pk, now=LATER)
        return Refund.objects.get()

    def test_its_page_tells_what_was_tried_and_offers_each_way(self, support: Client, failed: Refund) -> None:
        page = text(support, f"/console/refunds/{failed.pk}/")
        assert "Refund of $120.00, INV-1001" in page
        assert "It did not work: The card is closed." in page
        assert "It is not tried again by itself" in page
        assert "Another way…" in page
        assert "Try again" in page
        assert f'href="/console/orders/{Order.objects.get(status="cancelled").number}/"' in page
        assert f'href="/console/refunds/{failed.pk}/"' in text(support, "/console/refunds/?queue=failed")

    def test_by_hand_it_comes_to_its_queue_and_is_confirmed(self, support: Client, failed: Refund) -> None:
        page = text(support, f"/console/refunds/{failed.pk}/another-way/")
        assert "Make it by hand" in page
        assert "Send it back the way it was paid" not in page
        assert act(support, failed, "another-way", way="by_hand") == 302
        assert act(support, failed, "another-way", way="by_hand") == 302
        assert state(failed) == RefundState.APPROVED
        send_refund(refund_id=failed.pk, now=timezone.now())
        failed.refresh_from_db()
        assert "$120.00" in text(support, "/console/refunds/?queue=by_hand")
        assert "made by hand" in text(support, f"/console/refunds/{failed.pk}/")
        assert act(support, failed, "confirm", reference="Transfer 4711") == 302
        assert "Transfer 4711" in text(support, f"/console/refunds/{failed.pk}/")

    def test_as_store_credit_the_practice_reads_it(self, support: Client, cast: Cast, failed: Refund) -> None:
        assert act(support, failed, "another-way", way="store_credit") == 302
        assert balance_minor(cast.practice.pk, "USD") == 12000
        owner = Client()
        owner.force_login(cast.owner)
        for path in ("/billing/", "/billing/INV-1001/", f"/orders/{Order.objects.get(status='cancelled').number}/"):
            page = text(owner, path)
            assert "To the store credit" in page, path
            assert "The card is closed." not in page, path

    @pytest.mark.parametrize("way", ["", "as_paid", "nonsense", "\0", "BY_HAND"])
    def test_no_other_way_is_taken(self, support: Client, failed: Refund, way: str) -> None:
        assert act(support, failed, "another-way", way=way) == 422
        failed.refresh_from_db()
        assert (failed.state, failed.by_hand, failed.to_credit) == (RefundState.FAILED, False, False)

    def test_an_open_screen_does_not_act_on_what_has_moved(self, support: Client, failed: Refund) -> None:
        assert act(support, failed, "another-way", way="by_hand", version=failed.version - 1) == 409
        assert act(support, failed, "retry") == 302
        assert act(support, failed, "another-way", way="store_credit") == 409
        assert state(failed) == RefundState.APPROVED

    def test_production_looks_and_does_not_act(self, production: Client, failed: Refund) -> None:
        assert "Another way…" not in text(production, f"/console/refunds/{failed.pk}/")
        assert act(production, failed, "another-way", way="store_credit") == 403
        assert state(failed) == RefundState.FAILED


class TestOverpaidInvoice:
    @pytest.fixture
    def invoice(self, cast: Cast, catalog: Catalog, rules: None) -> Invoice:
        """Paid; 5.00 came once more, and support said no to giving it back."""
        invoice, _ = a_paid_invoice(catalog, cast.actor("owner"))
        pay_invoice(invoice, 500)
        refund = Refund.objects.get()
        support = cast.actor("support")
        reject_refund(refund_id=refund.pk, actor=support, expected_version=1, answer="It is for May.", now=LATER)
        return invoice

    def test_support_asks_for_it_on_the_invoices_page(self, support: Client, invoice: Invoice) -> None:
        page = text(support, "/console/invoices/INV-1001/")
        assert "Request a refund…" in page
        assert "Support rejected the refund of $5.00: It is for May." in page
        path = "/console/invoices/INV-1001/request-refund/"
        assert "$5.00 was paid too much" in text(support, path)
        for amount in ("0", "-1", "5.01", "x"):
            assert support.post(path, {"reason": "They want it.", "amount": amount}).status_code == 422
        assert support.post(path, {"reason": ""}).status_code == 422
        assert support.post(path, {"reason": "They want it.", "amount": ""}).status_code == 302
        assert Refund.objects.get(state=RefundState.PENDING).amount_minor == 500
        assert "Request a refund…" not in text(support, "/console/invoices/INV-1001/")
        assert support.get(path).status_code == 409
        assert support.post(path, {"reason": "Once more."}).status_code == 302
        assert Refund.objects.filter(state=RefundState.PENDING).count() == 1

    def test_production_and_customers_do_not(self, production: Client, cast: Cast, invoice: Invoice) -> None:
        path = "/console/invoices/INV-1001/request-refund/"
        assert production.post(path, {"reason": "x"}).status_code == 403
        owner = Client()
        owner.force_login(cast.owner)
        assert owner.post(path, {"reason": "x"}).status_code == 404
        assert not Refund.objects.filter(state=RefundState.PENDING).exists()

    def test_staff_record_more_than_is_open_only_when_they_say_so(self, support: Client, invoice: Invoice) -> None:
        path = "/console/invoices/INV-1001/record-payment/"
        data = {"amount": "20.00", "reference": "Transfer 4711", "shown": "0"}
        refused = support.post(path, data)
        assert refused.status_code == 422
        assert "That is more than is open: $0.00." in html.unescape(refused.content.decode())
        assert Payment.objects.count() == 2
        assert support.post(path, data | {"beyond_open": "on"}).status_code == 302
        assert Payment.objects.latest("pk").refunded_minor == 2000
        assert Refund.objects.get(state=RefundState.PENDING).amount_minor == 2000


class TestPayments:
    @pytest.fixture
    def order(self, cast: Cast, catalog: Catalog, rules: None) -> Order:
        return an_order(catalog, cast.actor("owner"), "design")

    @pytest.mark.parametrize("given", [{"amount": "120.01"}, {"amount": "-5"}, {"amount": "x"}, {"reference": " "}])
    def test_what_cannot_be_is_refused_at_its_field(self, support: Client, order: Order, given: dict[str, str]) -> None:
        data = {"version": "1", "amount": "120.00", "reference": "x"} | given
        assert support.post(f"/console/orders/{order.number}/record-payment/", data).status_code == 422
        assert not Payment.objects.exists()

    def test_the_case_page_tells_of_it(self, support: Client, order: Order) -> None:
        assert "Record a payment" in text(support, f"/console/orders/{order.number}/")
        pay_by_card(order, 12000)
        page = text(support, f"/console/orders/{order.number}/")
        assert "Record a payment" not in page
        assert "A payment of $120.00 came in." in page

    def test_staff_undo_in_the_practices_place(self, support: Client, cast: Cast, order: Order) -> None:
        put_money_rules_in_force()
        cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        assert "can still be undone" in text(support, f"/console/orders/{order.number}/")
        assert support.post(f"/console/orders/{order.number}/undo/").status_code == 302
        order.refresh_from_db()
        assert order.status == "processing"


class TestApprovingACancellation:
    def test_shows_the_amounts_and_refuses_others(
        self, support: Client, cast: Cast, catalog: Catalog, rules: None
    ) -> None:
        order = an_order(catalog, cast.actor("owner"), "design")
        pay_by_card(order, 12000, fee=378)
        moved(order, *TO_DESIGN)
        asked = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
        path = f"/console/requests/{asked.pk}/approve/"
        assert "Support decides how much of the $120.00 that you paid comes back." in text(support, path)
        order.refresh_from_db()
        wrong = support.post(path, {"version": order.version, "refund": "5"})
        assert wrong.status_code == 409
        assert not Refund.objects.exists()
        assert support.post(path, {"version": order.version, "refund": "0"}).status_code == 302
        assert Refund.objects.get().state == RefundState.PENDING


class TestCredit:
    def test_grants_and_shows_the_ledger(self, support: Client, cast: Cast, rules: None) -> None:
        path = f"/console/practices/{cast.practice.pk}/credit/"
        data = {"what": "grant", "currency": "USD", "amount": "50", "why": "A crown came late."}
        assert support.post(path, data).status_code == 302
        assert support.post(path, data | {"what": "take_back", "amount": "20.50"}).status_code == 302
        assert balance_minor(cast.practice.pk, "USD") == 2950
        page = text(support, path)
        assert "$29.50" in page
        assert "A crown came late." in page

    @pytest.mark.parametrize(
        "given",
        [
            {"amount": "-1"},
            {"amount": "0"},
            {"amount": "x"},
            {"amount": "1.005"},
            {"why": ""},
            {"currency": "XYZ"},
            {"what": "steal"},
            {"what": "take_back"},
        ],
    )
    def test_what_cannot_be_is_refused(self, support: Client, cast: Cast, rules: None, given: dict[str, str]) -> None:
        data = {"what": "grant", "currency": "USD", "amount": "50", "why": "x"} | given
        assert support.post(f"/console/practices/{cast.practice.pk}/credit/", data).status_code == 422
        assert balance_minor(cast.practice.pk, "USD") == 0
