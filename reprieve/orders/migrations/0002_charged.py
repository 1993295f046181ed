"""When an order was charged: for those that are there, when they were first invoiced, as their history says."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Min, OuterRef, Subquery


def fill(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401
    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    events = apps.get_model("history", "Event").objects.using(schema_editor.connection.alias)
    invoiced = events.filter(subject="order", type="order_invoiced")
    first = invoiced.filter(subject_id=OuterRef("pk")).order_by().values("subject_id").annotate(at=Min("at"))
    orders.filter(pk__in=invoiced.values("subject_id")).update(charged_at=Subquery(first.values("at")))


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("history", "0002_append_only")]

    operations = [
        migrations.AddField("order", "charged_at", models.DateTimeField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
