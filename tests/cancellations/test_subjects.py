"""What a charge and a cancellation are of: exactly one thing, of a kind that every function knows."""

import ast
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from reprieve.actions.cancel_order import cancel_order
from reprieve.billing.models import Charge, Payment, Refund
from reprieve.cancellations import subjects
from reprieve.cancellations.models import Cancellation
from tests.factories.money import pay_by_card
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice, an_order

TREE = ast.parse(Path(subjects.__file__).read_text(encoding="utf-8"))
UNION = next(node.value for node in ast.walk(TREE) if isinstance(node, ast.TypeAlias))
KINDS = {each.id for each in ast.walk(UNION) if isinstance(each, ast.Name)}


@pytest.fixture
def cancelled(cast: Cast, catalog: Catalog, rules: None) -> Cancellation:
    """A paid order's cancellation, with its refund."""
    order = an_order(catalog, cast.actor("owner"), "design")
    pay_by_card(order, 12000)
    return cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)


def refused(row: Model) -> bool:
    row.pk = None
    row._state.adding = True  # noqa: SLF001 - Django's documented way to copy a row
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        return "one_subject" in str(error) or "one_thing" in str(error)
    return False


def test_the_union_is_closed_every_function_that_asks_for_a_kind_knows_them_all() -> None:
    matches = [node for node in ast.walk(TREE) if isinstance(node, ast.Match)]
    assert {"Order"} == KINDS
    assert len(matches) > 10
    for match in matches:
        known = [case.pattern.cls.id for case in match.cases if isinstance(case.pattern, ast.MatchClass)]  # type: ignore[attr-defined]
        assert set(known) == KINDS
        assert len(known) == len(match.cases)


def test_the_database_refuses_what_is_of_nothing(cancelled: Cancellation) -> None:
    charge = Charge.objects.get()
    charge.order = cancelled.order = None
    assert refused(charge)
    assert refused(cancelled)


@pytest.mark.parametrize("kind", [Payment, Refund])
def test_the_database_refuses_money_of_nothing_or_of_two_things(
    cancelled: Cancellation, cast: Cast, catalog: Catalog, kind: type[Payment] | type[Refund]
) -> None:
    invoice = an_invoice(catalog, cast.actor("owner"))
    both, nothing = kind.objects.get(), kind.objects.get()
    both.invoice, nothing.charge = invoice, None
    assert refused(both)
    assert refused(nothing)
