"""One action and what is answered about it. Data alone: sentences are made of it where people read them.

What costs time is computed when it is first asked for, and once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.billing.cards import card_pays
from reprieve.billing.quotes import Quote, quote
from reprieve.billing.undoing import undo_window
from reprieve.dmn.decision import Decision
from reprieve.orders import lifecycle
from reprieve.orders.actions import Action
from reprieve.orders.models import Order
from reprieve.policies.models import Outcome
from reprieve.policies.money_terms import MoneyTerms
from reprieve.policies.rulings import Ruling


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is decided about one action on an order, with the money that applies to this order."""

    order: Order
    action: Action
    decision: Decision

    @property
    def outcome(self) -> Outcome:
        """Allow, ask support, or refuse."""
        return Outcome(str(self.decision.outputs["outcome"]))

    @property
    def row(self) -> str | None:
        """The row of the table that decides; None where none fits."""
        return self.decision.row

    @property
    def message(self) -> str:
        return str(self.decision.outputs.get("message", ""))

    @property
    def staff_note(self) -> str:
        """The table's sentence for staff; never shown to a customer."""
        return str(self.decision.outputs.get("staff_note") or "")

    @property
    def longest_pause(self) -> timedelta | None:
        return self._length("longest_pause")

    @property
    def grace(self) -> timedelta | None:
        """How long what nobody resumes is then kept."""
        return self._length("grace")

    @cached_property
    def terms(self) -> MoneyTerms:
        """The money terms of cancelling as far as they apply: no card's fee is kept where no card has to do with it."""
        return MoneyTerms.of(self.decision.outputs).applied(by_card=card_pays(self.order.charge))

    @cached_property
    def quote(self) -> Quote:
        """What cancelling gives back under the rules, of what is paid by now."""
        return quote(self.order.charge, self.decision.outputs)

    @cached_property
    def quote_against_the_rules(self) -> Quote:
        """What it gives back where staff override them."""
        return quote(self.order.charge, self.decision.outputs, override=True)

    @property
    def undo_window(self) -> timedelta | None:
        """For how long it could be undone; None where it could not be."""
        return undo_window(self.order.charge, self.decision.outputs)

    @property
    def gives(self) -> tuple[object, ...]:
        """What somebody gets by it: the outcome, the money that applies, the limits.

        Another sentence, or a note for staff, gives nobody anything else.
        """
        if self.outcome is Outcome.REFUSE:
            return (self.outcome,)
        if self.action is Action.CANCEL:
            return self.outcome, replace(self.terms, undo_window=timedelta()), self.undo_window
        return self.outcome, self.longest_pause, self.grace

    def _length(self, name: str) -> timedelta | None:
        value = self.decision.outputs.get(name)
        return value if isinstance(value, timedelta) else None


@dataclass(frozen=True, slots=True)
class End:
    """The end of an answer if only time passes: `inclusive` where it still holds at `until` itself. `then` follows."""

    until: datetime
    inclusive: bool
    then: Answer


@dataclass(frozen=True, kw_only=True)
class Option(Answer):
    """One action as it is now for an actor. `ruling` is what the rules said: acting keeps it.

    Of the ruling, `opening` tells when time alone makes it possible, and `differing` what would have to be otherwise.
    """

    actor: Actor
    ruling: Ruling

    @cached_property
    def fits_state(self) -> bool:
        """Whether the order's state lets it happen at all."""
        return lifecycle.transition(self.order, self.action.verb) is not None

    def at(self, decision: Decision) -> Answer:
        """What is answered by another decision of the same ruling: as it will be later."""
        return Answer(order=self.order, action=self.action, decision=decision)

    @property
    def may_override(self) -> bool:
        """Whether the rules do not allow it, and the actor may do it all the same, on record."""
        return self.outcome is not Outcome.ALLOW and self.actor.role in access.ACTS_FOR_CUSTOMERS

    @cached_property
    def end(self) -> End | None:
        """When something else would be given than now, and what; None where no such change is in sight."""
        for change in self.ruling.changes:
            then = self.at(change.decision)
            if then.gives != self.gives:
                return End(change.until, change.inclusive, then)
        return None
