"""The demo lab is whole: every state is there, every history is honest, and its people can sign in."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from django.test import Client, TestCase
from django.urls import reverse
from django_ox.models import OxTask

from reprieve.accounts.actors import SYSTEM, Actor
from reprieve.accounts.models import PaymentTerms, Person, Practice
from reprieve.actions.approve_draft import approve_draft
from reprieve.actions.undo_cancellation import undo_cancellation
from reprieve.billing.credit import balance_minor
from reprieve.billing.documents import DocumentState, document
from reprieve.billing.models import (
    ChargeState,
    CreditEntry,
    CreditKind,
    Invoice,
    InvoiceKind,
    Payment,
    Refund,
    RefundState,
)
from reprieve.billing.receivables import Receivable, narrowed, with_open
from reprieve.billing.undoing import undo_until
from reprieve.cancellations.models import Cancellation, CancellationState
from reprieve.catalog.models import Product, ProductFamily
from reprieve.demo import people
from reprieve.demo.lab import open_lab
from reprieve.history.models import Event, EventType
from reprieve.history.own_words import CAME_LATE
from reprieve.history.sentences import sentence
from reprieve.notifications.models import Email
from reprieve.orders.models import DesignStage, Order, OrderFile, Pause, ProductionStage, Revision, Status
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.reviews import is_current, review, wrote
from reprieve.policies.lifecycle.simulations import simulate_in_background
from reprieve.policies.models import Activation, DecisionRecord, Draft, DraftState, Mode, Policy
from reprieve.policies.shadows import tally
from reprieve.settlement.send_refund import send_when_due
from reprieve.settlement.settle_invoice import settle_invoice

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
FEWEST = 1

# What the status is after an event; None where it does not change.
STATUS_AFTER = {
    EventType.ORDER_PLACED: Status.PROCESSING,
    EventType.DESIGN_STARTED: Status.IN_PRODUCTION,
    EventType.PUT_ON_HOLD: Status.ON_HOLD,
    EventType.ORDER_SHIPPED: Status.SHIPPED,
    EventType.ORDER_COMPLETED: Status.COMPLETED,
    EventType.ORDER_INVOICED: Status.INVOICED,
    EventType.ORDER_CANCELLED: Status.CANCELLED,
    EventType.CANCELLATION_APPROVED: Status.CANCELLED,
    EventType.ORDER_PAUSED: Status.PAUSED,
    EventType.SLATED_FOR_DELETION: Status.SLATED_FOR_DELETION,
}
NO_STRIPE = "no Stripe in the demo"
LEFT_OUT = {
    EventType.ORDER_IMPORTED: "the demo imports nothing",
    EventType.CARD_ADDED: NO_STRIPE,
    EventType.CARD_REMOVED: NO_STRIPE,
    EventType.PAYMENT_AUTHORISED: NO_STRIPE,
    EventType.PAYMENT_RELEASED: NO_STRIPE,
    EventType.PAYMENT_FAILED: NO_STRIPE,
    EventType.PAYMENT_DISPUTED: NO_STRIPE,
    EventType.DISPUTE_CLOSED: NO_STRIPE,
    EventType.REFUND_MADE_OUTSIDE: NO_STRIPE,
    EventType.REFUND_HELD_BACK: NO_STRIPE,
}
GOES_BACK = (EventType.HOLD_RELEASED, EventType.ORDER_RESUMED, EventType.ORDER_RESTORED)


def history(order: Order) -> list[Event]:
    return list(Event.objects.filter(subject=Order.SUBJECT, subject_id=order.pk))


def replayed(events: list[Event]) -> Status:
    """The status that a history leads to, by nothing but its events."""
    status, before, designed = Status.PROCESSING, Status.PROCESSING, False
    for event in events:
        designed = designed or event.type == EventType.DESIGN_STARTED
        if event.type == EventType.ORDER_PAUSED:
            before = status
        if event.type in GOES_BACK:
            held = event.type == EventType.HOLD_RELEASED
            status = (Status.IN_PRODUCTION if designed else Status.PROCESSING) if held else before
        status = STATUS_AFTER.get(EventType(event.type), status)
        status = Status(event.data["to"]) if event.type == EventType.CANCELLATION_UNDONE else status
    return status


class DemoLabTests(TestCase):
    """The smallest lab, opened once for all of them."""

    @classmethod
    def setUpTestData(cls) -> None:
        open_lab(now=NOW, cases=FEWEST)

    def test_every_status_and_stage_is_there(self) -> None:
        assert set(Order.objects.values_list("status", flat=True)) == set(Status)
        assert set(Order.objects.values_list("design_stage", flat=True)) == set(DesignStage)
        in_production = Order.objects.filter(status=Status.IN_PRODUCTION)
        assert set(in_production.values_list("production_stage", flat=True)) == set(ProductionStage)

    def test_every_state_of_a_cancellation_is_there(self) -> None:
        assert set(Cancellation.objects.values_list("state", flat=True)) == set(CancellationState)
        waiting = Cancellation.objects.filter(state=CancellationState.REQUESTED).order_by("asked_at")
        assert waiting[0].asked_at < NOW - timedelta(days=1)
        assert NOW - timedelta(hours=1) < waiting.reverse()[0].asked_at <= NOW
        assert any(cancellation.override for cancellation in Cancellation.objects.select_related("decision"))

    def test_every_kind_of_event_is_there_but_the_import_and_what_needs_stripe(self) -> None:
        assert set(Event.objects.values_list("type", flat=True)) == set(EventType) - set(LEFT_OUT)
        assert Event.objects.filter(type=EventType.DESIGN_COMPLETED, override=True).exists()

    def test_support_finds_something_in_each_queue_of_refunds_but_the_unclear_ones_of_stripe(self) -> None:
        assert set(Refund.objects.values_list("state", flat=True)) == set(RefundState) - {RefundState.UNKNOWN}
        assert Refund.objects.filter(state=RefundState.PENDING, reason=CAME_LATE).exists()

    def test_the_doctor_has_store_credit_and_a_refund_on_its_way(self) -> None:
        practice = Practice.objects.get(name=people.SHOWCASE)
        ledger = CreditEntry.objects.filter(practice=practice)
        kinds = {CreditKind.GRANT, CreditKind.SPENT, CreditKind.RESTORED, CreditKind.TAKEN_BACK}
        assert set(ledger.values_list("kind", flat=True)) == kinds
        assert balance_minor(practice.pk, "USD") == 50000
        order = Order.objects.get(charge__refunds__state=RefundState.SENT, practice=practice)
        assert order.status == Status.CANCELLED

    def test_the_doctor_finds_a_case_that_was_cancelled_minutes_ago_and_one_whose_cancellation_was_undone(self) -> None:
        owned = Cancellation.objects.filter(order__practice__name=people.SHOWCASE).select_related("order", "decision")
        just = owned.get(closed_at__gt=NOW - timedelta(minutes=30))
        until = undo_until(just.subject.charge, just, now=NOW)
        assert until is not None
        assert until - NOW > timedelta(minutes=20)
        undo_cancellation(order_id=just.subject.pk, actor=SYSTEM, now=NOW)
        assert balance_minor(just.subject.practice_id, "USD") == 0
        assert set(just.refunds.values_list("state", flat=True)) == {RefundState.UNDONE}
        undone = owned.get(state=CancellationState.UNDONE, order__status=Status.IN_PRODUCTION).subject
        assert undone.charge.refunds.get().state == RefundState.UNDONE
        assert undone.charge.state == ChargeState.PAID

    def test_most_invoices_are_paid_one_is_overdue_and_one_is_paid_in_part(self) -> None:
        rows, today = with_open(Invoice.objects.filter(kind=InvoiceKind.INVOICE)), NOW.date()
        paid = [row for row in rows if document(row).state == DocumentState.PAID]
        assert len(paid) > len(rows) / 2
        monthly = narrowed(rows, Receivable.OVERDUE, today=today).filter(terms=PaymentTerms.MONTHLY)
        assert document(monthly.get()).paid_minor == 0
        assert [row for row in rows if document(row).open_minor > 0 and document(row).paid_minor > 0]
        references = Payment.objects.filter(invoice__isnull=False).values_list("reference", flat=True)
        assert len(set(references)) == len(references) > len(paid)

    def test_revisions_are_open_and_closed(self) -> None:
        assert Revision.objects.filter(closed_at=None).exists()
        assert Revision.objects.exclude(closed_at=None).exists()

    def test_each_history_begins_with_the_order_and_leads_to_its_status(self) -> None:
        for order in Order.objects.all():
            events = history(order)
            assert (events[0].type, events[0].at) == (EventType.ORDER_PLACED, order.submitted_at)
            assert replayed(events) == order.status, order.number

    def test_each_history_is_told_in_order_and_nothing_lies_in_the_future(self) -> None:
        for order in Order.objects.all():
            told = [event.at for event in sorted(history(order), key=lambda event: event.pk)]
            assert told == sorted(told), order.number
            assert told[-1] <= NOW
            assert order.status_since <= NOW
        assert not Pause.objects.filter(ended_at=None, slated_at=None, until__lte=NOW).exists()

    def test_orders_are_numbered_as_they_came_in(self) -> None:
        submitted = list(Order.objects.order_by("pk").values_list("submitted_at", flat=True))
        assert submitted == sorted(submitted)

    def test_every_event_has_its_sentence(self) -> None:
        for event in Event.objects.all():
            assert sentence(event)

    def test_every_decision_was_made_by_rules_in_force_then(self) -> None:
        for policy in Policy.objects.all():
            first = policy.activations.earliest("starts_at")
            assert first.starts_at < Order.objects.earliest("submitted_at").submitted_at
        assert not DecisionRecord.objects.exclude(problem="").exists()

    def test_a_draft_waits_that_the_director_may_approve(self) -> None:
        draft = Draft.objects.get(state=DraftState.IN_REVIEW)
        found = review(draft)
        assert (found.errors, found.failing) == ([], [])
        assert is_current(draft.simulations.get(), draft, version_in_force(draft.policy, NOW))
        director = Actor.of(Person.objects.get(email="director@lab.example"))
        assert not wrote(draft, director)
        activation = approve_draft(
            draft_id=draft.pk,
            actor=director,
            now=NOW,
            expected_version=draft.version,
            seen_simulation_id=draft.seen_id,
        )
        assert activation.version.number == 3

    def test_a_shadow_has_answered_and_an_older_version_is_superseded(self) -> None:
        shadow = Activation.objects.get(mode=Mode.SHADOW, ends_at=None)
        assert (shadow.policy.key, shadow.version.number) == ("order-cancellation", 2)
        assert tally(shadow.version).differed > 0
        assert tally(shadow.version).failed == 0
        pausing = Policy.objects.get(key="order-pause")
        live = pausing.activations.filter(mode=Mode.LIVE).order_by("starts_at")
        assert [(one.version.number, one.is_called_off) for one in live] == [
            (1, False),
            (2, False),
            (1, False),
            (2, True),
        ]

    def test_nobody_gets_mail_about_the_past_but_will_about_the_future(self) -> None:
        assert not Email.objects.exists()
        assert set(OxTask.objects.values_list("task_path", flat=True)) == {
            simulate_in_background.module_path,
            settle_invoice.module_path,  # finds what a credit note has closed
            send_when_due.module_path,  # finds each refund sent already, or sends it when its time has come
        }
        due = Refund.objects.filter(state=RefundState.APPROVED)
        assert min(due.values_list("send_from", flat=True)) > NOW  # the time for undoing is not over
        assert set(Person.objects.filter(emails_enabled=False).values_list("email", flat=True)) == set(
            people.WANTS_NO_MAIL
        )

    def test_files_are_true_and_lie_where_they_should(self) -> None:
        final = OrderFile.objects.filter(kind="final")
        assert Counter(final.values_list("content_type", flat=True)).keys() == {"model/stl", "application/pdf"}
        for file in OrderFile.objects.all():
            with file.stored.open() as content:
                assert len(content.read()) == file.size

    def test_products_fit_their_families(self) -> None:
        families = dict(ProductFamily.objects.values_list("key", "fabricated"))
        made = ("crowns", "bridges", "veneers", "dentures", "implants", "aligners", "guards")
        assert families == {"design": False, **dict.fromkeys(made, True)}
        assert Product.objects.filter(active=True, price_minor__gt=0).count() >= 25

    def test_every_practice_has_several_people(self) -> None:
        counts = Counter(Person.objects.exclude(practice=None).values_list("practice__name", flat=True))
        assert len(counts) >= 6
        assert min(counts.values()) >= 2

    def test_the_people_named_can_sign_in_and_see_their_cases(self) -> None:
        for email in people.SIGN_INS:
            answer = Client().post(reverse("account_login"), {"login": email, "password": people.PASSWORD}, follow=True)
            assert answer.status_code == 200
            door = "console" if Person.objects.get(email=email).staff_role else "portal"
            assert answer.redirect_chain[-1][0] == reverse(f"{door}:orders")

    def test_the_doctors_first_page_has_something_of_everything(self) -> None:
        newest = list(Order.objects.filter(practice__name=people.SHOWCASE)[:18])
        assert Counter(order.status for order in newest) == {
            Status.PROCESSING: 2,
            Status.ON_HOLD: 1,
            Status.IN_PRODUCTION: 9,
            Status.PAUSED: 1,
            Status.SHIPPED: 1,
            Status.COMPLETED: 1,
            Status.INVOICED: 1,
            Status.CANCELLED: 2,
        }
        states = Cancellation.objects.filter(order__in=newest).values_list("state", flat=True)
        assert Counter(states) == {
            CancellationState.DECLINED: 1,
            CancellationState.DONE: 2,
            CancellationState.REQUESTED: 1,
            CancellationState.UNDONE: 1,
        }
        assert NOW - newest[0].submitted_at < timedelta(minutes=15)
        assert {line.family for order in newest for line in order.lines.all()} == {
            *("design", "crowns", "bridges", "veneers", "dentures", "implants", "aligners", "guards")
        }

    def test_the_doctor_finds_a_case_that_is_slated_for_deletion(self) -> None:
        slated = Order.objects.filter(practice__name=people.SHOWCASE, status=Status.SLATED_FOR_DELETION)
        assert Pause.objects.filter(order__in=slated, ended_at=None, until__lt=NOW).exists()

    def test_the_page_of_every_case_can_be_shown_to_both_sides(self) -> None:
        for order in Order.objects.select_related("placed_by"):
            self.client.force_login(Person.objects.filter(practice=order.practice_id)[0])
            assert self.client.get(reverse("portal:order", args=[order.number])).status_code == 200, order.number
            self.client.force_login(Person.objects.get(email="support@lab.example"))
            assert self.client.get(reverse("console:order", args=[order.number])).status_code == 200, order.number
