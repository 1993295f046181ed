"""The page on which a manager changes rules: what is shown, saved, refused and kept."""

from dataclasses import replace
from itertools import cycle

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.actions.discard_draft import discard_draft
from reprieve.actions.edit_draft import edit_draft
from reprieve.console.rules.cell_form import How
from reprieve.console.rules.table_edits import removed
from reprieve.dmn.sfeel import print_cell
from reprieve.dmn.table import Row, Table, table_from_data
from reprieve.policies.models import Draft, PolicyVersion
from tests.console.rules.draft_pages import Fields, get, post, text_of, unchanged, url
from tests.factories.people import Cast
from tests.factories.things import NOON
from tests.test_nasty_input import NASTY, Prober


def fields(client: Client, draft: Draft, query: str = "") -> dict[str, list[str]]:
    return Fields(client.get(url(draft, query)).content.decode()).sent


def press(client: Client, draft: Draft, do: str, query: str = "", **changes: object) -> HttpResponse:
    """Open a part, type the changes, press a button."""
    data: dict[str, object] = dict(fields(client, draft, query))
    return post(client, url(draft), data | changes | {"do": do})


def table(draft: Draft) -> Table:
    return table_from_data(Draft.objects.get(pk=draft.pk).definition)


def ids(draft: Draft) -> list[str]:
    return [row.id for row in table(draft).rows]


def row(draft: Draft, row_id: str) -> Row:
    return table(draft).row(row_id)


def cell(draft: Draft, row_id: str, name: str) -> str:
    column = next(column for column in table(draft).inputs if column.name == name)
    return print_cell(row(draft, row_id).cells[name], column.type)


def test_reads_every_rule_out_as_a_sentence(production: Client, draft: Draft) -> None:
    page = text_of(get(production, url(draft)))
    assert "If the status is cancelled, the case cannot be cancelled" in page
    assert "the case was submitted at most 1 hour ago, customers can cancel the case themselves" in page
    assert "In every other case, customers can ask support to cancel the case" in page
    assert f"Draft {draft.pk}, from version 1." in page
    assert "examples hold" in page


def test_staff_who_are_no_managers_only_read(support: Client, draft: Draft) -> None:
    page = support.get(url(draft, "?row=shipped")).content.decode()
    assert 'name="do"' not in page
    assert 'name="when-status-how"' not in page
    assert support.post(url(draft), {"do": "remove:shipped", "version": 1}).status_code == 403
    assert unchanged(draft)


def test_opens_one_rule_as_a_form(manager: Client, draft: Draft) -> None:
    sent = fields(manager, draft, "?row=design-first-hour")
    assert sent["open"] == ["row:design-first-hour"]
    assert sent["when-since_submission-how"] == ["at_most"]
    assert sent["when-since_submission-low"] == ["1 hour"]
    assert sent["when-product_family-value"] == ["design"]
    assert sent["then-outcome"] == ["allow"]
    assert sent["then-refund_share"] == ["100 %"]
    assert "when-status-how" in sent
    assert len(sent) < 120


@pytest.mark.parametrize("query", ["", "?row=design-first-hour", "?part=fallback", "?part=facts", "?row=no-such-rule"])
def test_saving_what_was_not_touched_changes_nothing(manager: Client, draft: Draft, query: str) -> None:
    response = press(manager, draft, "open:shipped" if "no-such" in query else "save", query)
    assert response.status_code == 302
    assert unchanged(draft)


def test_changes_a_limit(manager: Client, draft: Draft) -> None:
    response = press(manager, draft, "save", "?row=design-first-hour", **{"when-since_submission-low": "90 min"})
    assert response.status_code == 302
    assert cell(draft, "design-first-hour", "since_submission") == '<= duration("PT1H30M")'
    changed = Draft.objects.get()
    assert changed.version == 2
    assert [person.name for person in changed.editors.order_by("pk")] == ["Manager", "Director"]
    assert len(ids(draft)) == len(PolicyVersion.objects.get(policy=draft.policy).definition["rows"])


