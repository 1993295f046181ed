"""INSERT … SELECT: many rows made inside the database by one statement, from a query that the ORM writes for both."""

from collections.abc import Mapping
from typing import Any

from django.db import connections, models
from django.db.models import QuerySet


def insert_select(
    model: type[models.Model], rows: "QuerySet[Any, Any]", *, using: str = "default", **fields: object
) -> int:
    """Insert what is selected from `rows` into the table of `model`; how many rows that made.

    Each field is named with what it gets: the name of a field of `rows`, or an expression (`Value` for what is the same
    in all). What is not named stays NULL. No `save()` runs, and no object is made.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(*_statement(model, rows, using, fields))
        return int(cursor.rowcount)


def insert_select_keys(
    model: type[models.Model], rows: "QuerySet[Any, Any]", *, using: str = "default", **fields: object
) -> list[int]:
    """The same where the rows are wanted: their keys."""
    statement, parameters = _statement(model, rows, using, fields)
    with connections[using].cursor() as cursor:
        cursor.execute(f"{statement} RETURNING id", parameters)
        return [pk for (pk,) in cursor.fetchall()]


def _statement(
    model: type[models.Model], rows: "QuerySet[Any, Any]", using: str, fields: Mapping[str, object]
) -> tuple[str, Any]:
    quote = connections[using].ops.quote_name
    columns = ", ".join(quote(str(model._meta.get_field(name).column)) for name in fields)  # type: ignore[union-attr]  # noqa: SLF001 - Django's public name for it
    select, parameters = rows.values_list(*fields.values()).query.get_compiler(using).as_sql()  # type: ignore[arg-type]
    table = quote(model._meta.db_table)  # noqa: SLF001 - the same
    return f"INSERT INTO {table} ({columns}) {select}", parameters
