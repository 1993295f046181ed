"""Two thousand orders as plain data, the same ones each time, in every state that the database admits."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from reprieve.accounts.models import PaymentTerms
from reprieve.billing.models import ChargeState, Method, PaymentState, RefundState
from reprieve.cancellations.models import CancellationState
from reprieve.orders.models import STANDING_STILL, WORKING, DesignStage, FileKind, PauseEnd, ProductionStage, Status

MINUTE, HOUR, DAY = 60, 3600, 86400
AGES = (5 * MINUTE, 50 * MINUTE, 2 * HOUR, 20 * HOUR, 2 * DAY, 5 * DAY, 9 * DAY, 25 * DAY, 60 * DAY)
FAMILIES = ("design", "crowns", "bridges", "veneers", "dentures", "implants", "aligners", "guards")
PRICES = {"USD": 12000, "EUR": 9950, "JPY": 18000, "KWD": 36500}
TERMS: Sequence[dict[str, Any]] = (
    {},
    {"refund_share": 1, "keep_processing_fee": True, "undo_window": "PT30M"},
    {"refund_share": 1},
    {"refund_share": "0.5", "refund_to": "store_credit", "undo_window": "PT2H"},
    {"refund_share": "0.75", "fixed_fee": 5, "keep_processing_fee": True},
    {"refund_share": 0},
)
FIRST_WEEK = date(2026, 1, 5)


class Teller:
    """Tells of so many orders of so many practices."""

    def __init__(self, seed: int, orders: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - the same orders again, not a secret
        self.number = orders
        self.practices = [
            [self.rng.choice(("standard", "gold")), self.rng.choice(([], ["vip"], ["slow", "vip"])), terms]
            for terms in PaymentTerms.values * 8
        ]
        self.invoices: list[dict[str, Any]] = []

    def told(self) -> dict[str, Any]:
        """All of it."""
        orders = [self._order() for _ in range(self.number)]
        self._bill([order for order in orders if order["charge"]["state"] == ChargeState.INVOICED])
        for number, order in enumerate(orders):
            self._pay(number, order)
        for invoice in self.invoices:
            self._pay_invoice(invoice)
        return {"practices": self.practices, "orders": orders, "invoices": self.invoices}

    def _maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _order(self) -> dict[str, Any]:
        rng = self.rng
        submitted = -rng.choice(AGES) - rng.randrange(0, 40 * MINUTE)
        since = submitted + int(-submitted * rng.choice((0, 0, 0.3, 0.9)))
        status = rng.choice((*Status, *WORKING, *WORKING, Status.CANCELLED, Status.PAUSED))
        practice = rng.randrange(len(self.practices))
        order = {
            "practice": practice,
            "terms": rng.choice((self.practices[practice][2], *PaymentTerms.values)),
            "currency": rng.choice(("USD", "USD", "USD", "EUR", "JPY", "KWD")),
            "status": status,
            "status_since": since,
            "submitted": submitted,
            **self._stages(status, since),
            "charged": since if self._maybe(0.3) else None,
            "wanted": self._wanted(),
            "version": rng.randint(1, 9),
            "files": sorted(rng.sample(FileKind.values, rng.choice((0, 0, 1, 2)))),
            "revisions": [[since, rng.choice((None, 0))] for _ in range(rng.choice((0, 0, 0, 1, 2)))],
        }
        order["lines"] = [self._line(order["currency"]) for _ in range(rng.choice((1, 1, 2, 3)))]
        order["pauses"] = list(self._pauses(status, submitted, since))
        order["cancellations"] = self._cancellations(status, submitted, since)
        order["charge"] = self._charge(order)
        return order | {"invoice_lines": [], "payments": []}

    def _stages(self, status: Status, since: int) -> dict[str, Any]:
        design = self.rng.choice(DesignStage.values)
        made = design == DesignStage.COMPLETED
        gone = status in (Status.SHIPPED, Status.COMPLETED, Status.INVOICED)
        return {
            "design": design,
            "production": self.rng.choice(ProductionStage.values) if made else ProductionStage.NOT_STARTED,
            "shipped": since if gone and self._maybe(0.8) else None,
            "delivered": since if made and self._maybe(0.3) else None,
        }

    def _wanted(self) -> str | None:
        days = self.rng.choice((None, None, -3, 1, 3, 5, 20))
        return None if days is None else (date(2026, 11, 18) + timedelta(days=days)).isoformat()

    def _line(self, currency: str) -> list[object]:
        family = self.rng.choice(FAMILIES)
        price = PRICES[currency] * self.rng.choice((1, 1, 2)) // self.rng.choice((1, 1, 3))
        return [family, family != "design", self.rng.choice((1, 1, 2)), price]

    def _pauses(self, status: Status, submitted: int, since: int) -> list[dict[str, Any]]:
        rng, found = self.rng, []
        for _ in range(rng.choice((0, 0, 0, 1, 2, 3))):
            length = rng.randint(1, max((since - submitted) // 4, 2))
            cancelled = status == Status.CANCELLED and self._maybe(0.4)
            how = PauseEnd.CANCELLED if cancelled else rng.choice((PauseEnd.RESUMED, PauseEnd.RESTORED))
            found.append(self._pause(submitted, ended=since if cancelled else submitted + length, how=how))
        if status in STANDING_STILL:
            found.append(self._pause(since, slated=since + HOUR if status == Status.SLATED_FOR_DELETION else None))
        return found

    def _pause(
        self, started: int, *, ended: int | None = None, how: str = "", slated: int | None = None
    ) -> dict[str, Any]:
        return {
            "started": started,
            "until": started + self.rng.choice((HOUR, 20 * DAY, 45 * DAY)),
            "grace": self.rng.choice((0, 15 * DAY)),
            "status_before": self.rng.choice(WORKING),
            "slated": slated if slated is not None else started if ended is not None and self._maybe(0.1) else None,
            "ended": ended,
            "how": how,
        }

    def _cancellations(self, status: Status, submitted: int, since: int) -> list[dict[str, Any]]:
        rng = self.rng
        closed = (CancellationState.DECLINED, CancellationState.WITHDRAWN, CancellationState.UNDONE)
        states = [*rng.choices(closed, k=rng.choice((0, 0, 0, 1, 2)))]
        if status == Status.CANCELLED:
            states += [rng.choice((CancellationState.DONE, CancellationState.DONE, CancellationState.APPROVED))]
        elif self._maybe(0.2):
            states += [CancellationState.REQUESTED]
        return [self._cancellation(state, submitted, since) for state in states]

    def _cancellation(self, state: CancellationState, submitted: int, since: int) -> dict[str, Any]:
        asked = submitted if state not in (CancellationState.DONE, CancellationState.REQUESTED) else since
        recent = state in (CancellationState.DONE, CancellationState.APPROVED) and self._maybe(0.6)
        ended = max(since, -self.rng.choice((MINUTE, 10 * MINUTE, 29 * MINUTE, HOUR))) if recent else since
        return {
            "state": state,
            "asked": min(asked, ended),
            "closed": None if state == CancellationState.REQUESTED else ended,
            "status_before": self.rng.choice((*WORKING, *WORKING, "")),
            "row": self.rng.choice(("", "made-first-hour")),
            "outputs": self.rng.choice(TERMS),
        }

    def _charge(self, order: dict[str, Any]) -> dict[str, Any]:
        amount = sum(quantity * price for _, _, quantity, price in order["lines"])
        states = [*ChargeState, ChargeState.DUE, ChargeState.PAID, ChargeState.INVOICED]
        if order["status"] == Status.CANCELLED:
            states = [ChargeState.VOIDED, ChargeState.VOIDED, ChargeState.PAID, ChargeState.INVOICED]
        return {
            "terms": order["terms"],
            "currency": order["currency"],
            "amount": amount,
            "tax": self.rng.choice((0, amount * 825 // 10000)),
            "state": self.rng.choice(states),
        }

    def _bill(self, orders: Sequence[dict[str, Any]]) -> None:
        """Put up to three of one practice and currency on an invoice, with credit notes over some of the cancelled."""
        together: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for order in orders:
            of_one = together.setdefault((order["practice"], order["currency"]), [])
            of_one.append(order)
            if len(of_one) == self.rng.randint(1, 3):
                self._invoice(of_one)
                del together[order["practice"], order["currency"]]
        for of_one in together.values():
            self._invoice(of_one)

    def _invoice(self, orders: Sequence[dict[str, Any]]) -> None:
        number = len(self.invoices)
        start = FIRST_WEEK + timedelta(weeks=number)
        self.invoices.append(
            self._document(
                orders[0],
                amount=sum(order["charge"]["amount"] for order in orders),
                tax=sum(order["charge"]["tax"] for order in orders),
                period=[start.isoformat(), (start + timedelta(weeks=1)).isoformat()],
            )
        )
        for order in orders:
            charge = order["charge"]
            charge["state"] = self.rng.choice((ChargeState.INVOICED, ChargeState.PAID))
            order["invoice_lines"] = [[number, charge["amount"], charge["tax"], False]]
            if order["status"] == Status.CANCELLED and self._maybe(0.6):
                part = self.rng.choice((1, 2))
                amount, tax = charge["amount"] // part, charge["tax"] // part
                order["invoice_lines"].append([len(self.invoices), amount, tax, True])
                self.invoices.append(self._document(order, amount=amount, tax=tax, corrects=number))

    def _document(self, order: dict[str, Any], **told: object) -> dict[str, Any]:
        return {
            "practice": order["practice"],
            "currency": order["currency"],
            "terms": PaymentTerms.WEEKLY,
            "number": 1000 + len(self.invoices),
            "period": None,
            "corrects": None,
            "issued": -HOUR,
            "due": "2026-12-01",
            "payments": [],
        } | told

    def _pay(self, number: int, order: dict[str, Any]) -> None:
        """Nothing, some, all or more than all; store credit never more than all."""
        charge = order["charge"]
        total = charge["amount"] + charge["tax"]
        if not total or self._maybe(0.4):
            return
        effective = [
            place
            for place, each in enumerate(order["cancellations"])
            if each["state"] in (CancellationState.DONE, CancellationState.APPROVED)
        ]
        follows = [number, effective[0]] if effective else None
        since = order["cancellations"][effective[0]]["closed"] if effective else order["status_since"]
        left = total
        if self._maybe(0.35):
            credit = self.rng.choice((total, total // 2, min(total, 700)))
            left -= credit
            order["payments"].append(self._payment(Method.CREDIT, credit, order["submitted"], since, follows))
        shares = self.rng.choice(((), (1,), (1,), (0.5, 0.5), (1, 0.25), (0.4,)))
        for share in shares if left else ():
            method = self.rng.choice((Method.CARD, Method.CARD, Method.MANUAL))
            amount = max(int(left * share), 1)
            order["payments"].append(self._payment(method, amount, order["submitted"], since, follows))

    def _pay_invoice(self, invoice: dict[str, Any]) -> None:
        total, way = invoice["amount"] + invoice["tax"], self.rng.choice((0, 0, 0.5, 1, 1, 1.2))
        if invoice["corrects"] is not None or not total * way:
            return
        method = self.rng.choice((Method.CARD, Method.MANUAL))
        paid = self._payment(method, int(total * way), -HOUR, -HOUR, None)
        invoice["payments"].append(paid | {"state": PaymentState.PAID, "paid": -HOUR})

    def _payment(self, method: str, amount: int, created: int, since: int, follows: list[int] | None) -> dict[str, Any]:
        rng = self.rng
        by_card = method == Method.CARD
        state = rng.choice((*[PaymentState.PAID] * 5, *PaymentState)) if by_card else PaymentState.PAID
        paid = state == PaymentState.PAID
        payment: dict[str, Any] = {
            "method": method,
            "card": by_card and self._maybe(0.7),
            "authorise_first": state in (PaymentState.AUTHORISED, PaymentState.RELEASED),
            "amount": amount,
            "fee": amount * 3 // 100 if by_card and paid else 0,
            "waived": 0,
            "state": state,
            "disputed": paid and by_card and self._maybe(0.1),
            "problem": "Your card was declined." if state == PaymentState.FAILED else "",
            "created": created,
            "asked": created if by_card and state != PaymentState.PENDING else None,
            "paid": created if paid else None,
            "refunds": [],
        }
        if paid and self._maybe(0.6 if follows else 0.15):
            payment["refunds"] = [self._refund(payment, since, follows)]
        back = [each["amount"] for each in payment["refunds"] if each["state"] not in ("rejected", "undone")]
        return payment | {"refunded": sum(back)}

    def _refund(self, payment: dict[str, Any], since: int, follows: list[int] | None) -> dict[str, Any]:
        rng = self.rng
        amount = max(payment["amount"] // rng.choice((1, 1, 2, 3)), 1)
        credit = payment["method"] == Method.CREDIT or self._maybe(0.2)
        states = (RefundState.COMPLETED, RefundState.COMPLETED, RefundState.UNDONE) if credit else RefundState.values
        state = rng.choice((RefundState.PENDING, RefundState.APPROVED, *states))
        sent = not credit and state in ("sent", "unknown", "completed", "failed")
        return {
            "amount": amount,
            "waived": 0,
            "to_credit": credit,
            "by_hand": not credit and self._maybe(0.1),
            "state": state,
            "asked": since,
            "send_from": since + rng.choice((0, 30 * MINUTE)),
            "completed": since if state == RefundState.COMPLETED else None,
            "entry": credit and state == RefundState.COMPLETED,
            "cancellation": follows if follows and self._maybe(0.8) else None,
            "attempts": [self._attempt(state, since)] if sent else [],
        }

    def _attempt(self, state: str, since: int) -> dict[str, Any]:
        failed = state == RefundState.FAILED
        return {
            "gateway": self.rng.choice(("fake", "manual")),
            "started": since,
            "ended": since,
            "problem": "It came back." if failed else "",
            "permanent": failed and self._maybe(0.5),
        }
