"""What may happen to the demo's cases: how each kind of life goes, step by step."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from reprieve.demo.case import (
    Step,
    approve,
    ask,
    cancel,
    decline,
    deliver,
    finish_revision,
    hours,
    move,
    override_cancel,
    pause,
    restore,
    resume,
    revise,
    send_files,
    slate,
    undo,
    withdraw,
)
from reprieve.demo.money import (
    approve_return,
    ask_for_rest,
    came_back,
    confirm,
    give_as_credit,
    pay,
    reject_return,
    sent,
)
from reprieve.orders.lifecycle import Verb

DAY = 24.0

# What the work takes, in hours after the step before.
MAKING: tuple[tuple[Verb, float, float], ...] = (
    (Verb.START_DESIGN, 1, 20),
    (Verb.COMPLETE_DESIGN, 4, 30),
    (Verb.START_FABRICATION, 2, 20),
    (Verb.FINISH_FABRICATION, 20, 80),
    (Verb.SHIP, 2, 20),
    (Verb.COMPLETE, 30, 80),
    (Verb.INVOICE, 20, 140),
)
DESIGNING: tuple[tuple[Verb, float, float], ...] = (
    (Verb.START_DESIGN, 1, 20),
    (Verb.COMPLETE_DESIGN, 4, 30),
    (Verb.DELIVER_FILES, 0.5, 6),
    (Verb.COMPLETE, 12, 60),
    (Verb.INVOICE, 20, 140),
)

CANCEL_WORDS = (
    ("patient_rescheduled", "Patient rescheduled, will resubmit later."),
    ("wrong_product", "Ordered by mistake; the chart says layered zirconia."),
    ("new_scans", "The margin is not readable on our scan, we will take a new one."),
    ("treatment_changed", "Tooth could not be saved, going for an implant instead."),
    ("wrong_account", "This belongs to our other office."),
    ("duplicate", "Submitted twice, please keep the other one."),
    ("too_slow", ""),
    ("other", "Patient moved to another city."),
)
PAUSE_WORDS = (
    ("patient_away", "Back in three weeks."),
    ("more_time", "Wants to talk to family first."),
    ("waiting_payment", ""),
    ("waiting_insurance", "Pre-authorisation is pending."),
    ("new_scans", "New scan on Thursday."),
    ("other", "Waiting for the periodontist's report."),
)
HOLDS = (
    "The upper scan has a hole around the preparation. Please scan again and add the file.",
    "The bite scan is missing. Please add it.",
    "Please tell us the shade; the order says only “as discussed”.",
    "The margin is not visible on the mesial side. Please scan again.",
)
DECLINES = (
    "The design is almost done, and we cannot take back the designer's time. We can pause it for you instead.",
    "The reason is not clear to us. Please call us, and we will find a way.",
    "Two revisions of this case are in progress. Once they are closed, please ask again.",
)
REVISIONS = ("Open the contact on the mesial side.", "Incisal edges half a millimetre shorter.", "Emergence too bulky.")

type Plot = Callable[[Random], list[Step]]


def made(rng: Random, *, upto: Verb | None, since: Verb | None = None) -> list[Step]:
    """The usual way of something that is made, after `since` and through `upto`; nothing at all for None."""
    return _way(MAKING, rng, since, upto)


def designed(rng: Random, *, upto: Verb | None, since: Verb | None = None) -> list[Step]:
    return _way(DESIGNING, rng, since, upto)


def _way(way: Sequence[tuple[Verb, float, float]], rng: Random, since: Verb | None, upto: Verb | None) -> list[Step]:
    verbs = [verb for verb, _, _ in way]
    first = verbs.index(since) + 1 if since else 0
    last = verbs.index(upto) + 1 if upto else 0
    return [
        deliver(hours(rng, least, most)) if verb is Verb.DELIVER_FILES else move(hours(rng, least, most), verb)
        for verb, least, most in way[first:last]
    ]


def upto(verb: Verb | None) -> Plot:
    """Made without incident, so far."""
    return lambda rng: made(rng, upto=verb)


def designed_upto(verb: Verb | None) -> Plot:
    """Designed without incident, so far."""
    return lambda rng: designed(rng, upto=verb)


ANYWHERE = (None, Verb.START_DESIGN, Verb.COMPLETE_DESIGN, Verb.START_FABRICATION)
BEFORE_FABRICATION = (None, Verb.START_DESIGN, Verb.COMPLETE_DESIGN)


def on_hold(rng: Random) -> list[Step]:
    """Stopped before its design, for something that the practice has to do."""
    return [move(hours(rng, 1, 6), Verb.HOLD, why=rng.choice(HOLDS))]


def held_in_design(rng: Random) -> list[Step]:
    """Stopped in the middle of its design."""
    return [*made(rng, upto=Verb.START_DESIGN), move(hours(rng, 1, 6), Verb.HOLD, why=rng.choice(HOLDS))]


def held_and_released(*ends: Verb) -> Plot:
    """On hold for a day, until the practice sent what was missing."""
    return lambda rng: [
        *on_hold(rng),
        send_files(hours(rng, 3, 30), "second-scan.stl"),
        move(hours(rng, 1, 6), Verb.RELEASE),
        *made(rng, upto=rng.choice(ends)),
    ]


def paused(rng: Random) -> list[Step]:
    """Standing still at some point before it ships."""
    return [*made(rng, upto=rng.choice(ANYWHERE)), pause(hours(rng, 1, 12), *rng.choice(PAUSE_WORDS))]


def resumed(*ends: Verb) -> Plot:
    """Paused for some days, resumed, and gone on with."""

    def plot(rng: Random) -> list[Step]:
        before = rng.choice(ANYWHERE)
        return [
            *made(rng, upto=before),
            pause(hours(rng, 1, 12), *rng.choice(PAUSE_WORDS)),
            resume(hours(rng, 2 * DAY, 30 * DAY)),
            *made(rng, since=before, upto=rng.choice(ends)),
        ]

    return plot


def slated(rng: Random) -> list[Step]:
    """Paused and never resumed: it waits for its deletion."""
    return [*paused(rng), slate(timedelta(days=45, minutes=5))]


def restored(*ends: Verb) -> Plot:
    """Slated for deletion, then restored by support and gone on with."""

    def plot(rng: Random) -> list[Step]:
        before = rng.choice(BEFORE_FABRICATION)
        return [
            *made(rng, upto=before),
            pause(hours(rng, 1, 12), *rng.choice(PAUSE_WORDS)),
            slate(timedelta(days=45, minutes=5)),
            restore(hours(rng, DAY, 6 * DAY)),
            *made(rng, since=before, upto=rng.choice(ends)),
        ]

    return plot


def cancelled(rng: Random) -> list[Step]:
    """Cancelled by the practice while that was possible."""
    return [*made(rng, upto=rng.choice(ANYWHERE)), cancel(hours(rng, 0.2, 20), *rng.choice(CANCEL_WORDS))]


def cancelled_design(rng: Random) -> list[Step]:
    """A design service cancelled before it was begun."""
    return [cancel(hours(rng, 0.1, 2), *rng.choice(CANCEL_WORDS))]


def cancelled_in_pause(rng: Random) -> list[Step]:
    """Paused, and then cancelled instead of resumed."""
    return [*paused(rng), cancel(hours(rng, DAY, 20 * DAY), *rng.choice(CANCEL_WORDS))]


def cancelled_when_invoiced(rng: Random) -> list[Step]:
    """Still being made when its week was billed, and cancelled after that: a credit note takes it back."""
    return [*made(rng, upto=Verb.START_FABRICATION), cancel(hours(rng, 8 * DAY, 10 * DAY), *rng.choice(CANCEL_WORDS))]


def just_cancelled(rng: Random) -> list[Step]:
    """Paid, and cancelled minutes ago: it can still be undone, and the refund waits for that."""
    return [pay(hours(rng, 1, 3)), cancel(hours(rng, 0.5, 3), *rng.choice(CANCEL_WORDS))]


def cancelled_and_undone(*ends: Verb) -> Plot:
    """Paid, cancelled by mistake, undone within minutes, and gone on with."""
    return lambda rng: [
        pay(hours(rng, 1, 3)),
        cancel(hours(rng, 0.5, 3), "duplicate", "Submitted twice, please keep the other one."),
        undo(hours(rng, 0.05, 0.4)),
        *made(rng, upto=rng.choice(ends)),
    ]


def overridden(rng: Random) -> list[Step]:
    """Cancelled by support although it was about to ship."""
    note = "Called at noon: the patient has died. Cancelled as a courtesy."
    return [*made(rng, upto=Verb.FINISH_FABRICATION), override_cancel(hours(rng, 0.5, 3), "other", note)]


def asked(least: float, most: float) -> Plot:
    """A design in progress whose cancellation was asked for, hours after its beginning."""
    return lambda rng: [*designed(rng, upto=Verb.START_DESIGN), ask(hours(rng, least, most), *rng.choice(CANCEL_WORDS))]


def approved(rng: Random) -> list[Step]:
    """Support let it be cancelled."""
    return [*asked(0.3, 2)(rng), approve(hours(rng, 0.3, 3), "Only the setup was done; no objection.")]


def declined(*ends: Verb) -> Plot:
    """Support did not, and the design was finished."""
    return lambda rng: [
        *asked(0.3, 3)(rng),
        decline(hours(rng, 0.3, 5), rng.choice(DECLINES), "Third request of this practice this month."),
        *designed(rng, since=Verb.START_DESIGN, upto=rng.choice(ends)),
    ]


def withdrawn(*ends: Verb | None) -> Plot:
    """The practice thought better of it."""
    return lambda rng: [
        *asked(0.3, 3)(rng),
        withdraw(hours(rng, 0.2, 4)),
        *designed(rng, since=Verb.START_DESIGN, upto=rng.choice(ends)),
    ]


def overtaken(rng: Random) -> list[Step]:
    """Production went on although a request was open, and support had to decline it."""
    return [
        *asked(0.5, 2)(rng),
        move(hours(rng, 0.5, 2), Verb.COMPLETE_DESIGN, override=True),
        decline(hours(rng, 0.5, 2), "The design was finished when we saw your request. We are sorry."),
        *designed(rng, since=Verb.COMPLETE_DESIGN, upto=Verb.INVOICE),
    ]


def in_revision(rng: Random) -> list[Step]:
    """Something is being changed."""
    last = rng.choice((Verb.COMPLETE_DESIGN, Verb.SHIP, Verb.COMPLETE))
    return [*made(rng, upto=last), revise(hours(rng, 3, 20), rng.choice(REVISIONS))]


def revised(*ends: Verb) -> Plot:
    """Something was changed, once or twice, before it was made."""

    def plot(rng: Random) -> list[Step]:
        rounds = [
            step
            for _ in range(rng.choice((1, 1, 2)))
            for step in (revise(hours(rng, 2, 10), rng.choice(REVISIONS)), finish_revision(hours(rng, 3, 24)))
        ]
        return [
            *made(rng, upto=Verb.COMPLETE_DESIGN),
            *rounds,
            *made(rng, since=Verb.COMPLETE_DESIGN, upto=rng.choice(ends)),
        ]

    return plot


def paid(*ends: Verb) -> Plot:
    """Paid by bank transfer before anything is made."""
    return lambda rng: [pay(hours(rng, 0.5, 3)), *made(rng, upto=rng.choice(ends))]


def refund_granted(rng: Random) -> list[Step]:
    """Paid, and cancelled before its design: all of it goes back, and somebody has to transfer it."""
    return [pay(hours(rng, 0.5, 3)), sent(cancel(hours(rng, 0.5, 6), *rng.choice(CANCEL_WORDS)))]


def refunded(rng: Random) -> list[Step]:
    """The same, and it was transferred."""
    return [*refund_granted(rng), confirm(hours(rng, 3, 30))]


def refund_came_back(rng: Random) -> list[Step]:
    """The same, but the bank did not take the transfer."""
    return [*refund_granted(rng), came_back(hours(rng, 20, 60), "The bank says that the account is closed.")]


def refund_as_credit(rng: Random) -> list[Step]:
    """The same, and the practice took store credit instead: lately, as it would pay for what it orders next."""
    return [*refund_came_back(rng), give_as_credit(hours(rng, 1, 20))]


def refund_open(rng: Random) -> list[Step]:
    """Paid, and cancelled after its design was begun: the rules leave the refund to support."""
    return [*paid(Verb.START_DESIGN, Verb.COMPLETE_DESIGN)(rng), cancel(hours(rng, 0.5, 12), *rng.choice(CANCEL_WORDS))]


def refunded_in_part(rng: Random) -> list[Step]:
    """Support kept the design's share of it."""
    return [*refund_open(rng), sent(approve_return(hours(rng, 2, 20), percent=80)), confirm(hours(rng, 2, 20))]


def rest_asked(rng: Random) -> list[Step]:
    """And the practice asks for that as well."""
    return [*refunded_in_part(rng), ask_for_rest(hours(rng, 3, 40), "The design can be used again: same tooth, later.")]


def rest_rejected(rng: Random) -> list[Step]:
    """In vain."""
    answer = "We would have to design it anew on your next scan, so we keep what the design has cost us."
    return [*rest_asked(rng), reject_return(hours(rng, 3, 30), answer)]


def paid_late(rng: Random) -> list[Step]:
    """Cancelled while its transfer was under way."""
    return [cancel(hours(rng, 0.2, 0.9), *rng.choice(CANCEL_WORDS)), pay(hours(rng, 20, 60))]
