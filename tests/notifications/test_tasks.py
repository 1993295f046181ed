"""E-mails through a real SMTP server on loopback."""

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.test import override_settings
from django_ox.models import OxTask
from django_ox.testing import run_tasks

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.notifications.models import Email
from reprieve.notifications.tasks import send_email
from reprieve.orders.models import Order, Status
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, an_order
from tests.patience import PATIENCE


class Inbox:
    """What the mail server has taken."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: ANN401, N802
        if self.answer.startswith("250"):
            message = BytesParser(_class=EmailMessage, policy=default).parsebytes(envelope.content)
            self.messages.append(message)
        return self.answer


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    mailer = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": PATIENCE},
    }
    with override_settings(MAILERS={"default": mailer}):
        yield box
    server.stop()


@pytest.fixture
def order(cast: Cast, catalog: Catalog, rules: None) -> Order:
    order = an_order(catalog, cast.actor("owner"))
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", note="Maria K. is away", now=NOON)
    return order


def test_c10_confirms_a_cancellation_to_everybody_who_wants_it(inbox: Inbox, order: Order) -> None:
    run_tasks()
    assert {str(message["To"]) for message in inbox.messages} == {"owner@example.test", "colleague@example.test"}
    message = next(message for message in inbox.messages if message["To"] == "owner@example.test")
    assert message["Subject"] == f"{order.number}: Cancelled"
    body = message.get_content()
    assert "Owner cancelled the case. Reason: The patient is away." in body
    assert f"/orders/{order.number}/" in body
    assert not Email.objects.filter(sent_at=None).exists()


def test_says_until_when_a_cancellation_can_be_undone(inbox: Inbox, order: Order) -> None:
    with time_machine.travel(NOON + 29 * MINUTE, tick=False):
        run_tasks()
    bodies = {message.get_content() for message in inbox.messages}
    until = "It can be undone until 4 Mar 2026, 12:30 UTC, on the page of the case. No money is sent back before."
    assert len(bodies) == 2
    assert all(until in body for body in bodies)


@pytest.mark.parametrize("undone", [True, False])
def test_says_nothing_of_undoing_once_that_is_done_or_too_late(
    inbox: Inbox, order: Order, cast: Cast, *, undone: bool
) -> None:
    if undone:
        undo_cancellation(order_id=order.pk, actor=cast.actor("owner"), now=NOON + MINUTE)
    with time_machine.travel(NOON + (2 if undone else 30) * MINUTE, tick=False):
        run_tasks()
    told = [str(message["Subject"]) for message in inbox.messages]
    assert told.count(f"{order.number}: Cancelled") == 2
    assert told.count(f"{order.number}: Cancellation undone") == (2 if undone else 0)
    assert not any("can be undone" in message.get_content() for message in inbox.messages)


def test_never_carries_a_note_or_a_patient(inbox: Inbox, order: Order) -> None:
    run_tasks()
    everything = "".join(message.as_string() for message in inbox.messages)
    assert "Maria" not in everything
    assert "J.D." not in everything


def test_is_sent_once_however_often_the_task_runs(inbox: Inbox, order: Order) -> None:
    email = Email.objects.filter(event__subject_id=order.pk).earliest("pk")
    for _ in range(2):
        send_email.func(email.pk)
    assert len(inbox.messages) == 1


def test_a_mail_server_that_refuses_does_not_undo_the_cancellation(inbox: Inbox, order: Order) -> None:
    inbox.answer = "451 try again later"
    run_tasks()
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED
    assert Email.objects.filter(sent_at=None).count() == 2
    assert OxTask.objects.filter(attempts=1).count() == 2


def test_is_not_sent_to_who_may_no_longer_sign_in(inbox: Inbox, order: Order, cast: Cast) -> None:
    cast.colleague.is_active = False
    cast.colleague.save()
    run_tasks()
    assert [str(message["To"]) for message in inbox.messages] == ["owner@example.test"]
