"""What would have to differ for a yes, and when time alone will make it one, in the customer's words."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from reprieve.dmn.explain import Change, nearest
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.table import Column
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling
from reprieve.policies.words.values import cell_in_words, either, value_in_words

# Nobody can become somebody else, and crowns do not turn into dentures: that is never an advice.
UNCHANGEABLE = ("who_asks", "product_family")
# Further than this nobody waits for a yes.
LOOKS_AHEAD = timedelta(days=90)


def remedy(ruling: Ruling) -> str:
    """All that can be advised about a refusal: what would have to differ, and from when on time alone changes it."""
    return " ".join(filter(None, (what_would_differ(ruling), possible_from(ruling))))


def possible_from(ruling: Ruling) -> str:
    """From when on what is refused now is possible, if only time passes; nothing where time does not help."""
    for span in ruling.curve(ruling.now + LOOKS_AHEAD) if ruling.outcome is Outcome.REFUSE else ():
        match Outcome(str(span.decision.outputs["outcome"])):
            case Outcome.ALLOW:
                sentence = gettext("You can do it yourself from %s on.")
            case Outcome.REQUEST:
                sentence = gettext("You can ask support for it from %s on.")
            case _:
                continue
        return sentence % date_format(localtime(span.start), "DATETIME_FORMAT")
    return ""


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
