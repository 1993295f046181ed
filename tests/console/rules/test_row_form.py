from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given, settings

from reprieve.console.rules.row_form import RowForm
from reprieve.console.rules.row_names import renamed_ids, row_id_for
from reprieve.dmn.sfeel import parse_cell, print_cell
from reprieve.dmn.table import Row, Table, table_to_data
from reprieve.policies.presets import files as preset_files
from tests.dmn import oracle
from tests.examples import how_many

TABLE = next(each for each in preset_files.load("lab") if each.key == "order-cancellation").table
PAUSE = next(each for each in preset_files.load("lab") if each.key == "order-pause").table
FIRST_HOUR = TABLE.row("design-first-hour")


def sent(form: RowForm, changes: Mapping[str, object]) -> QueryDict:
    """What a browser sends of the form, with some of it changed; a change to None leaves a field out."""
    data = QueryDict(mutable=True)
    data["name"], data["note"] = form.name, form.note.replace("\n", "\r\n")
    for cell in form.cells:
        ticked = [option.value for option in cell.options if option.checked]
        data.setlist(f"{cell.name}-value", ticked)
        fields = {"how": cell.chosen.how, "low": cell.chosen.low, "high": cell.chosen.high, "text": cell.chosen.text}
        fields |= {"other": cell.others.replace("\n", "\r\n")} | ({"unknown": "on"} if cell.chosen.or_unknown else {})
        for name, value in fields.items():
            data[f"{cell.name}-{name}"] = value
    for field in form.answer.fields:
        data[field.name] = field.text.replace("\n", "\r\n")
    for place, typed in changes.items():
        data.setlist(place, [str(each) for each in typed] if isinstance(typed, tuple) else [str(typed)])
    return data


def read(
    table: Table, row: Row | None, changes: Mapping[str, object] | None = None, *, is_new: bool = False
) -> tuple[RowForm, Row | None]:
    form = RowForm.of(table, row, {}, is_new=is_new)
    return form.typed(sent(form, changes or {})).read()


@pytest.mark.parametrize("preset", preset_files.names())
def test_every_shipped_rule_survives_an_edit_that_changes_nothing(preset: str) -> None:
    for policy in preset_files.load(preset):
        for row in policy.table.rows:
            assert read(policy.table, row)[1] == row


@settings(max_examples=how_many(60))
@given(oracle.tables())
def test_so_does_every_rule_of_any_table(table: Table) -> None:
    rows = tuple(replace(row, note="a\nnote") for row in table.rows)
    read_back = tuple(read(replace(table, rows=rows), row)[1] for row in rows)
    assert read_back == rows
    kept = replace(table, rows=tuple(row for row in read_back if row))
    assert table_to_data(kept) == table_to_data(replace(table, rows=rows))


@settings(max_examples=how_many(30))
@given(oracle.tables())
def test_a_copy_of_any_rule_says_the_same_under_another_name(table: Table) -> None:
    row = table.rows[0]
    copied = read(table, row, is_new=True)[1]
    assert copied is not None
    assert copied == replace(row, id="r0-2")


def test_changes_a_limit() -> None:
    changes = {"when-since_submission-how": "less", "when-since_submission-low": "90 min"}
    changed = read(TABLE, FIRST_HOUR, changes)[1]
    wanted = parse_cell('< duration("PT1H30M")', TABLE.inputs[-1].type)
    assert changed == replace(FIRST_HOUR, cells={**FIRST_HOUR.cells, "since_submission": wanted})


def test_reads_ticks_in_the_order_of_the_list() -> None:
    changed = read(
        TABLE, TABLE.row("shipped"), {"when-status-value": ("shipped", "invoiced"), "when-status-how": "none_of"}
    )[1]
    assert changed is not None
    assert print_cell(changed.cells["status"], TABLE.inputs[0].type) == 'not("shipped", "invoiced")'


def test_says_at_each_field_what_to_write_and_keeps_what_was_typed() -> None:
    form, row = read(
        TABLE,
        FIRST_HOUR,
        {
            "name": " ",
            "when-since_submission-low": "an hour or so",
            "when-status-how": "one_of",
            "then-outcome": "maybe",
            "then-message": "",
            "then-refund_share": "150 %",
        },
    )
    assert row is None
    assert form.errors == [
        ("row-name", "Name", "Give the rule a short name, such as “first hour”."),
        ("when-status", "Status", "Nothing is chosen. Choose at least one value, or “anything”."),
        (
            "when-since_submission",
            "Time since submission",
            "This is no length of time. Write it like 45 days, 1 h 30 min or PT1H.",
        ),
        ("then-outcome", "Outcome", "This is none of the choices. Choose one of the list."),
        (
            "then-message",
            "What the customer reads",
            "This is needed. One or two sentences: why, until when, or what would have to differ.",
        ),
        (
            "then-refund_share",
            "Share of the payment refunded",
            "This is out of range. Such as 100 % or 50 %.",
        ),
    ]
    assert form.cells[-1].chosen.low == "an hour or so"
    assert form.answer.fields[3].text == "150 %"


def test_refuses_a_value_that_the_table_was_not_written_for() -> None:
    form, row = read(TABLE, FIRST_HOUR, {"when-product_family-value": ("design", "toys")})
    assert row is None
    message = "Product family is never toys. Use one of: design, crowns, bridges, veneers, dentures, implants, "
    assert form.errors == [("when-product_family", "Product family", f"{message}aligners, guards.")]


@pytest.mark.parametrize("hostile", ["\0", "a\0b", "<script>alert(1)</script>", "x" * 60_000, "\ud800", '"', "-"])
def test_refuses_hostile_text_at_its_cell(hostile: str) -> None:
    changes = {"when-status-how": "text", "when-status-text": hostile, "note": "plain"}
    form, row = read(TABLE, FIRST_HOUR, changes)
    assert (row is None) == (hostile != "-")
    assert [place for place, _, _ in form.errors] == (["when-status"] if row is None else [])


def test_reads_terms_as_people_write_them() -> None:
    row = read(PAUSE, PAUSE.row("before-shipping"), {"then-longest_pause": "6 weeks", "then-grace": ""})[1]
    assert row is not None
    assert row.outputs["longest_pause"] == timedelta(days=42)
    assert "grace" not in row.outputs
    share = read(TABLE, FIRST_HOUR, {"then-refund_share": "62.5 %", "then-keep_processing_fee": ""})[1]
    assert share is not None
    assert share.outputs["refund_share"] == Decimal("0.625")
    assert "keep_processing_fee" not in share.outputs


def test_a_rule_keeps_its_id_until_it_is_called_otherwise() -> None:
    kept = read(TABLE, FIRST_HOUR, {"then-message": "Other words."})[1]
    assert kept is not None
    assert kept.id == "design-first-hour"
    renamed = read(TABLE, FIRST_HOUR, {"name": "Shipped!"})[1]
    assert renamed is not None
    assert renamed.id == "shipped-2"


def test_makes_an_id_of_any_name() -> None:
    assert row_id_for("First hour, crowns", ()) == "first-hour-crowns"
    assert row_id_for("  ", ("rule", "rule-2")) == "rule-3"
    assert len(row_id_for("x" * 200, ())) == 60


def test_the_ids_of_a_file_stay_with_a_renamed_row() -> None:
    ids = {"/rows/a": "r1", "/rows/a/when/status": "c1", "/rows/ab": "r2", "/table": "t"}
    assert renamed_ids(ids, "a", "b~/c") == {
        "/rows/b~0~1c": "r1",
        "/rows/b~0~1c/when/status": "c1",
        "/rows/ab": "r2",
        "/table": "t",
    }
