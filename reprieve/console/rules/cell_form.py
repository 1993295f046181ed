"""A cell as a choice that a manager makes: anything, any of, none of, less than, between and more.

What these choices cannot say stands as the S-FEEL text that it is, so that every cell survives an edit that does not
touch it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.console.rules.typed_values import TypedError, is_plain, read_value, write_value
from reprieve.dmn.cell import ANY, Cell, Interval
from reprieve.dmn.sfeel import CellError, parse_cell, print_cell
from reprieve.dmn.table import Column
from reprieve.dmn.values import Value, ValueType, is_before
from reprieve.policies.words.values import KNOWN

NOT_KNOWN = Cell(accepts_null=True)


class How(StrEnum):
    """What a rule wants of a fact."""

    ANYTHING = "anything"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    YES = "yes"
    NO = "no"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    IS = "is"
    IS_NOT = "is_not"
    UNKNOWN = "unknown"
    KNOWN = "known"
    TEXT = "text"


COMPARISONS = (How.LESS, How.AT_MOST, How.MORE, How.AT_LEAST, How.BETWEEN, How.IS, How.IS_NOT)
LABELS: Mapping[How, object] = {
    How.ANYTHING: _("anything"),
    How.ONE_OF: _("any of"),
    How.NONE_OF: _("none of"),
    How.YES: _("yes"),
    How.NO: _("no"),
    How.LESS: _("less than"),
    How.AT_MOST: _("at most"),
    How.MORE: _("more than"),
    How.AT_LEAST: _("at least"),
    How.BETWEEN: _("between"),
    How.IS: _("exactly"),
    How.IS_NOT: _("not exactly"),
    How.UNKNOWN: _("not known"),
    How.KNOWN: _("known, whatever it is"),
    How.TEXT: _("as a formula (S-FEEL)"),
}


@dataclass(frozen=True, slots=True)
class CellInput:
    """What stands in the fields of one cell. `or_unknown`: it also fits where the fact is not known."""

    how: str
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    text: str = ""
    or_unknown: bool = False


def ways(column: Column, *, is_listed: bool) -> list[How]:
    """What can be chosen for a fact. `is_listed`: its values are known, or can be written one a line."""
    found = [How.ANYTHING]
    if column.type is ValueType.BOOLEAN:
        found += [How.YES, How.NO]
    elif is_listed or not column.type.is_ordered:
        found += [How.ONE_OF, How.NONE_OF]
    if column.type.is_ordered:
        found += COMPARISONS
    if column.nullable:
        found += [How.UNKNOWN, How.KNOWN]
    return [*found, How.TEXT]


def input_of(column: Column, cell: Cell) -> CellInput:
    """How a cell stands in the form; `cell_of` reads it back to an equal one."""
    known = ways(column, is_listed=column.domain is not None)
    for chosen in _candidates(cell):
        if chosen.how in known and _says(column, chosen, cell):
            return chosen
    return CellInput(How.TEXT, text=print_cell(cell, column.type))


def cell_of(column: Column, chosen: CellInput) -> Cell:
    """The cell that was chosen. Raises TypedError with what to write."""
    read = _READERS.get(chosen.how)
    if read is None:
        raise TypedError(gettext("this is none of the choices"), gettext("choose one of the list"))
    return read(column, chosen)


def is_same(one: CellInput, other: CellInput) -> bool:
    """Whether two forms of a cell say the same: the order in which boxes are ticked says nothing."""
    return replace(one, values=tuple(sorted(one.values))) == replace(other, values=tuple(sorted(other.values)))


def tidy(column: Column, chosen: CellInput) -> CellInput:
    """Without what stands in fields that its choice does not use."""
    is_listing = chosen.how in {How.ONE_OF, How.NONE_OF}
    return CellInput(
        how=chosen.how,
        values=chosen.values if is_listing else (),
        low=chosen.low.strip() if chosen.how in COMPARISONS else "",
        high=chosen.high.strip() if chosen.how == How.BETWEEN else "",
        text=chosen.text.strip() if chosen.how == How.TEXT else "",
        or_unknown=column.nullable
        and chosen.or_unknown
        and (is_listing or chosen.how in {*COMPARISONS, How.YES, How.NO}),
    )


def _says(column: Column, chosen: CellInput, cell: Cell) -> bool:
    texts = (*chosen.values, chosen.low, chosen.high)
    try:
        return all(map(is_plain, texts)) and "" not in chosen.values and cell_of(column, chosen) == cell
    except TypedError:
        return False


def _candidates(cell: Cell) -> Iterator[CellInput]:
    if cell.is_any:
        yield CellInput(How.ANYTHING)
    if cell == NOT_KNOWN:
        yield CellInput(How.UNKNOWN)
    if cell == KNOWN:
        yield CellInput(How.KNOWN)
    points, null = cell.points, cell.accepts_null
    texts = tuple(map(write_value, points))
    if len(cell.intervals) == 1 and not points and not cell.negated:
        yield from _of_interval(cell.intervals[0], or_unknown=null)
    if cell.intervals or not points:
        return
    if len(points) == 1 and not cell.negated and isinstance(points[0], bool):
        yield CellInput(How.YES if points[0] else How.NO, or_unknown=null)
    for or_unknown in (null, False):
        yield CellInput(How.NONE_OF if cell.negated else How.ONE_OF, values=texts, or_unknown=or_unknown)
        if len(points) == 1:
            yield CellInput(How.IS_NOT if cell.negated else How.IS, low=texts[0], or_unknown=or_unknown)


def _of_interval(interval: Interval, *, or_unknown: bool) -> Iterator[CellInput]:
    low, high = interval.low, interval.high
    if low is None and high is not None:
        how = How.AT_MOST if interval.high_closed else How.LESS
        yield CellInput(how, low=write_value(high), or_unknown=or_unknown)
    elif high is None and low is not None:
        how = How.AT_LEAST if interval.low_closed else How.MORE
        yield CellInput(how, low=write_value(low), or_unknown=or_unknown)
    elif low is not None and high is not None:
        yield CellInput(How.BETWEEN, low=write_value(low), high=write_value(high), or_unknown=or_unknown)


def _operand(column: Column, text: str, which: str = "") -> Value:
    if not text.strip():
        raise TypedError(which or gettext("a value is missing"), _example(column))
    return read_value(text, column.type)


def _example(column: Column) -> str:
    examples = {
        ValueType.DURATION: gettext("write it like 45 days, 1 h 30 min or PT1H"),
        ValueType.NUMBER: gettext("write a number such as 3 or 0.5"),
        ValueType.DATE: gettext("write a date such as 2026-11-21"),
        ValueType.TIME: gettext("write a time such as 14:30"),
        ValueType.DATE_TIME: gettext("write it like 2026-11-21T14:30:00Z"),
    }
    return examples.get(column.type, gettext("write a value, or choose “anything”"))


def _listed(column: Column, chosen: CellInput) -> Cell:
    negated = chosen.how == How.NONE_OF
    if not chosen.values:
        raise TypedError(gettext("nothing is chosen"), gettext("choose at least one value, or “anything”"))
    points = tuple(dict.fromkeys(read_value(text, column.type) for text in chosen.values))
    return Cell(points, negated=negated, accepts_null=_null(column, chosen, negated=negated))


def _null(column: Column, chosen: CellInput, *, negated: bool) -> bool:
    """Of a fact that is always known, S-FEEL's own reading: `not(x)` lets null in, `x` does not."""
    return chosen.or_unknown if column.nullable else negated


