import re

import pytest
from django.utils import timezone, translation

from reprieve.history.models import Event, EventType
from reprieve.history.record import amount
from reprieve.history.sentences import SENTENCES, sentence

DATA: dict[str, object] = {
    "reference": "R-1001",
    "count": 2,
    "reason": "Patient rescheduled",
    "why": "Upper scan is incomplete.",
    "until": "2026-04-18T03:30:00+00:00",
    "draft": 7,
    "number": 3,
    "document": "INV-1007",
    "how": "INV-1007",
    "source": "lab/order-pause",
    "card": "Visa ·· 4242",
    "what": "it counts as a refund here",
    "way": "store credit",
    "amount": amount(11622, "USD"),
    "starts_at": "2026-04-18T03:30:00+00:00",
}


@pytest.mark.parametrize("event_type", list(EventType))
def test_every_event_type_has_a_sentence_without_holes(event_type: EventType) -> None:
    words = sentence(Event(type=event_type, actor_name="Dr. Ana Ruiz", data=DATA))
    assert re.fullmatch(r"[A-Z].*[.!]", words), words
    assert "%(" not in words


def test_there_is_no_sentence_for_what_cannot_happen() -> None:
    assert set(SENTENCES) == set(EventType)


def test_files_are_counted_and_never_named_since_their_names_may_name_patients() -> None:
    for count, words in ((1, "Ana added one file."), (2, "Ana added 2 files.")):
        assert sentence(Event(type=EventType.FILES_ADDED, actor_name="Ana", data={"count": count})) == words


def test_dates_are_the_readers() -> None:
    event = Event(type=EventType.SLATED_FOR_DELETION, actor_name="Reprieve", data=DATA)
    with timezone.override("America/New_York"), translation.override("en"):
        assert sentence(event) == "The pause ran out on 17 Apr 2026; the case is slated for deletion."


def test_amounts_are_in_their_currencys_form_and_the_readers_language() -> None:
    event = Event(type=EventType.REFUND_COMPLETED, actor_name="Reprieve", data={"amount": amount(11622, "EUR")})
    assert sentence(event) == "The refund of €116.22 is done."
    with translation.override("de"):
        assert "116,22\xa0€" in sentence(event)


def test_an_override_is_said() -> None:
    event = Event(type=EventType.ORDER_SHIPPED, actor_name="Sam", data={}, override=True)
    assert sentence(event) == "Sam shipped the case. (Staff override.)"


def test_hostile_names_stay_text() -> None:
    event = Event(type=EventType.ORDER_SHIPPED, actor_name="%(why)s <b>", data={})
    assert sentence(event) == "%(why)s <b> shipped the case."
