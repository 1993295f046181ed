"""The page on which a draft is approved: what it shows to whom, and what its buttons do."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reprieve.actions.edit_draft import edit_draft
from reprieve.policies.models import Activation, Draft, DraftState, Mode, PolicyVersion
from tests.factories.drafts import PAUSING, a_draft, approved, in_review, live_table, simulated, stricter
from tests.factories.people import Cast
from tests.factories.simulations import a_simulation

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def director(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.director)
    return client


def now() -> datetime:
    return timezone.now()


@pytest.fixture
def waiting(cast: Cast) -> Draft:
    """A draft by the manager that waits for approval."""
    return in_review(cast, now=now())


def at(draft: Draft, what: str = "review") -> str:
    return f"/console/drafts/{draft.pk}/{what}/"


def press(client: Client, draft: Draft, what: str, **typed: object) -> "_MonkeyPatchedWSGIResponse":
    data = {"version": draft.version, "simulation": draft.seen_id or 0, "mode": "live", "starts_at": ""} | typed
    return client.post(at(draft, what), data)


def text(response: "_MonkeyPatchedWSGIResponse") -> str:
    return " ".join(response.content.decode().split())


def state_of(draft: Draft) -> str:
    return Draft.objects.get(pk=draft.pk).state


class TestBeingWritten:
    def test_says_what_it_still_needs(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        page = manager.get(at(draft))
        assert [need.met for need in page.context["needs"]] == [True, True, True, False]
        words = text(page)
        for said in ("It has not been simulated as it is now", "Before approval can be asked for", "We are too busy."):
            assert said in words
        for button in ("Ask for approval", "Approve and publish"):
            assert button not in words
        assert words.count(f'href="{at(draft, "simulate")}"') >= len(["among the needs", "instead of the button"])

    def test_shows_what_it_changes_row_by_row(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        page = manager.get(at(draft))
        (changed,) = page.context["differences"]
        assert changed.sentence == "Rule “Before shipping” is changed."
        assert "Different from version 1" in text(page)
        assert "<del>Allow</del>" in text(page)
        assert "<ins>Refuse</ins>" in text(page)

    def test_says_which_example_fails(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        live = PolicyVersion.objects.get(policy__key=PAUSING)
        Draft.objects.update(scenarios=live.scenarios)
        page = manager.get(at(draft))
        assert page.context["missing"]
        assert "expected was “Allow” by rule “Before shipping”" in text(page)

    def test_says_which_examples_it_no_longer_holds_to(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        live = PolicyVersion.objects.get(policy__key=PAUSING)
        gone, changed, *rest = live.scenarios
        new = changed | {"name": "of another name"}
        Draft.objects.update(scenarios=[changed | {"clause": "own"}, new, *rest])
        page = manager.get(at(draft))
        assert [each.sentence for each in page.context["example_differences"]] == [
            f"The example “{gone['name']}” is removed.",
            f"The example “{changed['name']}” is changed.",
            "The example “of another name” is new.",
        ]
        assert f"The example “{gone['name']}” is removed." in text(page)

    def test_tells_of_examples_only_where_they_are_not_those_in_force(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        Draft.objects.update(scenarios=PolicyVersion.objects.get(policy__key=PAUSING).scenarios)
        assert "The example “" not in text(manager.get(at(draft)))

    def test_tells_what_would_have_been_decided_and_what_offered(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        a_simulation(draft)
        words = text(manager.get(at(draft)))
        assert "Of 7 decisions, 3 would have the same outcome, 2 of them on other terms." in words
        assert "Of 30 days of open cases, 30 would have the same outcome." in words

    def test_is_sent_for_approval_with_the_simulation_that_was_shown(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        simulation = simulated(draft, now=now())
        seen = manager.get(at(draft)).context["seen"]
        assert seen == {"version": 1, "simulation": simulation.pk}
        response = press(manager, draft, "ask", **seen)
        assert (response.status_code, response["Location"]) == (302, at(draft))
        assert state_of(draft) == DraftState.IN_REVIEW
        assert Draft.objects.get().seen == simulation

    def test_is_not_sent_before_it_is_simulated(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        response = press(manager, draft, "ask")
        assert response.status_code == 409
        assert "Nobody has seen yet" in text(response)
        assert f'<a class="button button--primary" href="{at(draft, "simulate")}"' in text(response)
        assert "Still need it?" not in text(response)
        assert "Code for support" not in text(response)
        assert state_of(draft) == DraftState.EDITING

    def test_is_discarded(self, cast: Cast, manager: Client) -> None:
        draft = a_draft(cast.actor("manager"), now=now())
        assert press(manager, draft, "discard").status_code == 302
        assert state_of(draft) == DraftState.DISCARDED
        assert "This draft is discarded" in text(manager.get(at(draft)))

    def test_is_read_by_support_who_are_offered_nothing(self, cast: Cast, support: Client) -> None:
        words = text(support.get(at(a_draft(cast.actor("manager"), now=now()))))
        assert "We are too busy." in words
        for button in ("Ask for approval", "Discard this draft"):
            assert button not in words


class TestWaiting:
    def test_is_approved_and_answers_at_once(self, director: Client, waiting: Draft) -> None:
        response = press(director, waiting, "approve")
        assert (response.status_code, response["Location"]) == (302, "/console/policies/order-pause/")
        page = director.get("/console/policies/order-pause/")
        assert page.context["state"].live.version.number == 2
        words = text(page)
        assert "Version 2 is in force from today" in words
        assert "Director approved draft" in words
        assert "It is version 2." in text(director.get(at(waiting)))

    def test_is_approved_from_a_date_of_the_readers_clock(self, cast: Cast, director: Client, waiting: Draft) -> None:
        cast.director.time_zone = "America/New_York"
        cast.director.save()
        assert "Your time zone: America/New_York." in text(director.get(at(waiting)))
        day = (now() + timedelta(days=7)).date()
        assert press(director, waiting, "approve", starts_at=f"{day}T09:30").status_code == 302
        activation = Activation.objects.get(version__number=2)
        assert activation.starts_at == datetime(
            day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo("America/New_York")
        )
        page = director.get("/console/policies/order-pause/")
        assert page.context["state"].scheduled == activation
        assert "Until then version 1 answers." in text(page)
        assert "Put in force again" not in text(page)

    def test_is_approved_as_a_shadow(self, director: Client, waiting: Draft) -> None:
        press(director, waiting, "approve", mode="shadow")
        state = director.get("/console/policies/order-pause/").context["state"]
        assert (state.live.version.number, state.shadow.version.number, state.listens) == (1, 2, True)

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"starts_at": "2020-01-01T00:00"}, "starts_at"),
            ({"starts_at": "whenever"}, "starts_at"),
            ({"mode": "loud"}, "mode"),
            ({"version": ""}, "version"),
        ],
    )
    def test_says_at_its_field_what_cannot_be_used(
        self, director: Client, waiting: Draft, typed: dict[str, object], field: str
    ) -> None:
        response = press(director, waiting, "approve", **typed)
        assert response.status_code == 422
        assert list(response.context["approval"].errors) == [field]
        assert (state_of(waiting), PolicyVersion.objects.filter(policy__key=PAUSING).count()) == ("in_review", 1)

    def test_says_what_is_scheduled_and_keeps_what_was_typed(self, cast: Cast, director: Client) -> None:
        start = now() + timedelta(days=9)
        approved(cast, now=now(), starts_at=start)
        draft = in_review(cast, now=now())
        (warned,) = director.get(at(draft)).context["warnings"]
        assert warned.title.startswith("Version 2 is to start ")
        assert warned.title in text(director.get(at(draft)))
        day = (start + timedelta(days=9)).date()
        response = press(director, draft, "approve", starts_at=f"{day}T09:30")
        assert response.status_code == 422
        assert "Version 2 is to start on" in text(response)
        assert f'value="{day}T09:30"' in text(response)
        assert (state_of(draft), PolicyVersion.objects.filter(policy__key=PAUSING).count()) == ("in_review", 2)

    def test_warns_that_other_rules_came_in_force_since(self, cast: Cast, director: Client, waiting: Draft) -> None:
        assert director.get(at(waiting)).context["warnings"] == []
        draft = a_draft(cast.actor("manager"), now=now())
        edit_draft(
            draft_id=draft.pk,
            actor=cast.actor("manager"),
            now=now(),
            expected_version=1,
            table=stricter(live_table(), message="Never."),
        )
        draft.refresh_from_db()
        press(director, waiting, "approve")
        words = text(director.get(at(draft)))
        assert "Version 2 is in force, but this draft was begun from version 1" in words
        assert "Publishing it undoes what version 2 changed" in words
        assert 'href="/console/policies/order-pause/?version=2"' in words
        assert "after approval was asked for" not in words
        Draft.objects.filter(pk=draft.pk).update(state=DraftState.IN_REVIEW, asked_at=now() - timedelta(hours=1))
        words = text(director.get(at(draft)))
        assert "which is after approval was asked for" in words
        assert "Approve and publish" not in words
        assert "Before it can be approved" in words

    def test_its_writer_is_told_that_another_has_to_approve_it(self, manager: Client, waiting: Draft) -> None:
        words = text(manager.get(at(waiting)))
        assert "another manager has to approve it" in words
        assert "Approve and publish" not in words
        response = press(manager, waiting, "approve")
        assert response.status_code == 403
        assert state_of(waiting) == DraftState.IN_REVIEW

    def test_an_old_page_approves_nothing(self, director: Client, waiting: Draft) -> None:
        response = press(director, waiting, "approve", version=1)
        assert response.status_code == 409
        assert "has changed since you opened it" in text(response)
        assert state_of(waiting) == DraftState.IN_REVIEW

    def test_is_sent_back_and_its_writer_reads_why(self, director: Client, manager: Client, waiting: Draft) -> None:
        assert press(director, waiting, "send-back", why="Spare <b>dentures</b>.").status_code == 302
        words = text(manager.get(at(waiting)))
        assert "It was sent back" in words
        assert "Spare &lt;b&gt;dentures&lt;/b&gt;." in words

    def test_is_not_sent_back_without_a_reason(self, director: Client, waiting: Draft) -> None:
        response = press(director, waiting, "send-back", why="  ")
        assert response.status_code == 422
        assert "Please say what has to change." in text(response)
        assert state_of(waiting) == DraftState.IN_REVIEW

    def test_is_taken_back(self, manager: Client, waiting: Draft) -> None:
        assert press(manager, waiting, "take-back").status_code == 302
        assert state_of(waiting) == DraftState.EDITING

    @pytest.mark.parametrize("what", ["ask", "approve", "send-back", "take-back", "discard"])
    def test_looking_at_a_command_does_nothing(self, director: Client, waiting: Draft, what: str) -> None:
        response = director.get(at(waiting, what))
        assert (response.status_code, response["Location"]) == (302, at(waiting))
        assert state_of(waiting) == DraftState.IN_REVIEW

    @pytest.mark.parametrize("what", ["ask", "approve", "send-back", "take-back", "discard"])
    def test_only_managers_answer(self, support: Client, customer: Client, waiting: Draft, what: str) -> None:
        assert press(support, waiting, what, why="No.").status_code == 403
        assert press(customer, waiting, what, why="No.").status_code == 404
        assert state_of(waiting) == DraftState.IN_REVIEW

    def test_customers_find_nothing(self, customer: Client, waiting: Draft) -> None:
        assert customer.get(at(waiting)).status_code == 404

    def test_stands_on_the_pages_of_the_policies(self, support: Client, waiting: Draft) -> None:
        assert "waits for approval" in text(support.get("/console/policies/"))
        words = text(support.get("/console/policies/order-pause/"))
        assert f"Draft {waiting.pk} waits for approval" in words
        assert "Manager asked, today" in words

    def test_needs_few_queries(
        self, director: Client, waiting: Draft, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        director.get(at(waiting))
        with django_assert_max_num_queries(10):
            director.get(at(waiting))


def test_an_edited_draft_has_to_be_simulated_again(cast: Cast, manager: Client) -> None:
    draft = a_draft(cast.actor("manager"), now=now())
    simulated(draft, now=now())
    edit_draft(draft_id=draft.pk, actor=cast.actor("manager"), now=now(), expected_version=1, basis="submission")
    assert not manager.get(at(draft)).context["missing"]  # the same table
    assert "A case will follow" in text(manager.get(at(draft)))


def test_a_published_draft_is_compared_with_what_it_was_written_from(cast: Cast, support: Client) -> None:
    activation = approved(cast, now=now(), mode=Mode.SHADOW)
    draft = activation.version.draft
    page = support.get(at(draft))
    assert page.context["live"].number == 1
    assert "Director approved it" in text(page)
