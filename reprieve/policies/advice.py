"""What would have to differ for a yes, in the customer's words."""

from django.utils.translation import gettext

from reprieve.dmn.explain import Change, nearest
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Column
from reprieve.policies.in_words import cell_in_words, either, value_in_words
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling

# Nobody can become somebody else, and crowns do not turn into dentures: that is never an advice.
UNCHANGEABLE = ("who_asks", "product_family")


def what_would_differ(ruling: Ruling) -> str:
    """One sentence from the nearest row that allows, or nothing where no row would."""
    compiled = ruling.rules.compiled
    found = nearest(
        compiled, ruling.facts, ruling.now, "outcome", Outcome.ALLOW.value, fixed=_present(ruling, UNCHANGEABLE)
    )
    if found is None or not found.changes:
        return ""
    columns = {column.name: column for column in compiled.table.inputs}
    conditions = [_condition(change, columns[change.column]) for change in found.changes]
    return gettext("It is possible only while %s.") % gettext(" and ").join(conditions)


def _condition(change: Change, column: Column) -> str:
    fact = column.title[:1].lower() + column.title[1:]
    return gettext("its %(fact)s is %(wanted)s") % {"fact": fact, "wanted": _wanted(change, column)}


def _wanted(change: Change, column: Column) -> str:
    if change.cell is not None:
        return cell_in_words(parse_cell(change.cell, column.type))
    example = change.example
    return either(value_in_words(value) for value in (example if isinstance(example, tuple) else (example,)))


def _present(ruling: Ruling, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name in ruling.facts)
