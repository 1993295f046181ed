"""How many examples are tried where chance chooses them: in CI all that it takes to be sure, in the day's work a fifth.

`make test ARGS=--hypothesis-profile=thorough` tries all of them here as well.
"""

import os

from hypothesis import HealthCheck, settings

ALL = 100  # percent, and hypothesis' own number of examples
A_FIFTH = 20
FEWEST = 5

settings.register_profile("quick", max_examples=A_FIFTH, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=ALL)
settings.load_profile("thorough" if os.environ.get("CI") == "true" else "quick")


def is_thorough() -> bool:
    """Whether all of them are tried."""
    return settings.get_current_profile_name() == "thorough"


def how_many(examples: int) -> int:
    """So many, or in the day's work a fifth of them, and no fewer than five."""
    return examples if is_thorough() else min(examples, max(FEWEST, examples * A_FIFTH // ALL))
