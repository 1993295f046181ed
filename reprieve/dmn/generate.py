"""The source of a compiled table: straight-line Python, a lookup or two for each column.

It depends on the number and kinds of the columns and of their constants only. Names, constants and cells are bound as
objects under numbered names, so no text of a table is ever run.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import NamedTuple, cast

from reprieve.dmn.decision import Decision, Explanation, Miss
from reprieve.dmn.facts import COLLECTIONS, Fact
from reprieve.dmn.lookup import ColumnLookup
from reprieve.dmn.model import Clock
from reprieve.dmn.values import PYTHON_TYPES, Value, ValueType, canonical

_MEMO_VALUES = 30
_MEMO_MISSES = 100


type Answering[A] = Callable[[Mapping[str, object], datetime], A]
type Verdict = Mapping[int, Decision] | Callable[[int], Decision]


class CellTest(NamedTuple):
    """A cell that restricts its row: the number and the name of its column, and how it is printed."""

    number: int
    column: str
    cell: str


def generate_decide(
    lookups: Sequence[ColumnLookup],
    *,
    every_row: int,
    verdict: Verdict,
    carefully: Answering[Decision],
) -> Answering[Decision]:
    """The function that decides facts at an instant.

    Args:
        lookups: one for each column.
        every_row: the mask of all rows.
        verdict: from the mask of the rows that fit to the answer; a mapping is asked for the lowest bit only.
        carefully: decides what is not recognised at a glance.
    """
    by_lowest_bit = isinstance(verdict, Mapping)
    numbered = list(enumerate(lookups))
    plain = [f"values{number}[facts[name{number}]]" for number, lookup in numbered if _is_plain(lookup)]
    lines = [f"fit = {' & '.join(plain) or 'every_row'}"]
    for number, lookup in numbered:
        lines += [] if _is_plain(lookup) else _column_source(number, lookup, "fit &=")
    lines.append("return verdict[fit & -fit]" if by_lowest_bit else "return verdict(fit)")
    scope = _scope(lookups) | {"every_row": every_row, "verdict": verdict, "carefully": carefully}
    return cast("Answering[Decision]", _function(lines, scope))


def generate_explain(
    lookups: Sequence[ColumnLookup],
    *,
    tests: Mapping[str, Sequence[CellTest]],
    verdict: Verdict,
    carefully: Answering[Explanation],
) -> Answering[Explanation]:
    """The function that decides facts at an instant and tells why no earlier row did.

    Args:
        lookups: one for each column.
        tests: by row id, in the order of the rows, the cells that restrict it, in the order of the columns.
        verdict: see `generate_decide`.
        carefully: explains what is not recognised at a glance.
    """
    is_first = isinstance(verdict, Mapping)
    scope = _scope(lookups) | {"every_row": (1 << len(tests)) - 1, "verdict": verdict, "carefully": carefully}
    scope |= {"new": tuple.__new__, "Explanation": Explanation, "Miss": Miss}
    scope["bits"] = {row: 1 << index for index, row in enumerate(tests)}
    lines: list[str] = []
    for number, lookup in enumerate(lookups):
        lines += [*_column_source(number, lookup, f"mask{number} =", exact=True), f"seen{number} = v"]
    lines.append(f"fit = {' & '.join(f'mask{number}' for number in range(len(lookups))) or 'every_row'}")
    lines += _FIRST_STOP if is_first else _ANY_STOP
    lines.append("missed = []")
    for index, (row, cells) in enumerate(tests.items()):
        lines += [f"if stop == {1 << index}: {_EXPLAINED}", *_row_source(index, cells, lookups, surely=is_first)]
        scope |= _row_constants(index, row, cells, lookups)
    return cast("Answering[Explanation]", _function([*lines, _EXPLAINED], scope))


_FIRST_STOP = ["stop = fit & -fit", "decision = verdict[stop]"]
_ANY_STOP = ["decision = verdict(fit)", "stop = bits.get(decision.row)"]
_EXPLAINED = "return new(Explanation, (decision, tuple(missed)))"  # `Explanation(…)` takes twice as long


def _row_source(index: int, cells: Sequence[CellTest], lookups: Sequence[ColumnLookup], *, surely: bool) -> list[str]:
    """The lines that note the first cell of a row that fails. If one does `surely`, the last needs no test."""
    lines: list[str] = []
    for place, (n, _, _) in enumerate(cells, start=1):
        fails = "True" if surely and place == len(cells) else f"not mask{n} & {1 << index}"
        known = f"known{index}_{n}.get(seen{n}) or " if _foreseeable(lookups[n]) else ""
        miss = f"{known}new(Miss, (row{index}, name{n}, cell{index}_{n}, seen{n}))"
        lines.append(f"{'elif' if lines else 'if'} {fails}: missed.append({miss})")
    return lines


def _row_constants(
    index: int, row: str, cells: Sequence[CellTest], lookups: Sequence[ColumnLookup]
) -> dict[str, object]:
    constants: dict[str, object] = {f"row{index}": row}
    for n, column, cell in cells:
        constants[f"cell{index}_{n}"] = cell
        constants[f"known{index}_{n}"] = {seen: Miss(row, column, cell, seen) for seen in _foreseeable(lookups[n])}
    return constants


def _foreseeable(lookup: ColumnLookup) -> Collection[Fact]:
    """What the column may see, where that is little: its misses are then made once, and not at each explanation."""
    if lookup.column.several:
        collections = _whole_collections(lookup)
        return collections if len(collections) <= _MEMO_MISSES else ()
    return (*lookup.hits, None) if lookup.is_listed else ()


def _function(lines: list[str], scope: dict[str, object]) -> object:
    """The function of `facts` and `now` with these lines; it leaves what it does not recognise to `carefully`."""
    source = "\n".join(
        [
            "def compiled(facts, now):",
            "    if now.tzinfo is not UTC: return carefully(facts, now)",
            "    try:",
            *_indented(_indented(lines)),
            "    except (KeyError, TypeError, ArithmeticError): return carefully(facts, now)",
        ]
    )
    exec(compile(source, "<decision table>", "exec"), scope)  # noqa: S102 our own words and numbers only
    return scope["compiled"]


def _scope(lookups: Sequence[ColumnLookup]) -> dict[str, object]:
    scope: dict[str, object] = {
        "UTC": UTC,
        "datetime": datetime,
        "Decimal": Decimal,
        "canonical": canonical,
        "nothing": {},
        "collections": frozenset(COLLECTIONS),
    }
    for number, lookup in enumerate(lookups):
        scope |= _constants(number, lookup)
    return scope


def _is_plain(lookup: ColumnLookup) -> bool:
    """Whether one look-up settles the column: only an equal string is found among strings, whatever its class."""
    column = lookup.column
    return _is_closed_text(lookup) and not (column.several or column.nullable)


def _is_closed_text(lookup: ColumnLookup) -> bool:
    return lookup.column.type is ValueType.STRING and lookup.column.domain is not None


def _constants(n: int, lookup: ColumnLookup) -> dict[str, object]:
    """What the source of a column uses, under the column's number; a row's `not` is applied to each mask beforehand."""
    column = lookup.column
    flip = 0 if column.several else lookup.negated
    values = {value: hit ^ flip for value, hit in lookup.hits.items()}
    return {
        f"name{n}": column.name,
        f"type{n}": PYTHON_TYPES[column.fact_type][0],
        f"null{n}": lookup.null,
        f"negated{n}": lookup.negated,
        f"values{n}": values,
        f"other{n}": flip,
        f"true{n}": values.get(True),
        f"false{n}": values.get(False),
        f"whole{n}": _whole_collections(lookup),
        **{f"point{n}_{place}": point for place, point in enumerate(lookup.points)},
        **{f"region{n}_{region}": hit ^ flip for region, hit in enumerate(lookup.region_hits)},
    }


def _whole_collections(lookup: ColumnLookup) -> dict[tuple[Value, ...], int]:
    """The masks of collections of up to two values, which most facts are, so that they cost one look-up."""
    domain = lookup.column.domain or ()
    if not (lookup.column.several and _is_closed_text(lookup) and len(domain) <= _MEMO_VALUES):
        return {}
    return {values: lookup.passing(values) for size in range(3) for values in product(domain, repeat=size)}


def _column_source(n: int, lookup: ColumnLookup, into: str, *, exact: bool = False) -> list[str]:
    """The lines that assign the rows that one column lets through, and leave what it saw in `v`, if `exact` is set.

    Then `v` has its canonical form. Otherwise what only equals it is good enough, and `v` is anything.
    """
    if lookup.column.several:
        narrow = _several_source(n, lookup, into, exact=exact)
    else:
        narrow = [*_guard(n, lookup, exact=exact), f"{into} {_lookup(n, lookup)}"]
    if lookup.column.nullable:
        narrow = ["if v is None:", f"    {into} null{n}", "else:", *_indented(narrow)]
    return [f"v = facts[name{n}]", *narrow]


def _several_source(n: int, lookup: ColumnLookup, into: str, *, exact: bool) -> list[str]:
    test = f"if type(v) not in collections: {_LEAVE}"
    look = [*_guard(n, lookup, exact=exact), f"hit |= {_lookup(n, lookup)}"]
    if exact:
        keep = ["values = []", "for v in v:", *_indented([*look, "values.append(v)"]), "v = tuple(values)"]
        return [test, "hit = 0", *keep, f"{into} hit ^ negated{n}"]
    loop = [test, "hit = 0", "for v in v:", *_indented(look), f"hit ^= negated{n}"]
    if not _is_closed_text(lookup):
        return [*loop, f"{into} hit"]
    return [f"hit = whole{n}.get(v)", "if hit is None:", *_indented(loop), f"{into} hit"]


_LEAVE = "return carefully(facts, now)"


def _guard(n: int, lookup: ColumnLookup, *, exact: bool) -> list[str]:
    """Leave for the careful way unless `v` is plainly of the column's type; then turn an instant into a duration."""
    column = lookup.column
    if column.type is ValueType.BOOLEAN and column.domain is None:
        return []  # its look-up finds nothing else
    if _is_closed_text(lookup) and not exact:
        return []  # the same, but for text of another class that equals a value
    if column.fact_type is ValueType.DATE_TIME:
        age = {Clock.SINCE: ["v = now - v"], Clock.UNTIL: ["v = v - now"], None: []}[column.clock]
        return [f"if type(v) is not datetime or v.tzinfo is not UTC: {_LEAVE}", *age]
    if column.type is ValueType.TIME:
        return [f"if type(v) is not type{n} or v.tzinfo is not None: {_LEAVE}"]
    if column.type is ValueType.NUMBER and not column.integer:
        test = f"if type(v) is not int and (type(v) is not Decimal or not v.is_finite()): {_LEAVE}"
        return [test, "if type(v) is Decimal: v = canonical(v)"] if exact else [test]
    return [f"if type(v) is not type{n}: {_LEAVE}"]


def _lookup(n: int, lookup: ColumnLookup) -> str:
    if not lookup.is_listed:
        return _search(n, lookup, 0, len(lookup.region_hits) - 1)
    if lookup.column.type is ValueType.BOOLEAN and lookup.column.domain is None:
        return f"(true{n} if v is True else false{n} if v is False else nothing[v])"
    return f"values{n}[v]" if lookup.column.domain is not None else f"values{n}.get(v, other{n})"


def _search(n: int, lookup: ColumnLookup, low: int, high: int) -> str:
    """A binary search among the regions `low` to `high` as nested comparisons; equal neighbours need none."""
    masks = lookup.region_hits
    if len(set(masks[low : high + 1])) == 1:
        return f"region{n}_{low}"
    changes = [region for region in range(low, high) if masks[region] != masks[region + 1]]
    middle = changes[len(changes) // 2]
    place, is_point = divmod(middle, 2)
    sign = "<=" if is_point else "<"
    left, right = _search(n, lookup, low, middle), _search(n, lookup, middle + 1, high)
    return f"({left} if v {sign} point{n}_{place} else {right})"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
