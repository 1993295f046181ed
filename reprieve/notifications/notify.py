"""Telling a practice what happened: rows now, mail after the commit."""

from collections.abc import Sequence

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django_ox.bulk import enqueue_many

from reprieve.accounts.recipients import who_gets_mail
from reprieve.billing.insert_select import insert_select_keys
from reprieve.billing.models import Invoice, Payable
from reprieve.cancellations.subjects import Subject
from reprieve.history.models import Event, EventType
from reprieve.notifications.models import Email
from reprieve.notifications.tasks import send_email

FEW = 4


def notify_practice(about: Subject | Payable, *events: Event) -> None:
    """Queue one e-mail about each event for everybody of the practice who wants them (C10). The events are about this.

    Rows and tasks are written in the caller's transaction: no mail for what was rolled back, none lost after a commit.
    """
    people = who_gets_mail().filter(practice=about.practice_id).order_by("pk")
    written = (
        insert_select_keys(Email, people, event=Value(event.pk), recipient="pk", created_at=Value(event.at))
        for event in events
    )
    _send([pk for keys in written for pk in keys])


def _send(emails: Sequence[int]) -> None:
    """Have the worker send them. Many at once takes three statements, so few are told one by one."""
    if len(emails) < FEW:
        for pk in emails:
            send_email.enqueue(pk)
    else:
        enqueue_many(send_email, [((pk,), {}) for pk in emails])


def notify_of_invoices(documents: QuerySet[Invoice]) -> None:
    """Queue one e-mail with each document for everybody of its practice who wants them, as many as there are at once.

    As above, in the caller's transaction. Each document has been issued in it, and has its event.
    """
    issued = Event.objects.filter(
        subject=Invoice.SUBJECT, type__in=[EventType.INVOICE_ISSUED, EventType.CREDIT_NOTE_ISSUED]
    )
    people = who_gets_mail().filter(practice__invoices__in=documents).order_by("practice__invoices", "pk")
    of_document = issued.filter(subject_id=OuterRef("practice__invoices")).order_by()
    emails = insert_select_keys(
        Email,
        people,
        event=Subquery(of_document.values("pk")[:1]),
        recipient="pk",
        created_at=F("practice__invoices__issued_at"),
    )
    _send(emails)
