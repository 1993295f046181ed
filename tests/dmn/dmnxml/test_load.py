import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reprieve.dmn.decide import compile_table
from reprieve.dmn.dmnxml import DmnError, Loaded, dump, load
from reprieve.dmn.dmnxml.vocabulary import MODEL_NAMESPACES
from reprieve.dmn.model import Column, HitPolicy, Output, Row, Severity, Table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.values import ValueType
from tests.dmn.dmnxml.files import FILE, TABLE, changed, refusal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = "</definitions>"
NOTE = "<extensionElements><camunda:x/></extensionElements>"


def test_reads_what_a_modeller_saves() -> None:
    loaded = load(FILE.encode())
    assert loaded.table == Table(
        name="Cancel order",
        inputs=(
            Column("stage", ValueType.STRING, "Stage", domain=("design", "milling")),
            Column("Files submitted", ValueType.NUMBER, nullable=True),
        ),
        outputs=(
            Output("outcome", ValueType.STRING, "Outcome", ("allow", "request", "refuse")),
            Output("share", ValueType.NUMBER, optional=True),
        ),
        rows=(
            Row(
                "r1",
                {"stage": parse_cell('"design"', ValueType.STRING)},
                {"outcome": "allow", "share": Decimal("0.5")},
                "early\nclause 4",
            ),
            Row("r2", {"Files submitted": parse_cell("> 3, null", ValueType.NUMBER)}, {"outcome": "refuse"}),
        ),
        fallback={"outcome": "request"},
        hit_policy=HitPolicy.FIRST,
    )
    assert loaded.ids == {
        "/definitions": "file",
        "/decision": "cancel",
        "/table": "cancelTable",
        "/inputs/stage": "i1",
        "/inputs/Files submitted": "i2",
        "/outputs/outcome": "o1",
        "/outputs/share": "o2",
        "/rows/r1": "r1",
        "/rows/r1/when/stage": "c1",
        "/rows/r1/when/Files submitted": "c2",
        "/rows/r1/then/outcome": "c3",
        "/rows/r1/then/share": "c4",
        "/rows/r2": "r2",
        "/rows/r2/when/stage": "c5",
        "/rows/r2/when/Files submitted": "c6",
        "/rows/r2/then/outcome": "c7",
        "/rows/r2/then/share": "c8",
    }


@pytest.mark.parametrize("namespace", MODEL_NAMESPACES)
def test_reads_each_version_of_the_standard(namespace: str) -> None:
    data = changed("https://www.omg.org/spec/DMN/20191111/MODEL/", namespace)
    assert load(data).table == load(FILE.encode()).table


SECOND_TABLE = TABLE.replace('id="', 'id="p_').replace('"allow"', '"request"')
TWO = changed(END, f'<decision id="pause" name="Pause order">{SECOND_TABLE}</decision>{END}')


def test_asks_which_of_several_decisions_is_meant() -> None:
    (found,) = refusal(TWO)
    assert found.startswith('line 2, definitions "file": The file holds several decisions: Cancel order (id cancel), ')
    assert found.endswith("Pause order (id pause) (choose one by its id)")
    (found,) = refusal(TWO, decision="Resume")
    assert "The file holds no decision Resume (choose one of: Cancel order (id cancel), Pause" in found


@pytest.mark.parametrize("name", ["pause", "Pause order"])
def test_reads_the_decision_of_that_id_or_name(name: str) -> None:
    loaded = load(TWO, name)
    assert loaded.table.name == "Pause order"
    assert [warning.message for warning in loaded.warnings] == ["The decision Cancel order is left out"]


def test_a_decision_without_id_goes_by_its_name() -> None:
    data = TWO.replace(b'<decision id="pause"', b"<decision")
    assert "Cancel order (id cancel), Pause order (choose" in refusal(data)[0]
    assert load(data, "Pause order").table.name == "Pause order"


def test_two_decisions_of_one_name_are_chosen_by_id() -> None:
    same = TWO.replace(b"Pause order", b"Cancel order")
    assert "several decisions" in refusal(same, decision="Cancel order")[0]
    assert load(same, "pause").ids["/decision"] == "pause"


def without_default() -> bytes:
    return changed('<defaultOutputEntry><text>"request"</text></defaultOutputEntry>', "")


def test_an_output_without_default_stays_empty_and_a_warning_says_so() -> None:
    loaded = load(without_default())
    assert dict(loaded.table.fallback) == {}
    assert loaded.table.outputs[0].optional
    assert [(warning.element, warning.element_id, warning.severity) for warning in loaded.warnings] == [
        ("output", "o1", Severity.WARNING)
    ]
    assert compile_table(loaded.table).decide({"stage": "design"}, NOW).outputs["outcome"] == "allow"
    assert dict(compile_table(loaded.table).decide({}, NOW).outputs) == {}


def test_the_caller_gives_the_fallback_that_a_file_lacks() -> None:
    loaded = load(without_default(), fallback={"outcome": "refuse"})
    assert loaded.table.fallback == {"outcome": "refuse"}
    assert not loaded.table.outputs[0].optional
    assert loaded.warnings == ()
    assert load(FILE.encode(), fallback={"outcome": "refuse"}).table.fallback == {"outcome": "request"}


