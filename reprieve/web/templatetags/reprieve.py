"""How money, events and refusals are shown."""

from django import template
from moneyed import Money

from reprieve.history.models import Event
from reprieve.history.own_words import read
from reprieve.history.sentences import sentence as event_sentence
from reprieve.lib.money import display

register = template.Library()


@register.filter
def money(amount: Money) -> str:
    """The amount in its currency's form, in the reader's language."""
    return display(amount)


@register.filter
def sentence(event: Event) -> str:
    return event_sentence(event)


@register.filter
def own_words(kept: str) -> str:
    """What a row holds, translated where the product itself has written it."""
    return read(kept)
