"""The list of orders, and the page of one."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.add_files import add_files
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.decline_cancellation import decline_cancellation
from reprieve.actions.open_revision import open_revision
from reprieve.actions.pause_order import pause_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from tests.factories.people import Cast
from tests.factories.things import (
    TO_FABRICATION,
    TO_SHIPPED,
    Catalog,
    an_order,
    an_upload,
    moved,
    put_stepped_rules_in_force,
)
from tests.portal.conftest import SignIn

pytestmark = pytest.mark.both

LIST = "/orders/"
MOST_QUERIES_OF_THE_LIST = 6
MOST_QUERIES_OF_AN_ORDER = 14


def html(client: Client, path: str, **data: Any) -> str:  # noqa: ANN401
    response = client.get(path, data)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def url(order: Order) -> str:
    return f"/orders/{order.number}/"


def queries_of(client: Client, path: str) -> int:
    client.get(path)  # compiles the tables, as any earlier reader would have
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def many_orders(catalog: Catalog, cast: Cast, number: int) -> list[Order]:
    now = timezone.now() - timedelta(days=1)
    return [
        an_order(catalog, cast.actor("owner"), "crowns", "bridges", now=now + timedelta(seconds=second))
        for second in range(number)
    ]


class TestList:
    def test_shows_number_patient_products_status_and_total(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"), "crowns", "bridges")
        page = html(owner, LIST)
        for words in (order.number, "J.D.", "Crowns product", "and 1 more", "Processing", "$240.00"):
            assert words in page

    def test_says_that_there_are_no_orders_yet_and_offers_to_place_one(self, owner: Client) -> None:
        page = html(owner, LIST)
        assert "No orders yet" in page
        assert "No order fits" not in page

    def test_says_that_nothing_fits_and_keeps_the_words(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        an_order(catalog, cast.actor("owner"))
        page = html(owner, LIST, q="no such patient")
        assert "No order fits" in page
        assert 'value="no such patient"' in page
        assert "No orders yet" not in page

    def test_shows_a_colleague_the_orders_of_the_practice(
        self,
        sign_in: SignIn,
        catalog: Catalog,
        cast: Cast,
    ) -> None:
        order = an_order(catalog, cast.actor("owner"))
        assert order.number in html(sign_in("colleague"), LIST)

    def test_hides_them_from_a_stranger_whatever_is_searched_for(
        self, stranger: Client, catalog: Catalog, cast: Cast
    ) -> None:
        order = an_order(catalog, cast.actor("owner"))
        for words in ("", order.number, "J.D."):
            assert f"/orders/{order.number}/" not in html(stranger, LIST, q=words)

    @pytest.mark.parametrize("form", ["R-{}", "r{}", "{}", " R-{} "])
    def test_finds_an_order_by_its_number(self, form: str, owner: Client, catalog: Catalog, cast: Cast) -> None:
        wanted, other = an_order(catalog, cast.actor("owner")), an_order(catalog, cast.actor("owner"))
        page = html(owner, LIST, q=form.format(wanted.number.removeprefix("R-")))
        assert url(wanted) in page
        assert url(other) not in page

    @pytest.mark.parametrize(("field", "words"), [("patient_reference", "mk-22"), ("customer_reference", "case 7")])
    def test_finds_an_order_by_a_reference(
        self, field: str, words: str, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        wanted, other = an_order(catalog, cast.actor("owner")), an_order(catalog, cast.actor("owner"))
        Order.objects.filter(pk=wanted.pk).update(**{field: f"The {words.upper()} of May"})
        page = html(owner, LIST, q=words)
        assert url(wanted) in page
        assert url(other) not in page

    def test_c2_offers_every_status_to_narrow_to(self, owner: Client) -> None:
        assert [label for _, label in owner.get(LIST).context["filters"]] == [
            "All",
            "Processing",
            "On hold",
            "In production",
            "Shipped",
            "Completed",
            "Invoiced",
            "Paused",
            "Cancelled",
            "Slated for deletion",
            "Cancellation requested",
            "Can be cancelled now",
        ]

    def test_narrows_to_a_status(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        held = moved(an_order(catalog, cast.actor("owner")), Verb.HOLD)
        other = an_order(catalog, cast.actor("owner"))
        page = html(owner, LIST, status="on_hold")
        assert url(held) in page
        assert url(other) not in page

    def test_narrows_to_requested_cancellations_and_labels_them(
        self, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        """S9: where an order stands is seen without asking."""
        asked = an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),))
        moved(asked, Verb.START_DESIGN)
        request_cancellation(order_id=asked.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        other = an_order(catalog, cast.actor("owner"))
        page = html(owner, LIST, status="cancellation_requested")
        assert url(asked) in page
        assert "status--cancellation_requested" in page
        assert url(other) not in page

    def test_narrows_to_what_can_be_cancelled_now(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        free = an_order(catalog, cast.actor("owner"), "design")
        asks = moved(an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),)), Verb.START_DESIGN)
        shipped = moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
        cancelled = an_order(catalog, cast.actor("owner"), "design")
        cancel_order(order_id=cancelled.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        strange = an_order(catalog, cast.actor("stranger"), "design")
        page = html(owner, LIST, status="cancellable_now")
        assert url(free) in page
        assert [order.number for order in (asks, shipped, cancelled, strange) if url(order) in page] == []
        assert queries_of(owner, f"{LIST}?status=cancellable_now") <= MOST_QUERIES_OF_THE_LIST

    def test_says_until_when_an_order_is_paused(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"))
        with time_machine.travel("2026-11-01T12:00Z"):
            pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
            assert "until 16 Dec, 12:00" in html(owner, LIST)

    def test_ignores_a_status_that_there_is_not(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"))
        assert url(order) in html(owner, LIST, status="sideways")

    @pytest.mark.parametrize("words", ["\0", "x" * 60_000, "%_", "²", "R-999999999999999"])
    def test_survives_odd_words(self, words: str, owner: Client) -> None:
        assert "No order" in html(owner, LIST, q=words)

    def test_pages_by_fifty_without_a_gap_or_a_repeat(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        orders = many_orders(catalog, cast, 53)
        first = owner.get(LIST, {"q": "J.D."})
        seen = [order.pk for order in first.context["page"].rows]
        second = owner.get(LIST, {"q": "J.D.", "cursor": first.context["page"].older})
        seen += [order.pk for order in second.context["page"].rows]
        assert seen == [order.pk for order in reversed(orders)]
        assert f'href="?q=J.D.&amp;cursor={first.context["page"].older}"' in first.content.decode()
        assert second.context["page"].older == ""

    @pytest.mark.parametrize("number", [3, 300])
    def test_runs_few_queries_however_many_orders(
        self, number: int, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        many_orders(catalog, cast, number)
        assert queries_of(owner, LIST) <= MOST_QUERIES_OF_THE_LIST


class TestOrder:
    def test_shows_everything_about_an_order(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"), "crowns", "bridges", files=(an_upload("upper.stl"),))
        Order.objects.filter(pk=order.pk).update(note="Match 16.", customer_reference="MINE-7")
        page = html(owner, url(order))
        for words in (
            order.number,
            "Processing",
            "Quick order actions",
            "Crowns product",
            "$120.00",
            "$240.00",
            "Pay per case by card",
            "upper.stl",
            "Match 16.",
            "MINE-7",
            "Owner placed the case.",
            "Good to know",
            "What commonly prevents cancelling",
            "If it is cancelled: ",
        ):
            assert words in page

    @pytest.mark.parametrize(
        ("families", "verbs", "offered", "absent"),
        [
            pytest.param(("design",), (), "cancel/", "request-cancellation/", id="C3 C8"),
            pytest.param(("design",), (Verb.START_DESIGN,), "request-cancellation/", "cancel/", id="C7 C8"),
        ],
    )
    def test_offers_cancel_or_request_as_the_rules_say(
        self,
        families: tuple[str, ...],
        verbs: tuple[Verb, ...],
        offered: str,
        absent: str,
        owner: Client,
        catalog: Catalog,
        cast: Cast,
    ) -> None:
        order = moved(an_order(catalog, cast.actor("owner"), *families), *verbs)
        page = html(owner, url(order))
        assert f'href="{url(order)}{offered}"' in page
        assert f'href="{url(order)}{absent}"' not in page

    def test_says_why_neither_is_offered_and_how_to_reach_support(
        self, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        """C8, C15."""
        order = moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
        page = html(owner, url(order))
        assert f"{url(order)}cancel/" not in page
        assert f"{url(order)}request-cancellation/" not in page
        assert "Cancel order: not available" in page
        assert "This case has shipped" in page
        assert "mailto:support@localhost" in page

    def test_offers_no_pause_on_aligners_and_says_why(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        """D6."""
        order = an_order(catalog, cast.actor("owner"), "aligners")
        page = html(owner, url(order))
        assert f"{url(order)}pause/" not in page
        assert "Pause order: not available" in page

    def test_shows_who_paused_it_why_until_when_and_two_ways_to_resume(
        self, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        """D3, D4, D5."""
        order = moved(an_order(catalog, cast.actor("owner")), *TO_FABRICATION)
        paused = pause_order(
            order_id=order.pk,
            actor=cast.actor("colleague"),
            reason="patient_away",
            note="Back in May.",
            now=timezone.now(),
        )
        with time_machine.travel(paused.started_at + timedelta(hours=1), tick=False):
            page = html(owner, url(order))
        for words in ("Colleague paused this case", "The patient is away", "Back in May.", "slated for deletion"):
            assert words in page
        assert paused.until.strftime("%Y-%m-%dT%H:%M:%SZ") in page
        assert "in 45 days" in page
        assert page.count(f'href="{url(order)}resume/"') == 2

    def test_tells_that_it_was_resumed(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        """D4."""
        order = an_order(catalog, cast.actor("owner"))
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now())
        resume_order(order_id=order.pk, actor=cast.actor("owner"), now=timezone.now())
        page = html(owner, url(order))
        assert "line__item--resumed" in page
        assert "Owner resumed the case." in page
        assert f"{url(order)}resume/" not in page

    def test_says_after_when_a_slated_order_is_deleted(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        """D5."""
        order = an_order(catalog, cast.actor("owner"))
        long_ago = timezone.now() - timedelta(days=46)
        Order.objects.filter(pk=order.pk).update(submitted_at=long_ago, status_since=long_ago)
        pause_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=long_ago)
        slate_order(order_id=order.pk, actor=SYSTEM, now=timezone.now())
        page = html(owner, url(order))
        assert "Slated for deletion after" in page
        assert f"{url(order)}resume/" not in page

    def test_shows_the_open_request_and_the_way_to_take_it_back(
        self, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        order = moved(an_order(catalog, cast.actor("owner"), "design"), Verb.START_DESIGN)
        request_cancellation(
            order_id=order.pk, actor=cast.actor("colleague"), reason="patient_away", note="Sorry!", now=timezone.now()
        )
        page = html(owner, url(order))
        for words in ("Colleague asked to cancel this case", "Sorry!", "Cancellation requested"):
            assert words in page
        assert page.count(f'href="{url(order)}withdraw/"') == 2

    def test_shows_the_answer_of_support_and_nothing_meant_for_staff(
        self, owner: Client, catalog: Catalog, cast: Cast
    ) -> None:
        """C11."""
        order = moved(an_order(catalog, cast.actor("owner"), "design"), Verb.START_DESIGN)
        asked = request_cancellation(
            order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=timezone.now()
        )
        decline_cancellation(
            cancellation_id=asked.pk,
            actor=cast.actor("support"),
            expected_version=order.version,
            answer="The design is nearly done.",
            staff_note="They always ask.",
            now=timezone.now(),
        )
        page = html(owner, url(order))
        assert "Support could not cancel this case" in page
        assert "The design is nearly done." in page
        assert "They always ask." not in page

    def test_says_who_cancelled_it_why_and_what_is_refunded(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"), "design")
        cancel_order(
            order_id=order.pk,
            actor=cast.actor("colleague"),
            reason="wrong_product",
            note="New one follows.",
            now=timezone.now(),
        )
        page = html(owner, url(order))
        for words in (
            "Colleague cancelled this case",
            "Wrong product",
            "New one follows.",
            "Refund: What was paid is refunded",
            "status--cancelled",
        ):
            assert words in page

    def test_says_why_it_is_on_hold_and_takes_files(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = moved(an_order(catalog, cast.actor("owner")), Verb.HOLD)
        page = html(owner, url(order))
        assert "Upper scan is incomplete." in page
        assert 'enctype="multipart/form-data"' in page

    def test_takes_no_files_once_it_has_shipped(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
        assert 'enctype="multipart/form-data"' not in html(owner, url(order))

    def test_escapes_what_people_wrote(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = an_order(catalog, cast.actor("owner"), "design")
        evil = "<script>alert(1)</script>"
        Order.objects.filter(pk=order.pk).update(note=evil, patient_reference=evil)
        cancel_order(
            order_id=order.pk, actor=cast.actor("owner"), reason="wrong_product", note=evil, now=timezone.now()
        )
        page = html(owner, url(order))
        assert evil not in page
        assert "&lt;script&gt;" in page

    def test_draws_until_when_as_a_list_that_says_it_all(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        put_stepped_rules_in_force()
        order = an_order(catalog, cast.actor("owner"), now=timezone.now() - timedelta(minutes=23))
        page = html(owner, url(order))
        line = page[page.index('aria-labelledby="curve-cancel"') :].split("</ol>")[0]
        assert line.count("<li ") == 4
        for words in ("Free of charge.", "80% of what was paid is refunded.", "On request", "more than six weeks ago"):
            assert words in line
        assert line.count("<svg") == line.count('aria-hidden="true"') - line.count("curve__scale")
        assert "style=" not in line
        assert "first days" not in line.lower()

    def test_draws_nothing_where_time_alone_changes_nothing(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        assert 'class="curve"' not in html(owner, url(an_order(catalog, cast.actor("owner"), "design")))

    def test_runs_no_query_more_to_draw_it(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        put_stepped_rules_in_force()
        order = an_order(catalog, cast.actor("owner"), now=timezone.now())
        assert 'class="curve"' in html(owner, url(order))
        assert queries_of(owner, url(order)) <= MOST_QUERIES_OF_AN_ORDER

    @pytest.mark.parametrize("number", ["R-1", "R-999999", "1042", "nonsense", "R-99999999999999999999"])
    def test_finds_nothing_under_a_foreign_number(self, number: str, owner: Client) -> None:
        assert owner.get(f"/orders/{number}/").status_code == 404

    def test_runs_few_queries_however_much_there_is_to_show(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = eventful_order(catalog, cast)
        assert queries_of(owner, url(order)) <= MOST_QUERIES_OF_AN_ORDER


def eventful_order(catalog: Catalog, cast: Cast) -> Order:
    """Files of two people, two pauses, two revisions, a declined and an open request."""
    order = moved(an_order(catalog, cast.actor("owner"), "design", "crowns", files=(an_upload(),)), Verb.START_DESIGN)
    add_files(order_id=order.pk, actor=cast.actor("colleague"), uploads=[an_upload("b.stl")], now=timezone.now())
    for _ in range(2):
        pause_order(order_id=order.pk, actor=SYSTEM, reason="patient_away", now=timezone.now(), override=True)
        resume_order(order_id=order.pk, actor=SYSTEM, now=timezone.now(), override=True)
    for answer in ("No.", ""):
        cancellation = request_cancellation(order_id=order.pk, actor=SYSTEM, reason="patient_away", now=timezone.now())
        if answer:
            decline_cancellation(
                cancellation_id=cancellation.pk,
                actor=SYSTEM,
                expected_version=Order.objects.get(pk=cancellation.subject.pk).version,
                answer=answer,
                now=timezone.now(),
            )
    for _ in range(2):
        version = Order.objects.get(pk=order.pk).version
        open_revision(order_id=order.pk, actor=SYSTEM, expected_version=version, now=timezone.now())
    return order
