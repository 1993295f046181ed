"""An invoice is paid by card in the portal: offered where a card is declined, confirmed with its amount, paid once."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from reprieve.actions.pay_by_card import pay_invoice
from reprieve.actions.record_payment import record_invoice_payment
from reprieve.billing.models import Card, Invoice, Payment, PaymentState
from reprieve.settlement.send_payment import send_payment
from tests import fake_gateway
from tests.factories.cards import a_card, a_card_visit, cards_are_taken
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
__all__ = ["cards_are_taken"]
LATER = NOON + timedelta(days=40)
BILLING, PAGE, PAY = "/billing/", "/billing/INV-1001/", "/billing/INV-1001/pay/"


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    """Two cases of 120.00 each."""
    return an_invoice(catalog, cast.actor("owner"), orders=2)


@pytest.fixture
def card(cast: Cast) -> Card:
    return a_card(cast, default=True)


def text(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def form_of(page: str, card: Card) -> dict[str, str]:
    """The form of the page, with the card chosen."""
    hidden = dict(re.findall(r'<input type="hidden" name="(shown|key)" value="([^"]+)"', page))
    return hidden | {"card": str(card.pk)}


def declined(cast: Cast, invoice: Invoice, card: Card) -> None:
    wanted = {"card_id": card.pk, "expected_minor": invoice.total_minor, "key": uuid4(), "now": LATER}
    payment = pay_invoice(invoice_id=invoice.pk, actor=cast.actor("owner"), **wanted)  # type: ignore[arg-type]
    fake_gateway.plan("declined")
    send_payment(payment_id=payment.pk, now=LATER)


def test_a_declined_card_is_said_in_the_list_and_on_the_page_and_another_one_pays(
    owner: Client, cast: Cast, invoice: Invoice, card: Card
) -> None:
    declined(cast, invoice, card)
    assert "The card was declined: The card is closed." in text(owner, BILLING)
    page = text(owner, PAGE)
    assert "The card was declined: The card is closed." in page
    assert f"{card} was not charged $240.00" in page
    assert f'href="{PAY}"' in page
    other = a_card(cast)
    asked = text(owner, PAY)
    assert asked.index(str(card)) < asked.index(str(other))
    assert "$240.00 is to be paid, and was due on 1 May 2026." in asked
    answer = owner.post(PAY, form_of(asked, other), follow=True)
    assert f"{other} is being charged for INV-1001." in answer.content.decode()
    page = text(owner, PAGE)
    assert f"{other} is being charged $240.00" in page
    assert "was declined" not in page
    assert "by card…" not in page
    assert "Being paid" in text(owner, BILLING)
    send_payment(payment_id=Payment.objects.latest("pk").pk, now=LATER)
    assert fake_gateway.payments_made() == [("charge", other.source, 24000)]
    assert "Failed: The card is closed." in text(owner, PAGE)  # stays among the payments


def test_any_open_invoice_can_be_paid_until_it_is(owner: Client, invoice: Invoice, card: Card) -> None:
    with time_machine.travel(LATER, tick=False):
        assert "Pay by card…" in text(owner, PAGE)
        assert "$240.00 is to be paid by 1 May 2026." in text(owner, PAY)
    owner.post(PAY, form_of(text(owner, PAY), card))
    send_payment(payment_id=Payment.objects.get().pk, now=LATER)
    assert "by card…" not in text(owner, PAGE)
    response = owner.get(PAY)
    assert response.status_code == 409
    assert "There is nothing to pay by card for INV-1001 now." in response.content.decode()
    assert f'href="{PAGE}"' in response.content.decode()


def test_a_double_click_is_one_payment_with_one_answer(owner: Client, invoice: Invoice, card: Card) -> None:
    form = form_of(text(owner, PAY), card)
    first, second = (owner.post(PAY, form) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"]) == (302, PAGE)
    assert Payment.objects.count() == 1


def test_the_same_form_after_a_decline_says_so_and_charges_nothing(owner: Client, invoice: Invoice, card: Card) -> None:
    form = form_of(text(owner, PAY), card)
    owner.post(PAY, form)
    fake_gateway.plan("declined")
    send_payment(payment_id=Payment.objects.get().pk, now=LATER)
    answer = owner.post(PAY, form, follow=True).content.decode()
    assert f"{card} was declined: The card is closed." in answer
    assert Payment.objects.count() == 1


def test_a_second_payment_is_refused_while_one_is_on_its_way(
    owner: Client, cast: Cast, invoice: Invoice, card: Card
) -> None:
    mine, other = form_of(text(owner, PAY), card), form_of(text(owner, PAY), a_card(cast))
    owner.post(PAY, mine)
    response = owner.post(PAY, other)
    assert response.status_code == 409
    assert f"A payment of $240.00 with {card} is already on its way." in response.content.decode()
    assert Payment.objects.count() == 1


def test_another_amount_than_was_shown_is_refused_with_the_new_one(
    owner: Client, cast: Cast, invoice: Invoice, card: Card
) -> None:
    form = form_of(text(owner, PAY), card)
    record_invoice_payment(
        invoice_id=invoice.pk,
        actor=cast.actor("support"),
        amount_minor=4000,
        currency="USD",
        reference="Transfer 4711",
        now=LATER,
    )
    response = owner.post(PAY, form)
    page = response.content.decode()
    assert response.status_code == 409
    assert "$200.00 is open of INV-1001 now, no longer $240.00." in page
    assert not Payment.objects.filter(card__isnull=False).exists()
    assert re.search(rf'value="{card.pk}"[^>]*checked', page)
    owner.post(PAY, form_of(page, card))
    assert Payment.objects.get(card__isnull=False).amount_minor == 20000


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"shown": "1"}, 409),
        ({"shown": "48000"}, 409),
        ({"shown": "-24000"}, 422),
        ({"shown": "9" * 40}, 422),
        ({"shown": "x"}, 422),
        ({"shown": ""}, 422),
        ({"key": "x"}, 422),
        ({"card": ""}, 422),
        ({"card": "0"}, 422),
    ],
)
def test_what_no_page_shows_is_refused(
    owner: Client, invoice: Invoice, card: Card, given: dict[str, str], status: int
) -> None:
    assert owner.post(PAY, form_of(text(owner, PAY), card) | given).status_code == status
    assert not Payment.objects.exists()


@pytest.mark.parametrize("which", ["foreign", "removed"])
def test_no_card_but_the_practices_own_pays(
    owner: Client, cast: Cast, invoice: Invoice, card: Card, which: str
) -> None:
    form = form_of(text(owner, PAY), a_card(cast, stranger=True) if which == "foreign" else card)
    if which == "removed":
        Card.objects.update(removed_at=NOON)
    assert owner.post(PAY, form).status_code == 422
    assert not Payment.objects.exists()


def test_a_stranger_sees_and_pays_nothing_here(
    owner: Client, stranger: Client, cast: Cast, invoice: Invoice, card: Card
) -> None:
    form = form_of(text(owner, PAY), a_card(cast, stranger=True))
    assert [stranger.get(PAY).status_code, stranger.post(PAY, form).status_code] == [404, 404]
    assert not Payment.objects.exists()


def test_without_a_card_gateway_nothing_of_it_shows(
    owner: Client, invoice: Invoice, card: Card, settings: Settings
) -> None:
    form = form_of(text(owner, PAY), card)
    settings.CARD_GATEWAY = ""
    for url in (BILLING, "/billing/invoices/", PAGE):
        assert "by card" not in text(owner, url)
    assert [owner.get(PAY).status_code, owner.post(PAY, form).status_code] == [409, 409]
    assert not Payment.objects.exists()


class TestAddingACardToPayWith:
    def test_is_offered_where_there_is_none_and_comes_back(self, owner: Client, cast: Cast, invoice: Invoice) -> None:
        add = f"/billing/cards/add/?next={PAY}"
        page = text(owner, PAY)
        assert "You have no card here yet." in page
        assert f'href="{add}"' in page
        assert f'name="next" value="{PAY}"' in text(owner, add)
        key = str(uuid4())
        to = owner.post(add, {"key": key, "next": PAY})["Location"]
        visit = urlsplit(parse_qs(urlsplit(to).query)["back"][0])
        assert visit.path == f"/billing/cards/visits/{key}/"
        fake_gateway.plan("written")
        assert owner.post(f"{visit.path}?{visit.query}")["Location"] == PAY
        assert Card.objects.get().practice == cast.practice
        assert "Go on to pay" in text(owner, f"{visit.path}?{visit.query}")

    @pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
    def test_goes_on_to_no_page_but_ours(self, owner: Client, cast: Cast, foreign: str) -> None:
        visit = reverse("portal:card_visit", args=[a_card_visit(cast).key], query={"next": foreign})
        fake_gateway.plan("written")
        assert owner.post(visit)["Location"] == "/billing/#cards"
        assert "evil" not in text(owner, reverse("portal:add_card", query={"next": foreign}))
        to = owner.post("/billing/cards/add/", {"key": str(uuid4()), "next": foreign})["Location"]
        assert "evil" not in to
        assert "alert" not in to


def test_an_unclear_answer_says_that_nobody_is_charged_twice(owner: Client, invoice: Invoice, card: Card) -> None:
    owner.post(PAY, form_of(text(owner, PAY), card))
    fake_gateway.plan("lost_answer")
    send_payment(payment_id=Payment.objects.get().pk, now=timezone.now())
    assert Payment.objects.get().state == PaymentState.UNKNOWN
    assert "Nobody is charged twice" in text(owner, PAGE)
