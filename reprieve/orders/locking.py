"""Taking an order to change it: locked, seen by the actor, and the one that the actor saw."""

from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.lib.errors import NotFound, Refused
from reprieve.orders.models import Order


class OrderChanged(Refused):
    """Somebody changed the order after it was shown."""


def lock_order(actor: Actor, order_id: int) -> Order:
    """The order, locked until the transaction ends. Raises NotFound for another practice's order too.

    PostgreSQL locks the row; on SQLite the transaction itself (IMMEDIATE) is the lock.
    """
    # Nothing is joined that changes under this lock, such as the charge: where PostgreSQL has waited for the row, it
    # reads that one anew, but what is joined to it as it was before.
    orders = access.rows(actor, Order).select_related("practice").select_for_update(of=("self",))
    order = orders.filter(pk=order_id).first()
    if order is None:
        raise NotFound(gettext("There is no such order, or it belongs to another practice."))
    return order


def count_up(order: Order, *changed: str) -> None:
    """Count the version of a locked order up for a change that moves it nowhere, and save the changed fields."""
    order.version += 1
    order.save(update_fields=["version", *changed])


def require_seen(order: Order, actor: Actor, seen: int | None) -> None:
    """Staff act on the order that they saw; customers on what was offered to them, which the rules decide again.

    Raises OrderChanged, also to staff who do not say what they saw.
    """
    if actor.is_staff:
        require_version(order, seen or 0)


def require_version(order: Order, seen: int) -> None:
    """Raises OrderChanged unless the order is still the one that was seen."""
    if order.version != seen:
        raise OrderChanged(
            gettext("This case has changed since you opened it, so nothing was done."),
            remedy=gettext("Have a look at it as it is now, then decide again."),
        )
