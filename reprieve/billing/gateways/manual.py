"""Money that people move: a bank transfer, a cheque, cash. Staff confirm with a reference that they did it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from reprieve.billing.gateways import Amount, Answer, Declined, Found, PaymentAnswer, PaymentFound, Pending
from reprieve.history.own_words import NOT_BY_HAND

CANNOT_CHARGE = Declined(NOT_BY_HAND, permanent=True)


class ManualGateway:
    """What is asked for stays under way until staff say that it is done."""

    by_hand: ClassVar[bool] = True

    def charge(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:  # noqa: ARG002 - the protocol's
        """Refused: money by hand is recorded when it has come, see `actions.record_payment`."""
        return CANNOT_CHARGE

    def authorise(self, amount: Amount, *, source: str, key: UUID) -> PaymentAnswer:  # noqa: ARG002 - the protocol's
        return CANNOT_CHARGE

    def capture(self, payment: str, amount: Amount, *, key: UUID) -> PaymentAnswer:  # noqa: ARG002 - the protocol's
        return CANNOT_CHARGE

    def release(self, payment: str, *, key: UUID) -> PaymentAnswer:  # noqa: ARG002 - the protocol's
        return CANNOT_CHARGE

    def refund(self, payment: str, amount: Amount, *, key: UUID) -> Answer:  # noqa: ARG002 - the protocol's
        """Under way: it waits in the queue of refunds for the colleague who sends the money."""
        return Pending()

    def look_up_payment(self, payment: str, *, key: UUID, since: datetime) -> PaymentFound:  # noqa: ARG002 - the same
        """Under way, as far as a program can tell."""
        return Pending()

    def look_up_refund(self, payment: str, *, key: UUID) -> Found:  # noqa: ARG002 - the protocol's
        return Pending()
