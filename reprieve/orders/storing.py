"""Keeping the files of an order: rows in the transaction, contents outside the web root, none left behind."""

from collections.abc import Sequence
from datetime import datetime

from django.core.files.storage import default_storage
from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.orders.models import FileKind, Order, OrderFile, random_name
from reprieve.orders.uploads import MOST_FILES, FileRefused, Upload


def add_rows(
    order: Order, uploads: Sequence[Upload], kind: FileKind, *, actor: Actor, now: datetime
) -> list[OrderFile]:
    """Write a row for each upload, under a random name. `store_contents` has to follow in the same transaction.

    Raises FileRefused for more than MOST_FILES at once.
    """
    if len(uploads) > MOST_FILES:
        raise FileRefused(
            gettext("Please send at most %d files at once. More of them fit into one ZIP file.") % MOST_FILES,
            field="files",
        )
    if uploads and kind is FileKind.SUBMITTED and not order.files_submitted:
        order.files_submitted = True
        order.save(update_fields=["files_submitted"])
    return OrderFile.objects.bulk_create(
        OrderFile(
            order=order,
            kind=kind,
            name=upload.name,
            content_type=upload.content_type,
            size=upload.size,
            sha256=upload.sha256,
            stored=random_name(),
            added_by_id=actor.person_id,
            added_at=now,
        )
        for upload in uploads
    )


def store_contents(files: Sequence[OrderFile], uploads: Sequence[Upload]) -> None:
    """Write the contents; the last thing that a transaction does, so that nothing after it can undo the rows.

    If one cannot be written, what was written is removed again, and the transaction fails with it.
    """
    try:
        for file, upload in zip(files, uploads, strict=True):
            default_storage.save(str(file.stored.name), upload.content)
    except BaseException:
        for file in files:
            default_storage.delete(str(file.stored.name))
        raise
