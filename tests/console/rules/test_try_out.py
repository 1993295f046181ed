"""Trying a draft: the rule that decides, what kept those above it from deciding, and until when."""

from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.orders.models import Order
from reprieve.policies.evidence.scenarios import scenarios_from_data
from reprieve.policies.models import Draft
from tests.console.rules.draft_pages import Fields, get, post, text_of, unchanged, url
from tests.factories.people import Cast
from tests.factories.things import MINUTE, NOON, Catalog, an_order, an_upload

SOON = NOON + 20 * MINUTE
CROWN = {
    "fact-status": "processing",
    "fact-product_family": "crowns",
    "fact-production_stage": "not_started",
    "fact-design_stage": "not_started",
    "fact-files_delivered": "false",
    "fact-revisions_in_progress": "0",
    "fact-files_submitted": "false",
    "fact-since_submission": "20 minutes",
}


def asked(draft: Draft, facts: dict[str, str], **changes: str) -> str:
    return url(draft, f"try/?{urlencode(facts | {f'fact-{name}': text for name, text in changes.items()})}")


@pytest.fixture
def order(cast: Cast, catalog: Catalog, rules: None) -> Order:
    """A design with its scan that has just been submitted, and is put on no hold."""
    return an_order(catalog, cast.actor("owner"), "design", files=(an_upload(),))


def test_a_case_of_the_lab_lights_the_deciding_rule_up(support: Client, draft: Draft, order: Order) -> None:
    with time_machine.travel(SOON, tick=False):
        page = get(support, url(draft, f"try/?order={order.number}"))
    said = text_of(page)
    assert f"{order.number}: Customers can cancel the case themselves" in said
    assert "Rule 9, “Design processing”, decides." in said
    assert "5 About to ship Does not fit: its fabrication is not started , and it asks for ready to ship ." in said
    assert "9 Design processing This rule decides" in said
    assert "10 Design on hold Not reached." in said
    assert page.content.decode().count('aria-current="true"') == 1
    assert unchanged(draft)


def test_says_until_when_and_what_then(support: Client, draft: Draft) -> None:
    with time_machine.travel(NOON, tick=False):
        said = text_of(get(support, asked(draft, CROWN)))
    assert "Rule 16, “Made first hour”, decides." in said
    assert "that holds until" in said
    assert "(in 40 minutes). After that: Allow (made before design)." in said
    late = text_of(get(support, asked(draft, CROWN, since_submission="3 days")))
    assert "Rule 17, “Made before design”, decides." in late
    assert "Time alone does not change that." in late


def test_a_missing_fact_never_allows(support: Client, draft: Draft) -> None:
    said = text_of(get(support, asked(draft, CROWN, status="")))
    assert "No rule decided: the fallback answers. Status is not known." in said
    assert "The fallback decides" in said


def test_fills_the_facts_of_a_case_in_to_be_changed(support: Client, draft: Draft, order: Order) -> None:
    with time_machine.travel(SOON, tick=False):
        form = get(support, url(draft, f"try/?order={order.number}")).context["form"]  # type: ignore[attr-defined]
    facts = {field.column.name: field.texts for field in form.fields}
    assert facts["status"] == ("processing",)
    assert facts["product_family"] == ("design",)
    assert facts["files_submitted"] == ("true",)
    assert facts["since_submission"] == ("20 minutes",)
    assert facts["status_before_pause"] == ()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("since_submission", "a while", "This is no length of time. Write it like 45 days, 1 h 30 min or PT1H."),
        ("since_submission", "-1 hour", "This is never so. Write 0 minutes or more."),
        ("revisions_in_progress", "1.5", "This is a whole number. Leave the fraction out."),
        ("revisions_in_progress", "many", '"many" is not a number. Write digits, such as 3 or 0.5.'),
        ("status", "lost", "This is none of the choices. Choose one of the list."),
        ("product_family", "toys", "This is none of the choices. Choose one of the list."),
        ("files_submitted", "perhaps", '"perhaps" is neither true nor false. Write true or false.'),
    ],
)
def test_says_at_its_fact_what_to_write(support: Client, draft: Draft, name: str, text: str, why: str) -> None:
    page = get(support, asked(draft, CROWN, **{name: text}))
    assert page.status_code == 422
    assert why in text_of(page)
    assert f'href="#fact-{name}"' in page.content.decode()
    assert [field.text for field in page.context["form"].fields if field.error] == [text]  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", ["R-999999", "nonsense", "x" * 500])
