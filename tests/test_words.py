"""Whatever a person reads goes through gettext: pages, mails and PDFs, in a language that nobody speaks (pseudo.py)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client, TestCase
from fpdf import FPDF

from reprieve.accounts.models import Person
from reprieve.billing.documents import document, with_lines
from reprieve.billing.invoice_pdf import render
from reprieve.billing.models import Invoice
from reprieve.demo.lab import open_lab
from reprieve.demo.people import SHOWCASE
from reprieve.history.models import Event
from reprieve.notifications.invitations import send_invitation
from reprieve.notifications.models import Email
from reprieve.notifications.tasks import send_email
from reprieve.orders.models import Order
from tests.factories.people import Cast
from tests.pseudo import PACKAGE, Own, Sentences, spoken
from tests.test_routes import ROUTES, signed_in_as, url_of, walked

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
BEFORE_SIGNING_IN = ("/account/signup/", "/account/password/reset/", "/account/login/")
SIGNED_IN = ("/account/email/", "/account/password/change/", "/account/2fa/", "/account/2fa/totp/activate/")


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak it from here on."""
    spoken(monkeypatch)


def read(client: Client, addresses: Iterator[str] | list[str], own: Own) -> dict[str, list[str]]:
    """The plain words of each page that there is."""
    found = {}
    for address in addresses:
        answer = client.get(address)
        if walked(answer) and answer["Content-Type"].startswith("text/html"):
            found[address] = own.plain(answer.content.decode())
    assert found
    return {address: words for address, words in found.items() if words}


@pytest.mark.parametrize("who", ["owner", "support", "production", "manager"])
def test_of_every_route(who: str, cast: Cast, addresses: dict[str, object], pseudo: None) -> None:
    person = getattr(cast, who)
    routes = [route for route in ROUTES if route.door.kind == ("staff" if person.staff_role else "customer")]
    assert read(signed_in_as(person), [url_of(route, addresses) for route in routes], Own()) == {}


def test_of_the_sign_in(cast: Cast, pseudo: None) -> None:
    assert read(Client(), list(BEFORE_SIGNING_IN), Own()) == {}
    assert read(signed_in_as(cast.owner), list(SIGNED_IN), Own()) == {}


class LabTests(TestCase):
    """All that happens in the demo's lab, which is opened once for all of them."""

    @classmethod
    def setUpTestData(cls) -> None:
        open_lab(now=NOW, cases=1)

    def setUp(self) -> None:
        self.monkeypatch = pytest.MonkeyPatch()
        self.addCleanup(self.monkeypatch.undo)
        spoken(self.monkeypatch)

    def test_of_all_that_happens_to_a_case(self) -> None:
        own, orders = Own(), Order.objects.filter(practice__name=SHOWCASE)
        doctor, support = (
            Person.objects.get(email="doctor@maple.example"),
            Person.objects.get(email="support@lab.example"),
        )
        assert read(signed_in_as(doctor), [f"/orders/{order.number}/" for order in orders], own) == {}
        assert read(signed_in_as(support), [f"/console/orders/{order.number}/" for order in orders], own) == {}

    def test_of_mails(self) -> None:
        """One about each kind of event, and those about an account."""
        own, doctor = Own(), Person.objects.get(email="doctor@maple.example")
        events = {event.type: event for event in Event.objects.filter(subject__in=[Order.SUBJECT, Invoice.SUBJECT])}
        for event in events.values():
            email = Email.objects.create(event=event, recipient=doctor, created_at=NOW)
            send_email.func(email.pk)
        Client().post("/account/password/reset/", {"email": doctor.email})
        doctor.set_unusable_password()
        doctor.save()
        send_invitation.func(doctor.pk, "Luis Ferreira")
        assert len(mail.outbox) == len(events) + 2
        written = {
            message.subject: [*own.plain(str(message.subject)), *own.plain_lines(str(message.body))]
            for message in mail.outbox
        }
        assert {subject: words for subject, words in written.items() if words} == {}

    def test_of_pdfs(self) -> None:
        written: list[str] = []
        cell = FPDF.cell

        def noting(sheet: FPDF, *args: object, **given: object) -> object:
            written.extend(str(word).replace("{nb}", "") for word in [*args[2:3], given.get("text", "")])
            return cell(sheet, *args, **given)  # type: ignore[arg-type]  # what it was called with

        self.monkeypatch.setattr(FPDF, "cell", noting)
        for invoice in with_lines(Invoice.objects.all()):
            render(document(invoice))
        own = Own()
        assert sorted({words for words in written if own.plain(words)}) == []
        assert len(written) > 100


def test_finds_what_nobody_translates(cast: Cast) -> None:
    page = """
        <h1>⟦Cases of⟧ Elm Street Dental</h1><p>Only here.</p><p>⟦By ⟦the⟧ <a href="/">owner</a>.⟧ And more.</p>
        <img alt="A picture"><input type="submit" value="Send"><input value="Typed"><code>a --b</code>R-1001
    """
    assert Own().plain(page) == ["Only here.", "And more.", "A picture", "Send"]


ATTRIBUTE = re.compile(r'\W*[a-z-]+(?:="[a-z -]*"|--[a-z -]+)?\W*')  # or a class, of the tag in which a block stands
MARKS = re.compile(
    r"{% *blocktranslate.*?endblocktranslate *%}|{% *comment.*?endcomment *%}|{{.*?}}|{%.*?%}|{#.*?#}", re.DOTALL
)


@pytest.mark.parametrize("suffix", ["html", "txt"])
def test_of_every_template(suffix: str) -> None:
    found = {}
    for path in sorted((PACKAGE / "templates").rglob(f"*.{suffix}")):
        text = MARKS.sub("", path.read_text(encoding="utf-8"))
        sentences = Sentences(text).found if suffix == "html" else text.splitlines()
        read = [words.strip() for words in sentences if any(map(str.isalpha, words))]
        if words := [words for words in read if not ATTRIBUTE.fullmatch(words)]:
            found[path.name] = words
    assert found == {}
