import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.decide import compile_table
from reprieve.dmn.dmnxml import DmnError, dump, load
from reprieve.dmn.model import Clock, Column, Output, Row, Table, TableError
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import content_hash
from reprieve.dmn.values import Value, ValueType
from tests.dmn.dmnxml.files import FILE
from tests.dmn.grid import declared_tables
from tests.dmn.oracle import CONSTANTS, HOSTILE, tables
from tests.examples import how_many

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRINTABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r")
)
TEXTS = st.one_of(PRINTABLE, st.sampled_from([*HOSTILE, "<a>&amp;]]>", "a\r\nb", "not(x)", "😀 < \"1\" & '2'", " "]))
NAMES = st.one_of(TEXTS.filter(str.strip), st.sampled_from(["a/b", "a-b", "a_b", "if", "true", "1", "x y", "größe"]))


@st.composite
def rich_tables(draw: st.DrawFn) -> Table:
    """Random tables under any names, with labels, notes, and outputs of every type."""
    table = draw(tables())
    row_ids = draw(st.lists(NAMES, min_size=len(table.rows), max_size=len(table.rows), unique=True))
    names = draw(st.lists(NAMES.filter(lambda name: name != "answer"), max_size=3, unique=True))
    outputs = [Output(name, draw(st.sampled_from(ValueType)), draw(TEXTS), optional=True) for name in names]

    def answers() -> dict[str, Value]:
        chosen = [output for output in outputs if draw(st.booleans())]
        return {output.name: draw(st.sampled_from(CONSTANTS[output.type])) for output in chosen}

    return replace(
        table,
        name=draw(TEXTS),
        inputs=tuple(replace(column, label=draw(TEXTS)) for column in table.inputs),
        outputs=(*table.outputs, *outputs),
        rows=tuple(
            replace(row, id=row_id, note=draw(TEXTS), outputs={**row.outputs, **answers()})
            for row, row_id in zip(table.rows, row_ids, strict=True)
        ),
        fallback={**table.fallback, **answers()},
    )


def renamed(table: Table, names: list[str]) -> Table:
    new = dict(zip((column.name for column in table.inputs), names, strict=False))
    return replace(
        table,
        inputs=tuple(replace(column, name=new[column.name]) for column in table.inputs),
        rows=tuple(replace(row, cells={new[name]: cell for name, cell in row.cells.items()}) for row in table.rows),
    )


@settings(max_examples=how_many(150), deadline=None)
@given(rich_tables(), st.lists(NAMES, min_size=4, max_size=4, unique=True))
def test_any_table_survives_its_file(drawn: Table, names: list[str]) -> None:
    table = renamed(drawn, names)
    data = dump(table)
    loaded = load(data)
    assert loaded.table == table
    assert content_hash(loaded.table) == content_hash(table)
    assert loaded.warnings == ()
    assert dump(loaded.table, loaded.ids) == dump(table) == data
    ids = re.findall(r' id="([^"]*)"', data.decode())
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", known) for known in ids)


def a_table(*inputs: Column, row_id: str = "r") -> Table:
    output = Output("x", ValueType.NUMBER)
    return Table("t", inputs, (output,), (Row(row_id, {}, {"x": 1}),), {"x": 0})


@settings(max_examples=how_many(40), deadline=None)
@given(declared_tables())
def test_what_is_promised_of_facts_survives(table: Table) -> None:
    assert load(dump(table)).table == table


def test_the_range_of_an_answer_survives() -> None:
    share = Output("share", ValueType.NUMBER, minimum=0, maximum=Decimal("1.5"))
    table = Table("t", (), (share,), (Row("all", {}, {"share": 1}),), {"share": 0})
    assert load(dump(table)).table == table


def test_a_range_of_another_type_is_left_out_with_a_warning() -> None:
    table = Table("t", (Column("n", ValueType.NUMBER, minimum=0),), (Output("x", ValueType.NUMBER),), (), {"x": 0})
    data = dump(replace(table, rows=(Row("all", {}, {"x": 1}),))).replace(b'minimum="0"', b'minimum="PT0S"')
    loaded = load(data)
    assert loaded.table.inputs == (Column("n", ValueType.NUMBER),)
    assert [warning.message for warning in loaded.warnings] == ['The minimum is left out: "PT0S" is not a number']


