"""Many orders at once: what the page says about each, what is done, and what is not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.pause_order import pause_order
from reprieve.cancellations.models import Cancellation
from reprieve.console import bulk as bulk_view
from reprieve.history.models import Event, EventType
from reprieve.orders.models import Order, Pause, Status
from tests.console.test_orders import copies
from tests.factories.money import pay_by_card, require_money_adds_up
from tests.factories.people import Cast
from tests.factories.things import (
    MINUTE,
    NOON,
    TO_DESIGN,
    TO_SHIPPED,
    Catalog,
    an_order,
    moved,
    put_money_rules_in_force,
)
from tests.test_nasty_input import NASTY
from tests.test_routes import everything

pytestmark = pytest.mark.both

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

CANCEL, PAUSE, RESUME = ("/console/orders/bulk/cancel/", "/console/orders/bulk/pause/", "/console/orders/bulk/resume/")
WHY = {"reason": "wrong_product", "note": "The material is recalled."}


@pytest.fixture
def free(cast: Cast, catalog: Catalog, rules: None) -> list[Order]:
    """Two designs that nobody has begun, of two practices: the rules let them be cancelled."""
    return [an_order(catalog, cast.actor(name), "design") for name in ("owner", "stranger")]


@pytest.fixture
def begun(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """A design in progress: the rules leave cancelling it to support."""
    return moved(an_order(catalog, cast.actor("owner"), "design"), *TO_DESIGN)


@pytest.fixture
def shipped(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """A crown on its way: the rules refuse."""
    return moved(an_order(catalog, cast.actor("owner"), "crowns"), *TO_SHIPPED)


@pytest.fixture
def cancelled(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """An order that has come to its end."""
    order = an_order(catalog, cast.actor("owner"), "design")
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    return order


def look(client: Client, url: str, *orders: Order) -> "Response":
    return client.get(url, {"order": [order.number for order in orders]})


def titles(response: "Response") -> list[str]:
    return [group.title for group in response.context["preview"].groups]


def seen(response: "Response") -> list[str]:
    """What the page's form carries of each order."""
    groups = response.context["preview"].groups
    rows = [row.seen for group in groups for said in group.says for row in said.rows]
    page = response.content.decode()
    assert all(f'name="seen" value="{row}"' in page for row in rows)
    return rows


def send(client: Client, url: str, page: "Response", **fields: object) -> "Response":
    asked_with = page.context["asked_with"]
    return client.post(url, {"seen": seen(page), "asked_with": asked_with} | WHY | fields)


def statuses(*orders: Order) -> list[str]:
    return [Order.objects.get(pk=order.pk).status for order in orders]


def numbers(orders: Sequence[Order]) -> set[str]:
    return {order.number for order in orders}


def refusals(response: "Response") -> dict[str, str]:
    return {number: refusal.why for number, refusal in response.context["refused"]}


def test_says_what_the_rules_say_about_each_and_changes_nothing(
    support: Client, free: list[Order], begun: Order, shipped: Order, cancelled: Order
) -> None:
    before = everything()
    page = look(support, CANCEL, *free, begun, shipped, cancelled)
    assert titles(page) == ["2 can be cancelled now", "2 would need an override", "1 is cancelled already"]
    allowed, against, _never = page.context["preview"].groups
    assert [numbers([row.order for row in said.rows]) for said in allowed.says] == [numbers(free)]
    assert {(said.outcome, said.rows[0].order.number) for said in against.says} == {
        ("The rules leave it to support.", begun.number),
        ("The rules refuse.", shipped.number),
    }
    text = page.content.decode()
    assert "Cancel 5 orders" in text
    assert all(f'href="/console/orders/{order.number}/"' in text for order in (*free, begun, shipped, cancelled))
    assert everything() == before


