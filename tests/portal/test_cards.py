"""Cards in the portal: written down at the provider's own page, chosen, removed, and paid with."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django_ox.models import OxTask
from pytest_django import Settings

from reprieve.accounts.models import PaymentTerms
from reprieve.actions.remove_card import forget_card
from reprieve.billing.models import Card, CardHolder, CardSetup, Charge, ChargeState, Payment, PaymentState
from reprieve.history.models import Event, EventType
from reprieve.orders.models import Order
from tests import fake_gateway
from tests.factories.cards import a_card, a_card_visit, an_order_by_card, cards_are_taken
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order
from tests.portal.test_place_order import form

pytestmark = pytest.mark.django_db
__all__ = ["cards_are_taken"]
BILLING = "/billing/"
ADD = "/billing/cards/add/"


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


class TestAdding:
    def test_leads_to_the_providers_page_and_back_to_the_visit(self, owner: Client, cast: Cast) -> None:
        key = uuid4()
        first, response = (owner.post(ADD, {"key": str(key)}) for _ in range(2))
        assert (first.status_code, first["Location"]) == (302, response["Location"])
        visit = CardSetup.objects.get()
        holder = CardHolder.objects.get()
        assert (visit.practice, visit.key, visit.asked_by) == (cast.practice, key, cast.owner)
        assert (holder.practice, holder.provider_id) == (cast.practice, f"cus_{cast.practice.number}")
        to = urlsplit(response["Location"])
        ours = {name: urlsplit(values[0]).path for name, values in parse_qs(to.query).items()}
        assert to.hostname == "provider.example"
        assert ours == {"back": f"/billing/cards/visits/{key}/", "cancel": BILLING}
        assert not Card.objects.exists()

    def test_only_the_page_with_that_form_may_lead_away(self, owner: Client) -> None:
        assert "form-action 'self' https://checkout.stripe.com" in owner.get(ADD)["Content-Security-Policy"]
        for url in (BILLING, "/orders/new/"):
            assert "stripe" not in owner.get(url)["Content-Security-Policy"]
        assert "script-src 'self';" in owner.get(ADD)["Content-Security-Policy"]

    def test_the_page_that_comes_back_changes_nothing_until_the_provider_is_asked(
        self, owner: Client, cast: Cast
    ) -> None:
        visit = a_card_visit(cast)
        url = reverse("portal:card_visit", args=[visit.key])
        assert "Your card is being saved…" in text(owner, url)
        assert "not there yet" in owner.post(url, follow=True).content.decode()
        assert not Card.objects.exists()
        fake_gateway.plan("written")
        page = owner.post(url, follow=True).content.decode()
        assert "Visa ·· 4242 is saved." in page
        card = Card.objects.get()
        assert (card.is_default, card.added_by, card.practice) == (True, cast.owner, cast.practice)
        assert Event.objects.filter(type=EventType.CARD_ADDED).count() == 1
        assert "Your card is saved" in text(owner, url)
        owner.post(url)
        assert Card.objects.count() == 1

    def test_somebody_elses_visit_is_not_there(self, stranger: Client, cast: Cast) -> None:
        visit = a_card_visit(cast)
        url = reverse("portal:card_visit", args=[visit.key])
        fake_gateway.plan("written")
        assert [stranger.get(url).status_code, stranger.post(url).status_code] == [404, 404]
        assert stranger.post(ADD, {"key": str(visit.key)}).status_code == 404
        assert not Card.objects.exists()

    def test_is_not_offered_where_the_business_takes_no_cards(
        self, owner: Client, cast: Cast, settings: Settings
    ) -> None:
        settings.CARD_GATEWAY = ""
        assert "Add a card" not in text(owner, BILLING)
        assert owner.get(ADD).status_code == 409
        assert owner.post(ADD, {"key": str(uuid4())}).status_code == 409
        assert not CardSetup.objects.exists()


class TestKeeping:
    def test_shows_the_practices_cards_and_nobody_elses(self, owner: Client, stranger: Client, cast: Cast) -> None:
        card = a_card(cast, default=True)
        assert str(card) in text(owner, BILLING)
        assert "Used unless you choose another" in text(owner, BILLING)
        assert str(card) not in text(stranger, BILLING)

    def test_another_is_used_and_only_one_is(self, owner: Client, cast: Cast) -> None:
        first, second = a_card(cast, default=True), a_card(cast)
        owner.post(reverse("portal:use_card", args=[second.pk]))
        assert list(Card.objects.filter(is_default=True)) == [second]
        owner.get(reverse("portal:use_card", args=[first.pk]))
        assert list(Card.objects.filter(is_default=True)) == [second]

    def test_a_removed_card_is_forgotten_and_the_newest_is_used(self, owner: Client, cast: Cast) -> None:
        first, _, third = a_card(cast, default=True), a_card(cast), a_card(cast)
        url = reverse("portal:remove_card", args=[first.pk])
        assert "Remove" in text(owner, url)
        for _ in range(2):
            owner.post(url)
        first.refresh_from_db()
        assert first.removed_at is not None
        assert list(Card.objects.filter(is_default=True)) == [third]
        assert Event.objects.filter(type=EventType.CARD_REMOVED).count() == 1
        assert OxTask.objects.filter(task_path__endswith="forget_card").count() == 1
        forget_card.call(first.pk)
        assert fake_gateway.payments_made() == [("forget", first.source, 0)]
        assert url not in text(owner, BILLING)
        assert owner.get(url).status_code == 404

    def test_is_kept_while_a_payment_with_it_is_under_way(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        card = a_card(cast)
        an_order_by_card(catalog, cast.actor("owner"), card)
        assert owner.post(reverse("portal:remove_card", args=[card.pk])).status_code == 409
        card.refresh_from_db()
        assert card.removed_at is None
        assert not OxTask.objects.filter(task_path__endswith="forget_card").exists()

    def test_is_nothing_to_a_stranger(self, stranger: Client, cast: Cast) -> None:
        card = a_card(cast)
        for name in ("portal:use_card", "portal:remove_card"):
            assert stranger.post(reverse(name, args=[card.pk])).status_code == 404
        card.refresh_from_db()
        assert (card.is_default, card.removed_at) == (False, None)


class TestPlacing:
    def test_offers_the_cards_and_paying_later(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        other, card = a_card(cast), a_card(cast, default=True)
        page = text(owner, "/orders/new/")
        assert page.index(str(card)) < page.index(str(other)) < page.index("Pay later")

    def test_pays_with_the_chosen_card(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        card = a_card(cast)
        owner.post("/orders/new/", form(catalog, ("guards", "", "1"), card=str(card.pk)))
        payment = Payment.objects.get()
        assert (payment.charge, payment.card, payment.state) == (Charge.objects.get(), card, PaymentState.PENDING)

    def test_takes_no_card_of_somebody_else(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        a_card(cast)
        foreign = a_card(cast, stranger=True)
        response = owner.post("/orders/new/", form(catalog, ("guards", "", "1"), card=str(foreign.pk)))
        assert response.status_code == 422
        assert not Order.objects.exists()

    def test_later_is_later(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        a_card(cast, default=True)
        owner.post("/orders/new/", form(catalog, ("guards", "", "1"), card=""))
        assert Order.objects.count() == 1
        assert not Payment.objects.exists()

    @pytest.mark.parametrize("why", ["no cards are taken", "paid by invoice"])
    def test_asks_nothing_where_no_card_can_pay(
        self, owner: Client, cast: Cast, catalog: Catalog, settings: Settings, why: str
    ) -> None:
        card = a_card(cast)
        if why == "paid by invoice":
            cast.practice.payment_terms = PaymentTerms.MONTHLY
            cast.practice.save()
        else:
            settings.CARD_GATEWAY = ""
        assert str(card) not in text(owner, "/orders/new/")
        owner.post("/orders/new/", form(catalog, ("guards", "", "1"), card=str(card.pk)))
        assert Order.objects.count() == 1
        assert not Payment.objects.exists()


class TestPaying:
    def test_pays_what_was_placed_without_a_card(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        order, card = an_order(catalog, cast.actor("owner")), a_card(cast)
        assert "Pay $120.00 by card…" in text(owner, f"/orders/{order.number}/")
        url = f"/orders/{order.number}/pay/"
        assert str(card) in text(owner, url)
        owner.post(url, {"card": card.pk})
        assert Payment.objects.get().amount_minor == 12000
        page = text(owner, f"/orders/{order.number}/")
        assert "On its way" in page
        assert "by card…" not in page
        assert owner.get(url).status_code == 409

    def test_a_declined_card_is_said_and_another_is_offered(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        order, _ = an_order_by_card(catalog, cast.actor("owner"), a_card(cast))
        Payment.objects.update(state=PaymentState.FAILED, problem="The card is closed.")
        page = text(owner, f"/orders/{order.number}/")
        assert "Failed: The card is closed." in page
        assert "Pay $120.00 by card…" in page

    def test_without_a_card_it_says_how_to_add_one(self, owner: Client, cast: Cast, catalog: Catalog) -> None:
        order = an_order(catalog, cast.actor("owner"))
        page = text(owner, f"/orders/{order.number}/pay/")
        assert "You have no card here yet." in page
        assert ADD in page

    def test_a_hold_is_shown_as_such_and_cancelling_says_that_nothing_is_charged(
        self, owner: Client, cast: Cast, catalog: Catalog
    ) -> None:
        order, _ = an_order_by_card(catalog, cast.actor("owner"), a_card(cast), "design")
        Payment.objects.update(state=PaymentState.AUTHORISED)
        assert "Held on the card, not charged yet" in text(owner, f"/orders/{order.number}/")
        words = "Nothing has been charged to your card; the hold on it is released."
        assert words in text(owner, f"/orders/{order.number}/cancel/")
        owner.post(
            f"/orders/{order.number}/cancel/", {"reason": "patient_away", "note": "", "expected_refund_minor": ""}
        )
        assert words in text(owner, f"/orders/{order.number}/")
        assert Charge.objects.get().state == ChargeState.VOIDED

    def test_a_stranger_pays_for_nothing_here(self, stranger: Client, cast: Cast, catalog: Catalog) -> None:
        order, card = an_order(catalog, cast.actor("owner")), a_card(cast, stranger=True)
        assert stranger.post(f"/orders/{order.number}/pay/", {"card": card.pk}).status_code == 404
        assert not Payment.objects.exists()
