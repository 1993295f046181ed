"""The examples of a draft, as a list and as forms."""

import pytest
from django.test import Client

from reprieve.actions.edit_draft import edit_draft
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.models import Draft
from tests.console.rules.draft_pages import Fields, get, post, text_of, unchanged, url
from tests.factories.people import Cast
from tests.factories.things import NOON

LIST = "examples/"
NEW = "examples/new/"


def kept(draft: Draft) -> tuple[Scenario, ...]:
    return scenarios_from_data(Draft.objects.get(pk=draft.pk).scenarios)


def form(client: Client, draft: Draft, rest: str) -> dict[str, object]:
    return dict(Fields(get(client, url(draft, rest)).content.decode(), "draft-scenario").sent)


SHIPPED = {
    "name": "a shipped case stays",
    "clause": "D9",
    "fact-status": "shipped",
    "fact-product_family": ["crowns"],
    "row": "row:shipped",
    "outcome": "refuse",
}


def test_lists_them_with_whether_they_hold(support: Client, draft: Draft) -> None:
    page = text_of(get(support, url(draft, LIST)))
    assert f"All {len(kept(draft))} hold" in page
    assert "Has to be Allow , by the rule “design first hour”." in page
    assert "New example" not in page


def test_says_which_fails_and_why(support: Client, cast: Cast, draft: Draft) -> None:
    wrong = Scenario("nobody cancels", {"status": "cancelled"}, "shipped", "allow")
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1, scenarios=[wrong])
    page = text_of(get(support, url(draft, LIST)))
    assert "1 of 1 does not hold" in page
    assert "fails Nobody cancels Has to be Allow , by the rule “shipped”." in page
    assert "expected was “Allow” by rule “Shipped”." in page
    assert "Status: cancelled" in page
    assert "1 of 1 examples does not hold." in text_of(get(support, url(draft)))


def test_adds_one(manager: Client, draft: Draft) -> None:
    response = post(manager, url(draft, NEW), form(manager, draft, NEW) | SHIPPED)
    assert response["Location"] == url(draft, LIST)
    assert kept(draft)[:-1] == scenarios_from_data(draft.scenarios)
    assert kept(draft)[-1] == Scenario(
        "a shipped case stays", {"status": "shipped", "product_family": ["crowns"]}, "shipped", "refuse", clause="D9"
    )


@pytest.mark.parametrize("place", [1, 20, 40])
def test_an_example_that_is_not_touched_stays_what_it_is(manager: Client, draft: Draft, place: int) -> None:
    rest = f"examples/{place}/"
    assert post(manager, url(draft, rest), form(manager, draft, rest)).status_code == 302
    assert kept(draft) == scenarios_from_data(draft.scenarios)


def test_what_is_not_known_is_not_the_same_as_none(manager: Client, cast: Cast, draft: Draft) -> None:
    known = Scenario("of nothing", {"product_family": []}, None, "request")
    unknown = Scenario("of what nobody knows", {"status": "shipped"}, None, "request")
    examples = [known, unknown]
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1, scenarios=examples)
    for place in (1, 2):
        rest = f"examples/{place}/"
        assert post(manager, url(draft, rest), form(manager, draft, rest)).status_code == 302
    assert kept(draft) == (known, unknown)


def test_changes_one(manager: Client, draft: Draft) -> None:
    sent = form(manager, draft, "examples/2/") | {"row": "any", "fact-since_submission": "3 weeks"}
    assert post(manager, url(draft, "examples/2/"), sent).status_code == 302
    assert kept(draft)[1].row is None
    assert kept(draft)[1].facts["since_submission"] == "P21D"
    assert kept(draft)[2:] == scenarios_from_data(draft.scenarios)[2:]


def test_removes_one(manager: Client, draft: Draft) -> None:
    assert post(manager, url(draft, LIST), {"version": 1, "remove": "2"}).status_code == 302
    before = scenarios_from_data(draft.scenarios)
    assert kept(draft) == (before[0], *before[2:])


@pytest.mark.parametrize("number", ["", "0", "999", "x", "9" * 40, "٣"])
def test_removes_none_that_is_not_there(manager: Client, draft: Draft, number: str) -> None:
    assert post(manager, url(draft, LIST), {"version": 1, "remove": number}).status_code == 404
    assert unchanged(draft)


def test_refuses_each_thing_at_its_field_and_keeps_what_was_typed(manager: Client, draft: Draft) -> None:
    sent = form(manager, draft, NEW) | {"fact-since_submission": "a while", "row": "row:none", "clause": "kept"}
    response = post(manager, url(draft, NEW), sent)
    assert response.status_code == 422
    page = text_of(response)
    for words in (
        "Say in one sentence what it shows.",
        "Choose the answer that has to be given.",
        "Choose a rule of the list.",
        "This is no length of time. Write it like 45 days, 1 h 30 min or PT1H.",
    ):
        assert words in page
    again = Fields(response.content.decode(), "draft-scenario").sent
    assert (again["fact-since_submission"], again["clause"]) == (["a while"], ["kept"])
    assert unchanged(draft)


def test_each_has_a_name_of_its_own(manager: Client, draft: Draft) -> None:
    taken = kept(draft)[0].name
    response = post(manager, url(draft, NEW), form(manager, draft, NEW) | SHIPPED | {"name": taken})
    assert response.status_code == 422
    assert "Another example is called so." in text_of(response)


def test_a_stale_form_is_not_saved_and_nothing_typed_is_lost(manager: Client, cast: Cast, draft: Draft) -> None:
    sent = form(manager, draft, NEW) | SHIPPED
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1, why="x")
    response = post(manager, url(draft, NEW), sent)
    assert response.status_code == 409
    assert kept(draft) == scenarios_from_data(draft.scenarios)
    again = Fields(response.content.decode(), "draft-scenario").sent
    assert (again["name"], again["version"]) == (["a shipped case stays"], ["2"])
    assert post(manager, url(draft, NEW), again).status_code == 302


def test_there_is_no_form_of_one_that_is_not_there(manager: Client, draft: Draft) -> None:
    assert manager.get(url(draft, "examples/0/")).status_code == 404
    assert manager.get(url(draft, f"examples/{10**30}/")).status_code == 404


def test_only_managers_change_them(support: Client, draft: Draft) -> None:
    assert support.post(url(draft, LIST), {"version": 1, "remove": "1"}).status_code == 403
    assert support.get(url(draft, NEW)).status_code == 403
    assert unchanged(draft)
