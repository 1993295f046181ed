"""One sentence for every event type, in the reader's language. A test proves that none is missing."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop, ngettext

from reprieve.history import own_words
from reprieve.history.models import Event, EventType
from reprieve.lib.money import display, from_minor

# Two forms where the sentence counts something: for one, and for any other number.
SENTENCES: dict[EventType, str | tuple[str, str]] = {
    EventType.ORDER_PLACED: gettext_noop("%(who)s placed the case."),
    EventType.ORDER_IMPORTED: gettext_noop("%(who)s imported the case as %(reference)s."),
    EventType.FILES_ADDED: (
        gettext_noop("%(who)s added one file."),
        gettext_noop("%(who)s added %(count)s files."),
    ),
    EventType.DESIGN_STARTED: gettext_noop("%(who)s started the design."),
    EventType.DESIGN_COMPLETED: gettext_noop("%(who)s completed the design."),
    EventType.FABRICATION_STARTED: gettext_noop("%(who)s started fabrication."),
    EventType.FABRICATION_FINISHED: gettext_noop("%(who)s finished fabrication; the case is about to ship."),
    EventType.ORDER_SHIPPED: gettext_noop("%(who)s shipped the case."),
    EventType.FILES_DELIVERED: (
        gettext_noop("%(who)s delivered one final file."),
        gettext_noop("%(who)s delivered %(count)s final files."),
    ),
    EventType.ORDER_COMPLETED: gettext_noop("%(who)s completed the case."),
    EventType.ORDER_INVOICED: gettext_noop("%(who)s invoiced the case."),
    EventType.ORDER_CHARGED: gettext_noop("The case was charged: %(how)s."),
    EventType.PUT_ON_HOLD: gettext_noop("%(who)s put the case on hold: %(why)s"),
    EventType.HOLD_RELEASED: gettext_noop("%(who)s took the case off hold."),
    EventType.REVISION_OPENED: gettext_noop("%(who)s opened a revision."),
    EventType.REVISION_CLOSED: gettext_noop("%(who)s closed the revision."),
    EventType.ORDER_CANCELLED: gettext_noop("%(who)s cancelled the case. Reason: %(reason)s."),
    EventType.CANCELLATION_REQUESTED: gettext_noop("%(who)s asked to cancel the case. Reason: %(reason)s."),
    EventType.CANCELLATION_WITHDRAWN: gettext_noop("%(who)s withdrew the cancellation request."),
    EventType.CANCELLATION_APPROVED: gettext_noop("%(who)s approved the cancellation request; the case is cancelled."),
    EventType.CANCELLATION_DECLINED: gettext_noop("%(who)s declined the cancellation request: %(why)s"),
    EventType.ORDER_PAUSED: gettext_noop("%(who)s paused the case until %(until)s. Reason: %(reason)s."),
    EventType.ORDER_RESUMED: gettext_noop("%(who)s resumed the case."),
    EventType.PAUSE_ENDED_BY_CANCELLATION: gettext_noop("The pause ended with the cancellation."),
    EventType.SLATED_FOR_DELETION: gettext_noop("The pause ran out on %(until)s; the case is slated for deletion."),
    EventType.ORDER_RESTORED: gettext_noop("%(who)s restored the case."),
    EventType.INVOICE_ISSUED: gettext_noop("%(who)s issued invoice %(document)s over %(amount)s."),
    EventType.CREDIT_NOTE_ISSUED: gettext_noop("%(who)s issued credit note %(document)s over %(amount)s."),
    EventType.PRACTICE_CHANGED: gettext_noop("%(who)s changed the practice's plan, tags or payment terms."),
    EventType.CARD_ADDED: gettext_noop("%(who)s added a card: %(card)s."),
    EventType.CARD_REMOVED: gettext_noop("%(who)s removed a card: %(card)s."),
    EventType.CREDIT_GRANTED: gettext_noop("%(who)s granted %(amount)s of store credit: %(why)s"),
    EventType.CREDIT_TAKEN_BACK: gettext_noop("%(who)s took %(amount)s of store credit back: %(why)s"),
    EventType.CREDIT_SPENT: gettext_noop("Store credit paid %(amount)s of the case."),
    EventType.CREDIT_RESTORED: gettext_noop("Store credit of %(amount)s was restored."),
    EventType.PAYMENT_RECEIVED: gettext_noop("A payment of %(amount)s came in."),
    EventType.PAYMENT_AUTHORISED: gettext_noop("The card holds %(amount)s for the case; nothing is charged yet."),
    EventType.PAYMENT_RELEASED: gettext_noop("The hold of %(amount)s on the card was released; nothing was charged."),
    EventType.PAYMENT_FAILED: gettext_noop("The card payment of %(amount)s failed: %(why)s"),
    EventType.PAYMENT_DISPUTED: gettext_noop("The card's holder disputes the payment of %(amount)s."),
    EventType.DISPUTE_CLOSED: gettext_noop("The dispute over the payment of %(amount)s is closed: %(how)s."),
    EventType.PAYMENT_CAME_LATE: gettext_noop("A payment of %(amount)s came in after the cancellation."),
    EventType.REFUND_DUE: gettext_noop("A refund of %(amount)s is due."),
    EventType.REFUND_REQUESTED: gettext_noop("%(who)s asked for a refund of %(amount)s."),
    EventType.REFUND_APPROVED: gettext_noop("%(who)s approved a refund of %(amount)s."),
    EventType.REFUND_REJECTED: gettext_noop("%(who)s rejected the refund of %(amount)s: %(why)s"),
    EventType.REFUND_COMPLETED: gettext_noop("The refund of %(amount)s is done."),
    EventType.REFUND_FAILED: gettext_noop("The refund of %(amount)s failed: %(why)s"),
    EventType.REFUND_MADE_OUTSIDE: gettext_noop("The provider itself refunded %(amount)s of the payment: %(what)s."),
    EventType.REFUND_HELD_BACK: gettext_noop("The refund of %(amount)s waits for support: the payment is disputed."),
    EventType.REFUND_REROUTED: gettext_noop("%(who)s chose another way for the refund of %(amount)s: %(way)s."),
    EventType.CANCELLATION_UNDONE: gettext_noop("%(who)s undid the cancellation; the case goes on."),
    EventType.POLICY_DRAFTED: gettext_noop("%(who)s started draft %(draft)s."),
    EventType.POLICY_REVIEW_ASKED: gettext_noop("%(who)s asked for approval of draft %(draft)s."),
    EventType.POLICY_TAKEN_BACK: gettext_noop("%(who)s took draft %(draft)s back."),
    EventType.POLICY_SENT_BACK: gettext_noop("%(who)s sent draft %(draft)s back: %(why)s"),
    EventType.DRAFT_DISCARDED: gettext_noop("%(who)s discarded draft %(draft)s."),
    EventType.POLICY_APPROVED: gettext_noop("%(who)s approved draft %(draft)s, which became version %(number)s."),
    EventType.POLICY_PUBLISHED: gettext_noop("%(who)s published version %(number)s, the preset %(source)s."),
    EventType.POLICY_ACTIVATED: gettext_noop("%(who)s put version %(number)s in force from %(starts_at)s."),
    EventType.POLICY_CALLED_OFF: gettext_noop("%(who)s called off version %(number)s, meant for %(starts_at)s."),
    EventType.SHADOW_STARTED: gettext_noop("%(who)s let version %(number)s listen as a shadow from %(starts_at)s."),
    EventType.SHADOW_ENDED: gettext_noop("%(who)s ended the shadow, version %(number)s."),
}
# Instants are kept as ISO 8601 and shown in the reader's time zone, as a date or to the minute.
INSTANTS = {"until": "DATE_FORMAT", "starts_at": "DATETIME_FORMAT"}
OVERRIDDEN = gettext_noop("%(sentence)s (Staff override.)")


def sentence(event: Event) -> str:
    """What happened, in one sentence for its reader. Raises KeyError if the event lacks what its words need."""
    values = {name: _readable(name, value) for name, value in event.data.items()}
    words = _form(SENTENCES[EventType(event.type)], event) % {"who": event.actor_name, **values}
    return gettext(OVERRIDDEN) % {"sentence": words} if event.override else words


def _form(words: str | tuple[str, str], event: Event) -> str:
    if isinstance(words, str):
        return gettext(words)
    return ngettext(*words, int(event.data["count"]))


def _readable(name: str, value: object) -> str:
    if name in INSTANTS:
        return date_format(timezone.localtime(datetime.fromisoformat(str(value))), INSTANTS[name])
    if isinstance(value, dict) and "minor" in value:  # an amount of money, as `history.record.amount` writes it
        return display(from_minor(value["minor"], value["currency"]))
    return own_words.read(str(value))
