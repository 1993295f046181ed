"""What customers may ask to do with an order: one list, from the key in a policy to the label of a button."""

from enum import StrEnum

from django.utils.translation import gettext

from reprieve.catalog.models import ReasonFor
from reprieve.orders.lifecycle import Verb


class Action(StrEnum):
    """One action. Its key stands in policies, decisions, reasons and addresses, and is that of its verb."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"

    @property
    def verb(self) -> Verb:
        """What it does to the order's state."""
        return Verb(self.value)

    @property
    def reason_kind(self) -> ReasonFor | None:
        """Which reasons are to be chosen from; None where no reason is asked for."""
        return ReasonFor(self.value) if self.value in ReasonFor else None

    @property
    def label(self) -> str:
        """What its button says, in the reader's language."""
        return {
            Action.CANCEL: gettext("Cancel order"),
            Action.PAUSE: gettext("Pause order"),
            Action.RESUME: gettext("Resume order"),
        }[self]
