"""What would have to differ for a yes, in the customer's words."""

import re

from django.utils.translation import gettext, ngettext

from reprieve.dmn.explain import Change, nearest
from reprieve.dmn.values import ValueType, value_from_text, value_to_text
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling

# Nobody can become somebody else, and crowns do not turn into dentures: that is never an advice.
UNCHANGEABLE = ("who_asks", "product_family")
DURATION = re.compile(r'(?:duration\(|@)"([^"]*)"\)?')
COMPARISON = re.compile(r"^(<=|>=|<|>)\s*(.+)$")
DAY, HOUR, MINUTE = 86400, 3600, 60


def what_would_differ(ruling: Ruling) -> str:
    """One sentence from the nearest row that allows, or nothing where no row would."""
    compiled = ruling.rules.compiled
    found = nearest(
        compiled, ruling.facts, ruling.now, "outcome", Outcome.ALLOW.value, fixed=_present(ruling, UNCHANGEABLE)
    )
    if found is None or not found.changes:
        return ""
    titles = {column.name: column.title for column in compiled.table.inputs}
    conditions = [
        gettext("its %(fact)s is %(wanted)s")
        % {"fact": titles[change.column][:1].lower() + titles[change.column][1:], "wanted": _wanted(change)}
        for change in found.changes
    ]
    return gettext("It is possible only while %s.") % gettext(" and ").join(conditions)


def readable_cell(text: str) -> str:
    """A cell for people: `"on_hold", "processing"` is “on hold or processing”, `<= @"PT1H"` “at most 1 hour”."""
    if text in {"true", "false"}:
        return gettext("yes") if text == "true" else gettext("no")
    comparison = COMPARISON.match(text)
    if comparison:
        words = {
            "<=": gettext("at most %s"),
            ">=": gettext("at least %s"),
            "<": gettext("less than %s"),
            ">": gettext("more than %s"),
        }
        return words[comparison[1]] % readable_cell(comparison[2])
    durations = DURATION.sub(lambda match: _duration(match[1]), text)
    plain = durations.replace('"', "").replace("_", " ")
    if "(" in plain or "[" in plain:
        return plain
    *others, last = plain.split(", ")
    return gettext("%(others)s or %(last)s") % {"others": ", ".join(others), "last": last} if others else last


def _wanted(change: Change) -> str:
    if change.cell is not None:
        return readable_cell(change.cell)
    example = change.example
    values = example if isinstance(example, tuple | frozenset) else (example,)
    return readable_cell(", ".join("–" if value is None else value_to_text(value) for value in values))


def _duration(text: str) -> str:
    seconds = int(value_from_text(text, ValueType.DURATION).total_seconds())  # type: ignore[union-attr]  # a timedelta
    if seconds % DAY == 0:
        return ngettext("%d day", "%d days", seconds // DAY) % (seconds // DAY)
    if seconds % HOUR == 0:
        return ngettext("%d hour", "%d hours", seconds // HOUR) % (seconds // HOUR)
    return ngettext("%d minute", "%d minutes", seconds // MINUTE) % (seconds // MINUTE)


def _present(ruling: Ruling, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name in ruling.facts)