def test_knows_no_case_that_is_not_there(support: Client, draft: Draft, number: str) -> None:
    page = get(support, url(draft, f"try/?order={number}"))
    assert page.status_code == 422
    assert "There is no such order" in text_of(page)


def test_keeps_a_try_as_an_example_in_one_click(manager: Client, draft: Draft, order: Order) -> None:
    with time_machine.travel(SOON + MINUTE / 7, tick=False):
        page = get(manager, url(draft, f"try/?order={order.number}")).content.decode()
        kept = post(manager, url(draft, "examples/new/"), Fields(page, "try__keep").sent)
    assert kept["Location"] == url(draft, "examples/")
    example = scenarios_from_data(Draft.objects.get().scenarios)[-1]
    assert (example.name, example.row, example.outcome) == (
        f"{order.number}: design processing",
        "design-processing",
        "allow",
    )
    assert example.facts["since_submission"] == "PT20M8S"
    assert example.facts["product_family"] == ["design"]
    assert "status_before_pause" not in example.facts
    assert f"{order.number}: design processing" in text_of(get(manager, url(draft, "examples/")))


def test_keeps_the_rest_of_a_second_where_the_answer_hangs_on_it(
    manager: Client, draft: Draft, cast: Cast, catalog: Catalog, rules: None
) -> None:
    crown = an_order(catalog, cast.actor("owner"))
    with time_machine.travel(NOON + 60 * MINUTE + MINUTE / 120, tick=False):
        page = get(manager, url(draft, f"try/?order={crown.number}"))
    assert page.context["answer"].rule.id == "made-before-design"  # type: ignore[attr-defined]
    assert Fields(page.content.decode(), "try__keep").sent["fact-since_submission"] == ["1 hour 0.5 seconds"]


@pytest.mark.parametrize("write", ["r{0}", " R{0} ", "{0}", "r-{0}"])
def test_names_a_case_by_its_number_however_it_was_typed(
    support: Client, draft: Draft, order: Order, write: str
) -> None:
    typed = write.format(order.number.removeprefix("R-"))
    page = get(support, url(draft, f"try/?{urlencode({'order': typed})}"))
    assert page.status_code == 200
    assert f"{order.number}: " in text_of(page)
    assert f'value="{order.number}"' in page.content.decode()


def test_staff_who_are_no_managers_try_but_keep_nothing(support: Client, draft: Draft) -> None:
    assert 'class="try__keep"' not in get(support, asked(draft, CROWN)).content.decode()
    assert support.post(url(draft, "examples/new/"), {"name": "x"}).status_code == 403
    assert unchanged(draft)


def test_takes_few_queries(
    support: Client, draft: Draft, order: Order, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = url(draft, f"try/?order={order.number}")
    support.get(address)
    with django_assert_num_queries(10):
        support.get(address)


def test_tells_how_an_example_comes_to_its_answer(manager: Client, draft: Draft) -> None:
    examples = scenarios_from_data(draft.scenarios)
    place = next(place for place, each in enumerate(examples, start=1) if each.row == "design-first-hour")
    page = get(manager, url(draft, f"try/?example={place}"))
    assert "Rule 13, “Design first hour”, decides." in text_of(page)
    assert f"As in the example “{examples[place - 1].name}”." in text_of(page)
    assert 'class="try__keep"' not in page.content.decode()


@pytest.mark.parametrize("query", ["", "?example=0", "?example=999", "?example=x"])
def test_begins_with_the_facts_of_the_first_example(support: Client, draft: Draft, query: str) -> None:
    page = get(support, url(draft, f"try/{query}"))
    facts = {field.column.name: field.text for field in page.context["form"].fields}  # type: ignore[attr-defined]
    assert facts["status"] == "cancelled"
    assert page.context["answer"] is None  # type: ignore[attr-defined]
