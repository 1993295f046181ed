"""What journeys need: the lab's rules, people who sign in by typing, and a look at every page that they pass."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.people import PASSWORD

SHOTS = Path("test-results/pages")
WIDTHS = {"phone": 375, "desk": 1440}
TOO_WIDE = """
() => document.documentElement.scrollWidth <= window.innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
    .map((element) => element.outerHTML.slice(0, 200))
"""
type Look = Callable[[str], None]


@pytest.fixture(autouse=True)
def patience() -> None:
    """A loaded machine is slow, not wrong."""
    expect.set_options(timeout=15_000)


@pytest.fixture
def look(page: Page) -> Look:
    """Look at the page as it is: axe finds nothing, nothing is cut off, and screenshots are left to be looked at.

    At both widths, in light and dark.
    """

    def look_at(name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            for width_name, width in WIDTHS.items():
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate(TOO_WIDE) == [], f"{name} is too wide at {width}"
                page.screenshot(path=SHOTS / f"{name}-{width_name}-{scheme}.png", full_page=True)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}, {scheme}:\n{found.generate_report()}"
        page.emulate_media(color_scheme="light", reduced_motion="reduce")

    return look_at


@pytest.fixture
def sign_in(page: Page) -> Callable[[str], None]:
    """Sign in by typing, after signing out whoever was there."""

    def as_person(email: str) -> None:
        page.context.clear_cookies()
        page.goto("/account/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile("/orders/$"))

    return as_person