def test_says_what_is_wrong_at_its_cell_and_keeps_everything_typed(manager: Client, draft: Draft) -> None:
    typed = {"when-since_submission-low": "an hour", "then-message": "Typed words.", "why": "Because."}
    response = press(manager, draft, "save", "?row=design-first-hour", **typed)
    assert response.status_code == 422
    page = response.content.decode()
    assert 'href="#when-since_submission"' in page
    assert "Write it like 45 days, 1 h 30 min or PT1H." in page
    kept = Fields(page).sent
    assert kept["when-since_submission-low"] == ["an hour"]
    assert kept["then-message"] == ["Typed words."]
    assert kept["why"] == ["Because."]
    assert unchanged(draft)


def test_a_button_does_nothing_while_something_typed_cannot_be_read(manager: Client, draft: Draft) -> None:
    broken = {"when-since_submission-low": "soon"}
    response = press(manager, draft, "remove:shipped", "?row=design-first-hour", **broken)
    assert response.status_code == 422
    assert unchanged(draft)


def test_moves_a_rule_and_keeps_what_is_typed_in_another(manager: Client, draft: Draft) -> None:
    before = ids(draft)
    response = press(manager, draft, "up:completed", "?row=shipped", **{"then-message": "It is on its way."})
    assert response["Location"] == url(draft, "?row=shipped")
    assert ids(draft) == ["completed", "already-cancelled", *before[2:]]
    assert row(draft, "shipped").outputs["message"] == "It is on its way."
    press(manager, draft, "down:completed")
    assert ids(draft) == before
    press(manager, draft, "up:already-cancelled")
    assert ids(draft) == before


def test_adds_a_rule_below_another_once_it_says_something(manager: Client, draft: Draft) -> None:
    opened = press(manager, draft, "add-below:shipped")
    assert opened["Location"] == url(draft, "?new=shipped")
    assert unchanged(draft)
    empty = press(manager, draft, "save", "?new=shipped")
    assert empty.status_code == 422
    assert "Give the rule a short name, such as “first hour”." in text_of(empty)
    typed = {
        "name": "Big orders, late",
        "when-amount-how": "more",
        "when-status-how": "none_of",
        "when-status-value": ["invoiced", "completed"],
        "then-outcome": "request",
        "then-message": "Please ask.",
    }
    added = press(manager, draft, "save", "?new=shipped", **typed)
    assert added["Location"] == url(draft)
    assert ids(draft)[3:5] == ["shipped", "big-orders-late"]
    assert cell(draft, "big-orders-late", "status") == 'not("invoiced", "completed")'


def test_adds_a_rule_above_the_first(manager: Client, draft: Draft) -> None:
    opened = press(manager, draft, "add-above:already-cancelled")
    assert opened["Location"] == url(draft, "?new=")
    typed = {"name": "First of all", "then-outcome": "refuse", "then-message": "No."}
    press(manager, draft, "save", "?new=", **typed)
    assert ids(draft)[0] == "first-of-all"


def test_a_new_rule_in_which_nothing_is_typed_is_in_nobodys_way(manager: Client, draft: Draft) -> None:
    response = press(manager, draft, "open:shipped", "?new=shipped")
    assert response["Location"] == url(draft, "?row=shipped")
    assert unchanged(draft)


def test_copies_a_rule(manager: Client, draft: Draft) -> None:
    assert press(manager, draft, "copy:shipped")["Location"] == url(draft, "?copy=shipped")
    press(manager, draft, "save", "?copy=shipped", name="Shipped twice")
    assert ids(draft)[3:5] == ["shipped", "shipped-twice"]
    assert row(draft, "shipped-twice").outputs == row(draft, "shipped").outputs


def test_removes_a_rule(manager: Client, draft: Draft) -> None:
    response = press(manager, draft, "remove:shipped")
    assert response["Location"] == url(draft)
    assert "shipped" not in ids(draft)
    assert "“Shipped” is removed." in text_of(get(manager, url(draft)))


