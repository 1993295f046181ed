"""Placing an order through the portal."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reprieve.catalog.models import PricedPer
from reprieve.orders.models import Order, OrderFile
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order, stl_bytes

URL = "/orders/new/"


@pytest.fixture(autouse=True)
def crowns_are_priced_per_tooth(catalog: Catalog) -> None:
    catalog.products["crowns"].priced_per = PricedPer.TOOTH
    catalog.products["crowns"].save()


def form(catalog: Catalog, *lines: tuple[str, str, str], **details: Any) -> dict[str, Any]:  # noqa: ANN401
    """What a browser sends. A line is the family of its product (or nothing), teeth, quantity."""
    sent: dict[str, Any] = {
        "command_key": str(uuid4()),
        "patient_reference": "MK-2231",
        "customer_reference": "",
        "requested_delivery": "",
        "note": "",
        "lines-TOTAL_FORMS": str(len(lines)),
        "lines-INITIAL_FORMS": "0",
    }
    for number, (family, teeth, quantity) in enumerate(lines):
        product = catalog.products.get(family)
        sent[f"lines-{number}-product"] = str(product.pk) if product else family
        sent[f"lines-{number}-teeth"] = teeth
        sent[f"lines-{number}-quantity"] = quantity
    return sent | details


def test_shows_products_by_family_with_prices_and_the_terms(owner: Client, catalog: Catalog) -> None:
    page = owner.get(URL).content.decode()
    for words in (
        '<optgroup label="Crowns">',
        "Crowns product ($120.00 per tooth)",
        "Aligners product ($120.00 per case)",
        "Pay per case by card",
    ):
        assert words in page
    assert not Order.objects.exists()


def test_c16_tells_what_to_look_after_before_it_is_too_late(owner: Client, catalog: Catalog) -> None:
    page = owner.get(URL).content.decode()
    for words in (
        "Before you submit",
        "Check the product before you submit",
        "Upload all files now.",
        "Leave a note.",
        "cancel early",
    ):
        assert words in page


def test_offers_no_product_that_was_switched_off(owner: Client, catalog: Catalog) -> None:
    catalog.products["guards"].active = False
    catalog.products["guards"].save()
    assert "Guards product" not in owner.get(URL).content.decode()


def test_places_several_lines_with_files_and_everything_else(owner: Client, catalog: Catalog, cast: Cast) -> None:
    sent = form(
        catalog,
        ("crowns", "3, 16-14", ""),
        ("guards", "", "2"),
        customer_reference="MINE-7",
        requested_delivery="2999-01-31",
        note="Match 16.",
        files=[SimpleUploadedFile("upper.stl", stl_bytes()), SimpleUploadedFile("lower.stl", stl_bytes(2))],
    )
    response = owner.post(URL, sent)
    order = Order.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/orders/{order.number}/")
    assert [(line.product_name, line.teeth, line.quantity) for line in order.lines.all()] == [
        ("Crowns product", [3, 14, 15, 16], 4),
        ("Guards product", [], 2),
    ]
    assert (order.patient_reference, order.customer_reference, order.note) == ("MK-2231", "MINE-7", "Match 16.")
    assert str(order.requested_delivery) == "2999-01-31"
    assert (order.practice, order.placed_by) == (cast.practice, cast.owner)
    assert sorted(order.files.values_list("name", flat=True)) == ["lower.stl", "upper.stl"]
    assert f"{order.number} is placed." in owner.get(f"/orders/{order.number}/").content.decode()


def test_gives_one_order_for_a_form_that_is_sent_twice_and_says_so(owner: Client, catalog: Catalog) -> None:
    sent = form(catalog, ("guards", "", "1"))
    first, second = owner.post(URL, sent), owner.post(URL, sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert Order.objects.count() == 1
    assert "nothing was ordered twice" in owner.get(second.headers["Location"]).content.decode()


def test_leaves_out_lines_in_which_nothing_was_chosen(owner: Client, catalog: Catalog) -> None:
    assert owner.post(URL, form(catalog, ("", "", "1"), ("guards", "", "1"), ("", "", ""))).status_code == 302
    assert Order.objects.get().lines.count() == 1


@pytest.mark.parametrize(
    ("lines", "field", "words"),
    [
        pytest.param([("", "", "1")], "lines-0-product", "Please choose at least one product.", id="nothing"),
        pytest.param([("crowns", "", "1")], "lines-0-teeth", "Please write which teeth", id="no teeth"),
        pytest.param(
            [("guards", "", "1"), ("", "", "1"), ("crowns", "33", "1")],
            "lines-2-teeth",
            "Teeth are numbered from 1 to 32.",
            id="a tooth too many, after an empty line",
        ),
        pytest.param([("crowns", "upper left", "1")], "lines-0-teeth", "“upper” is not a tooth number.", id="words"),
        pytest.param([("crowns", "1" * 500, "1")], "lines-0-teeth", "Please name each tooth once", id="endless"),
        pytest.param([("", "14", "1")], "lines-0-product", "Please choose a product.", id="teeth of nothing"),
        pytest.param([("guards", "", "0")], "lines-0-quantity", "The quantity is from 1 to 100.", id="none of it"),
        pytest.param([("guards", "", "many")], "lines-0-quantity", "Please write a number", id="quantity in words"),
        pytest.param([("999999", "", "1")], "lines-0-product", "This product is no longer offered.", id="foreign"),
    ],
)
def test_shows_what_is_wrong_with_a_line_at_its_field(
    lines: list[tuple[str, str, str]], field: str, words: str, owner: Client, catalog: Catalog
) -> None:
    response = owner.post(URL, form(catalog, *lines, note="Keep me."))
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert words in page
    assert "Keep me." in page
    for _product, teeth, _quantity in lines:
        assert not teeth or f'value="{teeth}"' in page
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("patient_reference", "", "Please write a reference for the patient"),
        ("patient_reference", "p" * 61, "Please shorten this to 60 characters."),
        ("customer_reference", "c" * 61, "Please shorten this to 60 characters."),
        ("requested_delivery", "2020-01-31", "The delivery date has to lie in the future."),
        ("requested_delivery", "next week", "Please write a date such as 2027-01-31."),
        ("note", "n" * (10 * 1024 * 1024), "please shorten it to 2,000"),
    ],
)
def test_shows_what_else_is_wrong_and_keeps_what_was_typed(
    field: str, given: str, words: str, owner: Client, catalog: Catalog
) -> None:
    response = owner.post(URL, form(catalog, ("crowns", "3, 14-16", "1"), **{field: given}))
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert words in page
    assert given in page
    assert 'value="3, 14-16"' in page
    assert not Order.objects.exists()


def test_refuses_an_own_reference_that_was_used_before(owner: Client, catalog: Catalog, cast: Cast) -> None:
    order = an_order(catalog, cast.actor("owner"), "guards")
    Order.objects.filter(pk=order.pk).update(customer_reference="MINE-7")
    response = owner.post(URL, form(catalog, ("guards", "", "1"), customer_reference="MINE-7"))
    assert response.status_code == 422
    assert f"You have given this reference to {order.number} already." in response.content.decode()
    assert Order.objects.count() == 1


def test_names_the_file_that_cannot_be_used_and_says_to_choose_all_again(owner: Client, catalog: Catalog) -> None:
    files = [SimpleUploadedFile("upper.stl", stl_bytes()), SimpleUploadedFile("setup.stl", b"MZ" + bytes(99))]
    response = owner.post(URL, form(catalog, ("guards", "", "1"), files=files))
    page = response.content.decode()
    assert response.status_code == 422
    assert "setup.stl is not a file that we can use" in page
    assert "Please choose your files again; browsers do not keep them: upper.stl, setup.stl." in page
    assert not Order.objects.exists()
    assert not OrderFile.objects.exists()


@pytest.mark.parametrize(("count", "status"), [(20, 302), (21, 422), (100, 422)])
def test_takes_twenty_files_at_once(owner: Client, catalog: Catalog, count: int, status: int) -> None:
    files = [SimpleUploadedFile(f"scan-{number}.stl", stl_bytes()) for number in range(count)]
    response = owner.post(URL, form(catalog, ("guards", "", "1"), note="Keep me.", files=files))
    assert response.status_code == status
    if status == 302:
        assert OrderFile.objects.count() == count
        return
    page = response.content.decode()
    assert "Please send at most 20 files at once." in page
    assert 'id="id_files_error"' in page
    assert "Keep me." in page
    assert not Order.objects.exists()
    assert not OrderFile.objects.exists()


@pytest.mark.parametrize("count", ["0", "-1", "-99999999999999999999"])
def test_asks_for_a_product_where_a_form_came_without_a_line(count: str, owner: Client, catalog: Catalog) -> None:
    response = owner.post(URL, form(catalog) | {"lines-TOTAL_FORMS": count})
    assert response.status_code == 422
    assert 'id="id_lines-0-product_error"' in response.content.decode()
    assert not Order.objects.exists()


class TestWithoutScript:
    def test_adds_a_line_and_keeps_everything(self, owner: Client, catalog: Catalog) -> None:
        sent = form(catalog, ("crowns", "3, 14-16", "x"), note="Keep me.", add="1")
        sent["files"] = SimpleUploadedFile("upper.stl", stl_bytes())
        response = owner.post(URL, sent)
        page = response.content.decode()
        assert response.status_code == 200
        assert 'name="lines-TOTAL_FORMS" value="2"' in page
        for kept in ('value="3, 14-16"', 'value="x"', "Keep me.", "MK-2231", sent["command_key"], "upper.stl"):
            assert kept in page
        assert f'<option value="{catalog.products["crowns"].pk}" selected>' in page
        assert "field__error" not in page
        assert not Order.objects.exists()

    def test_removes_the_line_that_was_meant(self, owner: Client, catalog: Catalog) -> None:
        lines = (("crowns", "1", ""), ("crowns", "2", ""), ("crowns", "3", ""))
        page = owner.post(URL, form(catalog, *lines, remove="1")).content.decode()
        assert 'name="lines-TOTAL_FORMS" value="2"' in page
        assert [f'value="{tooth}" placeholder' in page for tooth in (1, 2, 3)] == [True, False, True]

    @pytest.mark.parametrize("remove", ["", "x", "7", "-1", "9" * 99])
    def test_survives_a_line_that_there_is_not(self, remove: str, owner: Client, catalog: Catalog) -> None:
        response = owner.post(URL, form(catalog, ("crowns", "1", ""), remove=remove))
        assert response.status_code == 200
        assert 'name="lines-TOTAL_FORMS" value="1"' in response.content.decode()

    def test_ends_at_thirty_lines(self, owner: Client, catalog: Catalog) -> None:
        lines = [("guards", "", "1")] * 31
        response = owner.post(URL, form(catalog, *lines))
        assert response.status_code == 422
        assert "An order has at most 30 lines." in response.content.decode()
        assert not Order.objects.exists()

    def test_asks_to_start_again_where_the_form_came_broken(self, owner: Client) -> None:
        assert owner.post(URL, {"patient_reference": "MK"}).status_code == 422
        assert owner.post(URL, {"add": "1"}).status_code == 200
        assert not Order.objects.exists()


@pytest.mark.parametrize("size", [13 * 1024 * 1024])
def test_says_kindly_that_what_was_sent_is_too_much(size: int, owner: Client, catalog: Catalog) -> None:
    response = owner.post(URL, form(catalog, ("guards", "", "1"), note="n" * size))
    assert response.status_code == 400
    assert "That was too much at once" in response.content.decode()
    assert not Order.objects.exists()
