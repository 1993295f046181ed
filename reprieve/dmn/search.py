"""The search for a point of a grid that lies in some boxes and outside others: exact, and quick on what people write.

A box is left as soon as one dimension's choice is not its own. So only those choices of a dimension matter that leave
no superset of what another leaves; a box that only one open dimension can leave dictates its choice; one that none can
leave ends a branch; and what has failed once with the same boxes and dimensions to go is not tried again.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

type Point = tuple[int, ...]
"""The number of one choice for each dimension."""

type Region = tuple[int, ...]
"""Some choices for each dimension, as bits."""

type _Options = dict[int, int]
"""From the boxes that a choice stays in to the choice."""


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def find_point(masks: Sequence[Sequence[int]], within: Region, required: int, forbidden: int) -> Point | None:
    """A point of the region that lies in every required box and in no forbidden one; None where there is none.

    Args:
        masks: for each dimension and choice the boxes that it stays in.
        within: the region.
        required: a mask of boxes.
        forbidden: a mask of boxes.
    """
    dimensions: list[_Options] = []
    alive = forbidden
    for choices, allowed in zip(masks, within, strict=True):
        options = {
            choices[choice] & forbidden: choice for choice in bits(allowed) if choices[choice] & required == required
        }
        if not options:
            return None
        dimensions.append(options)
        alive &= reduce(or_, options)
    found = _Search(dimensions).leave(alive, (1 << len(dimensions)) - 1)
    if found is None:
        return None
    return tuple(found.get(number, next(iter(options.values()))) for number, options in enumerate(dimensions))


class _Branch(NamedTuple):
    """A dimension, its options worth a try, and the dimensions that stay open."""

    dimension: int
    options: _Options
    others: int


_DEAD_END = _Branch(-1, {}, 0)


class _Search:
    def __init__(self, dimensions: Sequence[_Options]) -> None:
        self.dimensions = dimensions
        self.failed: set[tuple[int, int]] = set()

    def leave(self, alive: int, open_dimensions: int) -> dict[int, int] | None:
        """Choices among the open dimensions that leave every box alive; those of the others do not matter."""
        if not alive:
            return {}
        if (alive, open_dimensions) in self.failed:
            return None
        branch = self.branch(alive, open_dimensions)
        for left in sorted(branch.options, key=int.bit_count):
            found = self.leave(left, branch.others)
            if found is not None:
                return {branch.dimension: branch.options[left], **found}
        self.failed.add((alive, open_dimensions))
        return None

    def branch(self, alive: int, open_dimensions: int) -> _Branch:
        """Where to go on: at the dimension with the fewest options that leave what only it can leave."""
        useful: list[tuple[int, _Options, int]] = []
        leavable = leavable_twice = 0
        for number in bits(open_dimensions):
            options = {mask & alive: choice for mask, choice in self.dimensions[number].items()}
            here = alive & ~reduce(and_, options)
            if here:
                useful.append((number, options, here))
                leavable_twice |= leavable & here
                leavable |= here
        if leavable != alive:
            return _DEAD_END
        best = _DEAD_END
        others = sum(1 << number for number, _, _ in useful)
        for number, options, here in useful:
            demanded = here & ~leavable_twice
            fitting = {mask: choice for mask, choice in options.items() if not mask & demanded}
            if best is _DEAD_END or len(fitting) < len(best.options):
                best = _Branch(number, fitting, others & ~(1 << number))
        return best._replace(options=_least(best.options))


def _least(options: _Options) -> _Options:
    """The options that stay in no superset of the boxes that another stays in."""
    kept: list[int] = []
    for mask in sorted(options, key=int.bit_count):
        if not any(other & mask == other for other in kept):
            kept.append(mask)
    return {mask: options[mask] for mask in kept}
