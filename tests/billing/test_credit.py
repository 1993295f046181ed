import pytest
from django.db import IntegrityError, transaction

from reprieve.accounts.actors import SYSTEM
from reprieve.billing.credit import CreditTooSmall, balance_minor, balances, lock_practice, write
from reprieve.billing.models import CreditEntry, CreditKind
from tests.factories.people import Cast
from tests.factories.things import NOON

pytestmark = pytest.mark.django_db


def enter(cast: Cast, kind: CreditKind, amount: int, currency: str = "USD") -> CreditEntry:
    practice = lock_practice(cast.practice.pk)
    return write(practice, kind, amount, currency, actor=SYSTEM, now=NOON)


def test_a_practice_begins_without_credit(cast: Cast) -> None:
    assert balance_minor(cast.practice.pk, "USD") == 0
    assert balances(cast.practice.pk) == {}


def test_the_balance_is_the_sum_of_the_ledger(cast: Cast) -> None:
    enter(cast, CreditKind.GRANT, 10000)
    enter(cast, CreditKind.SPENT, 8000)
    enter(cast, CreditKind.RESTORED, 8000)
    last = enter(cast, CreditKind.TAKEN_BACK, 2500)
    assert (last.number, last.amount_minor, last.balance_minor) == (4, -2500, 7500)
    assert sum(CreditEntry.objects.values_list("amount_minor", flat=True)) == balance_minor(cast.practice.pk, "USD")


def test_currencies_and_practices_have_ledgers_of_their_own(cast: Cast) -> None:
    enter(cast, CreditKind.GRANT, 500)
    enter(cast, CreditKind.GRANT, 5800, "JPY")
    assert balances(cast.practice.pk) == {"JPY": 5800, "USD": 500}
    assert balances(cast.other_practice.pk) == {}


def test_more_than_the_balance_cannot_be_spent(cast: Cast) -> None:
    enter(cast, CreditKind.GRANT, 500)
    with pytest.raises(CreditTooSmall, match=r"\$5\.00, which is not enough"):
        enter(cast, CreditKind.SPENT, 501)
    assert balance_minor(cast.practice.pk, "USD") == 500
    assert CreditEntry.objects.count() == 1


@pytest.mark.parametrize("amount", [0, -1])
def test_an_entry_of_nothing_or_less_is_refused(cast: Cast, amount: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        enter(cast, CreditKind.GRANT, amount)
    assert not CreditEntry.objects.exists()


@pytest.mark.parametrize("change", [{"balance_minor": -1}, {"amount_minor": -5}, {"number": 1}])
def test_the_database_refuses_what_cannot_be(cast: Cast, change: dict[str, int]) -> None:
    entry = enter(cast, CreditKind.GRANT, 500)
    fields = {"number": 2, "amount_minor": 5, "balance_minor": 505} | change
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditEntry.objects.create(
            practice=entry.practice, currency="USD", kind=CreditKind.GRANT, actor_name="x", at=NOON, **fields
        )
    assert CreditEntry.objects.count() == 1


def test_the_ledger_is_never_changed(cast: Cast) -> None:
    entry = enter(cast, CreditKind.GRANT, 500)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditEntry.objects.filter(pk=entry.pk).update(amount_minor=600)
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.delete()
    assert balance_minor(cast.practice.pk, "USD") == 500
