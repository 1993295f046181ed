from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from reprieve.billing.models import Charge, Invoice
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order

pytestmark = pytest.mark.django_db
APRIL = datetime(2026, 4, 2, 9, tzinfo=UTC)


def reprieve(*arguments: str, now: datetime = APRIL) -> str:
    out = StringIO()
    with time_machine.travel(now, tick=False):
        call_command("invoices", "run", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def due(cast: Cast, catalog: Catalog) -> None:
    an_order(catalog, cast.actor("owner"))
    an_order(catalog, cast.actor("stranger"))
    Charge.objects.update(terms="monthly")


def test_writes_the_invoices_of_the_last_month_that_is_over_once(due: None) -> None:
    assert reprieve("--terms", "monthly") == "Wrote 2 invoices for 2026-03 over 2 cases: $240.00."
    assert reprieve("--terms", "monthly") == "Wrote no invoice for 2026-03: nothing is due."
    assert Invoice.objects.count() == 2


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(due: None) -> None:
    said = reprieve("--terms", "monthly", "--period", "2026-03", "--dry-run")
    assert said == "Would write 2 invoices for 2026-03 over 2 cases: $240.00."
    assert not Invoice.objects.exists()


def test_a_week_is_named_as_iso_8601_does(due: None) -> None:
    Charge.objects.update(terms="weekly")
    assert reprieve("--terms", "weekly", "--period", "2026-W10").startswith("Wrote 2 invoices for 2026-W10")
    assert reprieve("--terms", "weekly", "--dry-run") == "Would write no invoice for 2026-W13: nothing is due."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--terms", "monthly", "--period", "2026-04"), "2026-04 is not over before 1 May 2026. Run it then"),
        (("--terms", "monthly", "--period", "2026-04", "--dry-run"), "is not over"),
        (("--terms", "monthly", "--period", "2026-W10"), "Write it like 2026-10"),
        (("--terms", "weekly", "--period", "2026-W99"), "Write it like 2026-W47"),
        (("--terms", "weekly", "--period", "x"), "“x” is no period of weekly autopay"),
        (("--terms", "per_case"), "invalid choice"),
        ((), "--terms"),
    ],
)
def test_refuses_what_cannot_be_run_with_a_sentence(due: None, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        reprieve(*arguments)
    assert not Invoice.objects.exists()
