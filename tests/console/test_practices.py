import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.accounts.models import PaymentTerms, Practice
from tests.factories.people import Cast

pytestmark = pytest.mark.both

TYPED = {"plan": "premium", "tags": "Key account, new,, new", "payment_terms": "weekly"}


def test_lists_practices_with_their_people(production: Client, cast: Cast) -> None:
    page = production.get("/console/practices/").content.decode()
    for words in (
        "Elm Street Dental",
        cast.practice.number,
        "colleague@example.test",
        "Pay per case by card",
        "standard",
    ):
        assert words in page
    assert f"/console/practices/{cast.practice.pk}/" not in page


@pytest.mark.parametrize("words", ["elm street", "colleague@", "Owner"])
def test_finds_a_practice_by_name_person_and_address(support: Client, cast: Cast, words: str) -> None:
    response = support.get("/console/practices/", {"q": words})
    assert response.context["page"].rows == [cast.practice]


def test_finds_a_practice_by_its_number(support: Client, cast: Cast) -> None:
    for number in (cast.practice.number, cast.practice.number.lower().replace("-", "")):
        response = support.get("/console/practices/", {"q": number})
        assert response.context["page"].rows == [cast.practice]


def test_a_manager_changes_plan_tags_and_terms(manager: Client, cast: Cast) -> None:
    url = f"/console/practices/{cast.practice.pk}/"
    assert manager.get(url).status_code == 200
    assert manager.post(url, TYPED).status_code == 302
    cast.practice.refresh_from_db()
    assert cast.practice.plan == "premium"
    assert cast.practice.tags == ["key account", "new"]
    assert cast.practice.payment_terms == PaymentTerms.WEEKLY
    assert 'value="key account, new"' in manager.get(url).content.decode()


def test_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(manager: Client, cast: Cast) -> None:
    response = manager.post(f"/console/practices/{cast.practice.pk}/", TYPED | {"plan": "very good"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["plan"]
    assert "very good" in response.content.decode()
    assert "Key account, new,, new" in response.content.decode()
    assert Practice.objects.get(pk=cast.practice.pk).plan == "standard"


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ("key\0account", "A tag holds an invisible character. Please type it anew."),
        ("right\u202eleft", "A tag holds an invisible character. Please type it anew."),
        ("new, " + "n" * 41, f"Please shorten “{'n' * 20}…” to 40 characters."),
        (",".join(map(str, range(21))), "Please write at most 20 tags."),
    ],
)
def test_refuses_tags_that_no_rule_could_ask_for(tags: str, words: str, manager: Client, cast: Cast) -> None:
    response = manager.post(f"/console/practices/{cast.practice.pk}/", TYPED | {"tags": tags})
    assert response.status_code == 422
    assert response.context["form"].errors["tags"] == [words]
    assert Practice.objects.get(pk=cast.practice.pk).tags == []


def test_searches_for_no_more_than_somebody_types(support: Client, cast: Cast) -> None:
    response = support.get("/console/practices/", {"q": "\0Elm" + " " * 60_000})
    assert response.context["page"].rows == [cast.practice]
    assert support.get("/console/practices/", {"q": "x" * 60_000}).context["q"] == "x" * 100


def test_nobody_else_may_change_them(support: Client, production: Client, cast: Cast) -> None:
    for client in (support, production):
        assert client.post(f"/console/practices/{cast.practice.pk}/", TYPED).status_code == 403
    assert Practice.objects.get(pk=cast.practice.pk).plan == "standard"


@pytest.mark.parametrize("count", [2, 40])
def test_needs_five_queries_however_many_there_are(
    support: Client, cast: Cast, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Practice.objects.bulk_create(Practice(name=f"Practice {number}") for number in range(count))
    with django_assert_num_queries(5):
        support.get("/console/practices/")
