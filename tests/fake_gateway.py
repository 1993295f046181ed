"""A provider that moves no money: it keeps its books in a file, honours idempotency keys, and can be told to fail.

Its books outlive the process that asked, so that a test can kill that process and count afterwards.
"""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from django.conf import settings

from reprieve.billing.gateways import (
    Absent,
    Amount,
    Answer,
    Authorised,
    CardPage,
    Declined,
    Done,
    Found,
    PaymentAnswer,
    PaymentFound,
    Pending,
    Released,
    SavedCard,
    Unknown,
)
from reprieve.billing.gateways.stripe import usual_fee_minor
from reprieve.lib import money

PAYS = ("charge", "authorise")
REFUNDS = ("came_back", "refund")
CAME_BACK = Declined("It came back.", permanent=True)
# Each of the processes that run tests side by side has a provider of its own; what it starts is told which.
OURS = f"fake-provider-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
BOOKS = Path(os.environ.get("FAKE_PROVIDER") or Path(settings.DATA_DIR) / OURS)


class FakeGateway:
    """Answers as the plan says, one word a call; without a plan it does what it is asked.

    done, pending: does it, and says so, or that it is under way. declined, later: does nothing, for good or for now.
    lost_answer: does it, and nobody hears. lost_question: does nothing, and nobody hears. broken: raises.
    die_before, die_after: kills the process that asks, before or after doing it.
    """

    by_hand: ClassVar[bool] = False

    def charge(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:
        return self._pay("charge", source, amount, key)

    def authorise(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:
        return self._pay("authorise", source, amount, key)

    def capture(self, payment: str, amount: Amount, *, key: UUID) -> PaymentAnswer:
        return self._pay("capture", payment, amount, key)

    def release(self, payment: str, *, key: UUID) -> PaymentAnswer:
        return self._pay("release", payment, Amount(0, ""), key)

    def refund(self, payment: str, amount: Amount, *, key: UUID) -> Answer:
        return self._ask("refund", payment, amount, key)

    def look_up_payment(self, payment: str, *, key: UUID, since: datetime) -> PaymentFound:
        return _stands(payment or str(key))

    def look_up_refund(self, payment: str, *, key: UUID) -> Found:
        return self._found(key)

    def add_holder(self, practice_number: str, *, key: UUID) -> str:
        return f"cus_{practice_number}"

    def open_card_page(self, holder: str, *, back: str, cancel: str, key: UUID, currency: str) -> CardPage:
        return CardPage(f"{holder}/{key}", f"https://provider.example/{key}?back={back}&cancel={cancel}")

    def saved_card(self, page: str) -> SavedCard | None:
        if _next_word() != "written":
            return None
        return SavedCard(source=page, brand="visa", last4="4242", expires_month=4, expires_year=2030)

    def forget_card(self, source: str) -> None:
        _write("forget", source, Amount(0, ""), "")

    def _pay(self, what: str, payment: str, amount: Amount, key: UUID) -> PaymentAnswer:
        answer = self._ask(what, payment, amount, key)
        stands = _stands(str(key) if what in PAYS else payment)
        return answer if isinstance(stands, Absent) or not isinstance(answer, Done) else stands

    def _ask(self, what: str, payment: str, amount: Amount, key: UUID) -> Answer:
        word = _next_word()
        if word == "die_before":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "broken":
            raise ConnectionError("The line is dead.")
        if word == "lost_question":
            return Unknown("Nobody answered.")
        if word in {"declined", "later"}:
            return Declined("Not enough money." if word == "later" else "The card is closed.", word == "declined")
        with BOOKS.open("a", encoding="utf-8") as books:
            fcntl.flock(books, fcntl.LOCK_EX)  # two who ask with one key at once are answered one after the other
            found = self._found(key)
            if not isinstance(found, Absent):
                return found
            if what == "refund" and _left_minor(payment) < amount.minor:
                return Declined("It is more than is left of the payment.", permanent=True)
            books.write(_line(what, payment, amount, str(key)))
        if word == "die_after":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "lost_answer":
            return Unknown("Nobody answered.")
        return Pending(str(key)) if word == "pending" else Done(str(key))

    @staticmethod
    def _found(key: UUID) -> Answer | Absent:
        rows = list(_rows())
        if any(row[0] == "came_back" and row[1] == str(key) for row in rows):
            return CAME_BACK
        return Done(str(key)) if any(row[4] == str(key) for row in rows) else Absent()


def _stands(payment: str) -> PaymentFound:
    """How a payment stands, which is named by its key. It costs the usual fee."""
    rows = list(_rows())
    paid = next((row for row in rows if row[0] in PAYS and row[4] == payment), None)
    then = {row[0] for row in rows if row[1] == payment}
    if paid is None:
        return Absent()
    if "release" in then:
        return Released()
    if paid[0] == "authorise" and "capture" not in then:
        return Authorised(payment)
    return Done(payment, fee_minor=usual_fee_minor(Amount(paid[2], paid[3])))


def run_out(payment: str) -> None:
    """The hold of a payment ends by itself."""
    _write("release", payment, Amount(0, ""), "")


def come_back(key: str) -> None:
    """A refund that was made comes back: the account that it went to is closed."""
    _write("came_back", key, Amount(0, ""), "")


def refund_outside(payment: str, amount: Amount) -> str:
    """Somebody refunds a payment on the provider's own pages. The name of the refund."""
    name = f"outside-{len(list(_rows()))}"
    _write("refund", payment, amount, name)
    return name


def plan(*words: str) -> None:
    """What the provider will do at the next calls, one word each; what was planned before is forgotten."""
    _plan().write_text(" ".join(words), encoding="utf-8")


def forget() -> None:
    """A new provider, without books and plans."""
    for path in (BOOKS, _plan()):
        path.unlink(missing_ok=True)


def payments_made() -> list[tuple[str, str, int]]:
    """What it did that is not a refund: what, the card or the payment, and the amount."""
    return [(what, payment, minor) for what, payment, minor, _currency, _key in _rows() if what not in REFUNDS]


def refunds_made() -> list[tuple[str, int]]:
    """The payment and the amount of each refund that it made."""
    return [(payment, minor) for what, payment, minor, _currency, _key in _rows() if what == "refund"]


def taken_minor() -> dict[str, int]:
    """What it has taken with each payment, by the payment's key."""
    paid = [row for row in _rows() if row[0] in PAYS]
    return {row[4]: row[2] for row in paid if isinstance(_stands(row[4]), Done)}


def given_back_minor() -> dict[str, int]:
    """What it has given back of each payment, without what came back."""
    given: dict[str, int] = {}
    for row in _refunds_kept():
        given[row[1]] = given.get(row[1], 0) + row[2]
    return given


def refunds_kept() -> set[str]:
    """The keys of the refunds that it made and that did not come back."""
    return {row[4] for row in _refunds_kept()}


def _refunds_kept() -> list[tuple[str, str, int, str, str]]:
    rows = list(_rows())
    back = {row[1] for row in rows if row[0] == "came_back"}
    return [row for row in rows if row[0] == "refund" and row[4] not in back]


def _left_minor(payment: str) -> int:
    """What can still be given back; of a payment that is not in the books, anything."""
    rows = list(_rows())
    taken = next((row[2] for row in rows if row[0] in PAYS and row[4] == payment), None)
    given = sum(row[2] for row in _refunds_kept() if row[1] == payment)
    return money.LARGEST_MINOR if taken is None else taken - given


def _write(what: str, payment: str, amount: Amount, key: str) -> None:
    with BOOKS.open("a", encoding="utf-8") as books:
        books.write(_line(what, payment, amount, key))


def _line(what: str, payment: str, amount: Amount, key: str) -> str:
    return json.dumps([what, payment, amount.minor, amount.currency, key]) + "\n"


def _rows() -> Iterator[tuple[str, str, int, str, str]]:
    if BOOKS.exists():
        for line in BOOKS.read_text(encoding="utf-8").splitlines():
            what, payment, minor, currency, key = json.loads(line)
            yield what, payment, minor, currency, key


def _next_word() -> str:
    words = _plan().read_text(encoding="utf-8").split() if _plan().exists() else []
    plan(*words[1:])
    return words[0] if words else "done"


def _plan() -> Path:
    return BOOKS.with_suffix(".plan")