def test_does_what_the_rules_allow_and_leaves_the_rest(
    support: Client, free: list[Order], begun: Order, shipped: Order
) -> None:
    result = send(support, CANCEL, look(support, CANCEL, *free, begun, shipped))
    assert result.status_code == 200
    assert statuses(*free, begun, shipped) == ["cancelled", "cancelled", "in_production", "shipped"]
    assert numbers(result.context["done"]) == numbers(free)
    assert numbers(result.context["left"]) == {begun.number, shipped.number}
    assert result.context["refused"] == []
    assert "2 cases are cancelled" in result.content.decode()
    assert {(row.reason.key, row.note) for row in Cancellation.objects.all()} == {tuple(WHY.values())}
    assert not Event.objects.filter(override=True).exists()


def test_overrides_only_what_was_shown_as_needing_it_and_records_it_as_such(
    support: Client, free: list[Order], begun: Order, shipped: Order
) -> None:
    send(support, CANCEL, look(support, CANCEL, *free, begun, shipped), override="on")
    assert set(statuses(*free, begun, shipped)) == {Status.CANCELLED}
    overridden = Event.objects.filter(type=EventType.ORDER_CANCELLED, override=True)
    assert set(overridden.values_list("subject_id", flat=True)) == {begun.pk, shipped.pk}


def test_does_not_override_what_was_shown_as_allowed_and_is_no_longer(
    support: Client, free: list[Order], begun: Order
) -> None:
    page = look(support, CANCEL, free[0], begun)
    carried = [f"{begun.pk}:{begun.version}:allowed:0", *seen(page)[:1]]
    result = support.post(CANCEL, {"seen": carried, "override": "on"} | WHY)
    assert numbers(result.context["done"]) == {free[0].number}
    assert list(refusals(result)) == [begun.number]
    assert statuses(begun) == ["in_production"]


def test_skips_what_has_changed_meanwhile_and_does_the_others(support: Client, free: list[Order]) -> None:
    page = look(support, CANCEL, *free)
    moved(free[0], *TO_DESIGN)
    result = send(support, CANCEL, page)
    assert refusals(result) == {free[0].number: "This case has changed since you opened it, so nothing was done."}
    assert numbers(result.context["done"]) == {free[1].number}
    assert statuses(*free) == ["in_production", "cancelled"]


def test_sending_the_same_form_twice_does_no_harm(support: Client, free: list[Order]) -> None:
    page = look(support, CANCEL, *free)
    send(support, CANCEL, page)
    before = everything()
    again = send(support, CANCEL, page)
    assert (again.context["done"], numbers(again.context["already"])) == ([], numbers(free))
    assert "2 were already cancelled" in again.content.decode()
    assert everything() == before


def test_says_the_sum_that_goes_back_and_gives_back_exactly_that(
    support: Client, free: list[Order], cast: Cast
) -> None:
    for order in free:
        pay_by_card(order, 12000)
    page = look(support, CANCEL, *free)
    (sum_back,) = page.context["preview"].back
    assert (sum_back, sum_back in page.content.decode()) == ("$240.00", True)
    send(support, CANCEL, page)
    assert sum(order.charge.refunds.get().amount_minor for order in free) == 24000
    require_money_adds_up()


def test_leaves_alone_what_was_paid_for_after_the_page_was_shown(support: Client, free: list[Order]) -> None:
    page = look(support, CANCEL, *free)
    pay_by_card(free[0], 12000)
    Order.objects.filter(pk=free[0].pk).update(version=free[0].version)
    result = send(support, CANCEL, page)
    assert refusals(result) == {
        free[0].number: "The refund is no longer $0.00: it would now be $120.00. Nothing has been done."
    }
    assert statuses(*free) == ["processing", "cancelled"]


