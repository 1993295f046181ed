"""How long a note may be, whoever writes it and wherever."""

from reprieve.lib.errors import Invalid

NOTE_LIMIT = 2000


class NoteTooLong(Invalid):
    """The note is longer than anybody would read."""

    code = "note_too_long"


def check_note(note: str, field: str = "note") -> None:
    """Raises NoteTooLong beyond `NOTE_LIMIT` characters."""
    if len(note) > NOTE_LIMIT:
        raise NoteTooLong(f"This is {len(note):,} characters long; please shorten it to {NOTE_LIMIT:,}.", field=field)
