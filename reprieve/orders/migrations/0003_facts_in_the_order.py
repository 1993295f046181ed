"""What rules ask of an order's lines, files, revisions and pauses stands in its own row too (decision 0009)."""

from datetime import timedelta
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Aggregate, Count, DurationField, Exists, F, OuterRef, Q, Subquery, Sum


# Each family between bars, in the order of its bytes.
FAMILIES = {
    "sqlite": """
        UPDATE orders_order SET families = COALESCE((SELECT group_concat(barred, '') FROM (
            SELECT DISTINCT '|' || family || '|' AS barred FROM orders_orderline
            WHERE order_id = orders_order.id ORDER BY barred)), '')
    """,
    "postgresql": """
        UPDATE orders_order SET families = lines.families FROM (
            SELECT order_id, string_agg(barred, '' ORDER BY barred COLLATE "C") AS families
            FROM (SELECT DISTINCT order_id, '|' || family || '|' AS barred FROM orders_orderline) AS barred
            GROUP BY order_id) AS lines
        WHERE lines.order_id = orders_order.id
    """,
}


def fill(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401
    """Every order's fields, each from all rows at once."""

    def rows(model: str, **those: object) -> Any:  # noqa: ANN401
        found = apps.get_model("orders", model).objects.using(schema_editor.connection.alias)
        return found.filter(Q(order=OuterRef("pk")), **those).order_by()

    def summed(found: Any, aggregate: Aggregate) -> Subquery:  # noqa: ANN401
        return Subquery(found.values("order").annotate(summed=aggregate).values("summed"))

    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    schema_editor.execute(FAMILIES[schema_editor.connection.vendor])
    lines, pauses, ended = rows("OrderLine"), rows("Pause"), rows("Pause", ended_at__isnull=False)
    price = Sum(F("quantity") * F("unit_price_minor"), output_field=models.BigIntegerField())
    orders.filter(Exists(lines)).update(
        amount_minor=summed(lines, price),
        fabricated=Exists(rows("OrderLine", fabricated=True)),
    )
    orders.filter(Exists(rows("OrderFile", kind="submitted"))).update(files_submitted=True)
    unfinished = rows("Revision", closed_at=None)
    orders.filter(Exists(unfinished)).update(revisions_open=summed(unfinished, Count("pk")))
    orders.filter(Exists(pauses)).update(pauses_begun=summed(pauses, Count("pk")))
    length = Sum(F("ended_at") - F("started_at"), output_field=DurationField())
    orders.filter(Exists(ended)).update(paused_in_all=summed(ended, length))
    running = rows("Pause", ended_at=None)
    orders.filter(Exists(running)).update(paused_from=Subquery(running.values("status_before")[:1]))


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_charged")]

    operations = [
        migrations.AddField("order", "families", models.TextField(blank=True, default="", editable=False)),
        migrations.AddField("order", "amount_minor", models.BigIntegerField(default=0)),
        migrations.AddField("order", "fabricated", models.BooleanField(default=False)),
        migrations.AddField("order", "files_submitted", models.BooleanField(default=False)),
        migrations.AddField("order", "revisions_open", models.PositiveIntegerField(default=0)),
        migrations.AddField("order", "pauses_begun", models.PositiveIntegerField(default=0)),
        migrations.AddField("order", "paused_in_all", models.DurationField(default=timedelta)),
        migrations.AddField(
            "order",
            "paused_from",
            models.CharField(
                choices=[
                    ("processing", "Processing"),
                    ("on_hold", "On hold"),
                    ("in_production", "In production"),
                    ("shipped", "Shipped"),
                    ("completed", "Completed"),
                    ("invoiced", "Invoiced"),
                    ("paused", "Paused"),
                    ("cancelled", "Cancelled"),
                    ("slated_for_deletion", "Slated for deletion"),
                ],
                max_length=20,
                null=True,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
