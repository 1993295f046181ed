"""What the rules will answer from now on if only time passes: stretches of a line, in words and ready to be drawn.

A stretch is as wide as the logarithm of its length, because an hour stands beside weeks. Inside it time runs evenly,
and its marks are a unit apart that people know. The words say everything that the drawing shows.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.utils.translation import gettext

from reprieve.billing.cost_in_words import cost_in_words
from reprieve.options.answers import Answer, Option
from reprieve.orders.actions import Action
from reprieve.policies.models import Outcome
from reprieve.policies.words.values import duration_in_words, name_in_words

LOOKS_AHEAD = timedelta(days=90)
MINUTE = timedelta(minutes=1)
NOTHING, ALL = 0, 100  # percent
MOST_STRETCHES = 6
# The widths that static/reprieve/css/curve.css knows are 1 to WIDEST.
WIDEST = 12
WIDTH_WITHOUT_END = 7
MOST_MARKS = 14
MARKS_APART = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is said in a stretch, and how high it is drawn: the percentage that is refunded, 100 where that is open."""

    outcome: Outcome
    word: str
    terms: str
    level: int

    @property
    def drop(self) -> int:
        """How far below the top it is drawn, in percent."""
        return ALL - self.level


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time with one answer. `until` is None, and `length` empty, where no end of it is known.

    `width` is from 1 to 12. `marks` are where its marks stand, as percentages of the width, `apart` in words.
    """

    answer: Drawn
    start: datetime
    until: datetime | None
    length: str
    width: int
    marks: list[str]
    apart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The line from now on, of two stretches or more.

    Nothing is known after `looks_until`. `goes_on` says that there are more changes before that; `is_levelled` that the
    heights tell stretches apart.
    """

    stretches: list[Stretch]
    goes_on: bool
    is_levelled: bool
    looks_until: datetime


def curve(option: Option, *, limit: datetime | None = None, for_staff: bool = False) -> Curve | None:
    """How the answer goes on, up to `limit` and for at most 90 days; None where it never changes.

    What reads the same is one stretch: a note that only staff see is no change to a customer.
    """
    looks_until = min(option.ruling.now + LOOKS_AHEAD, limit or datetime.max.replace(tzinfo=UTC))
    if looks_until <= option.ruling.now:
        return None
    answers = list(islice(_answers(option, looks_until, for_staff=for_staff), MOST_STRETCHES + 1))
    if len(answers) == 1:
        return None
    ends = [*(start for _, start in answers[1:]), None]
    shown = [
        _stretch(answer, start, until) for (answer, start), until in zip(answers[:MOST_STRETCHES], ends, strict=False)
    ]
    return Curve(
        stretches=shown,
        goes_on=len(answers) > len(shown),
        is_levelled=any(stretch.answer.level not in (NOTHING, ALL) for stretch in shown),
        looks_until=looks_until,
    )


def _answers(option: Option, looks_until: datetime, *, for_staff: bool) -> Iterator[tuple[Drawn, datetime]]:
    """Each answer that reads differently from the one before it, with the instant from which it is given."""
    before = None
    for span in option.ruling.curve(looks_until):
        drawn = _drawn(option.at(span.decision), for_staff=for_staff)
        if drawn != before:
            yield drawn, span.start
        before = drawn


def _drawn(answer: Answer, *, for_staff: bool) -> Drawn:
    outcome, terms, level = answer.outcome, _terms(answer), _level(answer)
    if for_staff:
        row = name_in_words(answer.row) if answer.row else gettext("no row, the fallback")
        return Drawn(outcome, str(outcome.label), f"{row.capitalize()}. {terms}".strip(), level)
    return Drawn(outcome, _word(answer), terms, level)


def _word(answer: Answer) -> str:
    match answer.outcome, answer.action:
        case Outcome.REQUEST, _:
            return gettext("On request")
        case Outcome.REFUSE, _:
            return gettext("Not possible")
        case _, Action.CANCEL:
            return gettext("You can cancel")
        case _, Action.PAUSE:
            return gettext("You can pause")
        case _:
            return gettext("You can resume")


def _terms(answer: Answer) -> str:
    """Its cost, or how long a pause may last; of a refusal the reason."""
    if answer.outcome is Outcome.REFUSE:
        return answer.message
    if answer.action is Action.CANCEL:
        return cost_in_words(answer.terms, answer.order.currency)
    longest = answer.longest_pause
    return gettext("For up to %s.") % duration_in_words(longest) if longest else ""


def _level(answer: Answer) -> int:
    if answer.outcome is Outcome.REFUSE:
        return NOTHING
    share = answer.terms.share
    return ALL if share is None else int(share * ALL)


def _stretch(answer: Drawn, start: datetime, until: datetime | None) -> Stretch:
    if until is None:
        return Stretch(answer=answer, start=start, until=None, length="", width=WIDTH_WITHOUT_END, marks=[], apart="")
    length = until - start
    apart = next((unit for unit in MARKS_APART if length / unit <= MOST_MARKS), MARKS_APART[-1])
    marks = [f"{apart * number / length:.2%}" for number in range(1, math.ceil(length / apart))]
    return Stretch(
        answer=answer,
        start=start,
        until=until,
        length=duration_in_words(length) if length >= MINUTE else gettext("less than a minute"),
        width=_width(length),
        marks=marks,
        apart=duration_in_words(apart) if marks else "",
    )


def _width(length: timedelta) -> int:
    """From 1 for a minute over 4 for an hour and 7 for a day to 11 for 90 days."""
    return min(max(round(math.log2(1 + length / MINUTE) / 1.5), 1), WIDEST)
