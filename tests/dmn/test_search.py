from itertools import product
from random import Random

import pytest

from reprieve.dmn.search import bits, find_point

BOXES = 12


def test_tells_the_bits_of_a_mask() -> None:
    assert [list(bits(mask)) for mask in (0, 1, 0b10110)] == [[], [0], [1, 2, 4]]


@pytest.mark.parametrize("seed", range(300))
def test_finds_a_point_wherever_there_is_one(seed: int) -> None:
    random = Random(seed)  # noqa: S311 repeatable noise is wanted
    sizes = [random.randint(1, 4) for _ in range(random.randint(0, 5))]
    dense = random.choice([0.3, 0.5, 0.8])
    masks = [[sum((random.random() < dense) << box for box in range(BOXES)) for _ in range(size)] for size in sizes]
    within = tuple(random.randint(1, (1 << size) - 1) for size in sizes)
    required = sum(1 << box for box in random.sample(range(4), random.choice([0, 0, 1, 2])))
    forbidden = random.getrandbits(BOXES) & ~required

    def is_sought(point: tuple[int, ...]) -> bool:
        inside = (1 << BOXES) - 1
        for choices, choice in zip(masks, point, strict=True):
            inside &= choices[choice]
        return inside & required == required and not inside & forbidden

    expected = any(is_sought(point) for point in product(*(bits(choices) for choices in within)))
    found = find_point(masks, within, required, forbidden)
    assert (found is not None) == expected
    if found is not None:
        assert is_sought(found)
        assert all(choices >> choice & 1 for choices, choice in zip(within, found, strict=True))
