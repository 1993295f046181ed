"""Whatever is done to orders, in whatever order: the money adds up, and nothing of it is out of reach.

The rules, what has to be true and how it ends stand in `money_machine/`. For a long run:
`MONEY_EXAMPLES=2000 MONEY_STEPS=50 .venv/bin/pytest tests/billing/test_money_holds.py -n0`.
"""

import os

from django.test import TestCase
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from reprieve.accounts.models import PaymentTerms
from reprieve.catalog.models import Product, Reason, ReasonFor
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.presets import files as preset_files
from tests.billing.money_machine.cards import Cards
from tests.billing.money_machine.ending import Ending
from tests.billing.money_machine.invoices import Invoices
from tests.billing.money_machine.orders import Orders
from tests.billing.money_machine.world import RULES, World
from tests.examples import how_many
from tests.factories.cards import a_card
from tests.factories.people import make_cast
from tests.factories.things import LONG_AGO, MINUTE, make_catalog, put_rules_in_force

PRICES = {"bridges": ("USD", 3333), "veneers": ("JPY", 5801), "guards": ("KWD", 1234567)}


class PaidPerCase(Orders, Cards, Ending):
    """Each case is paid for itself."""

    terms = (PaymentTerms.PER_CASE,)


class Invoiced(Invoices, Cards, Ending):
    """Weeks and months are invoiced, and some cases are paid for themselves."""

    terms = (PaymentTerms.WEEKLY, PaymentTerms.WEEKLY, PaymentTerms.MONTHLY, PaymentTerms.PER_CASE)


class TestMoney(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cast, catalog = make_cast(), make_catalog()
        for family, (currency, price) in PRICES.items():
            Product.objects.filter(family__key=family).update(currency=currency, price_minor=price)
        for key in ("fixed_fee", "keeps_all"):
            Reason.objects.create(reason_for=ReasonFor.CANCEL, key=key, label=key)
        World.cast, World.catalog = cast, catalog
        World.cards = {
            cast.practice.pk: a_card(cast, default=True),
            cast.other_practice.pk: a_card(cast, stranger=True),
        }
        put_rules_in_force()
        install(preset_files.load_file(RULES), starts_at=LONG_AGO + MINUTE)

    def test_no_sequence_of_commands_loses_or_makes_a_cent_of_a_case(self) -> None:
        play(PaidPerCase)

    def test_no_sequence_of_commands_loses_or_makes_a_cent_of_an_invoice(self) -> None:
        play(Invoiced)


def play(machine: type[World]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("MONEY_EXAMPLES", how_many(20))),
            stateful_step_count=int(os.environ.get("MONEY_STEPS", "25")),
            deadline=None,
            report_multiple_bugs=False,
            phases=set(Phase) - ({Phase.shrink, Phase.explain} if "MONEY_QUICK" in os.environ else set()),
            suppress_health_check=list(HealthCheck),
        ),
    )
