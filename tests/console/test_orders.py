import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.accounts.actors import SYSTEM
from reprieve.accounts.models import Practice
from reprieve.actions.pause_order import pause_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.billing.models import Charge
from reprieve.cancellations.models import Cancellation
from reprieve.history.models import EventType
from reprieve.history.record import record
from reprieve.orders.models import Order, Status
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_DESIGN, TO_DESIGNED, TO_SHIPPED, Catalog, an_order, an_upload, moved

pytestmark = pytest.mark.both

LIST = "/console/orders/"


def numbers(client: Client, query: str = "") -> list[str]:
    """The orders that a list shows, from the top."""
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    return [order.number for order in response.context["page"].rows]


def copies(order: Order, count: int) -> None:
    """The same order many times over, a minute apart, each with a line and a charge."""
    line, charge = order.lines.get(), Charge.objects.get(order=order)
    for number in range(count):
        order.pk, order.submitted_at, order.command_key = None, NOON - number * MINUTE, None
        order._state.adding = True  # noqa: SLF001 - Django's documented way to copy a row
        order.save()
        line.pk, line.order_id = None, order.pk
        line._state.adding = True  # noqa: SLF001
        line.save()
        charge.pk, charge.order = None, order
        charge._state.adding = True  # noqa: SLF001
        charge.save()


def test_lists_the_orders_of_every_practice_newest_first(support: Client, cast: Cast, catalog: Catalog) -> None:
    first = an_order(catalog, cast.actor("owner"))
    second = an_order(catalog, cast.actor("stranger"), now=NOON + MINUTE)
    assert numbers(support) == [second.number, first.number]


@pytest.mark.parametrize("words", ["{0}", "{1}", "j.d.", "elm street", "EL-77"])
def test_finds_an_order_by_number_patient_reference_and_practice(
    support: Client, cast: Cast, order: Order, catalog: Catalog, words: str
) -> None:
    other = an_order(catalog, cast.actor("stranger"))
    Order.objects.filter(pk=other.pk).update(patient_reference="X.Y.")
    Order.objects.filter(pk=order.pk).update(customer_reference="EL-77")
    query = words.format(order.number, order.number.replace("R-", "r"))
    assert numbers(support, f"?q={query}") == [order.number]


def test_finds_the_orders_of_one_practice_by_its_number_whatever_another_is_called(
    support: Client, cast: Cast, order: Order, catalog: Catalog
) -> None:
    cast.other_practice.name = cast.practice.name
    cast.other_practice.save()
    an_order(catalog, cast.actor("stranger"))
    assert numbers(support, f"?q={cast.practice.number}") == [order.number]


def test_filters_by_status_request_and_family(
    support: Client, order: Order, asked: Cancellation, cast: Cast, catalog: Catalog
) -> None:
    assert numbers(support, "?status=processing") == [order.number]
    assert numbers(support, "?status=cancellation_requested") == [asked.subject.number]
    assert numbers(support, "?family=design") == [asked.subject.number]
    assert numbers(support, "?family=design&status=processing") == []


def test_narrows_to_what_can_be_cancelled_now(
    support: Client, catalog: Catalog, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    free = an_order(catalog, cast.actor("owner"), "design")
    other = an_order(catalog, cast.actor("stranger"), now=NOON + MINUTE)
    moved(an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),)), *TO_DESIGN)
    moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
    assert numbers(support, "?status=cancellable_now") == [other.number, free.number]
    with django_assert_max_num_queries(7):  # the list's six, and the rules in force
        support.get(f"{LIST}?status=cancellable_now")


def test_says_until_when_an_order_is_paused_but_not_once_the_pause_ran_out(
    support: Client, order: Order, cast: Cast
) -> None:
    pause = pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    (row,) = support.get(LIST).context["page"].rows
    assert row.paused_until == pause.until
    slate_order(order_id=order.pk, actor=SYSTEM, now=pause.until)
    (row,) = support.get(LIST).context["page"].rows
    assert (row.status, row.paused_until) == (Status.SLATED_FOR_DELETION, None)
    assert "until" not in support.get(LIST).content.decode()


def test_takes_a_filter_that_it_does_not_know_as_none(support: Client, order: Order) -> None:
    assert numbers(support, "?status=lost&family=spoons&cursor=nonsense&q=%00") == [order.number]


def test_turns_pages_and_keeps_the_filter(support: Client, order: Order) -> None:
    copies(order, 60)
    first = support.get(f"{LIST}?status=processing")
    page = first.context["page"]
    assert len(page.rows) == 50
    assert f"cursor={page.older}" in first.content.decode()
    assert "status=processing&amp;cursor=" in first.content.decode()
    assert len(numbers(support, f"?status=processing&cursor={page.older}")) == 11


