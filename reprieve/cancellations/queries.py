"""Finding the cancellation that matters."""

from reprieve.cancellations.models import EFFECTIVE, Cancellation, CancellationState
from reprieve.cancellations.subjects import Subject


def open_request(subject: Subject) -> Cancellation | None:
    """The request that waits for support, if there is one."""
    return _first(subject, (CancellationState.REQUESTED,))


def effective_cancellation(subject: Subject) -> Cancellation | None:
    return _first(subject, EFFECTIVE)


def _first(subject: Subject, states: tuple[CancellationState, ...]) -> Cancellation | None:
    return next((row for row in subject.cancellations.all() if row.state in states), None)
