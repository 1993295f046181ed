import logging

import pytest
from django.db import IntegrityError, transaction

from reprieve.config.logs import DiscreetFormatter
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order


def logged(error: BaseException) -> str:
    seen = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), seen)
    return DiscreetFormatter("{message}", style="{").format(record)


def test_leaves_out_the_row_that_the_database_refused() -> None:
    text = logged(ValueError('null value in "note"\nDETAIL:  Failing row contains (1, Mrs Smith\nhas a cold).\n'))
    assert "Mrs Smith" not in text
    assert "has a cold" not in text
    assert text == 'failed\nValueError: null value in "note"\nDETAIL: left out\n'


def test_keeps_every_other_line() -> None:
    assert "ValueError: plain words" in logged(ValueError("plain words"))


def test_leaves_out_a_note_when_a_constraint_fails(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    order.note, order.status = "Mrs Smith has a cold", "nowhere"
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        order.save()
    assert "order_status" in logged(caught.value)
    assert "Mrs Smith" not in logged(caught.value)