def test_a_fallback_for_no_output_of_the_file_is_of_no_account() -> None:
    assert load(FILE.encode(), fallback={"answer": "request"}) == load(FILE.encode())


def test_a_default_that_was_removed_from_our_own_file_is_missed() -> None:
    table = replace(load(FILE.encode()).table, fallback={"outcome": "request"})
    data = re.sub(rb"<defaultOutputEntry.*?</defaultOutputEntry>", b"", dump(table), flags=re.DOTALL)
    assert "The fallback gives no Outcome" in refusal(data)[0]


def typed_input(type_ref: str, first: str = "-") -> Loaded:
    data = changed('typeRef="tStage"', f'typeRef="{type_ref}"')
    return load(data.replace(b'<text>"design"</text>', f"<text>{first}</text>".encode()))


@pytest.mark.parametrize(
    ("type_ref", "cell", "value_type", "integer"),
    [
        ("string", '"a"', ValueType.STRING, False),
        ("feel:string", '"a"', ValueType.STRING, False),
        ("feel:number", "1", ValueType.NUMBER, False),
        ("integer", "1", ValueType.NUMBER, True),
        ("long", "1", ValueType.NUMBER, True),
        ("double", "0.5", ValueType.NUMBER, False),
        ("boolean", "true", ValueType.BOOLEAN, False),
        ("date", 'date("2026-11-21")', ValueType.DATE, False),
        ("time", '@"12:30:00"', ValueType.TIME, False),
        ("dateTime", 'date and time("2026-11-21T12:00:00Z")', ValueType.DATE_TIME, False),
        ("date and time", "-", ValueType.DATE_TIME, False),
        ("dayTimeDuration", '&lt; duration("PT1H")', ValueType.DURATION, False),
        ("days and time duration", "-", ValueType.DURATION, False),
    ],
)
def test_reads_each_type_by_each_of_its_names(
    type_ref: str, cell: str, value_type: ValueType, *, integer: bool
) -> None:
    column = typed_input(type_ref, cell).table.inputs[0]
    assert (column.type, column.integer) == (value_type, integer)


@pytest.mark.parametrize("type_ref", ["", "Any", "feel:Any"])
def test_a_column_without_type_has_that_of_its_cells(type_ref: str) -> None:
    loaded = typed_input(type_ref, 'date("2026-11-21")')
    assert loaded.table.inputs[0].type is ValueType.DATE
    assert [warning.message for warning in loaded.warnings] == ["The column has no type; its cells say a date"]


def test_a_column_without_type_whose_cells_say_nothing_is_refused() -> None:
    with pytest.raises(DmnError, match="The column has no type"):
        typed_input("", "-")


def test_the_fact_gives_the_type_and_the_name_that_its_input_leaves_open() -> None:
    fact = (
        '<inputData id="d" name="stage/step"><variable name="stage/step" typeRef="tStage"/></inputData></definitions>'
    )
    data = (
        changed(' typeRef="tStage"', "").replace(b">stage<", b">stage/step<").replace(b"</definitions>", fact.encode())
    )
    loaded = load(data)
    assert loaded.table.inputs[0] == Column("stage/step", ValueType.STRING, "Stage", ("design", "milling"))
    assert loaded.ids["/data/stage~1step"] == "d"


def test_a_structured_type_gives_the_types_of_several_outputs() -> None:
    part = '<itemComponent name="share"><typeRef>number</typeRef></itemComponent>'
    data = changed("  <decision ", f'<itemDefinition name="tAnswer">{part}</itemDefinition><decision ').replace(
        b'name="share" typeRef="number"', b'name="share"'
    )
    data = data.replace(b'hitPolicy="FIRST"', b'hitPolicy="FIRST" typeRef="tAnswer"')
    loaded = load(data)
    assert loaded.table.outputs[1].type is ValueType.NUMBER
    assert loaded.warnings == ()


def test_without_a_hit_policy_a_table_is_unique() -> None:
    assert load(changed(' hitPolicy="FIRST"', "")).table.hit_policy is HitPolicy.UNIQUE


def test_rules_without_ids_are_counted() -> None:
    data = changed(' id="r1"', "").replace(b'id="r2"', b'id="rule_1"')
    assert [row.id for row in load(data).table.rows] == ["rule_1_2", "rule_1"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (TABLE, "<question>May they?</question>" + TABLE, "The question is left out"),
        (TABLE, NOTE + TABLE, "What another tool noted here is left out"),
        (END, '<businessKnowledgeModel name="b"/>' + END, "This business knowledge model is left out"),
        (END, '<camunda:x name="b"/>' + END, "The x is left out"),
    ],
)  # fmt: skip
def test_says_what_it_leaves_out(old: str, new: str, message: str) -> None:
    loaded = load(changed(old, new))
    assert loaded.table == load(FILE.encode()).table
    assert [warning.message for warning in loaded.warnings] == [message]


def test_the_layout_is_drawn_anew_without_a_word() -> None:
    loaded = load(changed("</definitions>", "<dmndi:DMNDI/></definitions>"))
    assert loaded.warnings == ()
    assert dump(loaded.table).count(b"<dmndi:DMNShape") == 3
