"""A table as SQL decides like the table in Python: each row, on both databases, whatever the facts.

Facts are first stored and read back, and Python decides on what it reads.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, models, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from reprieve.accounts.actors import ActorKind
from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.decide import CompiledTable, compile_table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Clock, Column, HitPolicy, Output, Row, Table
from reprieve.dmn.values import ValueType
from reprieve.policies.facts.registry import Asking, Fact, Registry
from reprieve.policies.facts.stored import BarredTexts, JsonTexts, LocalMidnight, NoTwinError, Plain, Scaled, barred
from reprieve.policies.sql.case import output_of, row_of
from tests.dmn.oracle import CONSTANTS, HOSTILE, MICROSECOND, NOW, tables_of
from tests.examples import how_many

BERLIN = ZoneInfo("Europe/Berlin")
PLACES = 6


class Thing(models.Model):
    """A fact of every kind that a database stores, each of which may be missing."""

    text = models.TextField(null=True)  # noqa: DJ001 - NULL is the point
    whole = models.BigIntegerField(null=True)
    number = models.BigIntegerField(null=True)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    hour = models.TimeField(null=True)
    instant = models.DateTimeField(null=True)
    length = models.DurationField(null=True)
    words = models.JSONField(default=list)
    slugs = models.TextField(default="")
    objects: ClassVar[models.Manager["Thing"]] = models.Manager()

    class Meta:
        app_label = "sqlcase"

    def __str__(self) -> str:
        return f"thing {self.pk}"


def unscaled(number: int) -> Decimal:
    return Decimal(number).scaleb(-PLACES)


def missing(name: str, value_type: ValueType, **more: Any) -> Column:  # noqa: ANN401
    return Column(name, value_type, nullable=True, **more)


V = ValueType
THINGS: Registry[Thing] = Registry(
    "thing",
    [
        Fact(missing("text", V.STRING), lambda o, _: o.text, lambda _: Plain(F("text"))),
        Fact(missing("whole", V.NUMBER), lambda o, _: o.whole, lambda _: Scaled(F("whole"))),
        Fact(
            missing("number", V.NUMBER),
            lambda o, _: None if o.number is None else unscaled(o.number),
            lambda _: Scaled(F("number"), PLACES),
        ),
        Fact(missing("flag", V.BOOLEAN), lambda o, _: o.flag, lambda _: Plain(F("flag"))),
        Fact(missing("day", V.DATE), lambda o, _: o.day, lambda _: Plain(F("day"))),
        Fact(missing("hour", V.TIME), lambda o, _: o.hour, lambda _: Plain(F("hour"))),
        Fact(missing("instant", V.DATE_TIME), lambda o, _: o.instant, lambda _: Plain(F("instant"))),
        Fact(missing("since", V.DURATION, clock=Clock.SINCE), lambda o, _: o.instant, lambda _: Plain(F("instant"))),
        Fact(
            missing("midnight", V.DATE_TIME),
            lambda o, asking: o.day and datetime.combine(o.day, time(), tzinfo=asking.zone),
            lambda asking: LocalMidnight(F("day"), asking.zone),
        ),
        Fact(missing("length", V.DURATION), lambda o, _: o.length, lambda _: Plain(F("length"))),
        Fact(Column("words", V.STRING, several=True), lambda o, _: tuple(o.words), lambda _: JsonTexts("words")),
        Fact(
            Column("slugs", V.STRING, several=True),
            lambda o, _: tuple(slug for slug in o.slugs.split("|") if slug),
            lambda _: BarredTexts("slugs"),
        ),
        Fact.asked(missing("reason", V.STRING), lambda asking: asking.reason),
        Fact.asked(Column("tick", V.DURATION, clock=Clock.SINCE), lambda asking: asking.now),
    ],
)


def lay_out() -> None:
    """The table, empty, for the length of a transaction."""
    meta = Thing._meta  # noqa: SLF001 - the documented door to a model's fields
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {meta.db_table}")
        columns = ", ".join(
            f"{connection.ops.quote_name(str(field.column))} {field.db_type(connection)}"
            for field in meta.local_fields
            if not field.primary_key
        )
        key = "integer PRIMARY KEY" if connection.vendor == "sqlite" else "bigserial PRIMARY KEY"
        cursor.execute(f"CREATE TEMPORARY TABLE {meta.db_table} (id {key}, {columns})")


def question(reason: str | None = None, now: datetime = NOW) -> Asking:
    return Asking(now=now, who=ActorKind.CUSTOMER, reason=reason, zone=BERLIN)


def python_rows(compiled: CompiledTable, asking: Asking) -> list[tuple[str | None, str]]:
    decided = []
    for thing in Thing.objects.order_by("pk"):
        facts = THINGS.gather((column.name for column in compiled.table.inputs), thing, asking)
        decision = compiled.decide(facts, asking.now)
        decided.append((decision.row, str(decision.outputs["answer"])))
    return decided


def sql_rows(compiled: CompiledTable, asking: Asking) -> list[tuple[str | None, str]]:
    things = Thing.objects.annotate(
        row=row_of(compiled, THINGS, asking), answer=output_of(compiled, THINGS, asking, "answer")
    )
    return list(things.order_by("pk").values_list("row", "answer"))


# Random tables and things, both close around the same constants.


@st.composite
def columns(draw: st.DrawFn, fact: Fact[Thing]) -> Column:
    column = fact.column
    values = [value for value in CONSTANTS[column.type] if type(value) is not Decimal or column.name == "number"]
    integer = column.type is V.NUMBER and draw(st.booleans())
    if integer:
        values = [value for value in values if not isinstance(value, Decimal)]
    if column.fact_type is V.DATE_TIME and draw(st.booleans()):
        return replace(
            column, type=V.DURATION, clock=draw(st.sampled_from(Clock)), nullable=draw(st.booleans()), domain=None
        )
    if column.clock is not None:
        return replace(column, nullable=draw(st.booleans()))
    domain = draw(st.none() | st.lists(st.sampled_from(values), min_size=1, max_size=6, unique=True).map(tuple))
    return replace(column, domain=domain, integer=integer, nullable=draw(st.booleans()))


@st.composite
def random_tables(draw: st.DrawFn) -> Table:
    facts = draw(st.lists(st.sampled_from(list(THINGS.facts.values())), max_size=4, unique=True))
    return draw(tables_of(tuple(draw(columns(fact)) for fact in facts)))


def near(values: list[Any], step: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401
    return st.one_of(
        st.none(),
        st.builds(lambda value, hair: value + hair * step, st.sampled_from(values), st.sampled_from([-1, 0, 1])),
    )


SLUGS = ["a", "b", "stranger", "a-b", "ab", "A", "-", "_1"]
MIDNIGHTS = [NOW.date() + timedelta(days=day) for day in (-1, 0, 1)]
INSTANTS = [NOW + timedelta(hours=hours) for hours in (-25, -24, -2, -1, 0, 1, 24)]
LENGTHS = [length for length in CONSTANTS[V.DURATION] if isinstance(length, timedelta)]
NUMBERS = [int(Decimal(str(value)).scaleb(PLACES)) for value in CONSTANTS[V.NUMBER]]


def things() -> st.SearchStrategy[Thing]:
    return st.builds(
        Thing,
        text=st.none() | st.sampled_from(CONSTANTS[V.STRING]),
        whole=near([0, 1, 2], 1),
        number=near(NUMBERS, 1),
        flag=st.none() | st.booleans(),
        day=near([*CONSTANTS[V.DATE], *MIDNIGHTS], timedelta(days=1)) | st.sampled_from([date.min, date.max]),
        hour=st.none() | st.sampled_from([*CONSTANTS[V.TIME], time(0, 0, 0, 1), time(12, 29, 59, 999_999)]),
        instant=near(INSTANTS, MICROSECOND)
        | st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
        length=near(LENGTHS, MICROSECOND),
        words=st.lists(st.sampled_from([*CONSTANTS[V.STRING], *CONSTANTS[V.STRING], 7, None, True, ["a"]]), max_size=3),
        slugs=st.lists(st.sampled_from(SLUGS), max_size=4).map(barred),
    )


def store(drawn: list[Thing]) -> None:
    for thing in drawn:
        thing.pk = None
    Thing.objects.bulk_create(drawn)


class RandomTableTests(HypothesisTestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=how_many(150), deadline=None, suppress_health_check=list(HealthCheck))
    @given(random_tables(), st.lists(things(), min_size=1, max_size=12), st.sampled_from([None, "a", "stranger"]))
    def test_decide_every_thing_alike(self, table: Table, drawn: list[Thing], reason: str | None) -> None:
        lay_out()
        store(drawn)
        compiled = compile_table(table)
        assert sql_rows(compiled, question(reason)) == python_rows(compiled, question(reason))


# What random tables meet too seldom, each for itself.


def table_of(column: Column, *cells: str, policy: HitPolicy = HitPolicy.FIRST) -> CompiledTable:
    """A table of one column, a row a cell; the answers are best, good, bad, best, …"""
    answers = ("best", "good", "bad")
    rows = [
        Row(f"r{number}", {column.name: parse_cell(cell, column.type)}, {"answer": answers[number % 3]})
        for number, cell in enumerate(cells)
    ]
    output = Output("answer", ValueType.STRING, domain=answers)
    return compile_table(Table("one", (column,), (output,), tuple(rows), {"answer": "bad"}, policy))


def decided(compiled: CompiledTable, *drawn: Thing, asking: Asking | None = None) -> list[str | None]:
    """The rows that decide these things, in Python and in SQL alike."""
    asking = asking or question()
    with transaction.atomic():
        lay_out()
        store(list(drawn))
        rows = sql_rows(compiled, asking)
        assert rows == python_rows(compiled, asking)
        lay_out()
    return [row for row, _ in rows]


def column(name: str, **more: Any) -> Column:  # noqa: ANN401
    return replace(THINGS.facts[name].column, **more)


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("cell", "fits_a", "fits_null"),
    [
        ("-", True, True),
        ('"a"', True, False),
        ('not("a")', False, True),
        ('not("b")', True, True),
        ('not("b", null)', True, False),
        ('"a", null', True, True),
        ("null", False, True),
        ("not(null)", True, False),
    ],
)
def test_null_fits_what_says_so_and_nothing_else(cell: str, fits_a: bool, fits_null: bool) -> None:  # noqa: FBT001
    rows = decided(table_of(column("text"), cell), Thing(text="a"), Thing(text=None))
    assert rows == ["r0" if fits else None for fits in (fits_a, fits_null)]


def test_a_missing_fact_never_decides_where_it_may_not_be_missing() -> None:
    assert decided(table_of(column("text", nullable=False), 'not("b")', "-"), Thing(text=None)) == [None]


def test_a_foreign_value_slides_into_no_row() -> None:
    compiled = table_of(column("text", domain=("a", "b")), 'not("a")', "-")
    assert decided(compiled, Thing(text="a"), Thing(text="b"), Thing(text="c")) == ["r1", "r0", None]


def test_a_foreign_value_among_several_slides_into_no_row() -> None:
    compiled = table_of(column("words", domain=("a", "b")), 'not("a")', "-")
    words = [["a"], ["b"], [], ["a", "c"], ["c"], [7], [None]]
    assert decided(compiled, *(Thing(words=some) for some in words)) == ["r1", "r0", "r0", None, None, None, None]


def test_a_foreign_slug_slides_into_no_row() -> None:
    compiled = table_of(column("slugs", domain=("a", "b", "a-b")), 'not("a")', "-")
    slugs = [["a"], ["b"], [], ["a", "a-b", "b"], ["a", "c"], ["c"], ["a", "b", "ab"]]
    rows = decided(compiled, *(Thing(slugs=barred(some)) for some in slugs))
    assert rows == ["r1", "r0", "r0", "r1", None, None, None]


def test_a_long_list_of_slugs_is_looked_into_all_the_same() -> None:
    known = [f"k{number}" for number in range(30)]  # too many for every pair of them to be written out
    compiled = table_of(column("slugs", domain=tuple(known)), '"k3"', "-")
    slugs = [known, known[:3], known[3:5], [*known, "k"], ["k30"]]
    assert decided(compiled, *(Thing(slugs=barred(some)) for some in slugs)) == ["r0", "r1", "r0", None, None]


@pytest.mark.parametrize("strange", ["", "a|b", "a b", "ä", "a\n", "%"])
def test_what_is_no_slug_is_never_written_and_never_found(strange: str) -> None:
    with pytest.raises(ValueError, match="no slug"):
        barred(["a", strange])
    compiled = compile_table(
        Table(
            "strange",
            (column("slugs"),),
            (Output("answer", ValueType.STRING),),
            (Row("r0", {"slugs": Cell((strange,))}, {"answer": "x"}),),
            {"answer": "y"},
        )
    )
    assert decided(compiled, Thing(slugs="|a||b|"), Thing(slugs="")) == [None, None]


HELD = Registry[Thing](
    "held",
    [Fact(Column("text", V.STRING), lambda o, _: o.text, lambda _: Plain(F("text"), held_to=frozenset({"a", "b"})))],
)


@pytest.mark.parametrize(
    ("domain", "asks"), [(("a", "b"), False), (("b", "c", "a"), False), (("a",), True), (("a", "c"), True)]
)
def test_asks_for_foreign_values_unless_the_database_holds_none(domain: tuple[str, ...], asks: bool) -> None:  # noqa: FBT001
    """A table that was written before a value came into being still sends that value to the fallback."""
    compiled = table_of(Column("text", V.STRING, domain=domain), 'not("a")', "-")
    query = str(Thing.objects.annotate(row=row_of(compiled, HELD, question())).values("row").query)
    assert query.count("WHEN") == (2 if asks else 1)
    lay_out()
    Thing.objects.bulk_create([Thing(text=text) for text in ("a", "b")])
    rows = Thing.objects.annotate(row=row_of(compiled, HELD, question())).order_by("pk").values_list("row", flat=True)
    assert list(rows) == ["r1", "r0" if "b" in domain else None]


@pytest.mark.parametrize("cells", [["-"], ["-", '"a"'], ["-", "-"]])
def test_a_first_row_of_dashes_is_no_empty_case(cells: list[str]) -> None:
    assert decided(table_of(column("text"), *cells), Thing(text="a"), Thing(text=None)) == ["r0", "r0"]


def test_a_table_that_nothing_fits_is_no_empty_case() -> None:
    compiled = table_of(column("reason"), '"never"')
    assert decided(compiled, Thing(), asking=question("something else")) == [None]


@pytest.mark.parametrize("clock", Clock)
@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
def test_a_clock_is_exact_to_the_microsecond(clock: Clock, operator: str) -> None:
    compiled = table_of(column("since", clock=clock), f'{operator} duration("PT1H")')
    ages = [timedelta(hours=1) + hair * MICROSECOND for hair in (-1, 0, 1)]
    instants = [NOW - age if clock is Clock.SINCE else NOW + age for age in ages]
    expected = {"<": [1, 0, 0], "<=": [1, 1, 0], ">": [0, 0, 1], ">=": [0, 1, 1]}[operator]
    rows = decided(compiled, *(Thing(instant=instant) for instant in instants))
    assert rows == ["r0" if fits else None for fits in expected]


@pytest.mark.parametrize("clock", Clock)
@pytest.mark.parametrize("length", ["P999999999DT23H59M59.999999S", "P740000D", "-P999999999D", "-P2930000D"])
@pytest.mark.parametrize("now", [NOW, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
def test_a_clock_may_reach_beyond_the_calendar(clock: Clock, length: str, now: datetime) -> None:
    end = f'duration("{length}")'
    other = f'duration("{"PT1H" if length.startswith("-") else "-P999999999D"}")'
    inside = f"[{end}..{other}]" if length.startswith("-") else f"[{other}..{end})"
    instants = [datetime.min, NOW.replace(tzinfo=None), now.replace(tzinfo=None), datetime.max]  # noqa: DTZ901
    asked = [Thing(instant=instant.replace(tzinfo=UTC)) for instant in instants]
    for cell in (*(f"{operator} {end}" for operator in ("<", "<=", ">", ">=")), end, inside, f"not({inside})"):
        decided(table_of(column("since", clock=clock), cell), *asked, Thing(), asking=question(now=now))


@pytest.mark.parametrize("constant", HOSTILE)
def test_no_text_of_a_cell_becomes_sql(constant: str) -> None:
    compiled = compile_table(
        Table(
            "hostile",
            (column("text"), column("words")),
            (Output("answer", ValueType.STRING),),
            (
                Row(f"1{constant}", {"text": Cell((constant,))}, {"answer": f"2{constant}"}),
                Row(f"3{constant}", {"words": Cell((constant,))}, {"answer": f"4{constant}"}),
            ),
            {"answer": f"5{constant}"},
        )
    )
    rows = decided(compiled, Thing(text=constant), Thing(words=["x", constant]), Thing(text=f"{constant}x"))
    assert rows == [f"1{constant}", f"3{constant}", None]


@pytest.mark.parametrize(
    ("cell", "fitting"),
    [
        ("> 9223372036854775807", []),
        ("<= 99999999999999999999999999999999", [0, 1, 2]),
        ("> -99999999999999999999999999999999", [0, 1, 2]),
        (">= 9223372036854775807", [2]),
        ("[-9223372036854775808..-1]", [0]),
        ("9223372036854775807.5", []),
        ("(0.5..99999999999999999999999999999999.5]", [2]),
    ],
)
def test_numbers_longer_than_an_integer_are_compared_all_the_same(cell: str, fitting: list[int]) -> None:
    numbers = [-(2**63), 0, 2**63 - 1]
    rows = decided(table_of(column("whole"), cell), *(Thing(whole=number) for number in numbers))
    assert [index for index, row in enumerate(rows) if row] == fitting


def test_numbers_with_a_long_exponent_are_compared_all_the_same() -> None:
    ends = [Decimal("-1e90"), Decimal("-1e-90"), Decimal("1e-90"), Decimal("1e90")]
    rows = [
        Row(str(low), {"number": Cell((), (Interval(low, high),))}, {"answer": "x"}) for low, high in pairwise(ends)
    ]
    output = Output("answer", ValueType.STRING)
    compiled = compile_table(Table("long", (column("number"),), (output,), tuple(rows), {"answer": "y"}))
    assert decided(compiled, Thing(number=-1), Thing(number=0), Thing(number=1)) == ["-1E+90", "-1E-90", "1E-90"]


@pytest.mark.parametrize("length", ["P999999999D", "-P999999999D"])
@pytest.mark.parametrize("operator", ["<", ">="])
def test_durations_longer_than_a_database_stores_are_compared_all_the_same(operator: str, length: str) -> None:
    lengths = [timedelta(), timedelta(days=9999), timedelta(days=-9999)]
    compiled = table_of(column("length"), f'{operator} duration("{length}")')
    fits = (operator == "<") != length.startswith("-")
    assert decided(compiled, *(Thing(length=one) for one in lengths)) == ["r0" if fits else None] * 3


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/Havana", date(2026, 3, 8)),  # has no midnight
        ("America/Havana", date(2026, 11, 1)),  # has two
        ("Pacific/Apia", date(2011, 12, 30)),  # never was
        ("Asia/Tokyo", date.min),
        ("America/New_York", date.min),
        ("America/New_York", date.max),
    ],
)
def test_a_day_begins_when_python_says_so(zone: str, day: date) -> None:
    asking = Asking(now=NOW, who=ActorKind.STAFF, reason=None, zone=ZoneInfo(zone))
    begin = datetime.combine(day, time(), tzinfo=asking.zone)
    days = [day + timedelta(days=shift) for shift in (-1, 0, 1) if 1 <= day.toordinal() + shift <= 3652059]
    for hair in (-1, 0, 1):
        with suppress(OverflowError):
            instant = begin.astimezone(UTC) + hair * MICROSECOND
            for operator in ("<", "<=", ">", ">=", ""):
                cell = f'{operator} date and time("{instant.isoformat()}")'
                decided(table_of(column("midnight"), cell), *(Thing(day=each) for each in days), asking=asking)


@pytest.mark.parametrize(
    ("policy", "answers", "expected"),
    [
        (HitPolicy.FIRST, ["bad", "best", "good"], ["r0", "r1", None]),
        (HitPolicy.PRIORITY, ["bad", "best", "good"], ["r1", "r1", None]),
        (HitPolicy.UNIQUE, ["bad", "best", "good"], [None, "r1", None]),
        (HitPolicy.ANY, ["bad", "best", "good"], [None, "r1", None]),
        (HitPolicy.ANY, ["best", "best", "good"], ["r0", "r1", None]),
    ],
)
def test_every_hit_policy_is_obeyed(policy: HitPolicy, answers: list[str], expected: list[str | None]) -> None:
    compiled = table_of(column("whole"), "1", "[1..2]", ">= 9", policy=policy)
    rows = [replace(row, outputs={"answer": answer}) for row, answer in zip(compiled.table.rows, answers, strict=True)]
    compiled = compile_table(replace(compiled.table, rows=tuple(rows)))
    assert decided(compiled, Thing(whole=1), Thing(whole=2), Thing(whole=3)) == expected


def test_subjects_are_filtered_and_counted_by_their_outcome() -> None:
    lay_out()
    compiled = table_of(column("whole"), "1", "[1..2]")
    Thing.objects.bulk_create([Thing(whole=number) for number in (1, 2, 2, 3)])
    outcomes = Thing.objects.annotate(answer=output_of(compiled, THINGS, question(), "answer"))
    assert list(outcomes.filter(answer="good").values_list("whole", flat=True)) == [2, 2]
    counted = outcomes.values_list("answer").annotate(number=models.Count("pk")).order_by("answer")
    assert list(counted) == [("bad", 1), ("best", 1), ("good", 2)]
    rows = Thing.objects.annotate(by=row_of(compiled, THINGS, question()))
    assert list(rows.order_by("pk").values_list("by", flat=True)) == ["r0", "r1", "r1", None]


@pytest.mark.parametrize(
    "strange",
    [
        Column("moon", ValueType.STRING),
        Column("text", ValueType.NUMBER),
        Column("text", ValueType.STRING, several=True),
    ],
)
def test_refuses_a_column_that_the_database_does_not_have(strange: Column) -> None:
    compiled = compile_table(
        Table(
            "strange",
            (strange,),
            (Output("answer", ValueType.STRING),),
            (Row("r", {}, {"answer": "x"}),),
            {"answer": "y"},
        )
    )
    with pytest.raises(NoTwinError, match=strange.name):
        row_of(compiled, THINGS, question())


def test_refuses_a_question_without_a_time_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        row_of(table_of(column("text"), "-"), THINGS, question(now=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_refuses_an_output_that_is_no_text() -> None:
    compiled = table_of(column("text"), "-")
    table = replace(compiled.table, outputs=(*compiled.table.outputs, Output("fee", ValueType.NUMBER, optional=True)))
    with pytest.raises(TypeError, match="fee"):
        output_of(compile_table(table), THINGS, question(), "fee")
    with pytest.raises(KeyError):
        output_of(compiled, THINGS, question())
