"""The open pause of an order, and its end."""

from datetime import datetime

from reprieve.orders.models import Order, Pause, PauseEnd


def open_pause(order: Order) -> Pause | None:
    """The pause that the order is in, from what is prefetched if it is."""
    return next((pause for pause in order.pauses.all() if pause.ended_at is None), None)


def last_pause(order: Order) -> Pause | None:
    return max(order.pauses.all(), key=lambda pause: (pause.started_at, pause.pk), default=None)


def end_pause(pause: Pause, how: PauseEnd, *, now: datetime) -> None:
    """Close the pause of a locked order; the caller moves the order."""
    # A command that waited for the lock may carry an instant from before the pause that it found.
    pause.ended_at, pause.ended_how = max(now, pause.started_at), how
    pause.save(update_fields=["ended_at", "ended_how"])
    pause.order.paused_in_all += pause.ended_at - pause.started_at
    pause.order.save(update_fields=["paused_in_all"])
