"""Values that rules need not ask about. A migration of its own: PostgreSQL alters no table in the transaction that fills it."""

from django.db import migrations, models
from django.db.models import Q

STANDING_STILL = ["paused", "slated_for_deletion"]
WORKING = ["processing", "on_hold", "in_production"]


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_facts_in_the_order")]

    operations = [
        migrations.AddConstraint(
            "order",
            models.CheckConstraint(
                condition=Q(payment_terms__in=["per_case", "weekly", "monthly"]), name="order_payment_terms"
            ),
        ),
        migrations.AddConstraint(
            "order",
            models.CheckConstraint(
                condition=Q(status__in=STANDING_STILL, paused_from__isnull=False, paused_from__in=WORKING)
                | (~Q(status__in=STANDING_STILL) & Q(paused_from=None)),
                name="order_paused_from",
            ),
        ),
    ]
