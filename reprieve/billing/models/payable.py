"""What can be paid: a charge by itself, or the invoice that it is on. The union is closed (decision 0015)."""

from reprieve.billing.models.charge import Charge
from reprieve.billing.models.invoice import Invoice

type Payable = Charge | Invoice


def payable(charge: Charge | None, invoice: Invoice | None) -> Payable:
    """The one that is there. Raises ValueError where none is: the database does not let that happen."""
    found = charge or invoice
    if found is None:
        raise ValueError("It is for nothing.")
    return found
