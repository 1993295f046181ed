"""`reprieve policy check`: what it says of rules in files, how it ends, and that it needs nothing but the file."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from reprieve.dmn.dmnxml import MAX_BYTES
from reprieve.policies.presets.files import PRESETS
from tests.patience import PATIENCE

TCK = Path(__file__).parents[1] / "dmn" / "tck"
HOLED = TCK / "0108-first-hitpolicy" / "0108-first-hitpolicy.dmn"
BARE = TCK / "0118-multi-priority-hitpolicy" / "0118-multi-priority-hitpolicy.dmn"
SOUND = TCK / "0004-simpletable-U" / "0004-simpletable-U.dmn"
GENERAL = PRESETS / "general" / "order-cancellation.toml"
REMEDY = "Name a DMN or TOML file, or the key of a policy."


def check(*arguments: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("policy", "check", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def data(*arguments: object) -> tuple[int, dict[str, Any]]:
    status, out = check(*arguments, "--json")
    return status, json.loads(out)


def written(folder: Path, text: str | bytes, name: str = "rules.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def changed(folder: Path, **changes: str) -> Path:
    """The general preset with one line in place of another, each name standing for the line's beginning."""
    lines = GENERAL.read_text().splitlines()
    for old, new in changes.items():
        number = next(number for number, line in enumerate(lines) if line.startswith(old.replace("__", ".")))
        lines[number] = new
    return written(folder, "\n".join(lines))


def test_a_sound_table_ends_well() -> None:
    assert check(GENERAL) == (0, f"{GENERAL}: 0 errors, 0 warnings, 0 hints\n")


def test_each_finding_is_one_line_with_its_place_and_what_to_do() -> None:
    status, out = check(HOLED)
    assert status == 0
    *lines, last = out.splitlines()
    assert last == f"{HOLED}: 0 errors, 4 warnings, 0 hints"
    assert lines[1] == (
        f"{HOLED}: isAffordable: warning: No row fits where isAffordable is no. "
        "For example: Age: 11; RiskCategory: High; isAffordable: no. Add a row for it; until then the fallback answers."
    )


