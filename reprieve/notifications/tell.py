"""Telling a practice what happened: rows now, mail after the commit."""

from reprieve.history.models import Event
from reprieve.notifications.models import Email
from reprieve.notifications.recipients import who_gets_mail
from reprieve.notifications.tasks import send_email
from reprieve.orders.models import Order


def tell_practice(order: Order, event: Event) -> None:
    """Queue one e-mail for everybody of the practice who wants them (C10).

    Rows and tasks are written in the caller's transaction: no mail for what was rolled back, none lost after a commit.
    """
    people = who_gets_mail().filter(practice=order.practice_id)
    emails = Email.objects.bulk_create(Email(event=event, recipient=person, created_at=event.at) for person in people)
    for email in emails:
        send_email.enqueue(email.pk)
