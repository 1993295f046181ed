"""The normal form of a cell: points and intervals, negated or not, and whether null is accepted."""

from collections.abc import Iterable
from dataclasses import dataclass

from reprieve.dmn.values import Value, is_before


@dataclass(frozen=True, slots=True)
class Interval:
    """The values from `low` to `high`; None is unbounded. One value alone is a point, never an interval.

    Raises:
        ValueError: it holds nothing, everything, or one value only.
    """

    low: Value | None
    high: Value | None
    low_closed: bool = False
    high_closed: bool = False

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError("an interval needs a bound")
        if self.low is not None and self.high is not None and not is_before(self.low, self.high):
            raise ValueError("the lower bound of an interval lies below its upper bound")
        if (self.low is None and self.low_closed) or (self.high is None and self.high_closed):
            raise ValueError("an unbounded end is open")

    def contains(self, value: Value) -> bool:
        return self._is_above_low(value) and self._is_below_high(value)

    def _is_above_low(self, value: Value) -> bool:
        return self.low is None or is_before(self.low, value) or (self.low_closed and value == self.low)

    def _is_below_high(self, value: Value) -> bool:
        return self.high is None or is_before(value, self.high) or (self.high_closed and value == self.high)


@dataclass(frozen=True, slots=True)
class Cell:
    """The normal form of a cell: points and intervals, negated or not, and whether a missing value (null) fits.

    `-` is the negation of nothing. Whether null fits is decided once per cell, for every reader of it: `-` accepts it,
    a list accepts it if it names null, `not(points)` accepts it unless it names null, and `not(…)` around an interval
    never does.

    Raises:
        ValueError: a negated interval that accepts null, which cannot be written.
    """

    points: tuple[Value, ...] = ()
    intervals: tuple[Interval, ...] = ()
    negated: bool = False
    accepts_null: bool = False

    def __post_init__(self) -> None:
        if self.negated and self.intervals and self.accepts_null:
            raise ValueError("not(…) around an interval does not accept null")
        if not (self.negated or self.points or self.intervals or self.accepts_null):
            raise ValueError("a cell that nothing fits cannot be written")

    @property
    def is_any(self) -> bool:
        """Whether this is the cell `-`."""
        return self.negated and self.accepts_null and not self.points

    @property
    def names_null(self) -> bool:
        """Whether null is written in it: to be let in, or inside `not(…)` to be kept out."""
        return self.accepts_null != self.negated and not (self.negated and self.intervals)

    def names(self, value: Value) -> bool:
        """Whether the value is among the points and intervals, before any `not`."""
        return value in self.points or any(interval.contains(value) for interval in self.intervals)

    def accepts(self, value: Value | None) -> bool:
        """Whether one fact of the column's type, or a missing one, fits."""
        return self.accepts_null if value is None else self.names(value) != self.negated

    def accepts_any(self, values: Iterable[Value]) -> bool:
        """Whether a fact that holds several values fits.

        A cell fits if any value fits; a negated one if none of the values that it names is there, so that `x` and
        `not(x)` stay complements. No value at all therefore fits `-` and negated cells only.
        """
        return any(self.names(value) for value in values) != self.negated


ANY = Cell(negated=True, accepts_null=True)
