"""Reading orders from a CSV file: what every cell says, or the line and column of what cannot be used.

Pure: it knows the form of the file, not which practices and products there are.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.models import PaymentTerms
from reprieve.lib.errors import Invalid
from reprieve.orders.teeth import parse_teeth

NEEDED = ("practice", "reference", "patient", "product", "teeth", "quantity", "requested_delivery", "note")
OPTIONAL = ("payment_terms", "submitted_at")
LARGEST_FILE = 20 * 1024 * 1024
MOST_ROWS = 50_000
SAVE_AS = _("In Excel choose Save As, “CSV UTF-8 (Comma delimited)”; in LibreOffice, “Unicode (UTF-8)” and a comma.")
YEARS = range(1990, 2100)
WHOLE_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
OTHER_KINDS = {
    b"\xff\xfe": _("text in UTF-16"),
    b"\xfe\xff": _("text in UTF-16"),
    b"PK\x03\x04": _("a spreadsheet (or a ZIP file)"),
    b"\xd0\xcf\x11\xe0": _("an old Excel spreadsheet"),
    b"%PDF": _("a PDF document"),
}


class FileUnreadable(Invalid):
    """The file as a whole is not a CSV file that we can read; `why` says what to do about it."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong with one cell. `line` is the line of the file at which its row begins, the header being 1."""

    line: int
    column: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of an order. What the file leaves empty is empty, or None."""

    line: int
    practice: str
    reference: str
    patient: str
    product: str
    teeth: tuple[int, ...]
    quantity: int | None
    requested_delivery: date | None
    payment_terms: str
    note: str
    submitted_at: datetime | None


def read_orders(content: bytes, *, practice: str = "") -> tuple[list[Row], list[Problem]]:
    """The rows that can be used, and what is wrong with the others.

    `practice` is the number of the one practice whose all of them are, if the file does not say.
    Raises FileUnreadable where no row can be told: the encoding, the separator, the columns, the size.
    """
    lines = _lines(_decode(content))
    _, header = next(lines, (1, []))
    columns = _columns(header, practice)
    rows: list[Row] = []
    problems: list[Problem] = []
    for line, cells in lines:
        if not any(cells):
            continue
        if len(rows) >= MOST_ROWS:
            raise FileUnreadable(
                gettext("The file has more than %s rows. Please split it.")
                % number_format(MOST_ROWS, force_grouping=True)
            )
        row, wrong = _row(line, cells, columns, practice)
        problems += wrong
        if row is not None:
            rows.append(row)
    if not rows and not problems:
        raise FileUnreadable(gettext("The file has a header and nothing below it."))
    return rows, problems


def _decode(content: bytes) -> str:
    if not content.strip():
        raise FileUnreadable(gettext("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise FileUnreadable(gettext("The file is larger than %d MB. Please split it.") % (LARGEST_FILE // 2**20))
    for signature, kind in OTHER_KINDS.items():
        if content.startswith(signature):
            raise FileUnreadable(
                gettext("The file is %(kind)s, not CSV in UTF-8. %(save_as)s") % {"kind": kind, "save_as": SAVE_AS}
            )
    if b"\0" in content:
        raise FileUnreadable(
            gettext("The file holds zero bytes, so it is UTF-16 or no text at all. %(save_as)s") % {"save_as": SAVE_AS}
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise FileUnreadable(
            gettext("Line %(line)s is not UTF-8; it may be Latin-1 or Windows-1252. %(save_as)s")
            % {"line": line, "save_as": SAVE_AS}
        ) from problem


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line at which it begins: a quoted cell may go over several."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as problem:
        raise FileUnreadable(
            gettext(
                "The row that begins in line %(line)s cannot be read (%(problem)s). Is a quotation mark missing? A "
                'quotation mark inside a cell is written twice: "".'
            )
            % {"line": line, "problem": problem}
        ) from problem


def _columns(header: list[str], practice: str) -> list[str]:
    columns = [name.lower().replace(" ", "_") for name in header]
    if len(columns) == 1:
        for separator, name in ((";", gettext("semicolons")), ("\t", gettext("tabs"))):
            if separator in columns[0]:
                raise FileUnreadable(
                    gettext("The columns are separated by %(name)s instead of commas. %(save_as)s")
                    % {"name": name, "save_as": SAVE_AS}
                )
    needed = [name for name in NEEDED if not (practice and name == "practice")]
    missing = [name for name in needed if name not in columns]
    known = (*NEEDED, *OPTIONAL)
    foreign = [name or gettext("(empty)") for name in columns if name not in known]
    twice = sorted({name for name in columns if columns.count(name) > 1} - set(foreign))
    complaints = [
        f"{words}: {', '.join(names)}."
        for words, names in (
            (gettext("Missing"), missing),
            (gettext("Unknown"), foreign),
            (gettext("There twice"), twice),
        )
        if names
    ]
    if complaints:
        raise FileUnreadable(
            gettext(
                "The first line does not name the columns as it should. %(complaints)s "
                "The columns are %(needed)s, and if you like %(optional)s."
            )
            % {"complaints": " ".join(complaints), "needed": ", ".join(NEEDED), "optional": ", ".join(OPTIONAL)}
        )
    return columns


def _row(line: int, cells: list[str], columns: list[str], practice: str) -> tuple[Row | None, list[Problem]]:
    if len(cells) != len(columns):
        what = gettext(
            "There are %(cells)d cells instead of %(columns)d. Put a cell that holds a comma in quotation marks."
        ) % {"cells": len(cells), "columns": len(columns)}
        return None, [Problem(line, "row", what)]
    values = dict(zip(columns, cells, strict=True))
    problems: list[Problem] = []

    def read[T](column: str, parse: Callable[[str], T], default: T) -> T:
        try:
            return parse(values[column]) if values.get(column) else default
        except ValueError as problem:
            problems.append(Problem(line, column, str(problem)))
            return default

    row = Row(
        line=line,
        practice=values.get("practice") or practice,
        reference=values["reference"],
        patient=values["patient"],
        product=values["product"],
        teeth=read("teeth", parse_teeth, ()),
        quantity=read("quantity", parse_quantity, None),
        requested_delivery=read("requested_delivery", parse_day, None),
        payment_terms=read("payment_terms", parse_terms, ""),
        note=values["note"],
        submitted_at=read("submitted_at", parse_instant, None),
    )
    problems += _missing_cells(row)
    return (None if problems else row), problems


def _missing_cells(row: Row) -> list[Problem]:
    wanted: Mapping[str, str] = {
        "practice": gettext("Write the practice's number, such as P-1007."),
        "reference": gettext(
            "Write the practice's own reference of the order; it keeps an order from being imported twice."
        ),
        "patient": gettext("Write a reference for the patient, such as initials."),
        "product": gettext("Write the product's name."),
    }
    return [Problem(row.line, name, what) for name, what in wanted.items() if not getattr(row, name)]


def parse_quantity(text: str) -> int:
    """A whole number. Raises ValueError saying so."""
    if not WHOLE_NUMBER.fullmatch(text):
        raise ValueError(gettext("“%s” is no quantity. Write a whole number such as 2.") % text)
    return int(text)


def parse_day(text: str) -> date:
    """An ISO date. Raises ValueError saying so."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(gettext("“%s” is no date. Write year-month-day, such as 2026-12-01.") % text) from None


def parse_terms(text: str) -> str:
    """Payment terms. Raises ValueError naming the choices."""
    if text not in PaymentTerms.values:
        raise ValueError(
            gettext("“%(text)s” are no payment terms. Write %(terms)s, or leave it empty.")
            % {"text": text, "terms": ", ".join(PaymentTerms.values)}
        )
    return text


def parse_instant(text: str) -> datetime:
    """An ISO date and time with its distance from UTC. Raises ValueError saying so."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(
            gettext("“%s” is no instant. Write date, time and offset, such as 2026-11-02T14:30:00-05:00.") % text
        )
    if instant.year not in YEARS:
        raise ValueError(
            gettext("“%(text)s” lies outside the years %(first)d to %(last)d.")
            % {"text": text, "first": YEARS[0], "last": YEARS[-1]}
        )
    return instant
