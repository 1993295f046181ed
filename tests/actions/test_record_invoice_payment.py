import pytest

from reprieve.actions.record_payment import record_invoice_payment
from reprieve.billing.checks import AmountInvalid, ReferenceMissing
from reprieve.billing.documents import DocumentState, document, with_amounts
from reprieve.billing.models import ChargeState, Invoice, Payment
from reprieve.lib.errors import NotAllowed, NotFound, Refused
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(cast: Cast, catalog: Catalog) -> Invoice:
    return an_invoice(catalog, cast.actor("owner"))


def recorded(cast: Cast, invoice: Invoice, minor: int, who: str = "support", **given: object) -> Payment:
    wanted = {"invoice_id": invoice.pk, "currency": invoice.currency, "reference": "Transfer 4711"} | given
    return record_invoice_payment(actor=cast.actor(who), amount_minor=minor, now=NOON, **wanted)  # type: ignore[arg-type]


def state(invoice: Invoice) -> DocumentState:
    return document(with_amounts(Invoice.objects.filter(pk=invoice.pk)).get()).state


def states(invoice: Invoice) -> set[str]:
    return set(invoice.lines.values_list("charge__state", flat=True))


def test_the_charges_are_paid_once_all_of_the_invoice_is(cast: Cast, invoice: Invoice) -> None:
    recorded(cast, invoice, 1)
    assert (state(invoice), states(invoice)) == (DocumentState.OPEN, {ChargeState.INVOICED})
    recorded(cast, invoice, invoice.total_minor - 1)
    assert (state(invoice), states(invoice)) == (DocumentState.PAID, {ChargeState.PAID})
    with pytest.raises(AmountInvalid, match=r"more than is open: \$0\.00"):
        recorded(cast, invoice, 1)


@pytest.mark.parametrize(
    ("minor", "given", "refusal"),
    [
        (0, {}, AmountInvalid),
        (-1, {}, AmountInvalid),
        (10**9, {}, AmountInvalid),
        (1, {"currency": "EUR"}, AmountInvalid),
        (1, {"reference": " "}, ReferenceMissing),
        (1, {"invoice_id": 0}, NotFound),
        (1, {"who": "production"}, NotAllowed),
        (1, {"who": "owner"}, NotAllowed),
        (1, {"who": "stranger"}, NotAllowed),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    cast: Cast, invoice: Invoice, minor: int, given: dict[str, object], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        recorded(cast, invoice, minor, **given)  # type: ignore[arg-type]
    assert not Payment.objects.exists()
    assert states(invoice) == {ChargeState.INVOICED}
