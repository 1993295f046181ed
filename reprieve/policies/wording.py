"""What would have to differ for a yes, in the customer's words."""

from django.utils.translation import gettext

from reprieve.dmn.explain import nearest
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling


def what_would_differ(ruling: Ruling) -> str:
    """One sentence from the nearest row that allows, or nothing where no row would."""
    found = nearest(ruling.rules.table, ruling.facts, ruling.now, "outcome", Outcome.ALLOW.value)
    if found is None or not found.changes:
        return ""
    columns = {column.name: column.title for column in ruling.rules.table.inputs}
    conditions = [
        gettext("%(fact)s: %(wanted)s") % {"fact": columns[change.column], "wanted": readable_cell(change.cell)}
        for change in found.changes
    ]
    return gettext("It would be possible with %s.") % ", ".join(conditions)


def readable_cell(text: str) -> str:
    """A cell without its quotes and underscores."""
    return text.replace('"', "").replace("_", " ")
