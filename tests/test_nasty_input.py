"""Whatever is sent, to whichever route: an answer, never a failure. Each request is undone again.

Every field of every form is filled in with nasty values, the rest of the form being as the page has it or properly
filled in; every route is asked with them in its query; every part of an address is replaced by them.
"""

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, resolve, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from pytest_django import Settings

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.pause_order import pause_order
from reprieve.actions.slate_order import slate_order
from reprieve.billing.models import Refund, RefundState
from reprieve.catalog.models import ProductFamily, Reason
from reprieve.orders.lifecycle import Verb
from reprieve.portal import orders as portal_orders
from tests.examples import is_thorough
from tests.factories.drafts import a_draft, in_review, simulated
from tests.factories.invoices import an_overpaid_invoice
from tests.factories.money import an_undoable_order
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_DESIGN, TO_DESIGNED, Catalog, an_order, moved, stl_bytes
from tests.test_routes import ROUTES, Route, signed_in_as, url_of, walked

SCRIPT = "<script>alert(1)</script>"
NASTY = (
    *("", " ", "\0", "a\0b", "\r\nSet-Cookie: a=b", "x" * 60_000, "🦷" * 50, "\u202egnp.exe", "e\u0301" * 99),
    *("-1", "0", "1.5", "9" * 40, "9" * 5000, str(2**31), str(2**63), "1e400", "NaN", "Infinity", "٣", "1_000"),
    *("0001-01-01", "9999-12-31", "10000-01-01", "ZnwwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5fDE"),
    *("[]", '{"$ne": 1}', SCRIPT, "%s %(x)s {0} {{ 7|add:7 }}", "' OR 1=1 --", '"', "../../../etc/passwd", "%00"),
)
QUERIES = (
    *("q", "status", "family", "cursor", "verb", "version", "next", "order", "row", "new", "part", "fact-status"),
    *("which", "shown"),
)
CHOSEN = {  # without these a page has no form
    "console:bulk": "?order={number}",
    "console:refunds": "?queue=failed",
    "console:run_invoices": "?terms=monthly&period=2026-02",
}
FIELDS = {"input", "textarea", "select", "button"}
PROPER = {"text": "7", "number": "7", "email": "somebody@example.test"}  # where a page has nothing
# Each field is given every eighth value (in the day's work every sixteenth), the next field the next ones.
# 1 is everything, and takes minutes.
STRIDE = 8 if is_thorough() else 16

Fields = dict[str, str]
Sent = dict[str, object]


class Forms(HTMLParser):
    """The forms of a page that change something, by their address: their fields, filled in, and which hold files."""

    def __init__(self, url: str, page: str) -> None:
        super().__init__()
        self.found: dict[str, Fields] = {}
        self.files: set[str] = set()
        self._url, self._fields, self._select = url, Fields(), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Forms, their fields, and what is chosen."""
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._fields = {}
            if given.get("method", "").lower() == "post":
                self.found[given.get("action") or self._url] = self._fields
        elif tag == "option" and given.get("value") and ("selected" in given or not self._fields[self._select]):
            self._fields[self._select] = given["value"]
        elif tag in FIELDS and name not in {"", "csrfmiddlewaretoken"} and "formnovalidate" not in given:
            self._select, kind = name, given.get("type", "text")
            empty = "on" if "checked" in given else "" if tag == "select" else PROPER.get(kind, "")
            self._fields.setdefault(name, given.get("value") or empty)
            if kind == "file":
                self.files.add(name)


@pytest.fixture
def orders(cast: Cast, catalog: Catalog, addresses: dict[str, object]) -> list[dict[str, object]]:
    """The addresses of orders in several states, and of the catalog; together they offer every form that there is."""
    owner = cast.actor("owner")
    untouched, held, paused, slated, designed = (an_order(catalog, owner) for _ in range(5))
    started = moved(an_order(catalog, owner, "design"), *TO_DESIGN)
    moved(held, Verb.HOLD)
    moved(designed, *TO_DESIGNED)
    pause_order(order_id=paused.pk, actor=owner, reason="patient_away", now=NOON)
    pause = pause_order(order_id=slated.pk, actor=owner, reason="patient_away", now=NOON)
    slate_order(order_id=slated.pk, actor=SYSTEM, now=pause.until)
    undoable = an_undoable_order(catalog, owner, now=timezone.now())
    Refund.objects.filter(state=RefundState.APPROVED).update(state=RefundState.FAILED)
    ready = a_draft(cast.actor("manager"))
    simulated(ready, now=timezone.now())
    drafts = (ready, in_review(cast), in_review(cast, author="director"))
    several = (untouched, held, paused, slated, designed, started, undoable)
    offered = (catalog.products["crowns"], ProductFamily.objects.earliest("pk"), Reason.objects.earliest("pk"))
    return [
        addresses,
        addresses | {"name": an_overpaid_invoice(catalog, owner).name},
        *(addresses | {"number": order.number} for order in several),
        *(addresses | {"pk": row.pk} for row in offered),
        *(addresses | {"draft_id": draft.pk} for draft in drafts),
    ]


def urls_for(kind: str, orders: list[dict[str, object]]) -> list[str]:
    """Every page behind a door, of each of the orders, and allauth's."""
    ours = (
        url_of(route, addresses) + CHOSEN.get(route.name, "").format(**addresses)
        for route in ROUTES
        if route.door.kind == kind
        for addresses in orders
    )
    return list(dict.fromkeys([*ours, *allauths()]))


