from django.db import migrations

from reprieve.history.append_only import append_only

PAYMENT = ("practice_id", "charge_id", "invoice_id", "currency", "amount_minor", "created_at")
REFUND = ("practice_id", "charge_id", "invoice_id", "payment_id", "currency", "asked_at")
ATTEMPT = ("refund_id", "number", "key", "started_at")


class Migration(migrations.Migration):
    """What was paid and what went back is moved on, and never deleted or said to be of something else.

    On SQLite a table that is altered later is made anew, without its triggers: such a migration makes them again.
    """

    dependencies = [("billing", "0001_initial")]
    operations = [
        append_only("billing_creditentry"),
        append_only("billing_invoice"),
        append_only("billing_invoiceline"),
        append_only("billing_payment", fixed=PAYMENT),
        append_only("billing_refund", fixed=REFUND),
        append_only("billing_refundattempt", fixed=ATTEMPT),
    ]
