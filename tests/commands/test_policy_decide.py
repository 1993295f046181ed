"""`reprieve policy decide`: answers to facts of any number, by rules of a file or of the database."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from reprieve.commands.policy.facts import LONGEST
from reprieve.dmn.values import canonical, value_to_data
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets.files import PRESETS
from tests.dmn.tck.test_tck import CASES, FOLDERS, expected, value
from tests.factories.things import put_rules_in_force
from tests.patience import PATIENCE

REPOSITORY = Path(__file__).parents[2]
REPRIEVE = [sys.executable, "-c", "from reprieve.config.cli import main; main()"]
TCK = REPOSITORY / "tests" / "dmn" / "tck"
SIMPLE = TCK / "0004-simpletable-U" / "0004-simpletable-U.dmn"
GENERAL = PRESETS / "general" / "order-cancellation.toml"
NOON = "2026-03-04T12:00:00Z"
FACTS = {"status": "processing", "production_stage": "not_started", "design_stage": "not_started"}


def decide(rules: object, facts: Path, *arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("policy", "decide", str(rules), "--facts", str(facts), *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def answers(rules: object, facts: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    status, out = decide(rules, facts, "--json", "--now", NOON, *arguments)
    return status, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return tmp_path / "facts.json"


def write(path: Path, *given: Mapping[str, object] | str) -> Path:
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in given))
    return path


def test_answers_with_outputs_row_until_and_explanation(facts: Path) -> None:
    status, (answer,) = answers(GENERAL, write(facts, FACTS | {"since_submission": "P13DT12H"}))
    assert status == 0
    assert answer["row"] == "before-processing"
    assert answer["outputs"] == {
        "outcome": "allow",
        "message": "You can cancel this order yourself within 14 days, until work on it begins.",
        "refund_share": 1,
    }
    assert (answer["until"], answer["until_included"]) == ("2026-03-05T00:00:00+00:00", True)
    assert (answer["then"]["row"], answer["then"]["outputs"]["outcome"]) == ("too-late", "request")
    assert answer["explanation"][-1] == {
        "row": "too-late",
        "input": "since_submission",
        "cell": '> duration("P14D")',
        "seen": "P13DT12H",
    }
    assert [miss["row"] for miss in answer["explanation"]] == ["already-cancelled", "completed", "shipped", "too-late"]


def test_a_clock_takes_an_instant_or_a_length_of_time(facts: Path) -> None:
    ages = ("P14D", "P14DT0.000001S", "2026-02-18T12:00:00Z", "2026-02-18T12:59:59+01:00", "-P1D")
    status, found = answers(GENERAL, write(facts, *(FACTS | {"since_submission": age} for age in ages)))
    assert status == 0
    allowed, late = "before-processing", "too-late"
    assert [answer["row"] for answer in found] == [allowed, late, allowed, late, allowed]


def test_one_object_may_stand_on_many_lines(facts: Path) -> None:
    facts.write_text(json.dumps(FACTS | {"since_submission": "P1D"}, indent=2))
    assert [answer["row"] for answer in answers(GENERAL, facts)[1]] == ["before-processing"]
    facts.write_text('{"Age": 18,\n "RiskCategory": "Medium",\n "isAffordable": true}')
    assert [answer["outputs"] for answer in answers(SIMPLE, facts)[1]] == [{"Approval Status": "Approved"}]


def test_what_cannot_be_read_names_line_and_input_and_the_others_go_on(facts: Path) -> None:
    good = {"Age": 18, "RiskCategory": "Medium", "isAffordable": True}
    write(
        facts,
        good,
        {"Age": "old"},
        "",
        "{not json",
        good | {"Colour": "red"},
        '{"Age": 1, "Age": 2}',
        '{"Age": NaN}',
        '{"RiskCategory": 0.5}',
        "[1, 2]",
        '{"Age": ' + "9" * 5000 + "}",
        "[" * 5000,
        '{"RiskCategory": "\\ud800"}',
        good,
    )
    status, found = answers(SIMPLE, facts)
    assert status == 1
    assert found[0] == found[-1]
    assert found[0]["outputs"] == {"Approval Status": "Approved"}
    assert [(answer["line"], answer["input"]) for answer in found[1:-1]] == [
        (2, "Age"),
        (4, None),
        (5, "Colour"),
        (6, "Age"),
        (7, None),
        (8, "RiskCategory"),
        (9, None),
        (10, None),
        (11, None),
        (12, "RiskCategory"),
    ]
    assert found[1]["error"] == '"old" is not a number. Write digits, such as 3 or 0.5.'
    assert found[3]["error"] == "There is no input Colour. Use one of: Age, RiskCategory, isAffordable."


def test_a_line_without_end_is_refused_and_not_kept(facts: Path) -> None:
    facts.write_bytes(b'{"Age": "' + b"x" * (3 * LONGEST) + b'"}\n{"Age": 18, "RiskCategory": "Low"}\n')
    status, (long, short) = answers(SIMPLE, facts)
    assert status == 1
    assert long["error"] == "The line has more than 1,000,000 bytes. Write one object of facts a line."
    assert short["problem"]["input"] == "isAffordable"


def test_a_missing_or_foreign_fact_is_answered_by_the_fallback_which_says_so(facts: Path) -> None:
    given = [FACTS, FACTS | {"status": "from the future", "since_submission": "P1D"}]
    status, found = answers(GENERAL, write(facts, *given))
    assert status == 0
    assert [(answer["row"], answer["outputs"]["outcome"], answer["problem"]["kind"]) for answer in found] == [
        (None, "request", "missing"),
        (None, "request", "domain"),
    ]
    assert found[0]["problem"]["input"] == "since_submission"


def test_the_facts_of_a_finding_are_facts_to_decide(facts: Path, tmp_path: Path) -> None:
    open_ended = tmp_path / "rules.toml"
    open_ended.write_text(
        GENERAL.read_text().replace('id = "being-processed"', 'id = "x"\nif.status = \'"on_hold"\'', 1)
    )
    out = StringIO()
    with pytest.raises(SystemExit):  # as a scenario fails now
        call_command("policy", "check", str(open_ended), "--json", stdout=out)
    (gap,) = (finding for finding in json.loads(out.getvalue())["findings"] if finding["kind"] == "gap")
    status, found = decide(open_ended, write(facts, gap["facts"]), "--json", "--now", gap["now"])
    assert (status, json.loads(found)["problem"]["kind"]) == (0, "no_row")


def test_people_read_sentences(facts: Path) -> None:
    write(facts, FACTS | {"since_submission": "P15D", "status": "on_hold"}, {"status": 1})
    status, out = decide(GENERAL, facts, "--now", NOON)
    assert status == 1
    first, message, *others = out.splitlines()
    assert first == "request: row 4 “too-late”"
    assert message.startswith("  message: This order was placed more than 14 days ago, so support will check whether")
    assert others == [
        "  not row 1 “already-cancelled”: Status is on hold, not cancelled",
        "  not row 2 “completed”: Status is on hold, not completed or invoiced",
        "  not row 3 “shipped”: Status is on hold, not shipped",
        'line 2, status: "1" is not text. Write text, such as "crowns".',
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_answers_the_cases_of_the_standard_s_test_kit(folder: Path, facts: Path) -> None:
    (model,) = folder.glob("*.dmn")
    (kit,) = folder.glob("*-test-01.xml")
    cases = ET.parse(kit).getroot().findall(f"{CASES}testCase")  # noqa: S314 - our own file
    write(facts, *({node.attrib["name"]: plain(value(node[0])) for node in inputs(case)} for case in cases))
    status, found = answers(model, facts)
    wanted = [expected(next(case.iter(f"{CASES}resultNode"))) for case in cases]
    assert (status, len(cases)) == (0, 3)
    assert [answer["outputs"] for answer in found] == [
        {name: plain(each) for name, each in outputs.items()} for outputs in wanted
    ]


def inputs(case: ET.Element) -> Iterable[ET.Element]:
    return case.iter(f"{CASES}inputNode")


def plain(each: object) -> object:
    return value_to_data(canonical(each)) if isinstance(each, Decimal) else each


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--now", "yesterday"), '--now: "yesterday" is not a date and time; write it as 2026-11-21T14:30:00Z.'),
        (("--now", "2026-11-21T14:30:00"), "--now: a date and time needs its offset"),
        (("--decision", "Moon"), "The file holds no decision Moon. Choose one of: "),
        (("--facts", "/nowhere"), "--facts: /nowhere cannot be read: No such file or directory."),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: tuple[str, ...], said: str, facts: Path) -> None:
    with pytest.raises(CommandError) as refused:
        decide(SIMPLE, write(facts, {}), *arguments)
    assert said in str(refused.value)


def test_many_are_answered_as_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(FACTS | {"since_submission": "P1D"}).encode() + b"\n"
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(line * 2_000)))
    out = StringIO()
    call_command("policy", "decide", str(GENERAL), "--facts", "-", "--json", stdout=out)
    assert {json.loads(line)["row"] for line in out.getvalue().splitlines()} == {"before-processing"}
    assert out.getvalue().count("\n") == 2_000


@pytest.mark.django_db
def test_a_key_is_the_version_in_force_or_the_one_that_is_named(facts: Path) -> None:
    write(facts, {"status": "shipped"} | dict.fromkeys(("production_stage", "design_stage")))
    put_rules_in_force("general")
    (kept,) = preset_files.load("general")
    status, (answer,) = answers("order-cancellation", facts)
    assert (status, answer["row"], answer["problem"]["input"]) == (0, None, "production_stage")
    assert answer["outputs"] == dict(kept.table.fallback)
    assert answers("order-cancellation@1", facts)[1] == [answer]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("moon", "There is no policy moon. Name a file, or one of: order-cancellation."),
        ("order-cancellation@7", "The policy order-cancellation has no version 7. It has 1 of them."),
    ],
)
def test_a_key_that_nobody_knows_is_refused_with_those_that_there_are(key: str, said: str, facts: Path) -> None:
    put_rules_in_force("general")
    with pytest.raises(CommandError) as refused:
        decide(key, write(facts, {}))
    assert said in str(refused.value)


def from_nowhere(folder: Path, *arguments: str, facts: str) -> subprocess.CompletedProcess[str]:
    """The script in an empty folder, without any setting."""
    return subprocess.run(  # noqa: S603 - our own script
        [*REPRIEVE, "policy", "decide", *arguments, "--facts", "-", "--json"],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(folder)},
        input=facts,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_needs_no_deployment_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = from_nowhere(tmp_path, str(SIMPLE), facts='{"Age": 18, "RiskCategory": "Medium", "isAffordable": true}')
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["outputs"] == {"Approval Status": "Approved"}
    assert list(tmp_path.iterdir()) == []


def test_a_key_without_a_database_is_one_sentence(tmp_path: Path) -> None:
    done = from_nowhere(tmp_path, "order-cancellation", facts="{}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "CommandError: The database holds no policies yet (no such table: policies_policy). "
        "Run `reprieve migrate`, or name a file.\n"
    )
    assert list(tmp_path.iterdir()) == []
