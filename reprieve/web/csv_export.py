"""Tables for spreadsheets, sent while they are read: as much memory for a million rows as for one."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.http import StreamingHttpResponse

# The wide forms too: a spreadsheet that is set up for Japanese reads them as the others.
WIDE: Final = (
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)
FORMULA_BEGINS: Final = ("=", "+", "-", "@", *WIDE, "\t", "\r", "\n")
BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel takes UTF-8 for something else


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: whoever chose it is not the one who opens the file."""
    return f"'{text}" if text.lstrip().startswith(FORMULA_BEGINS) or text.startswith(FORMULA_BEGINS) else text


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """The rows as a file to save. Its cells are written as they are: `safe` is for those that somebody typed."""
    response = StreamingHttpResponse(_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(head)
    yield from map(writer.writerow, rows)
