"""Telling a practice what happened: rows now, mail after the commit."""

from django.db.models import F, OuterRef, QuerySet, Subquery
from django_ox.bulk import enqueue_many

from reprieve.billing.insert_select import insert_select
from reprieve.billing.models import Invoice, Payable
from reprieve.cancellations.subjects import Subject
from reprieve.history.models import Event, EventType
from reprieve.notifications.models import Email
from reprieve.notifications.recipients import who_gets_mail
from reprieve.notifications.tasks import send_email


def notify_practice(about: Subject | Payable, *events: Event) -> None:
    """Queue one e-mail about each event for everybody of the practice who wants them (C10). The events are about this.

    Rows and tasks are written in the caller's transaction: no mail for what was rolled back, none lost after a commit.
    """
    people = who_gets_mail().filter(practice=about.practice_id)
    emails = Email.objects.bulk_create(
        Email(event=event, recipient=person, created_at=event.at) for person in people for event in events
    )
    enqueue_many(send_email, [((email.pk,), {}) for email in emails])


def notify_of_invoices(documents: QuerySet[Invoice]) -> None:
    """Queue one e-mail with each document for everybody of its practice who wants them, as many as there are at once.

    As above, in the caller's transaction. Each document has been issued in it, and has its event.
    """
    issued = Event.objects.filter(
        subject=Invoice.SUBJECT, type__in=[EventType.INVOICE_ISSUED, EventType.CREDIT_NOTE_ISSUED]
    )
    people = who_gets_mail().filter(practice__invoices__in=documents).order_by("practice__invoices", "pk")
    of_document = issued.filter(subject_id=OuterRef("practice__invoices")).order_by()
    insert_select(
        Email,
        people,
        event=Subquery(of_document.values("pk")[:1]),
        recipient="pk",
        created_at=F("practice__invoices__issued_at"),
    )
    ids = documents.values("pk")
    emails = Email.objects.filter(event__in=issued.filter(subject_id__in=ids)).values_list("pk", flat=True)
    enqueue_many(send_email, [((pk,), {}) for pk in emails])
