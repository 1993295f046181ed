import pytest
from django.test import Client

from reprieve.catalog.models import Product, ProductFamily, Reason, ReasonFor
from tests.factories.things import Catalog

PAGES = ["products/new/", "families/new/", "reasons/new/"]


def a_product(catalog: Catalog, **more: object) -> dict[str, object]:
    family = catalog.products["crowns"].family
    typed = {"name": "Gold crown", "family": family.pk, "priced_per": "tooth", "price": "1,250.50", "currency": "USD"}
    return {**typed, "active": "on", "position": 3, **more}


def a_reason(**more: object) -> dict[str, object]:
    return {"label": "Moved away", "reason_for": "cancel", "key": "moved", "active": "on", "position": 2, **more}


def test_shows_everybody_what_is_offered(production: Client, catalog: Catalog) -> None:
    page = production.get("/console/catalog/").content.decode()
    for words in ("Crowns product", "$120.00", "Wrong product", "Reasons: Pausing an order"):
        assert words in page
    assert "/console/catalog/products/" not in page


def test_a_manager_finds_the_ways_to_change_it(manager: Client, catalog: Catalog) -> None:
    page = manager.get("/console/catalog/").content.decode()
    assert f"/console/catalog/products/{catalog.products['crowns'].pk}/" in page
    for path in PAGES:
        assert manager.get(f"/console/catalog/{path}").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_may(support: Client, production: Client, catalog: Catalog, path: str) -> None:
    before = (Product.objects.count(), ProductFamily.objects.count(), Reason.objects.count())
    typed = a_product(catalog) | {"key": "gold", "label": "Gold", "reason_for": "cancel"}
    for client in (support, production):
        assert client.post(f"/console/catalog/{path}", typed).status_code == 403
    assert (Product.objects.count(), ProductFamily.objects.count(), Reason.objects.count()) == before


def test_nobody_else_may_change_a_price(support: Client, catalog: Catalog) -> None:
    product = catalog.products["crowns"]
    assert support.post(f"/console/catalog/products/{product.pk}/", a_product(catalog)).status_code == 403
    product.refresh_from_db()
    assert product.price_minor == 12000


def test_takes_a_price_as_an_amount(manager: Client, catalog: Catalog) -> None:
    assert manager.post("/console/catalog/products/new/", a_product(catalog)).status_code == 302
    assert Product.objects.get(name="Gold crown").price_minor == 125050


def test_takes_a_price_in_a_currency_without_decimals(manager: Client, catalog: Catalog) -> None:
    typed = a_product(catalog, price="5800", currency="jpy")
    assert manager.post("/console/catalog/products/new/", typed).status_code == 302
    product = Product.objects.get(name="Gold crown")
    assert (product.price_minor, product.currency) == (5800, "JPY")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("price", "a lot", "Write an amount in USD like 120.00."),
        ("price", "1.005", "Write an amount in USD like 120.00."),
        ("price", "-1", "The price cannot be negative."),
        ("price", "9" * 30, "Write an amount in USD like 120.00."),
        ("price", "", "This field is required."),
        ("currency", "XYZ", "XYZ is no currency code such as USD."),
        ("name", "Crowns product", "already exists"),
        ("name", "", "This field is required."),
    ],
)
def test_says_at_the_field_what_is_wrong_with_a_product(
    manager: Client, catalog: Catalog, field: str, typed: str, words: str
) -> None:
    before = Product.objects.count()
    response = manager.post("/console/catalog/products/new/", a_product(catalog, **{field: typed}))
    assert response.status_code == 422
    assert any(words in str(error) for error in response.context["form"].errors[field])
    assert f'value="{typed}"' in response.content.decode() or not typed
    assert Product.objects.count() == before


def test_changes_a_product_and_switches_it_off(manager: Client, catalog: Catalog) -> None:
    product = catalog.products["crowns"]
    page = manager.get(f"/console/catalog/products/{product.pk}/").content.decode()
    assert 'value="120.00"' in page
    typed = a_product(catalog, name="Crown", price="99.95")
    del typed["active"]
    assert manager.post(f"/console/catalog/products/{product.pk}/", typed).status_code == 302
    product.refresh_from_db()
    assert (product.name, product.price_minor, product.active) == ("Crown", 9995, False)


def test_a_family_keeps_its_key(manager: Client, catalog: Catalog) -> None:
    family = ProductFamily.objects.get(key="crowns")
    typed = {"name": "Crowns and caps", "key": "caps", "fabricated": "on", "position": 1}
    assert manager.post(f"/console/catalog/families/{family.pk}/", typed).status_code == 302
    family.refresh_from_db()
    assert (family.key, family.name) == ("crowns", "Crowns and caps")


def test_adds_a_family_and_refuses_a_key_twice(manager: Client, catalog: Catalog) -> None:
    typed = {"name": "Splints", "key": "splints", "fabricated": "on", "position": 9}
    assert manager.post("/console/catalog/families/new/", typed).status_code == 302
    again = manager.post("/console/catalog/families/new/", typed)
    assert again.status_code == 422
    assert "key" in again.context["form"].errors
    assert ProductFamily.objects.filter(key="splints").count() == 1


def test_adds_a_reason(manager: Client, catalog: Catalog) -> None:
    assert manager.post("/console/catalog/reasons/new/", a_reason()).status_code == 302
    reason = Reason.objects.get(key="moved")
    assert (reason.is_other, reason.note_required, reason.active) == (False, False, True)


def test_a_reason_keeps_what_it_is_for_and_its_key(manager: Client, catalog: Catalog) -> None:
    reason = Reason.objects.get(reason_for=ReasonFor.CANCEL, key="wrong_product")
    typed = a_reason(label="Wrong one", reason_for="pause", key="else", is_other="on")
    del typed["active"]
    assert manager.post(f"/console/catalog/reasons/{reason.pk}/", typed).status_code == 302
    reason.refresh_from_db()
    assert (reason.label, reason.reason_for, reason.key) == ("Wrong one", "cancel", "wrong_product")
    assert (reason.is_other, reason.active) == (False, False)


def test_there_is_one_other_for_each(manager: Client, catalog: Catalog) -> None:
    response = manager.post("/console/catalog/reasons/new/", a_reason(is_other="on"))
    assert response.status_code == 422
    assert "is_other" in response.context["form"].errors
    assert Reason.objects.filter(reason_for=ReasonFor.CANCEL, is_other=True).count() == 1


def test_other_always_asks_for_words_and_stays(manager: Client, catalog: Catalog) -> None:
    other = Reason.objects.get(reason_for=ReasonFor.CANCEL, is_other=True)
    typed = a_reason(label="Something else")
    del typed["active"]
    assert manager.post(f"/console/catalog/reasons/{other.pk}/", typed).status_code == 302
    other.refresh_from_db()
    assert (other.label, other.note_required, other.active) == ("Something else", True, True)


def test_the_first_other_asks_for_words_unasked(manager: Client, catalog: Catalog) -> None:
    Reason.objects.filter(reason_for=ReasonFor.CANCEL, is_other=True).delete()
    assert manager.post("/console/catalog/reasons/new/", a_reason(is_other="on")).status_code == 302
    assert Reason.objects.get(reason_for=ReasonFor.CANCEL, is_other=True).note_required
