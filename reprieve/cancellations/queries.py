"""Finding the cancellation that matters."""

from reprieve.cancellations.models import EFFECTIVE, Cancellation, CancellationState
from reprieve.orders.models import Order


def open_request(order: Order) -> Cancellation | None:
    """The request that waits for support, if there is one."""
    return _first(order, (CancellationState.REQUESTED,))


def effective_cancellation(order: Order) -> Cancellation | None:
    """The cancellation that cancelled the order, if it is cancelled."""
    return _first(order, EFFECTIVE)


def _first(order: Order, states: tuple[CancellationState, ...]) -> Cancellation | None:
    return next((row for row in order.cancellations.all() if row.state in states), None)
