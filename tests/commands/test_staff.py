"""`reprieve staff add`: by a password on the terminal, or by a link."""

import getpass
import sys
from io import StringIO
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from reprieve.accounts.models import Person, Practice, StaffRole

pytestmark = pytest.mark.django_db
SECRET = "wisteria-and-wax"


def add(*arguments: str, email: str = "Rosa@Lab.example", name: str = "Rosa Vidal", role: str = "manager") -> str:
    out = StringIO()
    call_command("staff", "add", "--role", role, "--name", name, *arguments, email, stdout=out)
    return out.getvalue()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed, one password after the other."""
    typed = [SECRET, SECRET]
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: typed.pop(0))
    return typed


def test_adds_somebody_with_a_password_typed_twice(terminal: list[str]) -> None:
    assert add() == "Rosa Vidal <rosa@lab.example> is added as manager.\n"
    person = Person.objects.get()
    assert (person.email, person.name, person.staff_role) == ("rosa@lab.example", "Rosa Vidal", StaffRole.MANAGER)
    assert person.practice is None
    assert person.check_password(SECRET)
    assert EmailAddress.objects.filter(user=person, verified=True, primary=True).count() == 1


def test_two_different_passwords_add_nobody(terminal: list[str]) -> None:
    terminal[1] = "something else"
    with pytest.raises(CommandError, match="The two passwords differ"):
        add()
    assert not Person.objects.exists()


def test_a_weak_password_adds_nobody(terminal: list[str]) -> None:
    terminal[:] = ["short", "short"]
    with pytest.raises(CommandError, match="too short"):
        add()
    assert not Person.objects.exists()


def test_prints_a_link_that_sets_the_password(client: Client) -> None:
    out = add("--link")
    link = next(line for line in out.splitlines() if line.startswith(settings.BASE_URL))
    assert not Person.objects.get().has_usable_password()
    page = client.get(urlsplit(link).path, follow=True)
    form = page.redirect_chain[-1][0]
    client.post(form, {"password1": SECRET, "password2": SECRET})
    assert Person.objects.get().check_password(SECRET)
    assert "token_fail" in (client.get(urlsplit(link).path).context_data or {})


def test_without_a_terminal_it_is_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert f"{settings.BASE_URL}/account/password/reset/key/" in add()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"email": "rosa"}, "is no e-mail address"),
        ({"name": " "}, "Please write a name of up to 120 characters"),
        ({"name": "n" * 300}, "Please write a name of up to 120 characters"),
        ({"role": "owner"}, "invalid choice"),
    ],
)
def test_says_what_is_wrong(what: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        add("--link", **what)
    assert not Person.objects.exists()


def test_nobody_is_added_twice() -> None:
    add("--link")
    with pytest.raises(CommandError, match=r"rosa@lab\.example belongs to somebody already"):
        add("--link", role="support")
    assert Person.objects.get().staff_role == StaffRole.MANAGER


def test_who_is_back_is_let_in_again_and_nobody_of_a_practice_is() -> None:
    add("--link")
    person = Person.objects.get()
    call_command("people", "deactivate", "rosa@lab.example", stdout=StringIO())
    add("--link", name="Rosa V.", role="support")
    assert Person.objects.get() == person
    person.refresh_from_db()
    assert (person.name, person.staff_role, person.is_active) == ("Rosa V.", StaffRole.SUPPORT, True)
    assert not person.has_usable_password()
    doctor = Person.objects.create_user(
        "doctor@example.test", name="Doctor", practice=Practice.objects.create(name="A"), is_active=False
    )
    with pytest.raises(CommandError, match="belongs to somebody already"):
        add("--link", email=doctor.email)
    doctor.refresh_from_db()
    assert (doctor.is_active, doctor.staff_role) == (False, "")
