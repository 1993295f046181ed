"""What journeys need: the lab's rules, people who sign in by typing, and a look at every page that they pass."""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.factories.people import PASSWORD
from tests.patience import AT_A_PAGE

SHOTS = Path("test-results/pages")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = {"phone": 375, "desk": 1440}
TOO_WIDE = """
() => document.documentElement.scrollWidth <= window.innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
    .map((element) => element.outerHTML.slice(0, 200))
"""
# Chromium now and then leaves inherited colours as they were in the other scheme: everything is styled anew.
SETTLED = """
() => new Promise((done) => {
    const root = document.documentElement, focused = document.activeElement;
    root.style.display = "none";
    root.getBoundingClientRect();
    root.style.display = "";
    focused?.focus({ preventScroll: true });
    requestAnimationFrame(() => requestAnimationFrame(done));
})
"""
type Look = Callable[[str], None]


@pytest.fixture(autouse=True)
def patience() -> None:
    """A loaded machine is slow, not wrong."""
    expect.set_options(timeout=AT_A_PAGE)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Without motion from the start: colours that are still fading would be examined half-way."""
    return {**browser_context_args, "reduced_motion": "reduce", "locale": "en-GB"}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """As patient as what is expected of it."""
    context.set_default_timeout(AT_A_PAGE)
    return context


@pytest.fixture
def look(page: Page, pytestconfig: pytest.Config) -> Look:
    """Look at the page as it is: nothing is cut off, axe finds nothing; on a phone in the dark, at a desk in the light.

    With `--shots`, screenshots of both widths in light and dark are left in test-results/pages.
    """
    shots = bool(pytestconfig.getoption("shots"))

    def look_at(name: str) -> None:
        for (place, width), scheme in product(WIDTHS.items(), SCHEMES):
            examined = (place, scheme) in {("phone", "dark"), ("desk", "light")}
            if not examined and not shots:
                continue
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(SETTLED)
            if shots:
                page.screenshot(path=SHOTS / f"{name}-{place}-{scheme}.png", full_page=True)
            if examined:
                assert page.evaluate(TOO_WIDE) == [], f"{name} is too wide at {width}"
                found = Axe().run(page)
                assert found.violations_count == 0, f"{name}, {place}, {scheme}:\n{found.generate_report()}"
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
