"""A row for every parameter of every route, in one world with the cast, the catalog and the rules."""

from dataclasses import dataclass

from django.test import override_settings

from reprieve.actions.draft_policy import draft_policy
from reprieve.actions.open_revision import open_revision
from reprieve.actions.request_cancellation import request_cancellation
from reprieve.orders.models import OrderFile
from reprieve.policies.models import Activation, Policy
from tests.factories.cards import a_card, a_card_visit
from tests.factories.money import a_refund
from tests.factories.people import Cast, make_cast
from tests.factories.simulations import a_simulation
from tests.factories.things import (
    NOON,
    TO_DESIGN,
    Catalog,
    an_invoice,
    an_order,
    an_upload,
    make_catalog,
    moved,
    put_rules_in_force,
)
from tests.factories.written_again import written_again


@dataclass(frozen=True, slots=True)
class World:
    """Who and what there is; `addresses` is what stands for each parameter of a route."""

    cast: Cast
    catalog: Catalog
    addresses: dict[str, object]


@written_again
@override_settings(CARD_GATEWAY="fake")
def make_world() -> World:
    """All of it of the owner's practice. The business takes cards."""
    cast, catalog = make_cast(), make_catalog()
    put_rules_in_force()
    return World(cast, catalog, _addresses(cast, catalog))


def _addresses(cast: Cast, catalog: Catalog) -> dict[str, object]:
    order = an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),))
    order = moved(order, *TO_DESIGN)
    request = request_cancellation(order_id=order.pk, actor=cast.actor("owner"), reason="patient_away", now=NOON)
    revision = open_revision(
        order_id=order.pk, actor=cast.actor("production"), expected_version=order.version, now=NOON
    )
    draft = draft_policy(policy_key="order-cancellation", actor=cast.actor("director"), now=NOON)
    return {
        "number": order.number,
        "refund_id": a_refund(catalog, cast.actor("owner")).pk,
        "name": an_invoice(catalog, cast.actor("owner")).name,
        "file_id": OrderFile.objects.get().pk,
        "cancellation_id": request.pk,
        "decision_id": request.decision_id,
        "revision_id": revision.pk,
        "person_id": cast.colleague.pk,
        "pk": cast.practice.pk,
        "key": Policy.objects.earliest("pk").key,
        "version": 1,
        "draft_id": draft.pk,
        "card_id": a_card(cast).pk,
        "visit": a_card_visit(cast).key,
        "simulation_id": a_simulation(draft).pk,
        "activation_id": Activation.objects.get(policy=draft.policy).pk,
        "place": 1,
        "action": "cancel",
    }
