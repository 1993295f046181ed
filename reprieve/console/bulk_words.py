"""What the same done with many orders at once is called: the page, its groups, and what became of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext, ngettext

from reprieve.orders.actions import Action

type Counted = Callable[[int], str]


class Eligibility(StrEnum):
    """Whether something can be done with an order: by the rules, only against them, or not at all as it stands."""

    ALLOWED = "allowed"
    AGAINST = "against"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one action: the page and its button, how many it can be done with, or was done with or before."""

    button: str
    title: Counted
    allowed: Counted
    never: Counted
    done: Counted
    already: Counted

    def group(self, eligibility: Eligibility) -> Counted:
        """The heading of the orders that are equally eligible: “9 can be cancelled now”."""
        if eligibility is Eligibility.AGAINST:
            return lambda n: ngettext("%d would need an override", "%d would need an override", n) % n
        return self.allowed if eligibility is Eligibility.ALLOWED else self.never


def words_of(action: Action) -> Words:
    return {
        Action.CANCEL: Words(
            button=gettext("Cancel these orders"),
            title=lambda n: ngettext("Cancel %d order", "Cancel %d orders", n) % n,
            allowed=lambda n: ngettext("%d can be cancelled now", "%d can be cancelled now", n) % n,
            never=lambda n: ngettext("%d is cancelled already", "%d are cancelled already", n) % n,
            done=lambda n: ngettext("%d case is cancelled", "%d cases are cancelled", n) % n,
            already=lambda n: ngettext("%d was already cancelled", "%d were already cancelled", n) % n,
        ),
        Action.PAUSE: Words(
            button=gettext("Pause these orders"),
            title=lambda n: ngettext("Pause %d order", "Pause %d orders", n) % n,
            allowed=lambda n: ngettext("%d can be paused now", "%d can be paused now", n) % n,
            never=lambda n: ngettext("%d cannot be paused as it stands", "%d cannot be paused as they stand", n) % n,
            done=lambda n: ngettext("%d case is paused", "%d cases are paused", n) % n,
            already=lambda n: ngettext("%d was already paused", "%d were already paused", n) % n,
        ),
        Action.RESUME: Words(
            button=gettext("Resume these orders"),
            title=lambda n: ngettext("Resume %d order", "Resume %d orders", n) % n,
            allowed=lambda n: ngettext("%d can be resumed now", "%d can be resumed now", n) % n,
            never=lambda n: ngettext("%d is not paused", "%d are not paused", n) % n,
            done=lambda n: ngettext("%d case is resumed", "%d cases are resumed", n) % n,
            already=lambda n: ngettext("%d was already resumed", "%d were already resumed", n) % n,
        ),
    }[action]
