"""Cards at a provider. Each payment gets a key of its own, those that are there included.

A unique field with a default would give all rows the same one, so the field comes first, then the keys, then the rule.
"""

import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def give_keys(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ANN401
    payments = apps.get_model("billing", "Payment").objects.using(schema_editor.connection.alias)
    for pk in list(payments.values_list("pk", flat=True)):
        payments.filter(pk=pk).update(key=uuid.uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('billing', '0004_references'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='asked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='authorise_first',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='payment',
            name='key',
            field=models.UUIDField(null=True, editable=False),
        ),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='payment',
            name='key',
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', models.CharField(max_length=20)),
                ('source', models.CharField(max_length=250)),
                ('brand', models.CharField(max_length=20)),
                ('last4', models.CharField(max_length=4)),
                ('expires_month', models.PositiveSmallIntegerField()),
                ('expires_year', models.PositiveSmallIntegerField()),
                ('is_default', models.BooleanField(default=False)),
                ('added_by_name', models.CharField(max_length=120)),
                ('added_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='accounts.practice')),
            ],
            options={
                'ordering': ['added_at', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='payment',
            name='card',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='billing.card'),
        ),
        migrations.CreateModel(
            name='CardHolder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', models.CharField(max_length=20)),
                ('provider_id', models.CharField(max_length=120)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_holders', to='accounts.practice')),
            ],
        ),
        migrations.CreateModel(
            name='CardSetup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', models.CharField(max_length=20)),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('provider_id', models.CharField(blank=True, default='', max_length=250)),
                ('asked_by_name', models.CharField(max_length=120)),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('card', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.card')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.practice')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway', models.CharField(max_length=20)),
                ('event_id', models.CharField(max_length=120)),
                ('type', models.CharField(max_length=60)),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('gateway', 'event_id'), name='webhook_event_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.UniqueConstraint(fields=('gateway', 'source'), name='card_source_unique'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True), ('removed_at', None)), fields=('practice',), name='card_one_default'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(('expires_month__range', (1, 12))), name='card_expires_month'),
        ),
        migrations.AddConstraint(
            model_name='cardholder',
            constraint=models.UniqueConstraint(fields=('practice', 'gateway'), name='card_holder_one_a_practice'),
        ),
        migrations.AddConstraint(
            model_name='cardholder',
            constraint=models.UniqueConstraint(fields=('gateway', 'provider_id'), name='card_holder_unique'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('card__isnull', False), ('state__in', ['pending', 'authorised', 'unknown'])), fields=('invoice',), name='payment_of_invoice_one_under_way'),
        ),
    ]
