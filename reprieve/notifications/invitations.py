"""Inviting a colleague: a mail with allauth's link on which a new person chooses a password."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from reprieve.accounts.models import Person
from reprieve.accounts.people import password_link


def invite(person: Person, *, invited_by: str) -> None:
    """Queue the mail, in the caller's transaction: none for a person who was rolled back, none lost after a commit."""
    send_invitation.enqueue(person.pk, invited_by)


@task()
def send_invitation(person_id: int, invited_by: str) -> None:
    """Send it unless the person has a password already, or is gone.

    Raises what the mail server raises; the worker then tries again.
    """
    person = Person.objects.select_related("practice").filter(pk=person_id).first()
    if person is None or person.has_usable_password() or not person.is_active:
        return
    words = {
        "person": person,
        "invited_by": invited_by,
        "business": settings.BUSINESS_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "link": password_link(person),
        "sign_in": settings.BASE_URL + reverse("account_login"),
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
    }
    EmailMessage(
        subject=gettext("You are invited to %s") % settings.BUSINESS_NAME,
        body=render_to_string("notifications/invitation.txt", words),
        to=[person.email],
        reply_to=[settings.SUPPORT_EMAIL],
    ).send()
