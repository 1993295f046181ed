"""Background work of this app: the worker sends what was queued."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from reprieve.billing.documents import document, with_lines
from reprieve.billing.invoice_pdf import render
from reprieve.billing.models import Invoice
from reprieve.billing.periods import business_zone
from reprieve.billing.undoing import undo_until
from reprieve.cancellations.queries import effective_cancellation
from reprieve.history.models import Event, EventType
from reprieve.history.sentences import sentence
from reprieve.lib.identifiers import order_number
from reprieve.notifications.models import Email
from reprieve.orders.models import Order

ISSUES = (EventType.INVOICE_ISSUED, EventType.CREDIT_NOTE_ISSUED)
TEMPLATES = {EventType.PAYMENT_FAILED: "notifications/card_declined.txt"}
CANCELS = (EventType.ORDER_CANCELLED, EventType.CANCELLATION_APPROVED)


@task()
def send_email(email_id: int) -> None:
    """Send one e-mail unless it was sent. Raises what the mail server raises; the worker then tries again later.

    No transaction is open while the server takes the mail. Only a death between its answer and the mark repeats it,
    then under the same Message-ID.
    """
    email = Email.objects.select_related("event", "recipient").get(pk=email_id)
    if email.sent_at is not None or not email.recipient.is_active:
        return
    _message(email).send()
    Email.objects.filter(pk=email_id).update(sent_at=timezone.now())


def _message(email: Email) -> EmailMessage:
    return _about_document(email) if email.event.subject == Invoice.SUBJECT else _about_order(email)


def _about_document(email: Email) -> EmailMessage:
    """The document itself is attached; the link leads to its page, which says how it stands by then."""
    found = document(with_lines(Invoice.objects.all()).get(pk=email.event.subject_id))
    invoice, type_of_event = found.invoice, EventType(email.event.type)
    words = {
        "sentence": sentence(email.event),
        "document": found,
        "link": settings.BASE_URL + reverse("portal:document", args=[invoice.name]),
        "pay_link": settings.BASE_URL + reverse("portal:pay_invoice", args=[invoice.name]),
        "recipient": email.recipient,
        "business": settings.BUSINESS_NAME,
        "support_email": settings.SUPPORT_EMAIL,
    }
    return EmailMessage(
        subject=f"{invoice.get_kind_display()} {invoice.name}"
        if type_of_event in ISSUES
        else f"{invoice.name}: {type_of_event.label}",
        body=render_to_string(TEMPLATES.get(type_of_event, "notifications/document.txt"), words),
        to=[email.recipient.email],
        reply_to=[settings.SUPPORT_EMAIL],
        headers=_message_id(email),
        attachments=[(f"{invoice.name}.pdf", render(found), "application/pdf")],
    )


def _about_order(email: Email) -> EmailMessage:
    label = EventType(email.event.type).label
    number = order_number(email.event.subject_id)
    words = {
        "sentence": sentence(email.event),
        "undo_until": _undo_until(email.event),
        "order_number": number,
        "link": settings.BASE_URL + reverse("portal:order", args=[number]),
        "recipient": email.recipient,
        "business": settings.BUSINESS_NAME,
        "support_email": settings.SUPPORT_EMAIL,
    }
    return EmailMessage(
        subject=f"{number}: {label}",
        body=render_to_string("notifications/event.txt", words),
        to=[email.recipient.email],
        reply_to=[settings.SUPPORT_EMAIL],
        headers=_message_id(email),
    )


def _undo_until(event: Event) -> str:
    """Until when the cancellation that the event tells of can be undone, as of now; empty if it cannot be."""
    if event.type not in CANCELS:
        return ""
    order = Order.objects.get(pk=event.subject_id)
    cancellation = effective_cancellation(order)
    if cancellation is None or cancellation.decision_id != event.data["decision"]:
        return ""
    until = undo_until(order.charge, cancellation, now=timezone.now())
    if until is None:
        return ""
    until = until.astimezone(business_zone())
    return f"{date_format(until, 'DATETIME_FORMAT')} {until:%Z}"


def _message_id(email: Email) -> dict[str, str]:
    host = settings.SUPPORT_EMAIL.rpartition("@")[2]
    return {"Message-ID": f"<event-{email.event_id}-{email.recipient_id}@{host}>"}
