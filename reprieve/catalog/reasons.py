"""Choosing a reason: one check for every door."""

from reprieve.catalog.models import Reason, ReasonFor
from reprieve.lib.errors import Invalid

NOTE_LIMIT = 2000


class ReasonMissing(Invalid):
    """No reason was chosen, or none that can be chosen."""

    code = "reason_missing"


class NoteMissing(Invalid):
    """The reason asks for a few words and there are none."""

    code = "note_missing"


class NoteTooLong(Invalid):
    """The note is longer than anybody would read."""

    code = "note_too_long"


def reasons_for(what: ReasonFor) -> list[Reason]:
    """The reasons that can be chosen now, in the order in which they are offered."""
    return list(Reason.objects.filter(reason_for=what, active=True))


def choose_reason(what: ReasonFor, key: str, note: str) -> Reason:
    """The chosen reason. Raises ReasonMissing, NoteMissing or NoteTooLong, each naming its field."""
    check_note(note)
    reason = Reason.objects.filter(reason_for=what, active=True, key=key).first()
    if reason is None:
        raise ReasonMissing("Please choose a reason.", field="reason")
    if reason.note_required and not note.strip():
        raise NoteMissing(f"“{reason.label}” needs a few words from you.", field="note")
    return reason


def check_note(note: str, field: str = "note") -> None:
    """Raises NoteTooLong beyond `NOTE_LIMIT` characters."""
    if len(note) > NOTE_LIMIT:
        raise NoteTooLong(f"This is {len(note):,} characters long; please shorten it to {NOTE_LIMIT:,}.", field=field)
