"""A simulation that has found something of everything, without the past that it would take to find it."""

from reprieve.policies.evidence.simulation import Cell, Part, Refunds, RowPair, Sample, Simulated, Unanswered
from reprieve.policies.models import Draft, Simulation
from tests.factories.drafts import simulated
from tests.factories.things import MINUTE, NOON

DECISIONS = Part(
    asks=7,
    subjects=6,
    cells=(Cell("allow", "refuse", 4, 3), Cell("allow", "allow", 2, 2), Cell("refuse", "refuse", 1, 1)),
    rows=(
        RowPair("made-in-design", "made-in-design", "allow", "refuse", same_terms=False, asks=4, subjects=3),
        RowPair("made-before-design", "made-before-design", "allow", "allow", same_terms=False, asks=2, subjects=2),
        RowPair("", "completed", "refuse", "refuse", same_terms=True, asks=1, subjects=1),
    ),
    samples=(
        Sample("R-1001", NOON, "allow", "refuse", "made-in-design", "made-in-design"),
        Sample("R-1002", NOON + MINUTE, "allow", "allow", "made-before-design", "made-before-design"),
    ),
    unanswered=(Unanswered("no_reason", 2, 1),),
)
DAYS = Part(
    asks=30,
    subjects=9,
    cells=(Cell("request", "request", 30, 9),),
    rows=(RowPair("design-begun", "design-begun", "request", "request", same_terms=True, asks=30, subjects=9),),
    samples=(),
    unanswered=(Unanswered("before_history", 12, 3), Unanswered("history_differs", 1, 1)),
)
FOUND = Simulated(
    DECISIONS,
    DAYS,
    (Refunds("JPY", 1, 5800, 5800, 0), Refunds("KWD", 2, 1500, 2750, 0), Refunds("USD", 3, 36000, 24000, 2)),
)


def a_simulation(draft: Draft, **changed: object) -> Simulation:
    """The draft's, finished, with all of that."""
    return simulated(draft, **{"result": FOUND.to_data()} | changed)  # type: ignore[arg-type]  # fields of its row
