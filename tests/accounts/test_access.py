import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from reprieve.accounts import access
from reprieve.accounts.actors import SYSTEM, Actor, ActorKind
from reprieve.accounts.models import Person, Practice, StaffRole
from reprieve.catalog.models import Product
from reprieve.lib.errors import NotAllowed, NotFound
from reprieve.orders.models import Order
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order


def test_a_person_sees_their_practices_rows_and_nothing_else(cast: Cast, catalog: Catalog) -> None:
    ours = an_order(catalog, cast.actor("owner"))
    theirs = an_order(catalog, cast.actor("stranger"))
    assert list(access.rows(cast.actor("colleague"), Order)) == [ours]
    assert list(access.rows(cast.actor("stranger"), Order)) == [theirs]
    assert set(access.rows(cast.actor("support"), Order)) == {ours, theirs}
    assert set(access.rows(SYSTEM, Order)) == {ours, theirs}
    assert list(access.rows(cast.actor("owner"), Practice)) == [cast.practice]
    assert set(access.rows(cast.actor("owner"), Person)) == {cast.owner, cast.colleague}


def test_what_belongs_to_no_practice_is_shown_to_no_practice(cast: Cast, catalog: Catalog) -> None:
    assert not access.rows(cast.actor("owner"), Product).exists()
    assert access.rows(cast.actor("production"), Product).exists()


def test_an_actor_without_a_practice_sees_nothing(cast: Cast, catalog: Catalog) -> None:
    an_order(catalog, cast.actor("owner"))
    assert not access.rows(Actor(ActorKind.PROGRAM, "a program"), Order).exists()


def test_a_strangers_order_looks_like_no_order(cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"))
    with pytest.raises(NotFound) as theirs:
        access.find(cast.actor("stranger"), Order, pk=order.pk)
    with pytest.raises(NotFound) as nobodys:
        access.find(cast.actor("stranger"), Order, pk=999_999)
    assert theirs.value.why == nobodys.value.why


@pytest.mark.parametrize(
    ("who", "roles", "may"),
    [
        ("support", access.DECIDES_REQUESTS, True),
        ("manager", access.DECIDES_REQUESTS, True),
        ("production", access.DECIDES_REQUESTS, False),
        ("production", access.MOVES_CASES, True),
        ("support", access.EDITS_CATALOG, False),
        ("manager", access.EDITS_CATALOG, True),
        ("owner", access.MOVES_CASES, False),
    ],
)
def test_roles_do_their_own_work(cast: Cast, who: str, roles: tuple[StaffRole, ...], may: bool) -> None:  # noqa: FBT001
    if may:
        access.require_role(cast.actor(who), *roles)
    else:
        with pytest.raises(NotAllowed):
            access.require_role(cast.actor(who), *roles)


def test_nobody_is_both_staff_and_of_a_practice_or_neither(cast: Cast) -> None:
    for practice, role in ((cast.practice, StaffRole.SUPPORT), (None, "")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.create_user("x@example.test", practice=practice, staff_role=role, name="X")
    assert not Person.objects.filter(email="x@example.test").exists()


@pytest.mark.parametrize(
    ("who", "number", "status"), [("owner", "", 200), ("support", "", 200), ("stranger", "", 404), ("owner", "9", 404)]
)
def test_no_page_of_an_order_is_kept_by_a_cache(
    cast: Cast, catalog: Catalog, rules: None, client: Client, who: str, number: str, status: int
) -> None:
    order = an_order(catalog, cast.actor("owner"))
    client.force_login(getattr(cast, who))
    door = "/console/orders/" if who == "support" else "/orders/"
    response = client.get(f"{door}{order.number}{number}/")
    assert response.status_code == status
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
