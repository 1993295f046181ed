"""What most tests begin with is made once a process, by the real commands; every test writes its rows again.

That is one statement a table, where making it takes dozens. It holds because what is made is the same every time.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import InsertQuery


@dataclass(frozen=True, slots=True)
class Rows:
    """What was made, and the statements that bring it back; `tables` are those that it stands in."""

    made: object
    tables: Sequence[str]
    inserts: Sequence[tuple[str, Sequence[Any]]]


def written_again[**P, T](make: Callable[P, T]) -> Callable[P, T]:
    """Make it once for each choice of arguments, and from then on write its rows again.

    Where one of its tables holds rows already, it is made anew: rows keep the identifiers that they were given first.
    (PostgreSQL's sequences have passed these, whether or not a transaction was rolled back; SQLite looks at the rows.)
    """
    known: dict[tuple[object, ...], Rows] = {}

    @wraps(make)
    def make_or_write(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (*args, *sorted(kwargs.items()))
        rows = known.get(key) or _made(lambda: make(*args, **kwargs))
        if rows is None or _hold_anything(rows.tables):
            return make(*args, **kwargs)
        known[key] = rows
        with transaction.atomic(), connection.cursor() as cursor:
            for statement, parameters in rows.inserts:
                cursor.execute(statement, parameters)
        return deepcopy(rows.made)  # type: ignore[return-value]  # it is what `make` returned

    return make_or_write


def _made(make: Callable[[], object]) -> Rows | None:
    """What `make` makes, taken back at once; None where it would not be the first in its tables."""
    with transaction.atomic():
        before = {model: set(_rows(model).values_list("pk", flat=True)) for model in _models()}
        made = make()
        new = {model: list(_rows(model).exclude(pk__in=keys).order_by("pk")) for model, keys in before.items()}
        transaction.set_rollback(True)
    changed = {model: rows for model, rows in new.items() if rows}
    if any(before[model] for model in changed):
        return None
    tables = [model._meta.db_table for model in changed]  # noqa: SLF001 - a model's table is told nowhere else
    return Rows(made, tables, [insert for model, rows in changed.items() for insert in _inserts(model, rows)])


def _inserts(model: type[Model], rows: Sequence[Model]) -> Sequence[tuple[str, Sequence[Any]]]:
    query = InsertQuery(model)
    columns = [field for field in model._meta.concrete_fields if not field.generated]  # noqa: SLF001 - as its docs have it
    query.insert_values(columns, list(rows), raw=True)
    statements: list[tuple[str, tuple[Any, ...]]] = query.get_compiler(connection=connection).as_sql()
    return statements


def _models() -> list[type[Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.can_migrate(connection)]  # noqa: SLF001 - the same


def _rows(model: type[Model]) -> QuerySet[Model]:
    return model._base_manager.all()  # noqa: SLF001 - Django's documented name for all rows


def _hold_anything(tables: Sequence[str]) -> bool:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {quote(table)})" for table in tables))  # noqa: S608 - names of our own tables
        return bool(cursor.fetchone()[0])
