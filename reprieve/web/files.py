"""The files of an order in a list, and one of them sent to its reader."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.lib.errors import Refused
from reprieve.orders.models import FileKind, Order, OrderFile
from reprieve.web.order_search import order_by_number

logger = logging.getLogger(__name__)
ICONS = {"model": "file-model", "image": "file-image"}
ICONS_BY_TYPE = {"application/zip": "file-archive", "application/pdf": "file-text"}


class FileLost(Refused):
    """We took the file once, and its content is not where it was put."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as `components/files.html` shows it; `size` is in bytes."""

    name: str
    size: int
    icon: str
    url: str
    by: str
    at: datetime


def file_rows(order: Order, kind: FileKind, *, door: str) -> list[FileRow]:
    """The order's files of one kind, newest first. Reads the prefetched files and who added them."""
    files: Iterable[OrderFile] = (file for file in order.files.all() if file.kind == kind)
    return [_row(order, file, door) for file in sorted(files, key=lambda file: file.added_at, reverse=True)]


def send_file(actor: Actor, number: str, file_id: UUID) -> FileResponse:
    """The file to save. Raises FileLost, and NotFound, also for another practice's and for a file of another order.

    The browser is told to keep it and not to guess what it is: whatever somebody uploaded never runs on our pages.
    """
    file = access.find(actor, OrderFile, pk=file_id, order=order_by_number(actor, number))
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    try:
        content = file.stored.open("rb")
    except FileNotFoundError as gone:
        logger.error("The content of file %s is not in the storage.", file.pk)  # noqa: TRY400 - its path helps nobody
        why = gettext("%s cannot be sent: its content is missing here.") % file.name
        raise FileLost(
            why, remedy=gettext("Please tell support. If you have the file still, they can add it.")
        ) from gone
    return FileResponse(
        content,
        as_attachment=True,
        filename=file.name,
        content_type=file.content_type,
        headers=headers,
    )


def _row(order: Order, file: OrderFile, door: str) -> FileRow:
    return FileRow(
        name=file.name,
        size=file.size,
        icon=ICONS_BY_TYPE.get(file.content_type) or ICONS.get(file.content_type.split("/")[0], "file"),
        url=reverse(f"{door}:file", args=[order.number, file.pk]),
        by=file.added_by.name if file.added_by else "",
        at=file.added_at,
    )