def test_puts_the_rule_that_was_removed_last_back_in_its_place(manager: Client, draft: Draft) -> None:
    before = table(draft)
    for rule, offered in (("shipped", "Put “Shipped” back"), (before.rows[0].id, "Put “Already cancelled” back")):
        press(manager, draft, f"remove:{rule}")
        assert text_of(get(manager, url(draft))).count("Put “") == 1
        assert offered in text_of(get(manager, url(draft)))
        press(manager, draft, "put-back")
        page = text_of(get(manager, url(draft)))
        assert f"{offered.removeprefix('Put ').removesuffix(' back')} is back in its place." in page
        assert "Put “" not in page
        assert table(draft) == before


def test_puts_nothing_back_once_the_draft_has_changed_since(manager: Client, cast: Cast, draft: Draft) -> None:
    director = Client()
    director.force_login(cast.director)
    press(manager, draft, "remove:shipped")
    assert "Put “" not in text_of(get(director, url(draft)))
    press(director, draft, "put-back")
    assert "shipped" not in ids(draft)
    press(director, draft, "remove:completed")
    assert "Put “" not in text_of(get(manager, url(draft)))
    press(manager, draft, "put-back")
    assert "The draft has changed since, so nothing was put back." in text_of(get(manager, url(draft)))
    assert not {"shipped", "completed"} & set(ids(draft))


def test_a_renamed_rule_takes_its_examples_along(manager: Client, draft: Draft) -> None:
    assert any(scenario.get("row") == "design-first-hour" for scenario in draft.scenarios)
    press(manager, draft, "save", "?row=design-first-hour", name="First two hours")
    assert "first-two-hours" in ids(draft)
    rows = {scenario.get("row") for scenario in Draft.objects.get().scenarios}
    assert "first-two-hours" in rows
    assert "design-first-hour" not in rows


def test_changes_the_fallback_and_never_lets_it_be_empty(manager: Client, draft: Draft) -> None:
    refused = press(manager, draft, "save", "?part=fallback", **{"then-message": " "})
    assert refused.status_code == 422
    press(manager, draft, "save", "?part=fallback", **{"then-message": "We will look at it."})
    assert table(draft).fallback["message"] == "We will look at it."


def test_adds_and_removes_facts(manager: Client, draft: Draft) -> None:
    press(manager, draft, "add-fact:amount", "?part=facts")
    assert table(draft).inputs[-1].name == "amount"
    press(manager, draft, "remove-fact:amount", "?part=facts")
    assert "amount" not in {column.name for column in table(draft).inputs}


def test_warns_before_it_removes_a_fact_that_rules_ask_for(manager: Client, draft: Draft) -> None:
    asked = press(manager, draft, "remove-fact:since_submission", "?part=facts")
    assert asked.status_code == 422
    assert "2 rules use it Design first hour, Made first hour" in text_of(asked)
    assert unchanged(draft)
    press(manager, draft, "remove-fact-anyway:since_submission", "?part=facts")
    assert "since_submission" not in {column.name for column in table(draft).inputs}
    assert "since_submission" not in row(draft, "design-first-hour").cells


def test_adds_and_removes_terms_but_never_the_outcome(manager: Client, draft: Draft) -> None:
    press(manager, draft, "add-term:fixed_fee", "?part=facts")
    assert table(draft).outputs[-1].name == "fixed_fee"
    press(manager, draft, "remove-term:fixed_fee", "?part=facts")
    press(manager, draft, "remove-term-anyway:outcome", "?part=facts")
    assert [output.name for output in table(draft).outputs] == [
        output["name"] for output in draft.definition["outputs"]
    ]


def test_narrowed_values_and_impossible_combinations_stay(manager: Client, draft: Draft) -> None:
    before = table(draft)
    press(manager, draft, "save", "?row=shipped", **{"then-message": "Gone."})
    after = table(draft)
    assert after.inputs == before.inputs
    assert after.impossible == before.impossible
    assert before.impossible
    press(manager, draft, "remove-fact-anyway:design_stage", "?part=facts")
    assert all("design_stage" not in cells for cells in table(draft).impossible)