def test_shows_it_again_where_the_rules_ask_for_the_reason(support: Client, free: list[Order]) -> None:
    put_money_rules_in_force()
    pay_by_card(free[0], 12000)
    page = look(support, CANCEL, *free)
    before = everything()
    assert titles(page) == ["2 would need an override"]
    again = send(support, CANCEL, page)
    assert (again.status_code, again.context["asked_with"]) == (409, "wrong_product")
    assert (titles(again), again.context["preview"].back) == (["2 can be cancelled now"], ["$60.00"])
    assert "Nothing has been done yet." in again.content.decode()
    assert everything() == before
    result = send(support, CANCEL, again)
    assert numbers(result.context["done"]) == numbers(free)


def test_pauses_and_resumes_many(support: Client, free: list[Order], shipped: Order, cast: Cast) -> None:
    page = look(support, PAUSE, *free, shipped)
    assert titles(page) == ["2 can be paused now", "1 cannot be paused as it stands"]
    assert numbers(send(support, PAUSE, page).context["done"]) == numbers(free)
    assert Pause.objects.filter(reason__key="wrong_product").count() == 2
    assert numbers(send(support, PAUSE, page).context["already"]) == numbers(free)
    page = look(support, RESUME, *free, shipped)
    assert titles(page) == ["2 can be resumed now", "1 is not paused"]
    assert 'name="reason"' not in page.content.decode()
    assert numbers(send(support, RESUME, page).context["done"]) == numbers(free)
    assert statuses(*free, shipped) == ["processing", "processing", "shipped"]
    assert numbers(send(support, RESUME, page).context["already"]) == numbers(free)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"reason": ""}, "reason"), ({"reason": "nonsense"}, "reason"), ({"reason": "other", "note": " "}, "note")],
)
def test_asks_for_a_reason_before_anything_is_done_and_keeps_what_was_typed(
    support: Client, free: list[Order], begun: Order, fields: dict[str, str], field: str
) -> None:
    before = everything()
    page = look(support, CANCEL, *free, begun)
    again = send(support, CANCEL, page, **({"note": "Kept."} | fields), override="on")
    assert again.status_code == 422
    assert list(again.context["form"].errors) == [field]
    assert seen(again) == seen(page)
    assert "note" in fields or "Kept." in again.content.decode()
    assert everything() == before


def test_does_not_pretend_where_the_rules_allow_none(support: Client, begun: Order, shipped: Order) -> None:
    before = everything()
    again = send(support, CANCEL, look(support, CANCEL, begun, shipped))
    assert again.status_code == 422
    assert list(again.context["form"].errors) == ["override"]
    assert everything() == before


def test_takes_those_of_the_page_or_all_that_the_filter_finds(
    support: Client, free: list[Order], begun: Order, shipped: Order
) -> None:
    shown = [order.number for order in (*free, begun)]
    page = support.get(CANCEL, {"which": "page", "order": shipped.number, "shown": shown})
    assert titles(page) == ["2 can be cancelled now", "1 would need an override"]
    page = support.get(CANCEL, {"which": "found", "status": "shipped", "order": shown})
    assert titles(page) == ["1 would need an override"]
    assert page.context["list_url"] == "/console/orders/?status=shipped"
    page = support.get(CANCEL, {"which": "found", "status": "cancellable_now"})
    assert titles(page) == ["2 can be cancelled now"]


def test_takes_the_newest_where_more_are_found_than_can_be_done_at_once(
    support: Client, free: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_view, "MOST", 3)
    copies(free[0], 4)
    page = support.get(CANCEL, {"which": "found"})
    assert titles(page) == ["3 can be cancelled now"]
    assert "At most 3 can be done at once: these are the newest of more." in page.content.decode()
    carried = [f"{order.pk}:{order.version}:allowed:0" for order in Order.objects.all()]
    before = everything()
    assert support.post(CANCEL, {"seen": carried} | WHY).status_code == 422
    assert everything() == before


def test_offers_all_that_the_filter_finds_where_that_is_more_than_the_page(
    support: Client, production: Client, free: list[Order]
) -> None:
    listed = support.get("/console/orders/").content.decode()
    assert "all 2 on this page" in listed
    assert "that this filter finds" not in listed
    copies(free[0], 60)
    listed = support.get("/console/orders/?status=processing").content.decode()
    assert "all 62 that this filter finds" in listed
    assert '<input type="hidden" name="status" value="processing">' in listed
    assert 'name="order"' not in production.get("/console/orders/").content.decode()


