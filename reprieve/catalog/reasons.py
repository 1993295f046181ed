"""Choosing a reason: one check for every door."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.catalog.models import Reason, ReasonFor
from reprieve.lib.errors import Invalid
from reprieve.lib.notes import check_note

REASON_MISSING = _("Please choose a reason.")


class ReasonMissing(Invalid):
    """No reason was chosen, or none that can be chosen."""


class NoteMissing(Invalid):
    """The reason asks for a few words and there are none."""


def reasons_for(what: ReasonFor) -> list[Reason]:
    """The reasons that can be chosen now, in the order in which they are offered."""
    return list(Reason.objects.filter(reason_for=what, active=True))


def choose_reason(what: ReasonFor, key: str, note: str) -> Reason:
    """The chosen reason. Raises ReasonMissing, NoteMissing or NoteTooLong, each naming its field."""
    check_note(note)
    reason = next((each for each in reasons_for(what) if each.key == key), None)
    if reason is None:
        gone = gettext("This reason is no longer offered. Please choose another.")
        raise ReasonMissing(gone if key else str(REASON_MISSING), field="reason")
    if reason.note_required and not note.strip():
        raise NoteMissing(gettext("“%(label)s” needs a few words from you.") % {"label": reason.label}, field="note")
    return reason
