"""Who gets mail."""

from django.db.models import QuerySet

from reprieve.accounts.models import Person


def who_gets_mail() -> QuerySet[Person]:
    """Everybody who may sign in, wants mail (C10), and has proved that the address is theirs.

    A colleague who has not answered an invitation may be a mistyped one.
    """
    return Person.objects.filter(
        is_active=True, emails_enabled=True, emailaddress__primary=True, emailaddress__verified=True
    )
