"""The search for a point of a grid that lies in some boxes and outside others: exact, and quick on what people write.

A box is left as soon as one dimension's choice is not its own. So only those choices of a dimension matter that leave
no superset of what another leaves; a box that no open dimension can leave ends a branch; and what has failed once with
the same boxes and dimensions to go is not tried again.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_

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
    for choices, allowed in zip(masks, within, strict=True):
        options = {
            choices[choice] & forbidden: choice for choice in bits(allowed) if choices[choice] & required == required
        }
        if not options:
            return None
        dimensions.append(options)
    found = _Search(dimensions).run(forbidden)
    if found is None:
        return None
    return tuple(found.get(number, next(iter(options.values()))) for number, options in enumerate(dimensions))


class _Search:
    def __init__(self, dimensions: Sequence[_Options]) -> None:
        self.dimensions = dimensions
        self.failed: set[tuple[int, int]] = set()

    def run(self, forbidden: int) -> dict[int, int] | None:
        """The choice of each dimension that matters."""
        return self.leave(forbidden, (1 << len(self.dimensions)) - 1)

    def leave(self, alive: int, open_dimensions: int) -> dict[int, int] | None:
        """Choices among the open dimensions that leave every box alive."""
        if not alive:
            return {}
        if (alive, open_dimensions) in self.failed:
            return None
        number, options = self.narrowest(alive, open_dimensions)
        for left in sorted(options, key=int.bit_count):
            found = self.leave(left, open_dimensions & ~(1 << number))
            if found is not None:
                return {number: options[left], **found}
        self.failed.add((alive, open_dimensions))
        return None

    def narrowest(self, alive: int, open_dimensions: int) -> tuple[int, _Options]:
        """The dimension with the fewest options worth a try; no option where a box can no longer be left."""
        best: tuple[int, _Options] = (-1, {})
        inescapable = alive
        for number in bits(open_dimensions):
            options = {mask & alive: choice for mask, choice in self.dimensions[number].items()}
            inescapable &= reduce(and_, options)
            if alive in options and len(options) == 1:
                continue
            worthwhile = _least(options)
            if not best[1] or len(worthwhile) < len(best[1]):
                best = number, worthwhile
        return (-1, {}) if inescapable else best


def _least(options: _Options) -> _Options:
    """The options that stay in no superset of the boxes that another stays in."""
    kept: list[int] = []
    for mask in sorted(options, key=int.bit_count):
        if not any(other & mask == other for other in kept):
            kept.append(mask)
    return {mask: options[mask] for mask in kept}
