"""`reprieve policy diff`: what is said of two sets of rules, and how it ends."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reprieve.policies.presets.files import PRESETS
from tests.factories.things import put_rules_in_force

GENERAL = PRESETS / "general" / "order-cancellation.toml"
KEY = "order-cancellation"


def diff(*arguments: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("policy", "diff", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def edited(folder: Path, old: str, new: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(GENERAL.read_text().replace(old, new, 1))
    return path


def test_the_same_rules_have_no_differences() -> None:
    assert diff(GENERAL, GENERAL) == (0, "No differences.\n")


def test_a_changed_cell_is_told_before_and_after(tmp_path: Path) -> None:
    status, out = diff(GENERAL, edited(tmp_path, '> duration("P14D")', '> duration("P30D")'))
    assert (status, out.splitlines()) == (
        1,
        ["Row “too-late” is changed.", "    Time since submission: more than 14 days → more than 30 days"],
    )


def test_basis_and_scenarios_count_as_well(tmp_path: Path) -> None:
    path = edited(tmp_path, 'basis = "submission"', 'basis = "decision"')
    path.write_text(path.read_text().replace("an invoiced order cannot be cancelled", "what is billed stays"))
    assert diff(GENERAL, path)[1].splitlines() == [
        "Whose rules an order follows is different.",
        "    Basis: submission → decision",
        "Scenario “an invoiced order cannot be cancelled” is removed.",
        "Scenario “what is billed stays” is new.",
    ]


def test_programs_read_json(tmp_path: Path) -> None:
    status, out = diff(GENERAL, edited(tmp_path, "then.refund_share = 1", ""), "--json")
    (found,) = json.loads(out)["differences"]
    assert (status, found["kind"], found["row"]) == (1, "changed", "before-processing")
    assert found["details"] == [{"label": "Share of the payment refunded (0 to 1)", "before": "1", "after": ""}]


@pytest.mark.django_db
def test_versions_and_files_compare(tmp_path: Path) -> None:
    put_rules_in_force("general")
    assert diff(GENERAL, KEY) == (0, "No differences.\n")
    exported = tmp_path / "rules.dmn"
    call_command("policy", "export", KEY, "-o", str(exported))
    assert diff(exported, f"{KEY}@1") == (0, "No differences.\n")
    call_command("policy", "install", "cae", stdout=StringIO())
    status, out = diff(f"{KEY}@1", KEY)
    assert status == 1
    assert "Row “too-late” is removed." in out


@pytest.mark.parametrize("pair", [(GENERAL, "/nowhere.dmn"), ("/nowhere.dmn", GENERAL)])
def test_rules_that_cannot_be_read_are_trouble(pair: tuple[object, object]) -> None:
    with pytest.raises(CommandError, match="The file cannot be read") as refused:
        diff(*pair)
    assert refused.value.returncode == 2
