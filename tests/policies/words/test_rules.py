from dataclasses import replace
from datetime import timedelta

import pytest

from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Column, Row, Table
from reprieve.dmn.values import ValueType
from reprieve.policies.facts.registry import columns_of
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.presets import files as preset_files
from reprieve.policies.words.facts import AGES, ANSWERED, COUNTS, DENIED, HOLDS, LENGTHS, MEANINGS, NOUNS, SAID, TEXTS
from reprieve.policies.words.rules import cell_as_condition, rule_in_words

ROWS = [
    (policy.table, row, policy.action)
    for preset in preset_files.names()
    for policy in preset_files.load(preset)
    for row in policy.table.rows
]
ORDER, APPOINTMENT = columns_of("order"), columns_of("appointment")


def sentence(preset: str, key: str, row: str) -> str:
    policy = next(policy for policy in preset_files.load(preset) if policy.key == key)
    return str(rule_in_words(policy.table, policy.table.row(row), policy.action))


@pytest.mark.parametrize(("table", "row", "action"), ROWS, ids=lambda each: getattr(each, "id", ""))
def test_reads_every_shipped_rule_out(table: Table, row: Row, action: str) -> None:
    words = str(rule_in_words(table, row, action))
    assert words.startswith(("If ", "In every other case, "))
    assert words.endswith((".", "”"))
    assert str(row.outputs["message"]) in words
    for trace in ("  ", "%s", "%(", "_", "None", "the answer is"):
        assert trace not in words.replace(str(row.outputs["message"]), "")


SENTENCES = {
    ("lab", "order-cancellation", "design-first-hour"): (
        "If the case contains design, the design has not started, no files have been submitted and the case "
        "was submitted at most 1 hour ago, customers can cancel the case themselves: “You can cancel this "
        "case yourself within one hour of submission, until files are submitted or design work begins.” The "
        "refund is 100 %. The card’s processing fee is kept. It can be undone for 30 minutes."
    ),
    ("general", "order-cancellation", "too-late"): (
        "If the case was submitted more than 14 days ago, customers can ask support to cancel the case: “This"
        " order was placed more than 14 days ago, so support will check whether it can still be stopped and "
        "tell you.”"
    ),
    ("dandy", "order-pause", "before-shipping"): (
        "If the status is processing, on hold or in production and the case contains crowns, bridges, "
        "veneers, dentures, implants or guards, customers can pause the case themselves: “You can pause this "
        "order for up to 45 days; if it is not resumed by then, it will be slated for deletion.” The pause "
        "lasts 45 days at most. When that has run out, the case can still be restored for 14 days."
    ),
    ("dandy", "order-resume", "not-paused"): (
        "In every other case, the case cannot be resumed: “This order is not paused, so there is nothing to "
        "resume; if it does not go on, please contact support.”"
    ),
}


@pytest.mark.parametrize("place", SENTENCES, ids="-".join)
def test_says_a_rule_as_a_manager_would(place: tuple[str, str, str]) -> None:
    assert sentence(*place) == SENTENCES[place]


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("status", 'not("paused", "cancelled")', "the status is not paused or cancelled"),
        ("design_stage", '"started", "completed"', "the design is started or completed"),
        ("design_stage", 'not("not_started")', "the design has started"),
        ("files_submitted", "not(true)", "no files have been submitted"),
        ("product_family", 'not("aligners")', "the case contains no aligners"),
        ("tags", '"vip", "net30"', "the practice is tagged vip or net30"),
        ("revisions_in_progress", "> 0", "a revision is in progress"),
        ("revisions_in_progress", "[1..2]", "the number of revisions in progress is at least 1 and at most 2"),
        ("since_submission", '(@"PT1H"..@"P2D"]', "the case was submitted more than 1 hour and at most 2 days ago"),
        ("delivery_in", '< @"P3D"', "delivery is wanted in less than 3 days"),
        ("delivery_in", "null", "the time until the requested delivery is not known"),
        ("delivery_in", "not(null)", "the time until the requested delivery is known"),
        ("delivery_in", '< @"P3D", null', "the time until the requested delivery is less than 3 days or not known"),
        ("who_asks", '"staff"', "a member of staff asks"),
        ("amount", ">= 500", "the amount is at least 500"),
    ],
)
def test_says_a_condition_as_a_clause(name: str, cell: str, words: str) -> None:
    column = ORDER[name]
    assert cell_as_condition(column, parse_cell(cell, column.type)) == words


def test_says_in_general_words_what_it_has_no_phrase_for() -> None:
    column = Column("moon", ValueType.STRING, "Phase of the moon")
    row = Row("full", {"moon": parse_cell('"full"', column.type)}, {"outcome": "dance", "longest_pause": timedelta(1)})
    table = Table("t", (column,), (OUTPUTS["outcome"], OUTPUTS["longest_pause"]), (row,), {})
    assert str(rule_in_words(table, row, "howl")) == (
        "If “Phase of the moon” is full, the answer is “dance”. The pause lasts 1 day at most."
    )
    everything = replace(row, cells={})
    assert str(rule_in_words(replace(table, rows=(everything,)), everything, "howl")).startswith("In every case, ")


def test_has_words_for_every_fact_and_for_none_that_is_not_there() -> None:
    known = {**ORDER, **APPOINTMENT}
    assert set(MEANINGS) == set(known)
    phrased = {name for name, _ in (*SAID, *DENIED)} | {*COUNTS, *HOLDS, *AGES}
    assert set(known) <= {*NOUNS, *phrased}
    assert {*NOUNS, *phrased} <= set(known)
    for name, value in SAID:
        domain = known[name].domain
        assert domain is None or value in domain
    assert {*LENGTHS, *TEXTS, *(name for name, _ in ANSWERED)} <= set(OUTPUTS)
