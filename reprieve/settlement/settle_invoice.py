"""A credit note may leave nothing of an invoice open: what is left on it is paid then.

Marking that takes the locks of all the orders on the invoice. Whoever cancels one of them holds that one alone and may
not wait for others, so it is done afterwards.
"""

from django.db import transaction
from django.tasks import task

from reprieve.billing import payments


@task()
def settle_invoice(invoice_id: int) -> None:
    """Background work: mark the charges on the invoice as paid, if nothing of it is open. Again: no harm is done."""
    with transaction.atomic():
        payments.mark_invoice_paid(payments.lock_invoice(invoice_id))
