from django.db import migrations

from reprieve.history.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_money")]
    operations = [
        append_only("billing_creditentry"),
        append_only("billing_invoice"),
        append_only("billing_invoiceline"),
    ]
