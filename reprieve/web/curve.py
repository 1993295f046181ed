"""What the rules will answer from now on if only time passes: stretches of a line, in words and ready to be drawn.

A stretch is as wide as the logarithm of its length, because an hour stands beside weeks. Inside it time runs evenly,
and its marks are a unit apart that people know. The words say everything that the drawing shows.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

from django.utils.translation import gettext

from reprieve.dmn.decision import Decision
from reprieve.dmn.values import Value
from reprieve.orders.actions import Action
from reprieve.policies.models import Outcome
from reprieve.policies.rulings import Ruling
from reprieve.policies.words.values import duration_in_words, name_in_words

type Cost = Callable[[Mapping[str, object]], str]

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
class Answer:
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

    answer: Answer
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


def curve(ruling: Ruling, *, cost: Cost, limit: datetime | None = None, for_staff: bool = False) -> Curve | None:
    """The curve of a ruling up to `limit` and for at most 90 days; None where the answer never changes.

    `cost` says what cancelling costs under a decision's outputs.
    What reads the same is one stretch: a note that only staff see is no change to a customer.
    """
    looks_until = min(ruling.now + LOOKS_AHEAD, limit or datetime.max.replace(tzinfo=UTC))
    if looks_until <= ruling.now:
        return None
    answers = list(islice(_answers(ruling, looks_until, cost, for_staff=for_staff), MOST_STRETCHES + 1))
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


def _answers(
    ruling: Ruling, looks_until: datetime, cost: Cost, *, for_staff: bool
) -> Iterator[tuple[Answer, datetime]]:
    """Each answer that reads differently from the one before it, with the instant from which it is given."""
    before = None
    for span in ruling.curve(looks_until):
        answer = _answer(ruling.action, span.decision, cost, for_staff=for_staff)
        if answer != before:
            yield answer, span.start
        before = answer


def _answer(action: str, decision: Decision, cost: Cost, *, for_staff: bool) -> Answer:
    outputs = decision.outputs
    outcome = Outcome(str(outputs["outcome"]))
    terms = _terms(action, outcome, outputs, cost)
    if for_staff:
        row = name_in_words(decision.row) if decision.row else gettext("no row, the fallback")
        return Answer(outcome, str(outcome.label), f"{row.capitalize()}. {terms}".strip(), _level(outcome, outputs))
    return Answer(outcome, _word(action, outcome), terms, _level(outcome, outputs))


def _word(action: str, outcome: Outcome) -> str:
    match outcome, action:
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


def _terms(action: str, outcome: Outcome, outputs: Mapping[str, Value], cost: Cost) -> str:
    """Its cost, or how long a pause may last; of a refusal the reason."""
    if outcome is Outcome.REFUSE:
        return str(outputs.get("message", ""))
    if action == Action.CANCEL:
        return cost(outputs)
    longest = outputs.get("longest_pause")
    return gettext("For up to %s.") % duration_in_words(longest) if isinstance(longest, timedelta) else ""


def _level(outcome: Outcome, outputs: Mapping[str, Value]) -> int:
    if outcome is Outcome.REFUSE:
        return NOTHING
    share = outputs.get("refund_share")
    return ALL if share is None else int(Decimal(str(share)) * ALL)


def _stretch(answer: Answer, start: datetime, until: datetime | None) -> Stretch:
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
