"""A practice adds files to an order that still needs them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.history.models import EventType
from reprieve.lib.errors import Refused
from reprieve.orders.history import record_on
from reprieve.orders.lifecycle import TAKES_FILES
from reprieve.orders.locking import count_up, lock_order
from reprieve.orders.models import FileKind, OrderFile, Status
from reprieve.orders.storing import add_rows, store_contents
from reprieve.orders.uploads import FileRefused, Upload


class TooLateForFiles(Refused):
    """The order no longer needs files."""

    usual_remedy = _("Please contact support if something is missing.")


@transaction.atomic
def add_files(*, order_id: int, actor: Actor, uploads: Sequence[Upload], now: datetime) -> list[OrderFile]:
    """Add them. A file with the same name and content as one that is there is not added twice.

    Raises NotFound, TooLateForFiles, FileRefused (none chosen).
    """
    order = lock_order(actor, order_id)
    if order.status not in TAKES_FILES:
        status = Status(order.status).label.lower()
        raise TooLateForFiles(gettext("This case is %(status)s: no more files can be added.") % {"status": status})
    if not uploads:
        raise FileRefused(gettext("Please choose a file."), field="files")
    there = {(file.name, file.sha256) for file in order.files.all()}
    new = [upload for upload in uploads if (upload.name, upload.sha256) not in there]
    if not new:
        return []
    files = add_rows(order, new, FileKind.SUBMITTED, actor=actor, now=now)
    count_up(order)
    record_on(order, EventType.FILES_ADDED, actor=actor, now=now, data={"count": len(files)})
    store_contents(files, new)
    return files
