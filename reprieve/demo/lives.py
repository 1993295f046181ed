"""The lives that the demo's cases have, and how many have each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

MADE = ("crowns", "bridges", "veneers", "dentures", "implants", "guards", "crowns", "crowns")
MADE_OR_ALIGNED = (*MADE, "aligners")
DESIGN = ("design",)
DAY = 24.0
HALF_A_YEAR = 170 * DAY

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


@dataclass(frozen=True, slots=True)
class Life:
    """What happens to `share` of 400 cases; the last of it so many hours ago.

    `files` says if scans come with them, `prepaid` that only practices have it that pay for each case by itself.
    """

    name: str
    share: int
    families: Sequence[str]
    plot: Plot
    ago: tuple[float, float]
    files: bool = True
    prepaid: bool = False

    def idle(self, rng: Random) -> timedelta:
        """How long ago the last thing happened."""
        return hours(rng, *self.ago)


def made(rng: Random, *, upto: Verb | None, since: Verb | None = None) -> list[Step]:
    """The usual way of something that is made, after `since` and through `upto`; nothing at all for None."""
    return _way(MAKING, rng, since, upto)


def designed(rng: Random, *, upto: Verb | None, since: Verb | None = None) -> list[Step]:
    """The usual way of a design service."""
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


LIVES: tuple[Life, ...] = (
    Life("new", 16, MADE_OR_ALIGNED, upto(None), (0.1, 20)),
    Life("in design", 18, MADE_OR_ALIGNED, upto(Verb.START_DESIGN), (0.5, 20)),
    Life("designed", 10, MADE_OR_ALIGNED, upto(Verb.COMPLETE_DESIGN), (0.5, 16)),
    Life("in fabrication", 24, MADE_OR_ALIGNED, upto(Verb.START_FABRICATION), (1, 50)),
    Life("about to ship", 10, MADE_OR_ALIGNED, upto(Verb.FINISH_FABRICATION), (0.5, 14)),
    Life("shipped", 16, MADE_OR_ALIGNED, upto(Verb.SHIP), (2, 60)),
    Life("completed", 26, MADE_OR_ALIGNED, upto(Verb.COMPLETE), (10, 9 * DAY)),
    Life("invoiced", 92, MADE_OR_ALIGNED, upto(Verb.INVOICE), (5 * DAY, HALF_A_YEAR)),
    Life("on hold", 8, MADE, on_hold, (3, 4 * DAY)),
    Life("on hold in design", 4, MADE, held_in_design, (3, 3 * DAY)),
    Life("released", 4, MADE, held_and_released(Verb.START_DESIGN, Verb.START_FABRICATION, Verb.SHIP), (2, 40)),
    Life("released and invoiced", 6, MADE, held_and_released(Verb.INVOICE), (5 * DAY, 120 * DAY)),
    Life("paused", 14, MADE, paused, (2, 43 * DAY)),
    Life("resumed", 5, MADE, resumed(Verb.START_FABRICATION, Verb.FINISH_FABRICATION, Verb.SHIP), (3, 50)),
    Life("resumed and invoiced", 7, MADE, resumed(Verb.INVOICE), (5 * DAY, 120 * DAY)),
    Life("slated for deletion", 5, MADE, slated, (6, 12 * DAY)),
    Life("restored", 1, MADE, restored(Verb.START_FABRICATION), (6, 50)),
    Life("restored and invoiced", 2, MADE, restored(Verb.INVOICE), (5 * DAY, 60 * DAY)),
    Life("cancelled", 18, MADE_OR_ALIGNED, cancelled, (1, HALF_A_YEAR)),
    Life("cancelled while paused", 3, MADE, cancelled_in_pause, (DAY, 90 * DAY)),
    Life("cancelled minutes ago", 1, MADE, just_cancelled, (0.05, 0.2), prepaid=True),
    Life(
        "cancelled and undone", 3, MADE, cancelled_and_undone(Verb.START_FABRICATION, Verb.SHIP), (3, 50), prepaid=True
    ),
    Life("cancelled by override", 3, MADE, overridden, (DAY, 120 * DAY)),
    Life("in revision", 6, MADE, in_revision, (1, 40)),
    Life("revised", 4, MADE, revised(Verb.START_FABRICATION, Verb.SHIP), (2, 50)),
    Life("revised and invoiced", 8, MADE, revised(Verb.INVOICE), (5 * DAY, 130 * DAY)),
    Life("new design", 6, DESIGN, designed_upto(None), (0.1, 8)),
    Life("design on hold without files", 3, DESIGN, on_hold, (2, 3 * DAY), files=False),
    Life("design on hold", 3, DESIGN, on_hold, (2, 3 * DAY)),
    Life("design in progress", 8, DESIGN, designed_upto(Verb.START_DESIGN), (0.5, 20)),
    Life("design done", 4, DESIGN, designed_upto(Verb.COMPLETE_DESIGN), (0.3, 4)),
    Life("design delivered", 5, DESIGN, designed_upto(Verb.DELIVER_FILES), (0.5, 40)),
    Life("design completed", 8, DESIGN, designed_upto(Verb.COMPLETE), (5, 9 * DAY)),
    Life("design invoiced", 20, DESIGN, designed_upto(Verb.INVOICE), (5 * DAY, HALF_A_YEAR)),
    Life("design cancelled", 5, DESIGN, cancelled_design, (1, HALF_A_YEAR)),
    Life("cancellation asked minutes ago", 3, DESIGN, asked(0.5, 5), (0.05, 0.9)),
    Life("cancellation asked days ago", 4, DESIGN, asked(0.5, 5), (1.2 * DAY, 5 * DAY)),
    Life("cancellation approved", 6, DESIGN, approved, (3, 120 * DAY)),
    Life("cancellation declined", 2, DESIGN, declined(Verb.COMPLETE_DESIGN, Verb.COMPLETE), (1, 20)),
    Life("cancellation declined and invoiced", 4, DESIGN, declined(Verb.INVOICE), (5 * DAY, 120 * DAY)),
    Life("cancellation withdrawn", 2, DESIGN, withdrawn(None, Verb.COMPLETE_DESIGN), (1, 12)),
    Life("cancellation withdrawn and invoiced", 2, DESIGN, withdrawn(Verb.INVOICE), (5 * DAY, 90 * DAY)),
    Life("request overtaken", 2, DESIGN, overtaken, (5 * DAY, 60 * DAY)),
    Life("paid by transfer", 4, MADE, paid(Verb.START_FABRICATION, Verb.SHIP), (3, 50), prepaid=True),
    Life("refund to transfer", 2, MADE, refund_granted, (2, 30), prepaid=True),
    Life("refunded", 4, MADE, refunded, (5 * DAY, 120 * DAY), prepaid=True),
    Life("refund came back", 1, MADE, refund_came_back, (2, 30), prepaid=True),
    Life("refund to decide on", 2, MADE, refund_open, (1, 40), prepaid=True),
    Life("refunded in part", 2, MADE, refunded_in_part, (5 * DAY, 90 * DAY), prepaid=True),
    Life("rest of the refund asked for", 1, MADE, rest_asked, (1, 40), prepaid=True),
    Life("rest of the refund rejected", 1, MADE, rest_rejected, (2 * DAY, 60 * DAY), prepaid=True),
    Life("paid after the cancellation", 1, MADE, paid_late, (1, 40), prepaid=True),
    Life("refund given as store credit", 1, MADE, refund_as_credit, (0.05, 0.9), prepaid=True),
)
