"""Keeping the files of an order: rows in the transaction, contents outside the web root, none left behind."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext

from reprieve.accounts.actors import Actor
from reprieve.orders.models import FileKind, Order, OrderFile
from reprieve.orders.uploads import MOST_FILES, FileRefused, Upload


def store_files(
    order: Order, uploads: Sequence[Upload], kind: FileKind, *, actor: Actor, now: datetime
) -> list[OrderFile]:
    """Store each upload under a random name. If one fails, the contents of the others are removed again.

    Raises FileRefused for more than MOST_FILES at once.
    """
    if len(uploads) > MOST_FILES:
        raise FileRefused(
            gettext("Please send at most %d files at once. More of them fit into one ZIP file.") % MOST_FILES,
            field="files",
        )
    stored: list[OrderFile] = []
    try:
        for upload in uploads:
            file = OrderFile(
                order=order,
                kind=kind,
                name=upload.name,
                content_type=upload.content_type,
                size=upload.size,
                sha256=upload.sha256,
                added_by_id=actor.person_id,
                added_at=now,
            )
            file.stored.save(upload.name, upload.content, save=False)
            stored.append(file)
        return OrderFile.objects.bulk_create(stored)
    except BaseException:
        for file in stored:
            file.stored.delete(save=False)
        raise