def test_saves_why_and_whom_it_is_for(manager: Client, draft: Draft) -> None:
    press(manager, draft, "stay", why="  The hour was\r\ntoo short. ", basis="decision")
    changed = Draft.objects.get()
    assert (changed.why, changed.basis) == ("The hour was\ntoo short.", "decision")
    refused = press(manager, draft, "stay", basis="whenever")
    assert refused.status_code == 422
    too_long = press(manager, draft, "stay", why="x" * 2001)
    assert too_long.status_code == 422
    assert "shorten it to 2,000" in text_of(too_long)
    assert Draft.objects.get().basis == "decision"


def test_a_stale_form_is_not_saved_and_nothing_typed_is_lost(manager: Client, cast: Cast, draft: Draft) -> None:
    sent: dict[str, object] = dict(fields(manager, draft, "?row=shipped"))
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1, why="Mine.")
    response = post(manager, url(draft), sent | {"then-message": "Typed.", "do": "save"})
    assert response.status_code == 409
    assert "Somebody else has changed this draft meanwhile" in text_of(response)
    assert row(draft, "shipped").outputs["message"] != "Typed."
    again = Fields(response.content.decode()).sent
    assert (again["then-message"], again["version"]) == (["Typed."], ["2"])
    assert manager.post(url(draft), again | {"do": "save", "why": "Mine."}).status_code == 302
    assert row(draft, "shipped").outputs["message"] == "Typed."


def test_nothing_typed_is_lost_where_the_draft_was_given_up_meanwhile(
    manager: Client, cast: Cast, draft: Draft
) -> None:
    sent: dict[str, object] = dict(fields(manager, draft, "?row=shipped"))
    discard_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1)
    typed = {"then-message": "Typed.", "why": "Because.", "do": "save"}
    response = post(manager, url(draft), sent | typed)
    assert response.status_code == 409
    assert "This draft has been discarded." in text_of(response)
    again = Fields(response.content.decode()).sent
    assert (again["then-message"], again["why"]) == (["Typed."], ["Because."])
    assert row(draft, "shipped").outputs["message"] != "Typed."


def test_what_was_typed_into_a_rule_that_has_gone_becomes_a_new_one(manager: Client, cast: Cast, draft: Draft) -> None:
    sent: dict[str, object] = dict(fields(manager, draft, "?row=shipped"))
    without = removed(table(draft), "shipped")
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1, table=without)
    response = post(manager, url(draft), sent | {"then-message": "Typed.", "do": "save"})
    assert response.status_code == 409
    again = Fields(response.content.decode()).sent
    assert again["then-message"] == ["Typed."]
    assert again["open"][0].startswith("new:")


def gaps_of(client: Client, draft: Draft) -> list[int]:
    found = client.get(f"/console/drafts/{draft.pk}/check/").context["found"]
    return [each.number for each in found if each.closes]


def test_closes_a_gap_by_one_click(manager: Client, draft: Draft) -> None:
    press(manager, draft, "remove:anything-else")
    gaps = gaps_of(manager, draft)
    before = ids(draft)
    response = press(manager, draft, f"gap:{gaps[0]}")
    assert ids(draft)[:-1] == before
    assert response["Location"] == url(draft, f"?row={ids(draft)[-1]}")
    assert row(draft, ids(draft)[-1]).outputs == table(draft).fallback
    assert len(gaps_of(manager, draft)) == len(gaps) - 1


def test_closes_all_gaps_by_a_last_rule_for_everything_else(manager: Client, draft: Draft) -> None:
    press(manager, draft, "remove:anything-else")
    page = manager.get(f"/console/drafts/{draft.pk}/check/")
    (found,) = (each for each in page.context["found"] if each.takes_the_rest)
    assert found.sentence == "No rule is for everything that the others leave."
    assert 'value="rest:"' in page.content.decode()
    assert "No row" not in page.content.decode()
    before = ids(draft)
    response = press(manager, draft, "rest:")
    assert ids(draft) == [*before, "everything-else"]
    assert response["Location"] == url(draft, "?row=everything-else")
    last = row(draft, "everything-else")
    assert (dict(last.cells), last.outputs) == ({}, table(draft).fallback)
    assert gaps_of(manager, draft) == []
    press(manager, draft, "rest:")
    assert ids(draft) == [*before, "everything-else"]


