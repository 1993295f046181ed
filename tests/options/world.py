"""Orders in any state, written in bulk from what is told of them in plain data: see `told.py` and `recorded/`.

Times are seconds after NOW, dates are written out, amounts are minor units.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, Practice, StaffRole
from reprieve.billing.models import (
    Card,
    Charge,
    CreditEntry,
    CreditKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Method,
    NumberSequence,
    Payment,
    Refund,
    RefundAttempt,
)
from reprieve.cancellations.models import Cancellation
from reprieve.catalog.models import Product, Reason, ReasonFor
from reprieve.orders.models import STANDING_STILL, Order, OrderFile, OrderLine, Pause, Revision
from reprieve.policies.facts.stored import barred
from reprieve.policies.models import DecisionRecord, PolicyVersion
from tests.factories.things import make_catalog

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
PLENTY = 10**12
LAST_NUMBER = 9000

type Told = Mapping[str, Any]
"""One thing as it is told: an order, an invoice, a practice."""


@dataclass(frozen=True, slots=True)
class World:
    """What was written: the orders in the order in which they were told, a customer of each practice, and support."""

    orders: Sequence[Order]
    customers: Mapping[int, Actor]
    support: Actor


def write(told: Told) -> World:
    """Write all of it, after the rules: kept decisions name a version. The database is empty but for those."""
    return _Writer(told).write()


def at(seconds: float | None) -> Any:  # noqa: ANN401 - an instant where there is one: fields tell which have to
    """The instant so many seconds after NOW."""
    return None if seconds is None else NOW + timedelta(seconds=seconds)


class _Writer:
    def __init__(self, told: Told) -> None:
        self.told = told
        self.orders_told: Sequence[Told] = told["orders"]
        self.products: Mapping[str, Product] = make_catalog().products
        self.cancel_reason = Reason.objects.get(reason_for=ReasonFor.CANCEL, key="patient_away")
        self.pause_reason = Reason.objects.get(reason_for=ReasonFor.PAUSE, key="patient_away")
        self.version_id = PolicyVersion.objects.earliest("pk").pk
        self.numbers = count(1)

    def write(self) -> World:
        people = self._practices()
        support = Person.objects.create(email="support@example.test", name="Sam", staff_role=StaffRole.SUPPORT)
        self.orders = Order.objects.bulk_create(map(self._order, self.orders_told))
        self._parts()
        self._cancellations()
        self.charges = self._charges()
        self._invoices()
        self._lines()
        self._payments()
        return World(self.orders, {person.practice_id or 0: Actor.of(person) for person in people}, Actor.of(support))

    def _practices(self) -> list[Person]:
        self.practices = Practice.objects.bulk_create(
            Practice(name=f"Practice {number}", plan=plan, tags=tags, payment_terms=terms)
            for number, (plan, tags, terms) in enumerate(self.told["practices"])
        )
        self.cards = Card.objects.bulk_create(
            Card(
                practice=practice,
                gateway="fake",
                source=f"pm_{number}",
                brand="visa",
                last4="4242",
                expires_month=4,
                expires_year=2029,
                added_by_name="Alex",
                added_at=at(-(10**8)),
            )
            for number, practice in enumerate(self.practices)
        )
        return Person.objects.bulk_create(
            Person(email=f"alex{number}@example.test", name="Alex", practice=practice)
            for number, practice in enumerate(self.practices)
        )

    def _order(self, told: Told) -> Order:
        lines = told["lines"]
        ended = [pause for pause in told["pauses"] if pause["ended"] is not None]
        still = told["status"] in STANDING_STILL
        return Order(
            practice=self.practices[told["practice"]],
            patient_reference="J.D.",
            payment_terms=told["terms"],
            currency=told["currency"],
            status=told["status"],
            status_since=at(told["status_since"]),
            submitted_at=at(told["submitted"]),
            design_stage=told["design"],
            production_stage=told["production"],
            shipped_at=at(told["shipped"]),
            files_delivered_at=at(told["delivered"]),
            charged_at=at(told["charged"]),
            requested_delivery=date.fromisoformat(told["wanted"]) if told["wanted"] else None,
            version=told["version"],
            families=barred(line[0] for line in lines),
            amount_minor=sum(quantity * price for _, _, quantity, price in lines),
            fabricated=any(fabricated for _, fabricated, _, _ in lines),
            files_submitted="submitted" in told["files"],
            revisions_open=sum(closed is None for _, closed in told["revisions"]),
            pauses_begun=len(told["pauses"]),
            paused_in_all=timedelta(seconds=sum(pause["ended"] - pause["started"] for pause in ended)),
            paused_from=self._open_pause(told)["status_before"] if still else None,
        )

    @staticmethod
    def _open_pause(told: Told) -> Told:
        return next(pause for pause in told["pauses"] if pause["ended"] is None)

    def _pairs(self) -> Iterator[tuple[Order, Told]]:
        return zip(self.orders, self.orders_told, strict=True)

    def _parts(self) -> None:
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                product=self.products[family],
                product_name=family.title(),
                family=family,
                fabricated=fabricated,
                quantity=quantity,
                unit_price_minor=price,
                currency=order.currency,
            )
            for order, told in self._pairs()
            for family, fabricated, quantity, price in told["lines"]
        )
        OrderFile.objects.bulk_create(
            OrderFile(order=order, kind=kind, name="scan.stl", size=84, added_at=order.submitted_at)
            for order, told in self._pairs()
            for kind in told["files"]
        )
        Revision.objects.bulk_create(
            Revision(order=order, opened_by_name="Robin", opened_at=at(opened), closed_at=at(closed))
            for order, told in self._pairs()
            for opened, closed in told["revisions"]
        )
        pauses = [(order, pause) for order, told in self._pairs() for pause in told["pauses"]]
        decisions = self._decisions("pause", [(order, pause["started"], "", {}) for order, pause in pauses])
        Pause.objects.bulk_create(
            self._pause(order, pause, decision) for (order, pause), decision in zip(pauses, decisions, strict=True)
        )

    def _pause(self, order: Order, told: Told, decision: DecisionRecord) -> Pause:
        return Pause(
            order=order,
            reason=self.pause_reason,
            paused_by_name="Alex",
            decision=decision,
            started_at=at(told["started"]),
            until=at(told["until"]),
            grace=timedelta(seconds=told["grace"]),
            status_before=told["status_before"],
            slated_at=at(told["slated"]),
            ended_at=at(told["ended"]),
            ended_how=told["how"],
        )

    def _decisions(self, action: str, told: Iterable[tuple[Order, float, str, Told]]) -> list[DecisionRecord]:
        return DecisionRecord.objects.bulk_create(
            DecisionRecord(
                version_id=self.version_id,
                action=action,
                subject=Order.SUBJECT,
                subject_id=order.pk,
                at=at(when),
                row=row,
                outputs={"outcome": "allow", **outputs},
                facts={},
            )
            for order, when, row, outputs in told
        )

    def _cancellations(self) -> None:
        """By the number of the order, then in the order in which they were told."""
        found = [(number, told) for number, order in enumerate(self.orders_told) for told in order["cancellations"]]
        decisions = self._decisions(
            "cancel", [(self.orders[number], told["asked"], told["row"], told["outputs"]) for number, told in found]
        )
        rows = Cancellation.objects.bulk_create(
            Cancellation(
                practice=self.orders[number].practice,
                order=self.orders[number],
                state=told["state"],
                reason=self.cancel_reason,
                decision=decision,
                asked_by_name="Alex",
                asked_at=at(told["asked"]),
                closed_by_name="Sam" if told["closed"] is not None else "",
                closed_at=at(told["closed"]),
                status_before=told["status_before"],
                answer="It is made already." if told["state"] == "declined" else "",
            )
            for (number, told), decision in zip(found, decisions, strict=True)
        )
        self.cancellations: dict[int, list[Cancellation]] = {}
        for (number, _), row in zip(found, rows, strict=True):
            self.cancellations.setdefault(number, []).append(row)

    def _charges(self) -> dict[int, Charge]:
        found = [(number, order["charge"]) for number, order in enumerate(self.orders_told) if order["charge"]]
        rows = Charge.objects.bulk_create(
            Charge(
                order=self.orders[number],
                practice=self.orders[number].practice,
                terms=told["terms"],
                currency=told["currency"],
                amount_minor=told["amount"],
                tax_minor=told["tax"],
                state=told["state"],
                first_billable_from=self.orders[number].submitted_at,
                billable_from=self.orders[number].submitted_at,
            )
            for number, told in found
        )
        return {number: row for (number, _), row in zip(found, rows, strict=True)}

    def _invoices(self) -> None:
        self.invoices: list[Invoice] = []
        for told in self.told["invoices"]:
            corrects = None if told["corrects"] is None else self.invoices[told["corrects"]]
            start, end = told["period"] or (None, None)
            invoice = Invoice(
                practice=self.practices[told["practice"]],
                kind=InvoiceKind.CREDIT_NOTE if corrects else InvoiceKind.INVOICE,
                number=told["number"],
                terms=told["terms"],
                currency=told["currency"],
                period_start=start,
                period_end=end,
                corrects=corrects,
                amount_minor=told["amount"],
                tax_minor=told["tax"],
                issued_at=at(told["issued"]),
                due_on=told["due"],
            )
            invoice.save(force_insert=True)
            self.invoices.append(invoice)
        for kind in InvoiceKind:
            NumberSequence.objects.update_or_create(key=kind, defaults={"last": LAST_NUMBER})

    def _lines(self) -> None:
        for number, charge in self.charges.items():
            first: InvoiceLine | None = None
            for invoice, amount, tax, corrects in self.orders_told[number]["invoice_lines"]:
                line = InvoiceLine.objects.create(
                    invoice=self.invoices[invoice],
                    charge=charge,
                    corrects=first if corrects else None,
                    amount_minor=amount,
                    tax_minor=tax,
                )
                first = first or line

    def _payments(self) -> None:
        """Of the charges, then of the invoices, with what goes back of each."""
        self.balances: dict[tuple[int, str], tuple[int, int]] = {}
        of = [({"charge": self.charges[n]}, n, told) for n, o in enumerate(self.orders_told) for told in o["payments"]]
        of_invoices = [
            ({"invoice": self.invoices[n]}, None, told)
            for n, invoice in enumerate(self.told["invoices"])
            for told in invoice["payments"]
        ]
        found: list[tuple[dict[str, Any], int | None, Told]] = [*of, *of_invoices]
        payments = Payment.objects.bulk_create(self._payment(paid_for, told) for paid_for, _, told in found)
        refunds = [
            (payment, paid_for, refund)
            for payment, (paid_for, _, told) in zip(payments, found, strict=True)
            for refund in told["refunds"]
        ]
        rows = Refund.objects.bulk_create(self._refund(*each) for each in refunds)
        RefundAttempt.objects.bulk_create(
            RefundAttempt(
                refund=row,
                number=number,
                gateway=told["gateway"],
                started_at=at(told["started"]),
                ended_at=at(told["ended"]),
                problem=told["problem"],
                permanent=told["permanent"],
            )
            for row, (_, _, refund) in zip(rows, refunds, strict=True)
            for number, told in enumerate(refund["attempts"], 1)
        )

    def _payment(self, paid_for: dict[str, Any], told: Told) -> Payment:
        (owner,) = paid_for.values()
        by_credit, by_card = told["method"] == Method.CREDIT, told["method"] == Method.CARD
        return Payment(
            practice=owner.practice,
            **paid_for,
            method=told["method"],
            card=self.cards[self.practices.index(owner.practice)] if told["card"] else None,
            authorise_first=told["authorise_first"],
            gateway="fake" if by_card else "manual",
            provider_id=f"ch_{next(self.numbers)}" if by_card else None,
            currency=owner.currency,
            amount_minor=told["amount"],
            fee_minor=told["fee"],
            refunded_minor=told["refunded"],
            waived_minor=told["waived"],
            state=told["state"],
            disputed=told["disputed"],
            credit_entry=self._entry(owner, CreditKind.SPENT, -told["amount"]) if by_credit else None,
            problem=told["problem"],
            created_at=at(told["created"]),
            asked_at=at(told["asked"]),
            paid_at=at(told["paid"]),
        )

    def _refund(self, payment: Payment, paid_for: dict[str, Any], told: Told) -> Refund:
        (owner,) = paid_for.values()
        number, place = told["cancellation"] or (None, 0)
        kind = CreditKind.RESTORED if payment.method == Method.CREDIT else CreditKind.REFUND
        return Refund(
            practice=payment.practice,
            **paid_for,
            payment=payment,
            cancellation=None if number is None else self.cancellations[number][place],
            currency=payment.currency,
            amount_minor=told["amount"],
            waived_minor=told["waived"],
            to_credit=told["to_credit"],
            by_hand=told["by_hand"],
            state=told["state"],
            asked_by_name="Alex",
            asked_at=at(told["asked"]),
            answer="No." if told["state"] == "rejected" else "",
            send_from=at(told["send_from"]),
            completed_at=at(told["completed"]),
            credit_entry=self._entry(owner, kind, told["amount"]) if told["entry"] else None,
        )

    def _entry(self, owner: Charge | Invoice, kind: CreditKind, change: int) -> CreditEntry:
        """The practice has been granted plenty before, so that it can have spent anything."""
        key = (owner.practice_id, owner.currency)
        number, balance = self.balances.get(key, (0, 0))
        if not number:
            self._ledger(owner, CreditKind.GRANT, PLENTY, (1, PLENTY))
            number, balance = 1, PLENTY
        self.balances[key] = number + 1, balance + change
        return self._ledger(owner, kind, change, self.balances[key])

    @staticmethod
    def _ledger(owner: Charge | Invoice, kind: CreditKind, change: int, after: tuple[int, int]) -> CreditEntry:
        return CreditEntry.objects.create(
            practice=owner.practice,
            currency=owner.currency,
            number=after[0],
            kind=kind,
            amount_minor=change,
            balance_minor=after[1],
            actor_name="Reprieve",
            at=at(-(10**8)),
        )
