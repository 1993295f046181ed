"""Telling a practice what happened: rows now, mail after the commit."""

from reprieve.accounts.models import Person
from reprieve.history.models import Event
from reprieve.notifications.models import Email
from reprieve.notifications.tasks import send_email
from reprieve.orders.models import Order


def tell_practice(order: Order, event: Event) -> None:
    """Queue one e-mail for everybody of the practice who wants them (C10).

    Only to addresses that proved to be theirs: a colleague who has not answered an invitation may be a mistyped one.
    Rows and tasks are written in the caller's transaction: no mail for what was rolled back, none lost after a commit.
    """
    people = Person.objects.filter(
        practice=order.practice_id,
        is_active=True,
        emails_enabled=True,
        emailaddress__primary=True,
        emailaddress__verified=True,
    )
    emails = Email.objects.bulk_create(Email(event=event, recipient=person, created_at=event.at) for person in people)
    for email in emails:
        send_email.enqueue(email.pk)
