"""What would have to differ for a yes, and when time alone will make it one, in the customer's words."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from reprieve.dmn.explain import Change
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Column
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling
from reprieve.policies.words.values import cell_in_words, either, title_in_words, value_in_words


def remedy(ruling: Ruling) -> str:
    """All that can be advised about a refusal: what would have to differ, and from when on time alone changes it."""
    return " ".join(filter(None, (what_would_differ(ruling), possible_from(ruling))))


def possible_from(ruling: Ruling) -> str:
    """From when on what is refused now is possible, if only time passes; nothing where time does not help."""
    if ruling.opening is None:
        return ""
    sentences = {
        Outcome.ALLOW: gettext("You can do it yourself from %s on."),
        Outcome.REQUEST: gettext("You can ask support for it from %s on."),
    }
    return sentences[ruling.opening.outcome] % date_format(localtime(ruling.opening.at), "DATETIME_FORMAT")


def what_would_differ(ruling: Ruling) -> str:
    """One sentence from the nearest row that allows, or nothing where no row would."""
    columns = {column.name: column for column in ruling.rules.table.inputs}
    conditions = [_condition(change, columns[change.column]) for change in ruling.differing]
    return gettext("It is possible only while %s.") % gettext(" and ").join(conditions) if conditions else ""


def _condition(change: Change, column: Column) -> str:
    title = title_in_words(column)
    fact = title[:1].lower() + title[1:]
    return gettext("its %(fact)s is %(wanted)s") % {"fact": fact, "wanted": _wanted(change, column)}


def _wanted(change: Change, column: Column) -> str:
    if change.cell is not None:
        return cell_in_words(parse_cell(change.cell, column.type))
    example = change.example
    return either(value_in_words(value) for value in (example if isinstance(example, tuple) else (example,)))
