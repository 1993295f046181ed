from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from reprieve.history.append_only import append_only

TABLE = "policies_activation"
FIXED = ("policy_id", "version_id", "mode", "starts_at")

# Ranges alone, so that no extension is needed: a policy is the range of its own id. An empty range overlaps nothing.
EXCLUSION = """
ALTER TABLE policies_activation ADD CONSTRAINT activation_no_overlap_{mode} EXCLUDE USING gist
  (int8range(policy_id, policy_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (mode = '{mode}')
"""
# SQLite has one writer at a time, so what a trigger sees is all there is.
TRIGGER = """
CREATE TRIGGER policies_activation_no_overlap_{verb} BEFORE {VERB} ON policies_activation FOR EACH ROW
WHEN (NEW.ends_at IS NULL OR NEW.ends_at > NEW.starts_at) AND EXISTS (
  SELECT 1 FROM policies_activation AS other
  WHERE other.policy_id = NEW.policy_id AND other.mode = NEW.mode AND other.id IS NOT NEW.id
    AND (other.ends_at IS NULL OR other.ends_at > other.starts_at)
    AND (other.ends_at IS NULL OR other.ends_at > NEW.starts_at)
    AND (NEW.ends_at IS NULL OR NEW.ends_at > other.starts_at))
BEGIN SELECT RAISE(ABORT, 'activations of one policy never overlap'); END
"""
MODES, VERBS = ("live", "shadow"), ("insert", "update")


def forbid_overlaps(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for mode in MODES:
            editor.execute(EXCLUSION.format(mode=mode), params=None)
    else:
        for verb in VERBS:
            editor.execute(TRIGGER.format(verb=verb, VERB=verb.upper()), params=None)


def allow_overlaps(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for mode in MODES:
            editor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT activation_no_overlap_{mode}")
    else:
        for verb in VERBS:
            editor.execute(f"DROP TRIGGER policies_activation_no_overlap_{verb}")


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]
    operations = [
        append_only("policies_policyversion", once="OLD.published_at IS NOT NULL"),
        append_only("policies_decisionrecord"),
        append_only("policies_shadowanswer"),
        append_only(TABLE, fixed=FIXED),
        migrations.RunPython(forbid_overlaps, allow_overlaps),
    ]
