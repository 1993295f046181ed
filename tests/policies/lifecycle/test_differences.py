from dataclasses import replace
from itertools import permutations

import pytest

from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import HitPolicy, Row, Table
from reprieve.dmn.values import ValueType
from reprieve.orders.facts import ORDER_FACTS
from reprieve.policies.lifecycle.differences import Detail, Difference, Kind, differences
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.presets import files as preset_files

TABLE = next(preset.table for preset in preset_files.load("lab") if preset.action == "pause")


def with_rows(*rows: Row) -> Table:
    return replace(TABLE, rows=rows)


def told(old: Table, new: Table) -> list[str]:
    return [difference.sentence for difference in differences(old, new)]


def test_a_table_is_no_different_from_itself() -> None:
    assert differences(TABLE, TABLE) == []


def test_a_new_row_is_told_with_all_that_it_says() -> None:
    row = Row(
        "rush",
        {"pauses": parse_cell("> 1", ValueType.NUMBER)},
        {"outcome": "refuse", "message": "Not_again."},
        "own",
    )
    (difference,) = differences(TABLE, with_rows(row, *TABLE.rows))
    assert difference == Difference(
        Kind.ADDED,
        "rush",
        "Row “rush” is new, at place 1.",
        (
            Detail(ORDER_FACTS.facts["pauses"].column.title, "", "more than 1"),
            Detail("Outcome", "", "refuse"),
            Detail("What the customer reads", "", "Not_again."),
            Detail("Note", "", "own"),
        ),
    )


def test_a_removed_row_is_told_with_all_that_it_said() -> None:
    (difference,) = differences(TABLE, with_rows(*(row for row in TABLE.rows if row.id != "aligners")))
    assert (difference.kind, difference.row, difference.sentence) == (
        Kind.REMOVED,
        "aligners",
        "Row “aligners” is removed.",
    )
    assert ("aligners", "") in [(detail.before, detail.after) for detail in difference.details]


def test_a_changed_row_tells_each_cell_and_answer_before_and_after() -> None:
    row = TABLE.row("paused-too-long")
    cell = parse_cell('>= duration("P90D")', ValueType.DURATION)
    changed = replace(row, cells={"paused_in_all": cell}, outputs={**row.outputs, "message": "90 days is enough."})
    (difference,) = differences(TABLE, with_rows(*(changed if each == row else each for each in TABLE.rows)))
    assert difference == Difference(
        Kind.CHANGED,
        "paused-too-long",
        "Row “paused-too-long” is changed.",
        (
            Detail(ORDER_FACTS.facts["paused_in_all"].column.title, "at least 120 days", "at least 90 days"),
            Detail("What the customer reads", str(row.outputs["message"]), "90 days is enough."),
        ),
    )


def test_a_cell_that_is_gone_lets_anything_fit() -> None:
    row = TABLE.row("aligners")
    (difference,) = differences(
        TABLE, with_rows(*(replace(row, cells={}) if each == row else each for each in TABLE.rows))
    )
    assert [(detail.before, detail.after) for detail in difference.details] == [("aligners", "anything")]


def test_only_the_rows_that_had_to_move_have_moved() -> None:
    first, second, third, *rest = TABLE.rows
    assert told(TABLE, with_rows(second, third, first, *rest)) == [f"Row “{first.id}” moves from place 1 to place 3."]
    assert told(TABLE, with_rows(second, third, *rest)) == [f"Row “{first.id}” is removed."]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_rows_that_have_not_moved_stand_in_their_old_order(order: tuple[int, ...]) -> None:
    rows = TABLE.rows[:4]
    new = [rows[place] for place in order]
    moved = {difference.row for difference in differences(with_rows(*rows), with_rows(*new))}
    assert [row for row in new if row.id not in moved] == [row for row in rows if row.id not in moved]


def test_a_row_can_be_moved_and_changed() -> None:
    first, *rest = TABLE.rows
    assert told(TABLE, with_rows(*rest, replace(first, note="moved"))) == [
        f"Row “{first.id}” moves from place 1 to place {len(TABLE.rows)}.",
        f"Row “{first.id}” is changed.",
    ]


def test_columns_fallback_and_the_whole_are_told() -> None:
    status, family, *inputs = TABLE.inputs
    new = replace(
        TABLE,
        name="Waiting",
        hit_policy=HitPolicy.ANY,
        inputs=(status, replace(family, domain=("crowns",)), *inputs, ORDER_FACTS.facts["shipped"].column),
        outputs=TABLE.outputs[:-1],
        fallback={**TABLE.fallback, "outcome": "request"},
        impossible=(),
    )
    assert told(TABLE, new) == [
        "The table is renamed.",
        "Which of the rows that fit decides is chosen in another way.",
        f"What “{family.title}” may be is different.",
        "“Shipped” is new in the table.",
        f"“{OUTPUTS['grace'].title}” is no longer in the table.",
        "What is promised never to be is different.",
        "What holds where a fact is missing, or no row fits, is changed.",
    ]
    assert differences(TABLE, new)[-1].details == (Detail("Outcome", "refuse", "request"),)