@pytest.mark.parametrize("gap", ["999", "x", "-1", "٣", "9" * 99])
def test_a_gap_that_is_none_changes_nothing(manager: Client, draft: Draft, gap: str) -> None:
    assert press(manager, draft, f"gap:{gap}").status_code == 302
    assert unchanged(draft)


def test_the_check_is_a_part_of_the_page_where_htmx_asks(support: Client, draft: Draft) -> None:
    address = f"/console/drafts/{draft.pk}/check/"
    assert "<html" in support.get(address).content.decode()
    part = support.get(address, headers={"HX-Request": "true", "HX-Target": "findings"}).content.decode()
    assert "<html" not in part


def test_reads_a_rule_back_while_it_is_typed(manager: Client, draft: Draft) -> None:
    sent = fields(manager, draft, "?row=design-first-hour") | {"when-since_submission-low": ["2 hours"]}
    said = post(manager, f"/console/drafts/{draft.pk}/row/", sent)
    assert "the case was submitted at most 2 hours ago" in text_of(said)
    broken = post(manager, f"/console/drafts/{draft.pk}/row/", sent | {"when-since_submission-low": ["soon"]})
    assert "Time since submission: This is no length of time." in text_of(broken)
    assert unchanged(draft)


def test_shows_the_rules_as_a_table_without_the_facts_that_no_rule_asks_for(manager: Client, draft: Draft) -> None:
    press(manager, draft, "add-fact:amount", "?part=facts")
    page = text_of(get(manager, url(draft, "?view=grid")))
    assert "1 fact that no rule asks for is not shown." in page
    assert "at most 1 hour" in page


def test_lists_drafts(support: Client, draft: Draft) -> None:
    page = text_of(get(support, "/console/drafts/"))
    for words in ("Cancelling a case", "Being written", "version 1", "Director"):
        assert words in page


def test_knows_no_draft_that_is_not_there(support: Client, draft: Draft) -> None:
    assert support.get("/console/drafts/999/").status_code == 404


@pytest.mark.parametrize(("query", "queries"), [("", 4), ("?row=design-first-hour", 5)])
def test_takes_few_queries(
    manager: Client, draft: Draft, query: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    manager.get(url(draft))
    with django_assert_num_queries(queries):
        manager.get(url(draft, query))


def test_no_hostile_text_makes_it_fail(manager: Client, draft: Draft) -> None:
    prober, sent = Prober(manager), fields(manager, draft, "?row=design-first-hour")
    for value, how in zip(NASTY, cycle(How), strict=False):
        hostile: dict[str, object] = {name: how if name.endswith("-how") else value for name in sent}
        prober.send(url(draft), hostile | {"open": sent["open"], "version": "1"}, nasty=value)
    for value in NASTY[::4]:
        prober.send(url(draft), sent | {"do": value, "open": value}, nasty=value)
    assert prober.failures == []


def test_a_large_table_is_changed_by_a_small_form(manager: Client, cast: Cast, draft: Draft) -> None:
    small = table(draft)
    rows = (replace(each, id=f"{each.id}-{copy}") for copy in range(3) for each in small.rows[:-1])
    large = replace(small, rows=(*rows, small.rows[-1]))
    edit_draft(draft_id=draft.pk, actor=cast.actor("director"), now=NOON, expected_version=1, table=large)
    sent = fields(manager, draft, "?row=design-first-hour-2")
    assert len(ids(draft)) > 50
    assert sum(map(len, sent.values())) < 150
    press(manager, draft, "save", "?row=design-first-hour-2", **{"when-since_submission-low": "2 h"})
    assert cell(draft, "design-first-hour-2", "since_submission") == '<= duration("PT2H")'
