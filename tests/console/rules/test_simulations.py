"""Asking for a simulation, watching it, and reading what it found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django_ox.models import OxTask
from pytest_django import DjangoAssertNumQueries

from reprieve.actions.cancel_order import cancel_order
from reprieve.actions.simulate_draft import simulate_draft
from reprieve.policies.evidence.simulation import Part, Simulated
from reprieve.policies.lifecycle.simulations import STALE, run_simulation
from reprieve.policies.models import Draft, Simulation, SimulationState
from tests.factories.drafts import CANCELLING, a_draft
from tests.factories.people import Cast
from tests.factories.simulations import FOUND, a_simulation
from tests.factories.things import MINUTE, NOON, Catalog, an_order

DAY = timedelta(days=1)
NOW = NOON + 5 * MINUTE + timedelta(seconds=17)


@pytest.fixture
def draft(cast: Cast, rules: None) -> Draft:
    return a_draft(cast.actor("manager"), key=CANCELLING)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def url_of(draft: Draft) -> str:
    return f"/console/drafts/{draft.pk}/simulate/"


def asked(client: Client, draft: Draft, **typed: str) -> Simulation:
    """The simulation that a form has begun."""
    response = client.post(url_of(draft), typed)
    assert response.status_code == 302, response.content.decode()
    simulation = Simulation.objects.latest("pk")
    assert response["Location"] == f"/console/simulations/{simulation.pk}/"
    return simulation


def test_asks_for_the_last_days_up_to_now(manager: Client, draft: Draft) -> None:
    simulation = asked(manager, draft, period="30")
    assert simulation.period_from == datetime(2026, 2, 2, tzinfo=UTC)
    assert simulation.period_to == NOW.replace(second=0)
    assert simulation.state == SimulationState.WAITING
    assert OxTask.objects.count() == 1


def test_pressing_twice_asks_for_one(manager: Client, draft: Draft) -> None:
    assert asked(manager, draft, period="90") == asked(manager, draft, period="90")
    assert Simulation.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "last", "until"),
    [
        ("2026-02-01", "2026-02-28", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-02-01", "2026-03-04", NOW.replace(second=0)),
        ("2026-03-04", "2026-03-04", NOW.replace(second=0)),
    ],
)
def test_asks_for_whole_days(manager: Client, draft: Draft, first: str, last: str, until: datetime) -> None:
    simulation = asked(manager, draft, period="dates", period_from=first, period_to=last)
    assert (simulation.period_from, simulation.period_to) == (datetime.fromisoformat(f"{first}T00:00Z"), until)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"period": "dates", "period_to": "2026-02-01"}, "period_from", "Please choose a day."),
        ({"period": "dates", "period_from": "2026-02-01"}, "period_to", "Please choose a day."),
        ({"period": "dates", "period_from": "now", "period_to": "2026-02-01"}, "period_from", "a date such as"),
        ({"period": "dates", "period_from": "0001-01-01", "period_to": "2026-02-01"}, "period_from", "1900"),
        ({"period": "dates", "period_from": "2026-02-01", "period_to": "9999-12-31"}, "period_to", "9998"),
        ({"period": "dates", "period_from": "2026-02-01", "period_to": "2026-03-05"}, "period_to", "still to come"),
        ({"period": "dates", "period_from": "2026-02-02", "period_to": "2026-02-01"}, "period_from", "begin before"),
        ({"period": "dates", "period_from": "2023-02-02", "period_to": "2026-02-01"}, "period_from", "two years"),
        ({"period": "ever"}, "period", "not one of the available"),
        ({}, "period", "required"),
    ],
)
def test_says_at_its_field_what_is_wrong_with_a_period(
    manager: Client, draft: Draft, typed: dict[str, str], field: str, words: str
) -> None:
    response = manager.post(url_of(draft), typed)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    page = response.content.decode()
    assert words in page
    assert all(value in page for value in typed.values() if value != "ever")
    assert not Simulation.objects.exists()
    assert not OxTask.objects.exists()


def test_only_managers_ask_and_all_staff_read(
    support: Client, production: Client, customer: Client, draft: Draft
) -> None:
    simulation = a_simulation(draft)
    for client in (support, production):
        assert client.post(url_of(draft), {"period": "30"}).status_code == 403
        assert "Simulate</button>" not in client.get(url_of(draft)).content.decode()
        assert client.get(f"/console/simulations/{simulation.pk}/").status_code == 200
    for url in (url_of(draft), f"/console/simulations/{simulation.pk}/"):
        assert [customer.get(url).status_code, customer.post(url, {"period": "30"}).status_code] == [404, 404]
    assert Simulation.objects.count() == 1


def test_there_is_nothing_behind_numbers_that_nobody_was_given(manager: Client) -> None:
    for url in ("/console/simulations/999/", f"/console/simulations/{2**63 - 1}/", "/console/drafts/999/simulate/"):
        assert manager.get(url).status_code == 404


def test_says_in_a_sentence_what_changes(manager: Client, draft: Draft) -> None:
    result = manager.get(f"/console/simulations/{a_simulation(draft).pk}/").context["result"]
    assert result.headline == (
        "Of 7 decisions, 3 would have the same outcome, 2 of them on other terms. 4 that are allowed would be refused."
    )
    assert result.days.summary == "Of 30 days of open cases, 30 would have the same outcome."
    assert result.money == [
        "Of 1 case the same would be refunded: ¥5,800.",
        "Of 2 cases KWD1.250 more would be refunded: KWD2.750 instead of KWD1.500.",
        "Of 3 cases $120.00 less would be refunded: $240.00 instead of $360.00.",
        "Of 2 cases it cannot be said: one of the two leaves the refund to support.",
    ]
    assert result.days.unanswered == [
        "12 days of 3 cases: The case was imported later, and its history begins with that.",
        "1 day of 1 case: The case’s history does not lead to where it stands now.",
    ]


def test_shows_where_the_answers_part(manager: Client, draft: Draft) -> None:
    response = manager.get(f"/console/simulations/{a_simulation(draft).pk}/")
    part = response.context["result"].decisions
    matrix = {
        (row.outcome, new): (cell.asks, cell.subjects, cell.changes)
        for row in part.matrix
        for (new, _), cell in zip(part.columns, row.cells, strict=True)
        if cell.asks
    }
    assert matrix == {
        ("allow", "allow"): (2, 2, False),
        ("allow", "refuse"): (4, 3, True),
        ("refuse", "refuse"): (1, 1, False),
    }
    assert [(pair.old, pair.new, pair.asks, pair.on_other_terms) for pair in part.changed] == [
        ("Made in design", "Made in design", 4, False),
        ("Made before design", "Made before design", 2, True),
    ]
    assert [(pair.old, pair.new) for pair in part.alike] == [("Where no rule fits", "Completed")]
    page = response.content.decode()
    assert page.count("changed</span>") == 1
    for words in (
        "Allowed now, refused by the draft",
        "Allowed as before, on other terms",
        'href="/console/orders/R-1001/"',
        "On to approval",
    ):
        assert words in page


def test_without_rules_in_force_everything_is_new(manager: Client, draft: Draft) -> None:
    nothing = Part(0, 0, (), (), (), ())
    days = a_part_of_new_rules()
    simulation = a_simulation(draft, against=None, result=Simulated(nothing, days, ()).to_data())
    result = manager.get(f"/console/simulations/{simulation.pk}/").context["result"]
    assert result.headline == (
        "Of 30 days of open cases, 0 would have the same outcome. 30 that are under no rules would be left to support."
    )
    assert [row.label for row in result.days.matrix] == ["No rules"]
    assert result.decisions.summary == "Nothing was decided by these rules in this time."


def a_part_of_new_rules() -> Part:
    data = FOUND.to_data()
    data["days"]["cells"] = [cell | {"old": ""} for cell in data["days"]["cells"]]
    data["days"]["rows"] = [row | {"old": "", "old_row": ""} for row in data["days"]["rows"]]
    return Simulated.from_data(data).days


def test_an_older_one_says_that_it_no_longer_counts(manager: Client, draft: Draft) -> None:
    simulation = a_simulation(draft)
    Draft.objects.filter(pk=draft.pk).update(content_hash="0" * 64)
    page = manager.get(f"/console/simulations/{simulation.pk}/").content.decode()
    assert "Approval needs a new one" in page
    assert "On to approval" not in page
    assert "of an earlier draft" in manager.get(url_of(draft)).content.decode()


def test_comes_along_by_itself_or_by_a_link(manager: Client, draft: Draft) -> None:
    simulation = a_simulation(draft, state=SimulationState.RUNNING, sign_at=NOW, done=31, total=81, result={})
    url = f"/console/simulations/{simulation.pk}/"
    page = manager.get(url).content.decode()
    for words in ("31 of 81 cases", 'hx-trigger="every 2s"', f'hx-get="{url}"', "Reload", 'value="31"'):
        assert words in page
    fragment = manager.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "31 of 81 cases" in fragment
    assert "<html" not in fragment
    Simulation.objects.update(state=SimulationState.DONE, result=FOUND.to_data())
    over = manager.get(url, headers={"HX-Request": "true"}).content.decode()
    assert 'id="simulation"' in over
    assert "hx-trigger" not in over.partition('id="simulation"')[2]


def test_says_that_nothing_was_heard_of_it(manager: Client, draft: Draft) -> None:
    simulation = a_simulation(draft, state=SimulationState.RUNNING, sign_at=NOW - STALE, result={})
    url = f"/console/simulations/{simulation.pk}/"
    assert "Nothing has been heard" not in manager.get(url).content.decode()
    Simulation.objects.update(sign_at=NOW - STALE - MINUTE)
    assert "Nothing has been heard" in manager.get(url).content.decode()


def test_says_why_it_failed(manager: Client, draft: Draft) -> None:
    simulation = a_simulation(draft, state=SimulationState.FAILED, problem="The draft was changed.", result={})
    for url in (f"/console/simulations/{simulation.pk}/", url_of(draft)):
        assert "The draft was changed." in manager.get(url).content.decode()


def test_shows_what_a_real_one_found(manager: Client, cast: Cast, draft: Draft) -> None:
    simulation = simulate_draft(
        draft_id=draft.pk, actor=cast.actor("manager"), now=NOW, period_from=NOW - DAY, period_to=NOW
    )
    run_simulation(simulation.pk, NOW)
    result = manager.get(f"/console/simulations/{simulation.pk}/").context["result"]
    assert result.headline == "No case was open in this time."


def test_says_what_it_would_be_for_the_cases_under_way(
    manager: Client, cast: Cast, catalog: Catalog, draft: Draft
) -> None:
    ready, cancelled = (an_order(catalog, cast.actor("owner")) for _ in range(2))
    cancel_order(order_id=cancelled.pk, actor=cast.actor("owner"), reason="wrong_product", now=NOON)
    response = manager.get(url_of(draft))
    today = response.context["today"]
    assert today.summary == (
        "Of 1 case under way, 0 would get the same answer today. 1 that is allowed would be refused."
    )
    allowed = next(row for row in today.matrix if row.outcome == "allow")
    assert [(cell.label, cell.asks, cell.changes) for cell in allowed.cells][-1] == ("Refuse", 1, True)
    assert ready.number not in response.content.decode()


def test_says_that_no_case_is_under_way(manager: Client, draft: Draft) -> None:
    assert "No case is under way." in manager.get(url_of(draft)).content.decode()


def test_needs_as_many_queries_however_many_there_are(
    manager: Client, draft: Draft, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_simulation(draft)
    manager.get(url_of(draft))
    with django_assert_num_queries(8):
        manager.get(url_of(draft))
    for _ in range(9):
        a_simulation(draft)
    with django_assert_num_queries(8):
        assert len(manager.get(url_of(draft)).context["simulations"]) == 10
