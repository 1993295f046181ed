"""What is done to orders: placed, moved along, paused, cancelled in every way, and brought back."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from reprieve.actions.approve_cancellation import approve_cancellation
from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.decline_cancellation import decline_cancellation
from reprieve.actions.move_order import MOVES, move_order
from reprieve.actions.pause_order import pause_order
from reprieve.actions.place_order import place_order
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.actions.restore_order import restore_order
from reprieve.actions.resume_order import resume_order
from reprieve.actions.slate_order import slate_order
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.actions.withdraw_cancellation import withdraw_cancellation
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.orders import lifecycle
from reprieve.orders.building import Details, LineDetails
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import Order
from tests.billing.money_machine.world import MOST_ORDERS, Given, World, where, which

BASKETS = (("crowns",), ("crowns", "bridges"), ("veneers",), ("guards",))
REASONS = ("patient_away", "wrong_product", "fixed_fee", "keeps_all", "other")
ALONG = tuple(verb for verb in MOVES if verb not in (Verb.HOLD, Verb.RELEASE))


class Orders(World):
    """Everybody's commands about orders."""

    @initialize(
        tax=st.sampled_from(["0", "19", "8.875"]),
        capture_at=st.sampled_from(["placing", "placing", "design_started", "shipped"]),
        credit=st.sampled_from([0, 0, 5000, 20000]),
        first=st.lists(st.tuples(st.sampled_from(BASKETS), which, st.booleans()), min_size=2, max_size=2),
    )
    def begin(self, tax: str, capture_at: str, credit: int, first: list[tuple[tuple[str, ...], int, bool]]) -> None:
        self.open_the_doors(tax, capture_at, credit)
        for basket, terms, by_card in first:
            self.order_from("owner", basket, terms, by_card=by_card)
        self.open_the_books()
        for task in self.ready():
            self.work(task)

    def open_the_books(self) -> None:
        """What has happened to the first orders before anything else does."""

    @precondition(lambda self: len(self.known().orders) < MOST_ORDERS)
    @rule(
        who=st.sampled_from(["owner", "owner", "stranger"]),
        basket=st.sampled_from(BASKETS),
        terms=which,
        by_card=st.booleans(),
    )
    def place(self, who: str, basket: tuple[str, ...], terms: int, by_card: bool) -> None:  # noqa: FBT001
        self.order_from(who, basket, terms, by_card=by_card)

    def order_from(self, who: str, basket: tuple[str, ...], terms: int, *, by_card: bool) -> None:
        practice = self.cast.practice if who == "owner" else self.cast.other_practice
        self.attempt(
            place_order,
            practice_id=practice.pk,
            actor=self.cast.actor(who),
            wanted=[LineDetails(self.catalog.products[family].pk) for family in basket],
            details=Details(
                patient_reference="J.D.",
                payment_terms=self.terms[terms % len(self.terms)],
                card_id=self.cards[practice.pk].pk if by_card else None,
            ),
        )

    @where(lambda self: self.order(0))
    @rule(number=which, steps=st.sampled_from([1, 2, 5]))
    def move_along(self, number: int, steps: int) -> None:
        for _ in range(steps):
            if (order := self.order(number)) is None:
                return
            verbs = [verb for verb in ALONG if lifecycle.transition(order, verb) is not None]
            if verbs:
                self.move(order, verbs[0])

    @where(lambda self: self.order(0))
    @rule(number=which)
    def hold_or_release(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.move(order, Verb.RELEASE if order.status == "on_hold" else Verb.HOLD)

    def move(self, order: Order, verb: Verb) -> None:
        given: Given = {
            "verb": verb,
            "expected_version": order.version,
            "override": True,
            "why": "The scan is incomplete.",
        }
        self.attempt(move_order, order_id=order.pk, actor=self.staff(), **given)

    @where(lambda self: self.order(0))
    @rule(number=which)
    def pause(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(pause_order, order_id=order.pk, actor=self.customer(order), reason="patient_away")

    @where(lambda self: self.order(0, "paused"))
    @rule(number=which)
    def resume(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(resume_order, order_id=order.pk, actor=self.customer(order))

    @where(lambda self: self.order(0, "paused"))
    @rule(number=which)
    def let_the_pause_run_out(self, number: int) -> None:
        if (order := self.order(number, "paused")) is not None:
            self.wait(timedelta(days=46))
            self.attempt(slate_order, order_id=order.pk, actor=self.staff())

    @where(lambda self: self.order(0, "slated_for_deletion"))
    @rule(number=which)
    def restore(self, number: int) -> None:
        if (order := self.order(number, "slated_for_deletion")) is not None:
            self.attempt(restore_order, order_id=order.pk, actor=self.staff(), expected_version=order.version)

    @where(lambda self: self.order(0))
    @rule(number=which, reason=st.sampled_from(REASONS))
    def cancel(self, number: int, reason: str) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(cancel_order, order_id=order.pk, actor=self.customer(order), reason=reason, note="x")

    @where(lambda self: self.order(0))
    @rule(number=which, reason=st.sampled_from(REASONS))
    def cancel_against_the_rules(self, number: int, reason: str) -> None:
        if (order := self.order(number)) is not None:
            given: Given = {"reason": reason, "note": "x", "expected_version": order.version, "override": True}
            self.attempt(cancel_order, order_id=order.pk, actor=self.staff(), **given)

    @where(lambda self: self.order(0))
    @rule(number=which)
    def ask_for_cancellation(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(request_cancellation, order_id=order.pk, actor=self.customer(order), reason="other", note="x")

    @precondition(lambda self: Cancellation.objects.filter(state=CancellationState.REQUESTED).exists())
    @rule(number=which, answer=st.sampled_from(["approve", "approve", "decline", "withdraw"]))
    def answer_cancellation(self, number: int, answer: str) -> None:
        requests = list(Cancellation.objects.filter(state=CancellationState.REQUESTED).order_by("pk"))
        request = requests[number % len(requests)]
        given: Given = {"actor": self.staff(), "cancellation_id": request.pk}
        seen: Given = {"expected_version": request.subject.version}
        match answer:
            case "approve":
                self.attempt(approve_cancellation, **given, **seen)
            case "decline":
                self.attempt(decline_cancellation, **given, **seen, answer="It is made already.")
            case _:
                self.attempt(withdraw_cancellation, **given)

    @where(lambda self: self.order(0, "cancelled"))
    @rule(number=which, minutes=st.sampled_from([1, 1, 40]))
    def undo(self, number: int, minutes: int) -> None:
        if (order := self.order(number, "cancelled")) is not None:
            self.attempt(undo_cancellation, minutes, order_id=order.pk, actor=self.customer(order))