def allauths() -> Iterator[str]:
    """The pages of allauth that need no key from a mail."""
    for name in (name for name in get_resolver().reverse_dict if isinstance(name, str)):
        try:
            yield reverse(name)
        except NoReverseMatch:
            continue


def some(values: Iterable[str], turn: int) -> Iterator[str]:
    """A share of the values, another one for each turn."""
    return (value for place, value in enumerate(values) if (place + turn) % STRIDE == 0)


class Prober:
    """Sends requests, undoes each, and notes which fail, or show what was typed as if it were markup."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.failures: list[str] = []
        self.sent = 0

    def send(self, url: str, data: Sent | None = None, *, nasty: str) -> None:
        """GET, or POST with data and look at the page that shows what came of it."""
        self.sent += 1
        client = Client(SERVER_NAME="localhost")
        client.cookies.update(self._client.cookies)  # an answer may sign out, but only for this once
        try:
            with transaction.atomic():
                response = client.get(url) if data is None else client.post(url, data, follow=True)
                problem = self._problem(response)
                transaction.set_rollback(True)
        except Exception as error:  # noqa: BLE001 - whichever it is, it would have been a 500
            problem = repr(error)[:300]
        if problem:
            self.failures.append(f"{'GET' if data is None else 'POST'} {url[:100]} {nasty[:60]!r}: {problem}")

    @staticmethod
    def _problem(response: HttpResponseBase) -> str:
        status = walked(response)
        if isinstance(response, HttpResponse) and SCRIPT.encode() in response.content:
            return "shown as markup"
        return "" if status < 500 else str(status)


def forms_on(client: Client, urls: list[str]) -> tuple[dict[str, Fields], set[str]]:
    """One form of each kind on these pages, by its address; and the names of the fields that hold files."""
    kinds: dict[tuple[str, frozenset[str]], tuple[str, Fields]] = {}
    files: set[str] = set()
    for url in urls:
        response = client.get(url)
        if walked(response) == 200 and response["Content-Type"].startswith("text/html"):
            page = Forms(url, response.content.decode())
            files |= page.files
            for action, fields in page.found.items():
                kinds.setdefault((resolve(urlsplit(action).path).view_name, frozenset(fields)), (action, fields))
    return dict(kinds.values()), files


def probe_forms(client: Client, urls: list[str]) -> Prober:
    """Every field of every form on these pages."""
    prober, turn = Prober(client), 0
    forms, files = forms_on(client, urls)
    for url, fields in forms.items():
        proper: Sent = {name: value for name, value in fields.items() if name not in files}
        for name in fields:
            turn += 1
            for value in some(NASTY, turn):
                nasty = SimpleUploadedFile(value or "x", stl_bytes()) if name in files else value
                prober.send(url, proper | {name: nasty}, nasty=f"{name}={value}")
            prober.send(url, proper | {name: ["a", "b"]}, nasty=f"{name} twice")
        for value in some(NASTY, turn):
            prober.send(url, dict.fromkeys(fields, value), nasty=f"everything={value}")
    return prober


def probe_queries(client: Client, urls: list[str]) -> Prober:
    """Every page, asked with what it knows and what it does not."""
    prober = Prober(client)
    for turn, url in enumerate(urls):
        for value in some(NASTY, turn):
            query = "&".join(f"{name}={quote(value)}" for name in QUERIES)
            prober.send(f"{url}{'&' if '?' in url else '?'}{query}", nasty=value)
    return prober


def probe_addresses(client: Client, routes: Iterable[Route], addresses: dict[str, object]) -> Prober:
    """Every address, with something else in the place of each of its parameters."""
    prober, turn = Prober(client), 0
    for route in routes:
        for name in route.parameters:
            turn += 1
            proper = quote(str(addresses[name]))
            for value in some(NASTY, turn):
                url = url_of(route, addresses).replace(f"/{proper}/", f"/{quote(value, safe='')}/", 1)
                prober.send(url, nasty=value)
                prober.send(url, {}, nasty=value)
    return prober


@pytest.fixture(autouse=True)
def let_every_request_through(settings: Settings) -> None:
    """No limits and no second sign-in: what they would keep out is what is to be tried."""
    settings.ACCOUNT_RATE_LIMITS = False
    settings.ACCOUNT_REAUTHENTICATION_REQUIRED = False


PEOPLE = pytest.mark.parametrize(("who", "door"), [("owner", "customer"), ("manager", "staff")])


NO_FORM = {"file", "order", "orders", "catalog", "policies", "policy", "practices", "requests"}
NO_FORM |= {"billing", "document", "document_pdf", "refund", "refunds", "export_payments"}
NO_FORM |= {"drafts", "draft-row", "draft-check", "draft-try", "draft-dmn", "version-dmn", "draft-review"}
NO_FORM |= {"decision", "simulation", "invoices", "export_invoices"}


@PEOPLE
def test_finds_the_form_of_every_route(who: str, door: str, cast: Cast, orders: list[dict[str, object]]) -> None:
    forms, _files = forms_on(signed_in_as(getattr(cast, who)), urls_for(door, orders))
    found = {resolve(urlsplit(url).path).view_name for url in forms}
    ours = {route.name for route in ROUTES if route.door.kind == door}
    assert {name for name in ours - found if name.split(":")[1] not in NO_FORM} == set()


@PEOPLE
def test_no_field_of_a_form_fails(who: str, door: str, cast: Cast, orders: list[dict[str, object]]) -> None:
    prober = probe_forms(signed_in_as(getattr(cast, who)), urls_for(door, orders))
    assert prober.failures == []
    assert prober.sent > 40


@PEOPLE
def test_no_query_fails(who: str, door: str, cast: Cast, orders: list[dict[str, object]]) -> None:
    prober = probe_queries(signed_in_as(getattr(cast, who)), urls_for(door, orders[:1]))
    assert prober.failures == []
    assert prober.sent > 40


@PEOPLE
def test_no_address_fails(who: str, door: str, cast: Cast, orders: list[dict[str, object]]) -> None:
    routes = [route for route in ROUTES if route.door.kind == door]
    prober = probe_addresses(signed_in_as(getattr(cast, who)), routes, orders[0])
    assert prober.failures == []
    assert prober.sent > 40


def test_no_field_fails_before_anybody_has_signed_in(cast: Cast) -> None:
    prober = probe_forms(Client(), list(allauths()))
    assert prober.failures == []
    assert prober.sent > 20


def test_would_notice_a_failure_and_markup(cast: Cast, rules: None, monkeypatch: pytest.MonkeyPatch) -> None:
    prober = Prober(signed_in_as(cast.owner))
    for url in ("/orders/?q=x", "/practice/?q=x"):
        for answer in (lambda _: 1 // 0, lambda _: SafeString(SCRIPT)):
            monkeypatch.setattr(portal_orders, "searchable", answer)
            prober.send(url, nasty="x")
    first, second = prober.failures
    assert "GET /orders/?q=x 'x': ZeroDivisionError" in first
    assert second == "GET /orders/?q=x 'x': shown as markup"