@pytest.mark.parametrize(("count", "queries"), [(3, 6), (300, 7)])
def test_needs_six_queries_and_one_to_count_what_is_on_further_pages(
    support: Client,
    order: Order,
    asked: Cancellation,
    count: int,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    copies(order, count)
    with django_assert_num_queries(queries):
        support.get(LIST)


def test_says_that_a_list_is_empty_and_how_to_see_all(support: Client, order: Order) -> None:
    assert "No order fits" in support.get(f"{LIST}?q=zzz").content.decode()


def test_shows_a_case_with_its_moves_rules_and_history(support: Client, order: Order) -> None:
    page = support.get(f"{LIST}{order.number}/").content.decode()
    assert "Start design" in page
    assert "Put on hold" in page
    assert "Complete design" not in page
    assert "You can cancel this case yourself" in page
    assert "Owner placed the case." in page


def test_says_why_the_rules_said_so(support: Client, asked: Cancellation) -> None:
    response = support.get(f"{LIST}{asked.subject.number}/")
    (kind, row, decision), *_ = response.context["decisions"]
    assert (kind, row) == ("cancellation", asked)
    assert (decision.row, decision.version, decision.outcome) == ("design begun", 1, "request")
    assert ("Product family", "design", "design") in [(f.label, f.value, f.asked) for f in decision.facts]
    page = response.content.decode()
    assert "The facts as they were" in page
    assert "For staff: Design has begun" in page


def test_marks_what_only_staff_see_and_keeps_it_from_the_customer(
    support: Client, customer: Client, order: Order, cast: Cast
) -> None:
    record(
        EventType.HOLD_RELEASED,
        subject=Order.SUBJECT,
        subject_id=order.pk,
        actor=cast.actor("production"),
        now=NOON,
        for_staff_only=True,
    )
    page = support.get(f"{LIST}{order.number}/").content.decode()
    assert "Production took the case off hold." in page
    assert "Only staff see this." in page
    assert "took the case off hold" not in customer.get(f"/orders/{order.number}/").content.decode()


def test_offers_staff_what_the_rules_refuse_as_an_override(support: Client, asked: Cancellation) -> None:
    page = support.get(f"{LIST}{asked.subject.number}/")
    offers = {offer.key: offer for offer in page.context["page"].offers}
    assert offers["cancel"].override
    assert offers["cancel"].url == f"/console/orders/{asked.subject.number}/cancel/"
    assert "request" not in offers
    assert "withdraw" not in offers


def test_hides_from_production_what_it_may_not_do(production: Client, asked: Cancellation) -> None:
    page = production.get(f"{LIST}{asked.subject.number}/").content.decode()
    assert "Complete design" in page
    for hidden in ("/cancel/", "/pause/", "/approve/", "/decline/"):
        assert hidden not in page


def test_tells_staff_of_a_pause_and_lets_them_resume(support: Client, order: Order, cast: Cast) -> None:
    pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    page = support.get(f"{LIST}{order.number}/").content.decode()
    assert "Owner paused this case" in page
    assert f"/console/orders/{order.number}/resume/" in page


def test_a_case_page_needs_fourteen_queries(
    support: Client,
    cast: Cast,
    catalog: Catalog,
    asked: Cancellation,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "crowns", files=(an_upload(),)), *TO_DESIGN)
    for minute in range(3):
        pause_order(
            order_id=order.pk,
            actor=cast.actor("support"),
            reason="patient_away",
            now=NOON,
            expected_version=Order.objects.get(pk=order.pk).version,
            override=True,
        )
        resume_order(order_id=order.pk, actor=cast.actor("owner"), now=NOON + minute * MINUTE)
    support.get(f"{LIST}{order.number}/")  # compiles the rules
    with django_assert_max_num_queries(14):  # the last ask what is paid, what goes back, which invoice it is on
        support.get(f"{LIST}{order.number}/")


def test_an_unknown_case_is_not_found(support: Client, db: None) -> None:
    assert support.get(f"{LIST}R-999999/").status_code == 404
    assert support.get(f"{LIST}nonsense/").status_code == 404


def test_customers_find_no_console(customer: Client, order: Order) -> None:
    assert customer.get(LIST).status_code == 404
    assert customer.get(f"{LIST}{order.number}/").status_code == 404


def test_a_practice_filter_leads_from_the_practice_to_its_orders(
    support: Client, order: Order, cast: Cast, catalog: Catalog
) -> None:
    an_order(catalog, cast.actor("stranger"))
    assert numbers(support, f"?q={Practice.objects.get(pk=order.practice_id).name}") == [order.number]


def test_offers_to_deliver_files_once_the_design_is_completed(support: Client, order: Order) -> None:
    assert "Deliver files" not in support.get(f"{LIST}{order.number}/").content.decode()
    moved(order, *TO_DESIGNED)
    assert "Deliver files" in support.get(f"{LIST}{order.number}/").content.decode()


def test_shows_a_case_before_any_rules_are_published(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    support, customer = Client(), Client()
    support.force_login(cast.support)
    customer.force_login(cast.owner)
    response = support.get(f"{LIST}{order.number}/")
    assert response.status_code == 200
    assert response.context["page"].offers == []
    assert customer.get(f"/orders/{order.number}/").status_code == 200
    assert support.get(f"{LIST}{order.number}/cancel/").status_code == 409
