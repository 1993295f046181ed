from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from moneyed import Money

from reprieve.accounts.models import PaymentTerms
from reprieve.actions.place_order import place_order
from reprieve.catalog.models import PricedPer
from reprieve.history.models import Event, EventType
from reprieve.lib.errors import Invalid, NotFound
from reprieve.orders.building import Details, LineDetails, LineInvalid, OrderInvalid
from reprieve.orders.models import Order, OrderFile, OrderLine, Status
from reprieve.orders.uploads import Upload
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_upload, stl_bytes


def place(cast: Cast, *wanted: LineDetails, who: str = "owner", **details: Any) -> Order:  # noqa: ANN401 - whatever Details takes
    return place_order(
        practice_id=cast.practice.pk,
        actor=cast.actor(who),
        wanted=wanted,
        details=Details(**{"patient_reference": "J.D.", **details}),
        now=NOON,
    )


def test_keeps_name_family_price_and_terms_of_the_day(cast: Cast, catalog: Catalog) -> None:
    crown = catalog.products["crowns"]
    crown.priced_per = PricedPer.TOOTH
    crown.save()
    order = place(cast, LineDetails(crown.pk, teeth=(9, 8, 9)), note=" shade A2 ", requested_delivery=date(2026, 3, 20))
    crown.price_minor, crown.name = 99900, "Renamed"
    crown.save()
    cast.practice.payment_terms = PaymentTerms.MONTHLY
    cast.practice.save()
    line = OrderLine.objects.get()
    assert (line.product_name, line.family, line.fabricated, line.teeth, line.quantity) == (
        "Crowns product",
        "crowns",
        True,
        [8, 9],
        2,
    )
    assert (line.unit_price_minor, Order.objects.get().total) == (12000, Money(240, "USD"))
    assert (order.status, order.submitted_at, order.payment_terms, order.note) == (
        Status.PROCESSING,
        NOON,
        PaymentTerms.PER_CASE,
        "shade A2",
    )
    assert [event.type for event in Event.objects.all()] == [EventType.ORDER_PLACED]


def test_is_placed_once_however_often_the_form_is_sent(cast: Cast, catalog: Catalog) -> None:
    key, wanted = uuid4(), LineDetails(catalog.products["crowns"].pk)
    assert place(cast, wanted, command_key=key) == place(cast, wanted, command_key=key)
    assert Order.objects.count() == 1
    assert place(cast, wanted, command_key=uuid4()) != Order.objects.earliest("pk")


@pytest.mark.parametrize("who", ["stranger", "support"])
def test_another_practices_key_places_an_order_of_ones_own(who: str, cast: Cast, catalog: Catalog) -> None:
    key, wanted = uuid4(), LineDetails(catalog.products["crowns"].pk)
    theirs = place(cast, wanted, command_key=key)
    details = Details(patient_reference="X.Y.", command_key=key)
    ours = place_order(
        practice_id=cast.other_practice.pk, actor=cast.actor(who), wanted=[wanted], details=details, now=NOON
    )
    assert ours != theirs
    assert (ours.practice, theirs.practice) == (cast.other_practice, cast.practice)
    assert Order.objects.count() == 2


def test_stores_files_under_random_names(cast: Cast, catalog: Catalog) -> None:
    order = place(cast, LineDetails(catalog.products["crowns"].pk), files=[an_upload("upper.stl")])
    file = OrderFile.objects.get()
    assert (file.order, file.name, file.kind, file.content_type) == (order, "upper.stl", "submitted", "model/stl")
    assert "upper" not in str(file.stored.name)
    with file.stored.open() as content:
        assert content.read() == stl_bytes()


def test_leaves_no_file_behind_when_storing_fails(cast: Cast, catalog: Catalog) -> None:
    good, bad = an_upload("upper.stl"), an_upload("lower.stl")
    broken = Upload(_Unreadable(stl_bytes(), name="lower.stl"), bad.name, bad.content_type, bad.size, bad.sha256)
    with pytest.raises(OSError, match="torn"):
        place(cast, LineDetails(catalog.products["crowns"].pk), files=[good, broken])
    assert not Order.objects.exists()
    assert not OrderFile.objects.exists()


class _Unreadable(ContentFile):  # type: ignore[type-arg]  # generic for the type checker alone
    def chunks(self, chunk_size: int | None = None) -> object:  # type: ignore[override]
        raise OSError("torn")


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"patient_reference": "  "}, "patient_reference"),
        ({"requested_delivery": NOON.date()}, "requested_delivery"),
        ({"requested_delivery": NOON.date() - timedelta(days=1)}, "requested_delivery"),
        ({"note": "x" * 10_000_000}, "note"),
    ],
)
def test_names_the_field_that_is_wrong(cast: Cast, catalog: Catalog, details: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        place(cast, LineDetails(catalog.products["crowns"].pk), **details)
    assert refusal.value.field == field
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"product_id": 999_999}, "product"),
        ({"teeth": (0,)}, "teeth"),
        ({"teeth": (33,)}, "teeth"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -3}, "quantity"),
        ({"quantity": 101}, "quantity"),
    ],
)
def test_names_the_line_that_is_wrong(cast: Cast, catalog: Catalog, line: dict[str, object], field: str) -> None:
    product = catalog.products["crowns"].pk
    with pytest.raises(LineInvalid) as refusal:
        place(cast, LineDetails(product), LineDetails(**{"product_id": product, **line}))  # type: ignore[arg-type]
    assert (refusal.value.line, refusal.value.field) == (1, field)
    assert not Order.objects.exists()


def test_asks_for_teeth_where_they_are_the_price(cast: Cast, catalog: Catalog) -> None:
    crown = catalog.products["crowns"]
    crown.priced_per = PricedPer.TOOTH
    crown.save()
    with pytest.raises(LineInvalid) as refusal:
        place(cast, LineDetails(crown.pk))
    assert (refusal.value.line, refusal.value.field) == (0, "teeth")


def test_refuses_what_is_no_longer_offered(cast: Cast, catalog: Catalog) -> None:
    crown = catalog.products["crowns"]
    crown.active = False
    crown.save()
    with pytest.raises(LineInvalid):
        place(cast, LineDetails(crown.pk))
    assert not Order.objects.exists()


def test_needs_a_line(cast: Cast, catalog: Catalog) -> None:
    with pytest.raises(LineInvalid):
        place(cast)


def test_is_placed_for_ones_own_practice_alone(cast: Cast, catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        place(cast, LineDetails(catalog.products["crowns"].pk), who="stranger")
    assert not Order.objects.exists()
    with pytest.raises(OrderInvalid):
        place(cast, LineDetails(catalog.products["crowns"].pk), patient_reference="")


def test_costs_no_more_than_money_can_be(cast: Cast, catalog: Catalog) -> None:
    crown = catalog.products["crowns"]
    crown.price_minor = 10**15
    crown.save()
    place(cast, LineDetails(crown.pk))
    for wanted in ([LineDetails(crown.pk, quantity=100)] * 100, [LineDetails(crown.pk)] * 2):
        with pytest.raises(LineInvalid, match="more than one order can cost"):
            place(cast, *wanted)
    assert Order.objects.count() == 1
