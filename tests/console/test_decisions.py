import json
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.actions.cancel_order import cancel_order
from reprieve.cancellations.models import Cancellation
from reprieve.orders.models import Order
from reprieve.policies.models import DecisionRecord, PolicyVersion, ShadowAnswer
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, TO_FABRICATION, Catalog, an_order, moved

pytestmark = pytest.mark.both

type Change = Callable[[dict[str, object]], object]


def url(record: DecisionRecord) -> str:
    return f"/console/decisions/{record.pk}/"


def tamper(version: PolicyVersion, change: Change) -> None:
    """Change a published table behind the trigger that forbids it, as somebody with the database's password could."""
    table = PolicyVersion._meta.db_table  # noqa: SLF001 - Django's public name for it
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_no_update {f'ON {table}' if connection.vendor == 'postgresql' else ''}")
    definition = json.loads(json.dumps(version.definition))
    change(definition)
    assert PolicyVersion.objects.filter(pk=version.pk).update(definition=definition) == 1


def row_of(definition: dict[str, object], row_id: str) -> dict[str, dict[str, object]]:
    rows = definition["rows"]
    assert isinstance(rows, list)
    (row,) = (each for each in rows if each["id"] == row_id)
    assert isinstance(row, dict)
    return row


def test_tells_who_asked_when_and_on_which_rules(production: Client, asked: Cancellation) -> None:
    page = production.get(url(asked.decision)).content.decode()
    assert "Owner asked to cancel the case. Reason: Wrong product." in page
    assert "/console/policies/order-cancellation/?version=1" in page
    assert asked.decision.version.content_hash in page
    assert f"/console/orders/{asked.subject.number}/" in page
    assert "From the preset lab/order-cancellation." in page


def test_explains_each_row_above_by_its_first_cell_that_failed(support: Client, asked: Cancellation) -> None:
    response = support.get(url(asked.decision))
    shown = response.context["explained"]
    assert (shown.number, shown.row) == (15, "Design begun")
    assert [row.number for row in shown.passed] == list(range(1, 15))
    first = shown.passed[0]
    assert (first.row, first.fact, first.seen, first.wanted) == (
        "Already cancelled",
        "status",
        "in production",
        "cancelled",
    )
    page = response.content.decode()
    assert "status was <em>in production</em>, wanted <em>cancelled</em>" in page


def test_shows_the_facts_in_words_and_as_they_are_stored(support: Client, asked: Cancellation) -> None:
    response = support.get(url(asked.decision))
    facts = {fact.label: (fact.value, fact.asked) for fact in response.context["decision"].facts}
    assert facts["Time since submission"] == ("10 minutes", "")
    assert facts["Product family"] == ("design", "design")
    assert json.loads(response.context["raw_facts"]) == asked.decision.facts
    assert response.context["raw_at"] == "2026-03-04T12:10:00+00:00"
    assert "&quot;since_submission&quot;: &quot;2026-03-04T12:00:00Z&quot;" in response.content.decode()


def test_reads_the_terms_as_they_were_kept(support: Client, order: Order, cast: Cast) -> None:
    cancel_order(order_id=order.pk, actor=cast.actor("owner"), reason="wrong_product", now=NOON + 90 * MINUTE)
    record = DecisionRecord.objects.get()
    terms = dict(support.get(url(record)).context["decision"].terms)
    assert terms == {
        "Share of the payment refunded (0 to 1)": "1",
        "Keep the card's processing fee": "yes",
        "Time in which it can be undone": "30 minutes",
    }


def test_a_replay_gives_the_same_answer(support: Client, asked: Cancellation) -> None:
    response = support.get(url(asked.decision))
    assert response.context["replayed"].agrees
    assert ": same answer." in response.content.decode()
    assert ": differs." not in response.content.decode()


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        pytest.param(
            lambda table: row_of(table, "design-begun")["then"].update(outcome="refuse"),
            "outcome was request, and is now refuse.",
            id="another answer",
        ),
        pytest.param(
            lambda table: row_of(table, "design-begun")["when"].update(status='"cancelled"'),
            "It was decided by design-begun, and now by ",
            id="another row",
        ),
        pytest.param(
            lambda table: row_of(table, "already-cancelled")["then"].update(message="Something else."),
            "The stored table is not the one that was published: its content hash differs.",
            id="another rule that did not decide",
        ),
        pytest.param(
            lambda table: row_of(table, "design-begun")["when"].update(status="nonsense("),
            "The stored table can no longer be read",
            id="no rule at all",
        ),
    ],
)
def test_a_replay_on_a_table_that_was_tampered_with_differs(
    support: Client, asked: Cancellation, change: Change, difference: str
) -> None:
    assert support.get(url(asked.decision)).context["replayed"].agrees  # and fills every cache
    tamper(asked.decision.version, change)
    response = support.get(url(asked.decision))
    page = response.content.decode()
    assert response.status_code == 200
    assert not response.context["replayed"].agrees
    assert difference in page
    assert ": differs." in page
    assert ": same answer." not in page


