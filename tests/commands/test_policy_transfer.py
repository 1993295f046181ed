"""`reprieve policy import` and `export`: what arrives as a draft, what is refused, and that both ways are the same."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reprieve.dmn.dmnxml import dump, load
from reprieve.dmn.table import table_from_data
from reprieve.policies.evidence.scenarios import scenarios_from_data
from reprieve.policies.models import Activation, Draft, Policy, PolicyVersion
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import PRESETS
from tests.factories.things import put_rules_in_force

pytestmark = pytest.mark.django_db
TCK = Path(__file__).parents[1] / "dmn" / "tck"
GENERAL = PRESETS / "general" / "order-cancellation.toml"
PAUSE = PRESETS / "lab" / "order-pause.toml"


def policy(*arguments: object) -> str:
    out = StringIO()
    call_command("policy", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments: object) -> str:
    with pytest.raises(CommandError) as refusal:
        policy(*arguments)
    return str(refusal.value)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The general rules, in force, as a DMN file."""
    put_rules_in_force("general")
    path = tmp_path / "rules.dmn"
    policy("export", "order-cancellation", "-o", path)
    return path


def test_a_preset_becomes_a_draft_and_what_is_in_force_stays() -> None:
    put_rules_in_force("lab")
    before = (PolicyVersion.objects.count(), list(Activation.objects.values_list("version", "ends_at")))
    said = policy("import", GENERAL, "--why", "Simpler rules")
    draft = Draft.objects.get()
    assert said == (
        f"order-cancellation: draft {draft.pk} is made from {GENERAL}. "
        "It is tried, simulated and sent for approval in the console.\n"
    )
    (general,) = preset_files.load("general")
    assert (draft.policy.key, draft.why, draft.author, draft.basis) == (
        "order-cancellation",
        "Simpler rules",
        None,
        "submission",
    )
    assert table_from_data(draft.definition) == general.table
    assert scenarios_from_data(draft.scenarios) == general.scenarios
    assert before == (PolicyVersion.objects.count(), list(Activation.objects.values_list("version", "ends_at")))


def test_a_preset_may_begin_a_policy() -> None:
    put_rules_in_force("general")
    policy("import", PAUSE)
    begun = Policy.objects.get(key="order-pause")
    assert (begun.action, begun.versions.count(), begun.drafts.count()) == ("pause", 0, 1)


def test_ids_survive_the_way_through_a_draft(tmp_path: Path, exported: Path) -> None:
    before = load(exported.read_bytes())
    renamed = tmp_path / "renamed.dmn"
    ids = {key: f"theirs_{number}" for number, key in enumerate(before.ids)}
    renamed.write_bytes(dump(before.table, ids))
    policy("import", renamed, "--key", "order-cancellation")
    draft = Draft.objects.get()
    assert draft.dmn_ids == ids
    assert dump(table_from_data(draft.definition), draft.dmn_ids) == renamed.read_bytes()


def test_what_is_exported_is_imported_as_the_same_table(exported: Path) -> None:
    policy("import", exported, "--key", "order-cancellation")
    draft, version = Draft.objects.get(), PolicyVersion.objects.get()
    assert draft.content_hash == version.content_hash
    assert draft.scenarios == version.scenarios  # a DMN file has none, so those in force go on


def test_a_file_without_defaults_takes_the_fallback_in_force(tmp_path: Path, exported: Path) -> None:
    bare = tmp_path / "bare.dmn"
    lines = exported.read_text().splitlines()
    kept, skipping = [], False
    for line in lines:
        skipping = skipping or "<defaultOutputEntry" in line
        kept += [] if skipping else [line]
        skipping = skipping and "</defaultOutputEntry>" not in line
    bare.write_text("\n".join(kept))
    policy("import", bare, "--key", "order-cancellation")
    assert Draft.objects.get().definition["fallback"] == PolicyVersion.objects.get().definition["fallback"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("order-cancellation",), "There is no fact Age. Use one of: status, "),
        (("order-cancellation",), "There is no output Approval Status. Use one of: outcome, "),
        (("order-cancellation",), "The table answers neither yes nor no. Add the output outcome."),
        (("moon",), "There is no policy moon. Name one of: order-cancellation."),
    ],
)
def test_a_table_about_something_else_is_refused_by_name(arguments: tuple[str], said: str) -> None:
    put_rules_in_force("general")
    assert said in refused("import", TCK / "0004-simpletable-U" / "0004-simpletable-U.dmn", "--key", *arguments)
    assert not Draft.objects.exists()


def test_a_fact_of_another_type_is_refused_by_name(exported: Path) -> None:
    column = '<input id="input_since_submission" label="Time since submission" reprieve:clock="since"'
    text = exported.read_text().replace(column, column.replace(' reprieve:clock="since"', ""))
    text = text.replace("dayTimeDuration", "number").replace('duration("P14D")', "14")
    exported.write_text(text)
    assert "Time since submission is a duration" in refused("import", exported, "--key", "order-cancellation")
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((PAUSE, "--key", "order-cancellation"), "The file is about order-pause, and not about order-cancellation."),
        (
            (TCK / "0004-simpletable-U" / "0004-simpletable-U.dmn",),
            "does not say which policy it is of. Name it by --key.",
        ),
        (("/nowhere.toml",), "The file cannot be read: No such file or directory."),
    ],
)
def test_arguments_that_do_not_fit_save_nothing(arguments: tuple[object, ...], said: str) -> None:
    put_rules_in_force("general")
    assert said in refused("import", *arguments)
    assert not Draft.objects.exists()
    assert list(Policy.objects.values_list("key", flat=True)) == ["order-cancellation"]


def test_a_toml_file_holds_the_scenarios_as_well(tmp_path: Path) -> None:
    put_rules_in_force("lab")
    path = tmp_path / "rules.toml"
    assert policy("export", "order-cancellation", "-o", path) == ""
    assert policy("export", "order-cancellation", "--format", "toml") == path.read_text()
    written = preset_files.load_file(path)
    (shipped,) = (preset for preset in preset_files.load("lab") if preset.action == "cancel")
    assert (written.table, written.scenarios) == (shipped.table, shipped.scenarios)


def test_dmn_is_what_is_printed_unless_asked_otherwise(exported: Path) -> None:
    assert policy("export", "order-cancellation").encode() == exported.read_bytes()


def test_any_version_can_be_exported(exported: Path) -> None:
    policy("install", "cae")
    assert policy("export", "order-cancellation", "--version", 1).encode() == exported.read_bytes()
    assert policy("export", "order-cancellation").encode() != exported.read_bytes()
    assert "has no version 3. It has 2 of them." in refused("export", "order-cancellation", "--version", 3)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    put_rules_in_force("general")
    said = refused("export", "order-cancellation", "-o", tmp_path / "no" / "rules.dmn")
    assert said == f"{tmp_path}/no/rules.dmn cannot be written: No such file or directory."
