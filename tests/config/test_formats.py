"""Dates, times and money as their reader writes them."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import override

from reprieve.web.templatetags.when import moment
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

AT = datetime(2026, 11, 26, 13, 43, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "date", "at", "near", "far"),
    [
        ("en", "26 Nov 2026", "26 Nov 2026, 13:43", "today, 13:43", "26 Nov, 13:43"),
        ("en-us", "Nov 26, 2026", "Nov 26, 2026, 1:43 PM", "today, 1:43 PM", "Nov 26, 1:43 PM"),
    ],
)
def test_writes_dates_and_times_as_the_language_does(language: str, date: str, at: str, near: str, far: str) -> None:
    with override(language):
        assert (date_format(AT, "DATE_FORMAT"), date_format(AT, "DATETIME_FORMAT")) == (date, at)
        assert (moment(AT, AT), moment(AT, AT.replace(day=1))) == (near, far)


@pytest.mark.parametrize(
    ("asked", "lang", "day"),
    [
        ("en-US,en;q=0.9", "en-us", "Mar 4"),
        ("en-GB", "en", "4 Mar"),
        ("de-DE,de", "en", "4 Mar"),  # the business's own, where there are no words in that
    ],
)
def test_a_page_follows_the_browser(
    asked: str, lang: str, day: str, client: Client, cast: Cast, catalog: Catalog, rules: None
) -> None:
    order = an_order(catalog, cast.actor("owner"))
    client.force_login(cast.owner)
    page = client.get(f"/orders/{order.number}/", headers={"Accept-Language": asked})
    assert page.headers["Content-Language"] == lang
    assert f'<html lang="{lang}"' in page.content.decode()
    assert day in page.content.decode()
