"""The rows that money is kept in. Amounts are in minor units of their currency and never negative.

Which way money goes is told by the kind of row; only the store credit's ledger has signs.
"""

from reprieve.billing.models.card import Card, CardHolder, CardSetup
from reprieve.billing.models.charge import Charge, ChargeState
from reprieve.billing.models.credit import CreditEntry, CreditKind
from reprieve.billing.models.invoice import Invoice, InvoiceKind, InvoiceLine, NumberSequence
from reprieve.billing.models.payable import Payable
from reprieve.billing.models.payment import ON_ITS_WAY, Method, Payment, PaymentState
from reprieve.billing.models.refund import Refund, RefundAttempt, RefundState
from reprieve.billing.models.webhook import WebhookEvent

__all__ = [
    "ON_ITS_WAY",
    "Card",
    "CardHolder",
    "CardSetup",
    "Charge",
    "ChargeState",
    "CreditEntry",
    "CreditKind",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "Method",
    "NumberSequence",
    "Payable",
    "Payment",
    "PaymentState",
    "Refund",
    "RefundAttempt",
    "RefundState",
    "WebhookEvent",
]
