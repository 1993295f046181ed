"""Pages by key, not by number: the thousandth costs the same as the first, and rows neither repeat nor go missing."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Model, Q, QuerySet

LARGEST_KEY = 2**63 - 1  # of a database's big integer


@dataclass(frozen=True, slots=True)
class Page[M: Model]:
    """Some rows, and the cursors of the pages before and after (empty where there is none)."""

    rows: Sequence[M]
    older: str
    newer: str


def page[M: Model](rows: QuerySet[M], instant: str, cursor: str, *, size: int) -> Page[M]:
    """`size` rows, newest first by the field `instant` and then by primary key.

    `cursor` comes from a Page; one that cannot be read is taken as the first page.
    """
    backwards, key = _read(cursor)
    if key is not None:
        at, pk = key
        comparison = "gt" if backwards else "lt"
        rows = rows.filter(Q(**{f"{instant}__{comparison}": at}) | Q(**{instant: at, f"pk__{comparison}": pk}))
    order = (instant, "pk") if backwards else (f"-{instant}", "-pk")
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_older = more if not backwards else True
    has_newer = (key is not None) if not backwards else more
    return Page(
        found,
        older=_write(found[-1], instant, backwards=False) if found and has_older else "",
        newer=_write(found[0], instant, backwards=True) if found and has_newer else "",
    )


def _write(row: Model, instant: str, *, backwards: bool) -> str:
    at: datetime = getattr(row, instant)
    text = f"{'b' if backwards else 'f'}|{at.isoformat()}|{row.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        direction, at, pk = text.split("|")
        instant, key = datetime.fromisoformat(at), int(pk)
        if instant.tzinfo is None or abs(key) > LARGEST_KEY:
            return False, None
        return direction == "b", (instant.astimezone(UTC), key)
    except (ValueError, OverflowError):  # the latter: a year before the first or after the last, in UTC
        return False, None
