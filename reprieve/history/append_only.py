"""Database triggers that refuse to change or delete rows, for migrations: the promise holds whoever connects."""

from collections.abc import Callable, Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

SQLITE_TRIGGER = """
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} FOR EACH ROW {when}
BEGIN SELECT RAISE(ABORT, '{why}'); END
"""
POSTGRES_FUNCTION = """
CREATE FUNCTION {table}_no_{verb}() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation'; END $$
"""
POSTGRES_TRIGGER = """
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {table}_no_{verb}()
"""
VERBS = ("update", "delete")


def append_only(table: str, *, once: str = "", fixed: Sequence[str] = ()) -> RunPython:
    """A migration operation: rows of `table` are never updated or deleted.

    `once` is an SQL condition on OLD: rows are then fixed only where it holds, such as `OLD.published_at IS NOT NULL`.
    `fixed` are the columns that never change, if that is not all of them.
    """
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in fixed)
    return RunPython(_each(table, once, add_triggers, changed), _each(table, once, drop_triggers, changed))


def add_triggers(editor: BaseDatabaseSchemaEditor, table: str, once: str = "", changed: str = "") -> None:
    """Create the table's triggers on SQLite or PostgreSQL; `changed` is the condition on which an update is refused."""
    postgres = editor.connection.vendor == "postgresql"
    for verb in VERBS:
        conditions = [condition for condition in (once, changed if verb == "update" else "") if condition]
        words = {
            "table": table,
            "verb": verb,
            "VERB": verb.upper(),
            "when": f"WHEN (({') AND ('.join(conditions)}))" if conditions else "",
            "why": f"rows of {table} are never {verb}d",
        }
        for statement in (POSTGRES_FUNCTION, POSTGRES_TRIGGER) if postgres else (SQLITE_TRIGGER,):
            editor.execute(statement.format(**words), params=None)


def drop_triggers(editor: BaseDatabaseSchemaEditor, table: str, _once: str = "", _changed: str = "") -> None:
    """Undo `add_triggers`."""
    for verb in VERBS:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP TRIGGER {table}_no_{verb} ON {table}")
            editor.execute(f"DROP FUNCTION {table}_no_{verb}()")
        else:
            editor.execute(f"DROP TRIGGER {table}_no_{verb}")


def _each(
    table: str, once: str, step: Callable[[BaseDatabaseSchemaEditor, str, str, str], None], changed: str
) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    def run(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        step(editor, table, once, changed)

    return run
