from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.models import Activation, Mode
from reprieve.policies.presets import files as preset_files
from tests.factories.people import Cast
from tests.factories.things import NOON


def test_lists_each_policy_with_the_version_in_force(production: Client) -> None:
    page = production.get("/console/policies/").content.decode()
    for words in ("Cancelling a case", "version 1", "1 Jan 2020", "the rules in force when the order was submitted"):
        assert words in page


def test_says_that_there_are_no_rules_yet(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.support)
    assert "No rules yet" in client.get("/console/policies/").content.decode()


def test_shows_a_table_row_by_row_in_words(support: Client) -> None:
    response = support.get("/console/policies/order-cancellation/")
    rule = next(rule for rule in response.context["rules"] if rule.name == "design first hour")
    cells = dict(rule.cells)
    assert cells["Time since submission"] == "at most 1 hour"
    assert cells["Files submitted"] == "no"
    assert cells["Status"] == ""
    assert (rule.outcome, rule.note) == ("allow", "C5 C12")
    assert ("Keep the card's processing fee", "yes") in rule.terms
    assert response.context["fallback"].outcome == "request"


def test_shows_older_versions_too(support: Client) -> None:
    preset = next(each for each in preset_files.load("lab") if each.key == "order-cancellation")
    changed = replace(preset, table=replace(preset.table, rows=preset.table.rows[1:]))
    install(changed, starts_at=NOON)
    now = support.get("/console/policies/order-cancellation/")
    assert now.context["version"].number == 2
    assert "in force since" in now.content.decode()
    old = support.get("/console/policies/order-cancellation/?version=1")
    assert len(old.context["rules"]) == len(now.context["rules"]) + 1
    assert "not in force" in old.content.decode()


def test_a_version_that_has_ended_is_not_in_force(support: Client) -> None:
    Activation.objects.update(ends_at=NOON)
    page = support.get("/console/policies/order-cancellation/")
    assert page.context["state"].live is None
    assert page.context["version"].number == 1
    assert "not in force" in page.content.decode()
    listed = support.get("/console/policies/").content.decode()
    assert "none yet" in listed
    assert "version 1" not in listed


def test_a_shadow_is_not_in_force(support: Client) -> None:
    live = Activation.objects.get(policy__key="order-cancellation")
    Activation.objects.filter(pk=live.pk).update(ends_at=NOON)
    Activation.objects.create(policy=live.policy, version=live.version, mode=Mode.SHADOW, starts_at=NOON)
    assert support.get("/console/policies/order-cancellation/").context["state"].live is None


@pytest.mark.parametrize("path", ["no-such-policy/", "order-cancellation/?version=9", "order-cancellation/?version=x"])
def test_what_is_not_there_is_not_found(support: Client, path: str) -> None:
    assert support.get(f"/console/policies/{path}").status_code == 404


def test_needs_few_queries(support: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    support.get("/console/policies/order-cancellation/")  # compiles the rules
    with django_assert_max_num_queries(9):
        support.get("/console/policies/order-cancellation/")


def test_customers_find_nothing(customer: Client) -> None:
    assert customer.get("/console/policies/").status_code == 404
    assert customer.get("/console/policies/order-cancellation/").status_code == 404
