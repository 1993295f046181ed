"""Staff deliver the final files of a design to the practice."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.cancellations.requests import hold_for_request
from reprieve.history.models import EventType
from reprieve.notifications.notify import notify_practice
from reprieve.orders import lifecycle
from reprieve.orders.history import made_before, record_on
from reprieve.orders.lifecycle import Verb
from reprieve.orders.locking import lock_order, require_version
from reprieve.orders.models import FileKind, Order, OrderFile
from reprieve.orders.storing import add_rows, store_contents
from reprieve.orders.uploads import FileRefused, Upload
from reprieve.settlement.send_payment import take_payment_if_due


@transaction.atomic
def deliver_files(  # noqa: PLR0913 - the whole command in one line
    *,
    order_id: int,
    actor: Actor,
    uploads: Sequence[Upload],
    expected_version: int,
    now: datetime,
    override: bool = False,
) -> list[OrderFile]:
    """Deliver them. The same command sent twice: the same answer again, and nothing is stored twice.

    Raises NotFound, NotAllowed, OrderChanged, WrongState, CancellationPending, FileRefused.
    """
    access.require_role(actor, *access.MOVES_CASES)
    order = lock_order(actor, order_id)
    if (before := _delivered_before(order, actor, expected_version, uploads)) is not None:
        return before
    require_version(order, expected_version)
    lifecycle.require(order, Verb.DELIVER_FILES)
    if not uploads:
        raise FileRefused(gettext("Please choose the files to deliver."), field="files")
    overridden = hold_for_request(order, Verb.DELIVER_FILES, override=override)
    files = add_rows(order, uploads, FileKind.FINAL, actor=actor, now=now)
    lifecycle.apply(order, Verb.DELIVER_FILES, now=now)
    event = record_on(
        order,
        EventType.FILES_DELIVERED,
        actor=actor,
        now=now,
        override=overridden,
        data={"count": len(files), "seen_version": expected_version},
    )
    notify_practice(order, event)
    take_payment_if_due(order.charge, now=now)
    store_contents(files, uploads)
    return files


def _delivered_before(
    order: Order, actor: Actor, seen_version: int, uploads: Sequence[Upload]
) -> list[OrderFile] | None:
    """What this very command has delivered: the same files, by the same person, from the same page."""
    event = made_before(order, EventType.FILES_DELIVERED, actor, seen_version)
    if event is None:
        return None
    files = list(order.files.filter(kind=FileKind.FINAL, added_at=event.at))
    sent = {(upload.name, upload.sha256) for upload in uploads}
    return files if {(file.name, file.sha256) for file in files} == sent else None
