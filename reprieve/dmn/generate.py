"""The source of a compiled table: straight-line Python, a lookup or two for each column.

It depends on the number and kinds of the columns and of their constants only. Names, constants and cells are bound as
objects under numbered names, so no text of a table is ever run.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import cast

from reprieve.dmn.facts import COLLECTIONS
from reprieve.dmn.model import Clock
from reprieve.dmn.sieve import Sieve
from reprieve.dmn.values import PYTHON_TYPES, Value, ValueType

_MEMO_VALUES = 30


def generate[D](
    sieves: Sequence[Sieve],
    *,
    every_row: int,
    verdict: Mapping[int, D] | Callable[[int], D],
    carefully: Callable[[Mapping[str, object], datetime], D],
) -> Callable[[Mapping[str, object], datetime], D]:
    """The function that decides facts at an instant.

    Args:
        sieves: one for each column.
        every_row: the mask of all rows.
        verdict: from the mask of the rows that fit to the answer; a mapping is asked for the lowest bit only.
        carefully: decides what is not recognised at a glance.
    """
    by_lowest_bit = isinstance(verdict, Mapping)
    scope: dict[str, object] = {
        "UTC": UTC,
        "datetime": datetime,
        "Decimal": Decimal,
        "nothing": {},
        "collections": frozenset(COLLECTIONS),
        "carefully": carefully,
        "every_row": every_row,
        "verdict": verdict,
    }
    numbered = list(enumerate(sieves))
    for number, sieve in numbered:
        scope |= _constants(number, sieve)
    plain = [f"values{number}[facts[name{number}]]" for number, sieve in numbered if _is_plain(sieve)]
    lines = [f"fit = {' & '.join(plain) or 'every_row'}"]
    for number, sieve in numbered:
        lines += [] if _is_plain(sieve) else _column_source(number, sieve)
    lines.append("return verdict[fit & -fit]" if by_lowest_bit else "return verdict(fit)")
    source = "\n".join(
        [
            "def decide(facts, now):",
            "    if now.tzinfo is not UTC: return carefully(facts, now)",
            "    try:",
            *_indented(_indented(lines)),
            "    except (KeyError, TypeError, ArithmeticError): return carefully(facts, now)",
        ]
    )
    exec(compile(source, "<decision table>", "exec"), scope)  # noqa: S102 our own words and numbers only
    return cast("Callable[[Mapping[str, object], datetime], D]", scope["decide"])


def _is_plain(sieve: Sieve) -> bool:
    """Whether one look-up settles the column: only an equal string is found among strings, whatever its class."""
    column = sieve.column
    return _is_closed_text(sieve) and not (column.several or column.nullable)


def _is_closed_text(sieve: Sieve) -> bool:
    return sieve.column.type is ValueType.STRING and sieve.column.domain is not None


def _constants(n: int, sieve: Sieve) -> dict[str, object]:
    """What the source of a column uses, under the column's number; a row's `not` is applied to each mask beforehand."""
    column = sieve.column
    flip = 0 if column.several else sieve.negated
    values = {value: hit ^ flip for value, hit in sieve.hits.items()}
    return {
        f"name{n}": column.name,
        f"type{n}": PYTHON_TYPES[column.fact_type][0],
        f"null{n}": sieve.null,
        f"negated{n}": sieve.negated,
        f"values{n}": values,
        f"other{n}": flip,
        f"true{n}": values.get(True),
        f"false{n}": values.get(False),
        f"whole{n}": _whole_collections(sieve),
        **{f"point{n}_{place}": point for place, point in enumerate(sieve.points)},
        **{f"region{n}_{region}": hit ^ flip for region, hit in enumerate(sieve.region_hits)},
    }


def _whole_collections(sieve: Sieve) -> dict[tuple[Value, ...], int]:
    """The masks of collections of up to two values, which most facts are, so that they cost one look-up."""
    domain = sieve.column.domain or ()
    if not (sieve.column.several and _is_closed_text(sieve) and len(domain) <= _MEMO_VALUES):
        return {}
    return {values: sieve.passing(values) for size in range(3) for values in product(domain, repeat=size)}


def _column_source(n: int, sieve: Sieve) -> list[str]:
    """The lines that narrow `fit` by one column."""
    narrow = _several_source(n, sieve) if sieve.column.several else [*_guard(n, sieve), f"fit &= {_lookup(n, sieve)}"]
    if sieve.column.nullable:
        narrow = ["if v is None:", f"    fit &= null{n}", "else:", *_indented(narrow)]
    return [f"v = facts[name{n}]", *narrow]


def _several_source(n: int, sieve: Sieve) -> list[str]:
    loop = [
        f"if type(v) not in collections: {_LEAVE}",
        "hit = 0",
        "for v in v:",
        *_indented([*_guard(n, sieve), f"hit |= {_lookup(n, sieve)}"]),
        f"hit ^= negated{n}",
    ]
    if not _is_closed_text(sieve):
        return [*loop, "fit &= hit"]
    return [f"hit = whole{n}.get(v)", "if hit is None:", *_indented(loop), "fit &= hit"]


_LEAVE = "return carefully(facts, now)"


def _guard(n: int, sieve: Sieve) -> list[str]:
    """Leave for the careful way unless `v` is plainly of the column's type; then turn an instant into a duration."""
    column = sieve.column
    if _is_closed_text(sieve) or (column.type is ValueType.BOOLEAN and column.domain is None):
        return []  # their look-ups find nothing else
    if column.clock is not None:
        age = "now - v" if column.clock is Clock.SINCE else "v - now"
        return [f"if type(v) is not datetime or v.tzinfo is not UTC: {_LEAVE}", f"v = {age}"]
    if column.fact_type is ValueType.DATE_TIME:
        return [f"if type(v) is not datetime or v.tzinfo is not UTC: {_LEAVE}"]
    if column.type is ValueType.TIME:
        return [f"if type(v) is not type{n} or v.tzinfo is not None: {_LEAVE}"]
    if column.type is ValueType.NUMBER and not column.integer:
        return [f"if type(v) is not int and (type(v) is not Decimal or not v.is_finite()): {_LEAVE}"]
    return [f"if type(v) is not type{n}: {_LEAVE}"]


def _lookup(n: int, sieve: Sieve) -> str:
    if not sieve.is_listed:
        return _search(n, sieve, 0, len(sieve.region_hits) - 1)
    if sieve.column.type is ValueType.BOOLEAN and sieve.column.domain is None:
        return f"(true{n} if v is True else false{n} if v is False else nothing[v])"
    return f"values{n}[v]" if sieve.column.domain is not None else f"values{n}.get(v, other{n})"


def _search(n: int, sieve: Sieve, low: int, high: int) -> str:
    """A binary search among the regions `low` to `high` as nested comparisons; equal neighbours need none."""
    masks = sieve.region_hits
    if len(set(masks[low : high + 1])) == 1:
        return f"region{n}_{low}"
    changes = [region for region in range(low, high) if masks[region] != masks[region + 1]]
    middle = changes[len(changes) // 2]
    place, is_point = divmod(middle, 2)
    sign = "<=" if is_point else "<"
    left, right = _search(n, sieve, low, middle), _search(n, sieve, middle + 1, high)
    return f"({left} if v {sign} point{n}_{place} else {right})"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