def test_shows_what_a_shadow_would_have_said(support: Client, asked: Cancellation) -> None:
    live = asked.decision.version
    versions = [
        PolicyVersion.objects.create(
            policy=live.policy,
            number=number,
            definition=live.definition,
            content_hash=str(number),
            created_at=NOON,
            published_at=NOON,
        )
        for number in (2, 3, 4)
    ]
    kept = {"record": asked.decision, "facts": {}}
    other = asked.decision.outputs | {"outcome": "refuse", "message": "Please re-order it.", "fixed_fee": 15}
    ShadowAnswer.objects.create(**kept, version=versions[0], agrees=True, row="a-b", outputs=asked.decision.outputs)
    ShadowAnswer.objects.create(**kept, version=versions[1], agrees=False, row="too-late", outputs=other)
    ShadowAnswer.objects.create(**kept, version=versions[2], agrees=False, outputs={}, problem="It failed.")
    response = support.get(url(asked.decision))
    same, another, none = response.context["shadows"]
    assert (same.version, same.agrees, same.differences) == (2, True, [])
    assert (another.row, another.label) == ("too late", "Refuse")
    assert another.differences == [
        "Outcome: Refuse instead of Ask support",
        f"What the customer reads: “Please re-order it.” instead of “{asked.decision.outputs['message']}”",
        "Fixed fee kept, in the order's currency: 15 instead of left open",
    ]
    assert (none.differences, none.problem) == ([], "It failed.")
    page = response.content.decode()
    assert "It could not answer." in page
    assert "Another answer: Refuse." in page


def test_has_no_word_of_shadows_where_none_listened(support: Client, asked: Cancellation) -> None:
    assert "shadow" not in support.get(url(asked.decision)).content.decode()


def test_is_reached_from_the_case_and_from_its_history(support: Client, customer: Client, asked: Cancellation) -> None:
    page = support.get(f"/console/orders/{asked.subject.number}/").content.decode()
    assert page.count(url(asked.decision)) == 2
    assert "/decisions/" not in customer.get(f"/orders/{asked.subject.number}/").content.decode()


def test_a_decision_by_the_fallback_names_the_fact_to_blame(support: Client, cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), "crowns")
    order.lines.update(family="spoons")
    cancel_order(
        order_id=order.pk,
        actor=cast.actor("support"),
        reason="wrong_product",
        now=NOON,
        expected_version=order.version,
        override=True,
    )
    response = support.get(url(DecisionRecord.objects.get()))
    page = response.content.decode()
    assert response.context["explained"].number == 0
    assert "The fallback answers." in page
    assert "Product family is spoons, which is none of its values" in page
    assert "FactProblem" not in page
    assert response.context["replayed"].agrees


def test_only_staff_find_it(production: Client, customer: Client, asked: Cancellation, cast: Cast) -> None:
    stranger = Client()
    stranger.force_login(cast.stranger)
    assert production.get(url(asked.decision)).status_code == 200
    for client in (customer, stranger):
        response = client.get(url(asked.decision))
        assert response.status_code == 404
        assert asked.decision.version.content_hash not in response.content.decode()
    assert "/account/login/" in Client().get(url(asked.decision)).headers["Location"]


def test_an_unknown_decision_is_not_found(support: Client) -> None:
    assert support.get("/console/decisions/999999999999999999/").status_code == 404


def test_needs_seven_queries(
    support: Client, asked: Cancellation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(7):
        support.get(url(asked.decision))


def test_the_case_page_explains_what_the_rules_say_now(support: Client, cast: Cast, catalog: Catalog) -> None:
    order = moved(an_order(catalog, cast.actor("owner"), "crowns"), *TO_FABRICATION)
    response = support.get(f"/console/orders/{order.number}/")
    (cancel,) = (offer for offer in response.context["page"].offers if offer.key == "cancel")
    assert cancel.explained.row == "Made in fabrication"
    assert len(cancel.explained.passed) == cancel.explained.number - 1
    page = response.content.decode()
    assert f"Rule {cancel.explained.number} decides: <strong>Made in fabrication</strong>." in page
    why = "in force when the case was submitted"
    link = '<a href="/console/policies/order-cancellation/?version=1">version 1</a>'
    assert f"By {link}, {why}." in page
    assert "fabrication was <em>fabricating</em>, wanted <em>ready to ship</em>" in page
