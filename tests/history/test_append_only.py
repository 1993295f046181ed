"""The database itself refuses to change what has happened."""

import pytest
from django.db import DatabaseError, connection, models, transaction

from reprieve.accounts import access
from reprieve.accounts.actors import SYSTEM
from reprieve.actions.cancel_order import cancel_order
from reprieve.history.models import Event
from reprieve.policies.models import DecisionRecord, PolicyVersion
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture(autouse=True)
def something_happened(cast: Cast, catalog: Catalog, rules: None) -> None:
    order = an_order(catalog, cast.actor("owner"))
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)


def rows_of(model: type[models.Model]) -> models.QuerySet[models.Model]:
    return access.rows(SYSTEM, model)


@pytest.mark.parametrize(
    ("model", "field"), [(Event, "actor_name"), (DecisionRecord, "row"), (PolicyVersion, "content_hash")]
)
def test_rows_are_neither_updated_nor_deleted(model: type[models.Model], field: str) -> None:
    table, before = model._meta.db_table, rows_of(model).count()  # noqa: SLF001 - Django's public name for it
    assert before
    for statement in (f"UPDATE {table} SET {field} = 'x'", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(DatabaseError, match="are never"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert rows_of(model).count() == before
    assert not rows_of(model).filter(**{field: "x"}).exists()


def test_a_draft_may_still_change() -> None:
    published = PolicyVersion.objects.filter(published_at__isnull=False)[0]
    draft = PolicyVersion.objects.create(
        policy=published.policy, number=99, definition={}, content_hash="", created_at=NOON
    )
    draft.content_hash = "changed"
    draft.save()
    draft.delete()
    assert not PolicyVersion.objects.filter(number=99).exists()


def test_the_product_itself_is_an_actor_too() -> None:
    assert (SYSTEM.kind, SYSTEM.person_id) == ("system", None)


def test_a_new_type_of_event_needs_no_migration() -> None:
    assert "choices" not in Event._meta.get_field("type").deconstruct()[3]  # noqa: SLF001 - Django's public name for it