def test_errors_end_with_status_1() -> None:
    status, found = data(BARE)
    assert (status, found["errors"], found["warnings"]) == (1, 1, 3)
    gap = found["findings"][0]
    assert (gap["severity"], gap["kind"], gap["columns"]) == ("error", "gap", ["Age", "RiskCategory", "isAffordable"])
    assert gap["facts"] == {"Age": 18, "RiskCategory": "Low", "isAffordable": False}
    assert gap["suggestion"]["when"] == {"Age": ">= 18", "RiskCategory": '"Low", "Medium"', "isAffordable": "false"}


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*/*.toml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_shipped_rules_have_no_errors(path: Path) -> None:
    status, found = data(path)
    assert (status, found["errors"], found["warnings"]) == (0, 0, 0)


def test_a_scenario_that_fails_is_an_error(tmp_path: Path) -> None:
    text = GENERAL.read_text().replace('row = "too-late"', 'row = "shipped"')
    status, out = check(written(tmp_path, text))
    assert status == 1
    assert (
        "scenario “an order is for support after fourteen days”: error: Row “too-late” answers “Ask support”; " in out
    )


def test_a_scenario_that_says_nothing_is_told_at_its_fact(tmp_path: Path) -> None:
    text = GENERAL.read_text().replace('"P14DT0.000001S"', '"soon"').replace("a shipped order", "a completed order")
    status, out = check(written(tmp_path, text))
    assert status == 1
    twice, soon, _ = out.splitlines()
    assert "scenario “a completed order cannot be cancelled”, name: error: The scenario “a completed order" in twice
    assert "scenario “an order is for support after fourteen days”, since_submission: error: Time since subm" in soon
    text = GENERAL.read_text().replace('since_submission = "P14DT0.000001S"', "moon = 1")
    assert (
        "scenario “an order is for support after fourteen days”, moon: error: There is no input moon."
        in (check(written(tmp_path, text))[1])
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"if__status": "if.status = 'whenever'"}, "row 1 “already-cancelled”, status: error: whenever is a name"),
        ({"if__status": "if.status = '\"lost\"'"}, "row 1 “already-cancelled”, status: error: Status is never lost."),
        ({"if__status": "if.stauts = '\"shipped\"'"}, "row 1 “already-cancelled”, stauts: error: There is no column"),
        ({"then__outcome": 'then.outcome = "perhaps"'}, "row 1 “already-cancelled”, outcome: error: Outcome is never"),
        ({"then__outcome": "then = 1"}, "This is no TOML"),
        ({"outcome": 'outcome = "allow"'}, "Outcome: error: The fallback must never allow"),
        ({"inputs": 'inputs = ["status", "moon"]'}, "error: There is no fact moon. Use one of: "),
        ({"inputs": "inputs = 3"}, "inputs: error: The inputs are a list of names. Write inputs = "),
        ({"key": ""}, "the table: error: The file has no key. Write key = "),
        ({"subject": 'subject = "moon"'}, "subject: error: There are no facts about moon."),
        ({"basis": 'basis = "mood"'}, "basis: error: mood is not known as basis. Use one of: submission, decision."),
        ({"key": 'key = "../x"'}, "key: error: ../x is no key. Use small letters, digits and dashes."),
        ({"title": f'title = "{"x" * 121}"'}, "title: error: The title is too long. Use at most 120 characters."),
        ({"id": "id = []"}, "The row has no id. Write id = "),
        ({"title": 'titel = "Cancelling"'}, "titel: error: titel is no part of such a file. Use: key, title, "),
        ({"[fallback]": "[fall-back]"}, "The file has no fallback."),
        ({"id": 'name = "x"'}, "The row has no id. Write id = "),
        ({"production_stage": 'moon = "full"'}, "error: There is no column moon. Use one of: "),
        ({"status": 'status = ["unclosed'}, "This is no TOML: "),
    ],
)
def test_what_is_wrong_in_a_file_is_told_at_its_place(changes: dict[str, str], said: str, tmp_path: Path) -> None:
    status, out = check(changed(tmp_path, **changes))
    assert status == 1
    assert said in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rules.dmn", b"", "line 1: error: This is no XML: no element found."),
        ("rules.dmn", b"<definitions", "line 1: error: This is no XML: "),
        ("rules.dmn", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "error: The file declares a document type or entities."),
        ("rules.dmn", b"<html/>", "line 1: error: This is no DMN that is understood, but html."),
        ("rules.xml", b" " * (MAX_BYTES + 1), "error: The file has more than 2,000,000 bytes."),
        ("rules.toml", b"#" * (MAX_BYTES + 1), "error: The file has more than 2,000,000 bytes."),
        ("rules.toml", b"\xff\xfe", "error: The file is not UTF-8. Save it as UTF-8."),
        ("rules.toml", b"a = " + b"[" * 3000, "error: This is no TOML: "),
        ("rules.toml", b"", "The file has no key."),
        ("rules.txt", b"hello", "error: This is neither a DMN file nor a preset."),
        ("rules.dmn", SOUND.read_bytes().replace(b"<inputEntry", b"<moon/><inputEntry", 1), "moon"),
        ("rules.dmn", SOUND.read_bytes().replace(b"&gt;=18", b"when old", 1), "a cell holds constants only"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(name: str, text: bytes, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, text, name)
    status, out = check(path)
    assert status == 1
    assert out.startswith(f"{path}: ")
    assert said in out


def test_a_file_that_is_not_there_is_named() -> None:
    status, out = check("/nowhere/rules.dmn")
    assert status == 1
    assert out.splitlines() == [
        f"/nowhere/rules.dmn: the file: error: The file cannot be read: No such file or directory. {REMEDY}",
        "/nowhere/rules.dmn: 1 error, 0 warnings, 0 hints",
    ]


def test_needs_no_deployment_and_leaves_nothing_behind(tmp_path: Path) -> None:
    script = "from reprieve.config.cli import main; main()"
    repository = Path(__file__).parents[2]
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script, "policy", "check", str(BARE)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(repository), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("1 error, 3 warnings, 0 hints\n")
    assert list(tmp_path.iterdir()) == []
