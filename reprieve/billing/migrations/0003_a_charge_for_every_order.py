"""Every order that is there gets its charge, in one statement.

What earlier versions called invoiced was billed by another system: Reprieve has no invoice of it, and whether it was paid
is not known here. So it is neither "on an invoice" nor "paid", and never to be billed again: it is billed *outside*, also
where it was cancelled afterwards. Orders that are cancelled without having been charged are never charged, paused and
slated ones are held, and all others are to be billed, after a pause from the day on which they went on (D8). There was
no tax before.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Case, F, IntegerField, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from reprieve.billing.insert_select import insert_select


def fill(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401
    using = schema_editor.connection.alias
    Charge, Order = apps.get_model("billing", "Charge"), apps.get_model("orders", "Order")  # noqa: N806
    lines = apps.get_model("orders", "OrderLine").objects.filter(order=OuterRef("pk")).order_by()
    went_on = apps.get_model("orders", "Pause").objects.filter(
        order=OuterRef("pk"), ended_how__in=["resumed", "restored"], ended_at__gte=OuterRef("submitted_at")
    )
    amount = lines.values("order").annotate(amount=Sum(F("quantity") * F("unit_price_minor"))).values("amount")
    last = went_on.order_by().values("order").annotate(at=Max("ended_at")).values("at")
    insert_select(
        Charge,
        Order.objects.using(using).order_by("pk"),
        using=using,
        order="pk",
        practice="practice",
        terms="payment_terms",
        currency="currency",
        amount_minor=Coalesce(Subquery(amount), 0, output_field=models.BigIntegerField()),
        tax_rate=Value(0, output_field=IntegerField()),
        tax_minor=Value(0, output_field=IntegerField()),
        state=Case(
            When(Q(status="invoiced") | Q(charged_at__isnull=False), then=Value("outside")),
            When(status="cancelled", then=Value("voided")),
            When(status__in=["paused", "slated_for_deletion"], then=Value("held")),
            default=Value("due"),
        ),
        first_billable_from="submitted_at",
        billable_from=Coalesce(Subquery(last), "submitted_at"),
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_append_only"), ("orders", "0002_charged")]

    operations = [
        migrations.AlterField(
            "charge",
            "state",
            models.CharField(
                choices=[
                    ("held", "Held while the case is paused"),
                    ("due", "To be billed"),
                    ("invoiced", "On an invoice"),
                    ("paid", "Paid"),
                    ("voided", "Never charged"),
                    ("outside", "Billed outside of Reprieve"),
                ],
                default="due",
                max_length=8,
            ),
        ),
        migrations.RemoveConstraint("charge", "charge_state"),
        migrations.AddConstraint(
            "charge",
            models.CheckConstraint(
                condition=Q(state__in=["held", "due", "invoiced", "paid", "voided", "outside"]), name="charge_state"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
