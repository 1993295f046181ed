import base64
from datetime import timedelta

import pytest

from reprieve.orders.models import Order
from reprieve.web.keyset import page
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, an_order

pytestmark = pytest.mark.both


@pytest.fixture
def seven(cast: Cast, catalog: Catalog) -> list[Order]:
    """Newest first; three of them at the same instant, which only the key tells apart."""
    instants = [NOON, NOON + MINUTE, NOON + MINUTE, NOON + MINUTE, *(NOON + timedelta(hours=h) for h in (1, 2, 3))]
    return [an_order(catalog, cast.actor("owner"), now=at) for at in instants][::-1]


def test_walks_all_rows_forth_and_back_without_gap_or_repeat(seven: list[Order]) -> None:
    first = page(Order.objects.all(), "submitted_at", "", size=3)
    second = page(Order.objects.all(), "submitted_at", first.older, size=3)
    third = page(Order.objects.all(), "submitted_at", second.older, size=3)
    assert [*first.rows, *second.rows, *third.rows] == seven
    assert (first.newer, third.older) == ("", "")
    back = page(Order.objects.all(), "submitted_at", third.newer, size=3)
    assert list(back.rows) == list(second.rows)
    front = page(Order.objects.all(), "submitted_at", back.newer, size=3)
    assert (list(front.rows), front.newer) == (list(first.rows), "")


def test_a_full_last_page_has_no_older_one(seven: list[Order]) -> None:
    assert page(Order.objects.all(), "submitted_at", "", size=7).older == ""


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "%00", "Zm9v", "fHx8", "é", "A" * 5000),
        cursor_of("f|0001-01-01T00:00:00+23:59|1"),
        cursor_of("b|9999-12-31T23:59:59-23:59|1"),
        cursor_of("f|2026-03-04T12:00:00|1"),
        cursor_of(f"f|2026-03-04T12:00:00+00:00|{2**63}"),
        cursor_of(f"f|2026-03-04T12:00:00+00:00|{'9' * 5000}"),
    ],
)
def test_takes_a_cursor_that_it_cannot_read_for_the_first_page(seven: list[Order], cursor: str) -> None:
    assert list(page(Order.objects.all(), "submitted_at", cursor, size=3).rows) == seven[:3]


def test_is_empty_where_there_is_nothing(db: None) -> None:
    empty = page(Order.objects.all(), "submitted_at", "", size=3)
    assert (list(empty.rows), empty.older, empty.newer) == ([], "", "")