def test_says_that_nothing_is_selected(support: Client, free: list[Order]) -> None:
    for query in ("", "?order=R-999999&order=nonsense&order=%00", "?which=found&status=shipped"):
        page = support.get(f"{CANCEL}{query}")
        assert (page.status_code, "No order is selected" in page.content.decode()) == (200, True)


@pytest.mark.parametrize("count", [2, 40])
@pytest.mark.parametrize("url", [CANCEL, PAUSE, RESUME])
def test_needs_the_same_queries_however_many_orders_there_are(
    support: Client, free: list[Order], url: str, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    copies(free[0], count)
    for order in Order.objects.all():
        pay_by_card(order, 12000)
    support.get(url)
    with django_assert_num_queries({CANCEL: 12, PAUSE: 9, RESUME: 8}[url]):
        page = support.get(url, {"which": "found"})
    assert page.context["number"] == count + 2


def test_nobody_else_acts_on_many(
    customer: Client, production: Client, cast: Cast, free: list[Order], begun: Order
) -> None:
    stranger = Client()
    stranger.force_login(cast.stranger)
    carried = [f"{order.pk}:{order.version}:allowed:0" for order in (*free, begun)]
    before = everything()
    for client, status in ((customer, 404), (stranger, 404), (production, 403)):
        for url in (CANCEL, PAUSE, RESUME):
            assert look(client, url, *free).status_code == status
            assert client.post(url, {"seen": carried, "override": "on"} | WHY).status_code == status
    assert everything() == before


def test_knows_no_other_action(support: Client, free: list[Order]) -> None:
    before = everything()
    for action in ("undo", "delete", "CANCEL"):
        url = f"/console/orders/bulk/{action}/"
        assert (support.get(url).status_code, support.post(url, WHY).status_code) == (404, 404)
    assert everything() == before


def test_refuses_before_any_rules_are_published(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    client = Client()
    client.force_login(cast.support)
    before = everything()
    assert look(client, CANCEL, order).status_code == 409
    result = client.post(CANCEL, {"seen": [f"{order.pk}:1:allowed:0"]} | WHY)
    assert list(refusals(result)) == [order.number]
    assert everything() == before


@pytest.mark.parametrize("turn", range(4))
def test_refuses_a_form_that_is_none_of_ours(support: Client, free: list[Order], turn: int) -> None:
    before, pk = everything(), free[0].pk
    forged: list[Any] = [[], "", f"{pk}", f"{pk}:1:never:0:1", f"{pk}:1:often:0", "-1:1:allowed:", "1:2:allowed:x"]
    forged += [f"{pk}:{2**31}:allowed:0", f"{10**16}:1:allowed:", [f"{pk}:1:allowed:0", "x"], *NASTY]
    for value in forged[turn::4]:
        assert support.post(CANCEL, {"seen": value} | WHY).status_code == 422
    assert everything() == before


def test_tells_of_an_order_that_is_gone(support: Client, free: list[Order]) -> None:
    result = support.post(CANCEL, {"seen": ["987654:1:allowed:", f"{free[0].pk}:1:allowed:0"]} | WHY)
    assert list(refusals(result)) == ["R-988654"]
    assert numbers(result.context["done"]) == {free[0].number}


def test_keeps_the_pause_that_somebody_else_began(support: Client, free: list[Order], cast: Cast) -> None:
    page = look(support, PAUSE, *free)
    pause_order(order_id=free[0].pk, actor=cast.actor("owner"), reason="patient_away", now=NOON + MINUTE)
    result = send(support, PAUSE, page)
    assert numbers(result.context["already"]) == {free[0].number}
    assert Pause.objects.get(order=free[0]).reason.key == "patient_away"