def promising(impossible: str) -> bytes:
    """A table that was changed elsewhere."""
    status = Column("status", ValueType.STRING, domain=("new", "done"))
    never = {"status": parse_cell('"new"', ValueType.STRING)}
    rows = (Row("all", {}, {"x": 1}),)
    table = Table("t", (status,), (Output("x", ValueType.NUMBER),), rows, {"x": 0}, impossible=(never,))
    data = dump(table).decode()
    assert "impossible=" in data
    return re.sub(r'reprieve:impossible="[^"]*"', f"reprieve:impossible='{impossible}'", data).encode()


@pytest.mark.parametrize("text", ["{", "7", "[7]", '[{"status": 7}]', '[{"status": "when"}]', "[{}]"])
def test_promises_that_nobody_can_read_are_refused(text: str) -> None:
    with pytest.raises(DmnError, match=r"line \d+, decisionTable"):
        load(promising(text))


def test_promises_about_an_input_that_is_gone_are_left_out_with_a_warning() -> None:
    loaded = load(promising('[{"moon": "-"}]'))
    assert loaded.table.impossible == ()
    assert [warning.message for warning in loaded.warnings] == [
        "What never comes together names moon, which is no input, and is left out"
    ]


def test_what_the_standard_has_no_word_for_survives() -> None:
    column = Column("age", ValueType.DURATION, "Time since submission", nullable=True, clock=Clock.SINCE)
    several = Column("families", ValueType.STRING, domain=("crowns", "aligners"), several=True)
    count = Column("files", ValueType.NUMBER, integer=True)
    cell = parse_cell('< duration("PT1H")', ValueType.DURATION)
    rows = (Row("early", {"age": cell}, {"outcome": "allow"}), Row("rest", {}, {"outcome": "refuse"}))
    output = Output("outcome", ValueType.STRING)
    table = Table("Cancel", (column, several, count), (output,), rows, {"outcome": "request"})
    again = load(dump(table)).table
    assert again == table
    facts = {"age": NOW - timedelta(minutes=59), "families": {"crowns"}, "files": 1}
    assert compile_table(again).decide(facts, NOW).row == "early"


def test_a_name_that_was_changed_elsewhere_is_the_new_one() -> None:
    """A modeller keeps our attributes, so that the old name still stands beside the new one."""
    table = a_table(Column("a/b", ValueType.NUMBER))
    data = dump(table)
    assert b'reprieve:name="a/b"' in data
    assert load(data.replace(b"<text>a_b</text>", b"<text>weight</text>")).table.inputs[0].name == "weight"


def test_a_rule_that_was_copied_elsewhere_gets_an_id_of_its_own() -> None:
    table = a_table(row_id="first row")
    (rule,) = re.findall(rb"<rule.*?</rule>", dump(table), re.DOTALL)
    copy = re.sub(rb' id="', b' id="copied_', rule)
    assert b'reprieve:id="first row"' in copy
    assert [row.id for row in load(dump(table).replace(rule, rule + copy)).table.rows] == [
        "first row",
        "copied_first_row",
    ]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"name": "a\x01"}, "/name"),
        ({"inputs": (Column("x", ValueType.NUMBER, "\ufffe"),)}, "/inputs/0/label"),
        ({"rows": (Row("r", {}, {"x": 1}, "\x00"),)}, "/rows/0/note"),
        ({"rows": (Row("r", {}, {"x": Decimal("1e60")}),)}, "/rows/0/then/x"),
        ({"fallback": {"x": Decimal("1e-60")}}, "/fallback/x"),
        ({"fallback": {}}, "/fallback/x"),
        ({"rows": ()}, "/rows"),
    ],
)
def test_refuses_to_write_what_could_not_be_read_back(part: dict[str, Any], place: str) -> None:
    table = a_table(Column("x", ValueType.NUMBER))
    with pytest.raises(TableError) as caught:
        dump(replace(table, **part))
    assert place in [problem.place for problem in caught.value.problems]


def test_ids_stay_with_rows_that_move_and_columns_that_move() -> None:
    loaded = load(FILE.encode())
    table = loaded.table
    moved = replace(table, inputs=table.inputs[::-1], rows=(*table.rows[::-1], Row("new", {}, {"outcome": "allow"})))
    again = load(dump(moved, loaded.ids))
    assert again.table == moved
    assert {key: again.ids[key] for key in loaded.ids} == dict(loaded.ids)
    assert len(set(again.ids.values())) == len(again.ids)
