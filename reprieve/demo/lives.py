"""The lives that the demo's cases have, and how many have each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from reprieve.accounts.models import PaymentTerms
from reprieve.demo import plots
from reprieve.demo.case import hours
from reprieve.demo.plots import DAY, Plot
from reprieve.orders.lifecycle import Verb

MADE = ("crowns", "bridges", "veneers", "dentures", "implants", "guards", "crowns", "crowns")
MADE_OR_ALIGNED = (*MADE, "aligners")
DESIGN = ("design",)
HALF_A_YEAR = 170 * DAY
PER_CASE, WEEKLY = PaymentTerms.PER_CASE, PaymentTerms.WEEKLY


@dataclass(frozen=True, slots=True)
class Life:
    """What happens to `share` of 400 cases; the last of it so many hours ago.

    `files` says if scans come with them, `terms` that only practices on those terms have it.
    """

    name: str
    share: int
    families: Sequence[str]
    plot: Plot
    ago: tuple[float, float]
    files: bool = True
    terms: PaymentTerms | None = None

    def idle(self, rng: Random) -> timedelta:
        """How long ago the last thing happened."""
        return hours(rng, *self.ago)


LIVES: tuple[Life, ...] = (
    Life("new", 16, MADE_OR_ALIGNED, plots.upto(None), (0.1, 20)),
    Life("in design", 18, MADE_OR_ALIGNED, plots.upto(Verb.START_DESIGN), (0.5, 20)),
    Life("designed", 10, MADE_OR_ALIGNED, plots.upto(Verb.COMPLETE_DESIGN), (0.5, 16)),
    Life("in fabrication", 24, MADE_OR_ALIGNED, plots.upto(Verb.START_FABRICATION), (1, 50)),
    Life("about to ship", 10, MADE_OR_ALIGNED, plots.upto(Verb.FINISH_FABRICATION), (0.5, 14)),
    Life("shipped", 16, MADE_OR_ALIGNED, plots.upto(Verb.SHIP), (2, 60)),
    Life("completed", 26, MADE_OR_ALIGNED, plots.upto(Verb.COMPLETE), (10, 9 * DAY)),
    Life("invoiced", 92, MADE_OR_ALIGNED, plots.upto(Verb.INVOICE), (5 * DAY, HALF_A_YEAR)),
    Life("on hold", 8, MADE, plots.on_hold, (3, 4 * DAY)),
    Life("on hold in design", 4, MADE, plots.held_in_design, (3, 3 * DAY)),
    Life("released", 4, MADE, plots.held_and_released(Verb.START_DESIGN, Verb.START_FABRICATION, Verb.SHIP), (2, 40)),
    Life("released and invoiced", 6, MADE, plots.held_and_released(Verb.INVOICE), (5 * DAY, 120 * DAY)),
    Life("paused", 14, MADE, plots.paused, (2, 43 * DAY)),
    Life("resumed", 5, MADE, plots.resumed(Verb.START_FABRICATION, Verb.FINISH_FABRICATION, Verb.SHIP), (3, 50)),
    Life("resumed and invoiced", 7, MADE, plots.resumed(Verb.INVOICE), (5 * DAY, 120 * DAY)),
    Life("slated for deletion", 5, MADE, plots.slated, (12, 12 * DAY)),
    Life("restored", 1, MADE, plots.restored(Verb.START_FABRICATION), (6, 50)),
    Life("restored and invoiced", 2, MADE, plots.restored(Verb.INVOICE), (5 * DAY, 60 * DAY)),
    Life("cancelled", 18, MADE_OR_ALIGNED, plots.cancelled, (1, HALF_A_YEAR)),
    Life("cancelled while paused", 3, MADE, plots.cancelled_in_pause, (DAY, 90 * DAY)),
    Life("cancelled minutes ago", 1, MADE, plots.just_cancelled, (0.05, 0.2), terms=PER_CASE),
    Life("cancelled and undone", 3, MADE, plots.cancelled_and_undone(Verb.SHIP), (3, 50), terms=PER_CASE),
    Life("cancelled after its invoice", 2, MADE, plots.cancelled_when_invoiced, (DAY, 60 * DAY), terms=WEEKLY),
    Life("cancelled by override", 3, MADE, plots.overridden, (DAY, 120 * DAY)),
    Life("in revision", 6, MADE, plots.in_revision, (1, 40)),
    Life("revised", 4, MADE, plots.revised(Verb.START_FABRICATION, Verb.SHIP), (2, 50)),
    Life("revised and invoiced", 8, MADE, plots.revised(Verb.INVOICE), (5 * DAY, 130 * DAY)),
    Life("new design", 6, DESIGN, plots.designed_upto(None), (0.1, 8)),
    Life("design on hold without files", 3, DESIGN, plots.on_hold, (2, 3 * DAY), files=False),
    Life("design on hold", 3, DESIGN, plots.on_hold, (2, 3 * DAY)),
    Life("design in progress", 8, DESIGN, plots.designed_upto(Verb.START_DESIGN), (0.5, 20)),
    Life("design done", 4, DESIGN, plots.designed_upto(Verb.COMPLETE_DESIGN), (0.3, 4)),
    Life("design delivered", 5, DESIGN, plots.designed_upto(Verb.DELIVER_FILES), (0.5, 40)),
    Life("design completed", 8, DESIGN, plots.designed_upto(Verb.COMPLETE), (5, 9 * DAY)),
    Life("design invoiced", 20, DESIGN, plots.designed_upto(Verb.INVOICE), (5 * DAY, HALF_A_YEAR)),
    Life("design cancelled", 5, DESIGN, plots.cancelled_design, (1, HALF_A_YEAR)),
    Life("cancellation asked minutes ago", 3, DESIGN, plots.asked(0.5, 5), (0.05, 0.9)),
    Life("cancellation asked days ago", 4, DESIGN, plots.asked(0.5, 5), (1.2 * DAY, 5 * DAY)),
    Life("cancellation approved", 6, DESIGN, plots.approved, (3, 120 * DAY)),
    Life("cancellation declined", 2, DESIGN, plots.declined(Verb.COMPLETE_DESIGN, Verb.COMPLETE), (1, 20)),
    Life("cancellation declined and invoiced", 4, DESIGN, plots.declined(Verb.INVOICE), (5 * DAY, 120 * DAY)),
    Life("cancellation withdrawn", 2, DESIGN, plots.withdrawn(None, Verb.COMPLETE_DESIGN), (1, 12)),
    Life("cancellation withdrawn and invoiced", 2, DESIGN, plots.withdrawn(Verb.INVOICE), (5 * DAY, 90 * DAY)),
    Life("request overtaken", 2, DESIGN, plots.overtaken, (5 * DAY, 60 * DAY)),
    Life("paid by transfer", 4, MADE, plots.paid(Verb.START_FABRICATION, Verb.SHIP), (3, 50), terms=PER_CASE),
    Life("refund to transfer", 2, MADE, plots.refund_granted, (2, 30), terms=PER_CASE),
    Life("refunded", 4, MADE, plots.refunded, (5 * DAY, 120 * DAY), terms=PER_CASE),
    Life("refund came back", 1, MADE, plots.refund_came_back, (2, 30), terms=PER_CASE),
    Life("refund to decide on", 2, MADE, plots.refund_open, (1, 40), terms=PER_CASE),
    Life("refunded in part", 2, MADE, plots.refunded_in_part, (5 * DAY, 90 * DAY), terms=PER_CASE),
    Life("rest of the refund asked for", 1, MADE, plots.rest_asked, (1, 40), terms=PER_CASE),
    Life("rest of the refund rejected", 1, MADE, plots.rest_rejected, (2 * DAY, 60 * DAY), terms=PER_CASE),
    Life("paid after the cancellation", 1, MADE, plots.paid_late, (1, 40), terms=PER_CASE),
    Life("refund given as store credit", 1, MADE, plots.refund_as_credit, (0.05, 0.9), terms=PER_CASE),
)
