from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from reprieve.billing.gateways import MANUAL, Amount, Declined, Pending, gateway

SOME = Amount(12000, "USD")


def test_is_found_by_its_name() -> None:
    assert gateway(MANUAL) is gateway(MANUAL)
    assert gateway(MANUAL).by_hand


def test_a_gateway_that_nobody_set_up_is_named_with_those_that_are() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"no payment gateway 'barter'\. Known are: .*manual"):
        gateway("barter")


def test_a_refund_is_under_way_until_staff_say_that_it_is_done() -> None:
    key = uuid4()
    assert gateway(MANUAL).refund("", SOME, key=key) == Pending()
    assert gateway(MANUAL).look_up_refund("", key=key) == Pending()
    assert gateway(MANUAL).look_up_payment("", key=key, since=datetime.now(UTC)) == Pending()


def test_nobody_is_charged_by_hand() -> None:
    manual, key = gateway(MANUAL), uuid4()
    answers = [
        manual.charge(SOME, source="", key=key),
        manual.authorise(SOME, source="", key=key),
        manual.capture("", SOME, key=key),
        manual.release("", key=key),
    ]
    assert all(isinstance(answer, Declined) and answer.permanent for answer in answers)
