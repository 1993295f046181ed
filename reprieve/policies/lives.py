"""How something was at any instant of its past, so that rules can be asked about it, or why it cannot be said."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Unknown(TextChoices):
    """Why it cannot be said how something was."""

    NOT_SUBMITTED = "not_submitted", _("The case was not submitted yet.")
    BEFORE_HISTORY = "before_history", _("The case was imported later, and its history begins with that.")
    HISTORY_DIFFERS = "history_differs", _("The case’s history does not lead to where it stands now.")
    NO_QUESTION = "no_question", _("The history does not tell who asked.")
    NO_REASON = "no_reason", _("The history does not tell which reason was chosen.")


@dataclass(frozen=True, slots=True)
class NotRebuildable:
    """It cannot be said how the subject was."""

    why: Unknown


@dataclass(frozen=True, slots=True)
class State[S]:
    """The subject as it was from an instant on, until the next state."""

    since: datetime
    subject: S


@dataclass(frozen=True, slots=True)
class Asked[S]:
    """A decision that was made: the subject just before anything was done on it, who asked, and the reason's key.

    `knows_reason` is False where one was chosen, but the history is from before it was written down.
    """

    subject: S
    who: str
    reason: str | None
    knows_reason: bool


@dataclass(frozen=True, slots=True)
class Life[S]:
    """The states in the order of time, and what was asked, by the decision record that answered it."""

    began_at: datetime
    states: Sequence[State[S]]
    asked: Mapping[int, Asked[S]]

    def at(self, instant: datetime) -> S | NotRebuildable:
        """The subject as it was at an instant, after all that happened in it."""
        passed = bisect_right(self.states, instant, key=attrgetter("since"))
        if passed:
            return self.states[passed - 1].subject
        return NotRebuildable(Unknown.NOT_SUBMITTED if instant < self.began_at else Unknown.BEFORE_HISTORY)
