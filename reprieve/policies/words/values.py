"""Decision tables in words: values, cells and kept facts, for people who do not write S-FEEL."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.facts import facts_from_data, seen_value
from reprieve.dmn.table import Column, Output, Table

KNOWN = Cell(negated=True)
SENTENCES = frozenset({"message", "staff_note"})
RULES = {"row": "rule", "rows": "rules", "Row": "Rule", "Rows": "Rules"}
ROW_OR_QUOTED = re.compile(r"“[^”]*”|\b[Rr]ows?\b")


@dataclass(frozen=True, slots=True)
class ReadFact:
    """A fact of a decision. `asked` is what the deciding row wanted of it; empty where the row did not ask."""

    label: str
    value: str
    asked: str


def facts_in_words(table: Table, data: Mapping[str, object], *, at: datetime, row: str) -> list[ReadFact]:
    """The kept facts as they were when it was decided, those first that the deciding row asked about."""
    facts = facts_from_data(table, data)
    cells: Mapping[str, Cell] = next((each.cells for each in table.rows if each.id == row), {})
    read = [
        ReadFact(
            label=title_in_words(column),
            value=_fact_in_words(column, facts[column.name], at, cells.get(column.name)),
            asked=cell_in_words(cells[column.name]) if column.name in cells else "",
        )
        for column in table.inputs
    ]
    return sorted(read, key=lambda fact: not fact.asked)


def title_in_words(column: Column | Output) -> str:
    """What a column is called: in the reader's language where it is our own fact, else as somebody has named it."""
    return gettext(column.title)


def cell_in_words(cell: Cell) -> str:
    """What a cell asks for: `"processing", "on_hold"` is “processing or on hold”; nothing where anything fits."""
    if cell.is_any:
        return ""
    if cell == KNOWN:
        return gettext("known")
    parts = [*map(value_in_words, cell.points), *map(_interval_in_words, cell.intervals)]
    if cell.accepts_null != cell.negated and not (cell.negated and cell.intervals):
        parts.append(gettext("not known"))
    words = either(parts)
    return gettext("not %s") % words if cell.negated else words


def either(parts: Iterable[str]) -> str:
    """One of several: “on hold, processing or paused”, or “none”."""
    *others, last = list(parts) or [gettext("none")]
    return gettext("%(others)s or %(last)s") % {"others": ", ".join(others), "last": last} if others else last


def value_in_words(value: object) -> str:
    """A value, or whatever stood where one should, as people write it: yes, 45 days, in production."""
    if value is None:
        return gettext("not known")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, timedelta):
        return exact_duration_in_words(value)
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    return name_in_words(value) if isinstance(value, str) else str(value)


def seen_in_words(value: object, asked: Cell | None = None) -> str:
    """A fact as it was. A length of time goes down to its two largest units, but all the way near a limit.

    Near is where without the rest it would stand at a limit of the cell that asked, or on the other side of it.
    """
    if not isinstance(value, timedelta):
        return value_in_words(value)
    return exact_duration_in_words(value) if asked is not None and _is_near(value, asked) else duration_in_words(value)


def answer_in_words(name: str, value: object) -> str:
    """What a table says by the output of that name. Sentences that people wrote stay as they wrote them."""
    return value if name in SENTENCES and isinstance(value, str) else value_in_words(value)


def with_row_names(text: str, rows: Iterable[str]) -> str:
    """A sentence about rows as pages write it: they are rules there, and go by their names, not by their ids."""
    for row in rows:
        text = text.replace(f"“{row}”", f"“{name_in_words(row).capitalize()}”")
    return ROW_OR_QUOTED.sub(lambda found: RULES.get(found[0], found[0]), text)


def name_in_words(name: str) -> str:
    """The name of a value or a row without its dashes: `about-to-ship` is “about to ship”."""
    return name.replace("_", " ").replace("-", " ")


def duration_in_words(length: timedelta) -> str:
    """Its two largest units: “2 days 3 hours”, “1 hour”, “0 minutes”."""
    units = [name for _, name in _units(abs(length) // timedelta(minutes=1))]
    return _sign(length) + " ".join(units[:2] or [ngettext("%d minute", "%d minutes", 0) % 0])


def exact_duration_in_words(length: timedelta) -> str:
    """All of it, as a limit has to be read: “14 days 2 hours 30 minutes”, “1 minute 30.5 seconds”."""
    minutes, rest = divmod(abs(length), timedelta(minutes=1))
    units = [name for _, name in _units(minutes)]
    if rest:
        seconds = f"{rest.total_seconds():f}".rstrip("0").rstrip(".")
        units.append(ngettext("%s second", "%s seconds", 1 if seconds == "1" else 2) % seconds)
    return _sign(length) + " ".join(units or [ngettext("%d minute", "%d minutes", 0) % 0])


def _units(minutes: int) -> list[tuple[timedelta, str]]:
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = [
        (days, timedelta(days=days), ngettext("%d day", "%d days", days)),
        (hours, timedelta(hours=hours), ngettext("%d hour", "%d hours", hours)),
        (minutes, timedelta(minutes=minutes), ngettext("%d minute", "%d minutes", minutes)),
    ]
    return [(length, name % amount) for amount, length, name in units if amount]


def _is_near(length: timedelta, asked: Cell) -> bool:
    """Whether the two largest units alone are at a limit of the cell, or would fit it otherwise."""
    cut = sum((part for part, _ in _units(abs(length) // timedelta(minutes=1))[:2]), timedelta())
    cut = -cut if length < timedelta() else cut
    limits = [*asked.points, *(limit for each in asked.intervals for limit in (each.low, each.high))]
    return cut != length and (cut in limits or asked.accepts(cut) != asked.accepts(length))


def _sign(length: timedelta) -> str:
    return "−" if length < timedelta() else ""


def _interval_in_words(interval: Interval) -> str:
    low = "" if interval.low is None else value_in_words(interval.low)
    high = "" if interval.high is None else value_in_words(interval.high)
    above = gettext("at least %s") if interval.low_closed else gettext("more than %s")
    below = gettext("at most %s") if interval.high_closed else gettext("less than %s")
    return gettext(" and ").join([above % low] * bool(low) + [below % high] * bool(high))


def _fact_in_words(column: Column, fact: object, at: datetime, asked: Cell | None) -> str:
    if column.several and isinstance(fact, tuple):
        return ", ".join(map(seen_in_words, fact)) or gettext("none")
    if column.clock is not None and isinstance(fact, datetime):
        return seen_in_words(seen_value(column, fact, at), asked)
    return seen_in_words(fact, asked)
