"""How long a note may be, whoever writes it and wherever."""

from django.utils.formats import number_format
from django.utils.translation import gettext

from reprieve.lib.errors import Invalid

NOTE_LIMIT = 2000


class NoteTooLong(Invalid):
    """The note is longer than anybody would read."""


def check_note(note: str, field: str = "note") -> None:
    """Raises NoteTooLong beyond `NOTE_LIMIT` characters."""
    if len(note) > NOTE_LIMIT:
        counts = {"length": len(note), "limit": NOTE_LIMIT}
        words = {name: number_format(count, force_grouping=True) for name, count in counts.items()}
        raise NoteTooLong(
            gettext("This is %(length)s characters long; please shorten it to %(limit)s.") % words, field=field
        )


def shorten(longest: int) -> str:
    """What is said to whoever wrote more than so many characters."""
    return gettext("Please shorten this to %d characters.") % longest