def _yes_no(column: Column, chosen: CellInput) -> Cell:
    return Cell((chosen.how == How.YES,), accepts_null=_null(column, chosen, negated=False))


def _point(column: Column, chosen: CellInput) -> Cell:
    negated = chosen.how == How.IS_NOT
    value = _operand(column, chosen.low)
    return Cell((value,), negated=negated, accepts_null=_null(column, chosen, negated=negated))


def _bound(column: Column, chosen: CellInput) -> Cell:
    end, null = _operand(column, chosen.low), _null(column, chosen, negated=False)
    closed = chosen.how in {How.AT_MOST, How.AT_LEAST}
    is_upper = chosen.how in {How.LESS, How.AT_MOST}
    interval = Interval(None, end, high_closed=closed) if is_upper else Interval(end, None, low_closed=closed)
    return Cell(intervals=(interval,), accepts_null=null)


def _between(column: Column, chosen: CellInput) -> Cell:
    low = _operand(column, chosen.low, gettext("the lower end is missing"))
    high = _operand(column, chosen.high, gettext("the upper end is missing"))
    null = _null(column, chosen, negated=False)
    if low == high:
        return Cell((low,), accepts_null=null)
    if is_before(high, low):
        raise TypedError(gettext("nothing lies between these two"), gettext("write the smaller one first"))
    return Cell(intervals=(Interval(low, high, low_closed=True, high_closed=True),), accepts_null=null)


def _formula(column: Column, chosen: CellInput) -> Cell:
    try:
        return parse_cell(chosen.text.strip(), column.type)
    except CellError as error:
        at = gettext(" (character %d)") % (error.position + 1)
        raise TypedError(f"{error.message}{at}", error.hint) from error


_READERS: Mapping[str, Callable[[Column, CellInput], Cell]] = {
    How.ANYTHING: lambda _column, _chosen: ANY,
    How.UNKNOWN: lambda _column, _chosen: NOT_KNOWN,
    How.KNOWN: lambda _column, _chosen: KNOWN,
    How.ONE_OF: _listed,
    How.NONE_OF: _listed,
    How.YES: _yes_no,
    How.NO: _yes_no,
    How.IS: _point,
    How.IS_NOT: _point,
    How.BETWEEN: _between,
    How.TEXT: _formula,
    **dict.fromkeys((How.LESS, How.AT_MOST, How.MORE, How.AT_LEAST), _bound),
}


def choices(column: Column, suggested: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """The values to tick, each with its name: the column's own, or those that the business has."""
    names = dict(suggested)
    if column.domain is None:
        return list(suggested)
    texts = [write_value(value) for value in column.domain]
    return [(text, names.get(text, text)) for text in texts]
