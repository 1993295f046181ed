"""Loading the rows that an order is made of, for any number of orders in as few queries as may be."""

from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from reprieve.orders.models import DesignStage, Order, OrderFile, Pause, Revision


def load_parts(
    orders: Sequence[Order], *, files: QuerySet[OrderFile] | None = None, pauses: QuerySet[Pause] | None = None
) -> None:
    """Lines, files, pauses and revisions. What the orders' own rows say that there is none of is not looked for.

    `files` and `pauses` say what else is wanted with them.
    """
    files = OrderFile.objects.all() if files is None else files
    pauses = Pause.objects.all() if pauses is None else pauses
    revisions = Revision.objects.all()
    prefetch_related_objects(
        orders,
        "lines",
        Prefetch("files", files if any(map(_has_files, orders)) else files.none()),
        Prefetch("pauses", pauses if any(order.pauses_begun for order in orders) else pauses.none()),
        Prefetch("revisions", revisions if any(map(_has_revisions, orders)) else revisions.none()),
    )


def _has_files(order: Order) -> bool:
    return order.files_submitted or order.files_delivered_at is not None


def _has_revisions(order: Order) -> bool:
    """Nothing can be revised before its design has begun."""
    return order.revisions_open > 0 or order.design_stage != DesignStage.NOT_STARTED
