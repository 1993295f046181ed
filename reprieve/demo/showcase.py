"""The latest cases of the practice that visitors sign in to: everything worth trying stands on its first page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from reprieve.accounts.models import PaymentTerms
from reprieve.demo import plots
from reprieve.demo.case import Step, ask, cancel, decline, deliver, move, pause, resume, revise, slate, undo
from reprieve.demo.money import approve_return, pay, sent
from reprieve.orders.lifecycle import Verb

# Older than any of them but what is slated for deletion, so that the practice's other cases come on the pages after it.
SPAN = timedelta(days=24)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One of them: what was ordered, when, and what has happened since."""

    products: Sequence[str]
    patient: str
    age: timedelta
    steps: Sequence[Step] = ()
    note: str = ""
    files: bool = True
    terms: PaymentTerms | None = None  # where it is not paid for as the practice usually does


def shown(rng: Random) -> list[Shown]:
    return [*_designs(), *_made(rng)]


def _designs() -> list[Shown]:
    start = [move(3 * HOUR, Verb.START_DESIGN)]
    return [
        Shown(products=["Crown design"], patient="B.T. 4412", age=38 * MINUTE, note="Tooth 3, standard settings."),
        Shown(
            products=["Full-arch design"],
            patient="S.W. 4380",
            age=2 * DAY + 2 * HOUR + 7 * MINUTE,
            files=False,
            steps=[move(5 * HOUR, Verb.HOLD, why="We have no scans for this case yet. Please add them.")],
        ),
        Shown(
            products=["Smile design with mock-up"],
            patient="A.N. 4402",
            age=27 * HOUR + 19 * MINUTE,
            steps=start,
            note="Photos are in the ZIP that we sent by courier.",
        ),
        Shown(
            products=["Surgical guide design"],
            patient="O.P. 4391",
            age=3 * DAY - 27 * MINUTE,
            steps=[
                *start,
                ask(68 * HOUR, "treatment_changed", "Tooth 30 could not be saved, we need another plan."),
            ],
        ),
        Shown(
            products=["Crown design"],
            patient="G.I. 4377",
            age=5 * DAY + 3 * HOUR + 48 * MINUTE,
            steps=[
                *start,
                ask(20 * HOUR, "too_slow"),
                decline(
                    22 * HOUR,
                    "Your design is nearly done and comes tomorrow. If you need more time, pause it instead.",
                    "Designer has spent two hours on it.",
                ),
            ],
        ),
        Shown(
            products=["Crown design"],
            patient="R.M. 4319",
            age=9 * DAY - 2 * HOUR + 22 * MINUTE,
            steps=[
                *start,
                move(20 * HOUR, Verb.COMPLETE_DESIGN),
                deliver(4 * HOUR),
                revise(2 * DAY, "Open the distal contact."),
            ],
        ),
    ]


def _made(rng: Random) -> list[Shown]:
    return [
        Shown(
            products=["Full-contour zirconia crown"],
            patient="J.K. 4415",
            age=11 * MINUTE,
            note="Shade A2, light contacts.",
        ),
        Shown(
            products=["Cast metal partial denture", "Denture reline"],
            patient="U.H. 4409",
            age=3 * HOUR,
            steps=[pay(HOUR), cancel(HOUR + 56 * MINUTE, "wrong_account")],  # it can be undone for some time
            terms=PaymentTerms.PER_CASE,
            note="Lower partial, and a reline of the upper.",
        ),
        Shown(
            products=["Dual laminate night guard"],
            patient="V.E. 4385",
            age=3 * DAY + 2 * HOUR + 12 * MINUTE,
            steps=[
                pay(HOUR),
                cancel(2 * HOUR, "duplicate", "Sent twice, I think."),
                undo(9 * MINUTE),
                *plots.made(rng, upto=Verb.START_DESIGN),
            ],
            terms=PaymentTerms.PER_CASE,
        ),
        Shown(
            products=["Clear aligners, full course"],
            patient="L.D. 4366",
            age=6 * DAY - HOUR + 31 * MINUTE,
            steps=plots.made(rng, upto=Verb.COMPLETE_DESIGN),
            note="Upper and lower, 14 stages.",
        ),
        Shown(
            products=["Layered zirconia crown"],
            patient="H.E. 4341",
            age=8 * DAY + 4 * HOUR + 14 * MINUTE,
            steps=[
                *plots.made(rng, upto=Verb.START_FABRICATION),
                pause(6 * HOUR, "patient_away", "Back from travelling in three weeks."),
            ],
        ),
        Shown(
            products=["Custom titanium abutment", "Screw-retained zirconia crown"],
            patient="C.V. 4358",
            age=7 * DAY - 3 * HOUR + 53 * MINUTE,
            steps=plots.made(rng, upto=Verb.START_FABRICATION),
        ),
        Shown(
            products=["Hard night guard"],
            patient="F.Z. 4333",
            age=10 * DAY + HOUR + 36 * MINUTE,
            steps=[
                *plots.made(rng, upto=Verb.START_DESIGN),
                pause(5 * HOUR, "waiting_insurance"),
                resume(6 * DAY),
                move(20 * HOUR, Verb.COMPLETE_DESIGN),
            ],
        ),
        Shown(
            products=["Lithium disilicate veneer"],
            patient="N.A. 4350",
            age=7 * DAY + 5 * HOUR,
            steps=[
                pay(HOUR),
                *plots.made(rng, upto=Verb.START_DESIGN),
                cancel(3 * HOUR, "patient_rescheduled", "Patient rescheduled, will resubmit later."),
                sent(approve_return(20 * HOUR, percent=75)),
            ],
            terms=PaymentTerms.PER_CASE,
        ),
        Shown(
            products=["Lithium disilicate crown"],
            patient="T.O. 4307",
            age=13 * DAY - 2 * HOUR + 5 * MINUTE,
            steps=plots.made(rng, upto=Verb.FINISH_FABRICATION),
        ),
        Shown(
            products=["Zirconia bridge"],
            patient="P.U. 4298",
            age=15 * DAY + 3 * HOUR + 26 * MINUTE,
            steps=plots.made(rng, upto=Verb.SHIP),
        ),
        Shown(
            products=["Acrylic partial denture"],
            patient="E.Q. 4281",
            age=18 * DAY - HOUR + 44 * MINUTE,
            steps=plots.made(rng, upto=Verb.COMPLETE),
        ),
        Shown(
            products=["Complete denture"],
            patient="D.H. 4102",
            age=51 * DAY + 2 * HOUR + 9 * MINUTE,
            steps=[*plots.made(rng, upto=Verb.START_DESIGN), pause(6 * HOUR, "more_time"), slate(45 * DAY + HOUR)],
        ),
        Shown(
            products=["Porcelain-fused-to-metal crown"],
            patient="W.B. 4266",
            age=22 * DAY + 2 * HOUR + 58 * MINUTE,
            steps=plots.made(rng, upto=Verb.INVOICE),
        ),
    ]
