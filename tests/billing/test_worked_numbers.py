"""The numbers that docs/policies.md works out are the ones that the product computes."""

from decimal import Decimal
from pathlib import Path

import pytest

from reprieve.billing.refund_plan import Paid, plan, split
from reprieve.policies.money_terms import MoneyTerms

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
HEAD = "| paid by credit | paid by card |"


def rows() -> list[tuple[str, ...]]:
    lines = PAGE[PAGE.index(HEAD) :].splitlines()
    table = lines[2 : lines.index("")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table]


def minor(amount: str) -> int:
    return int(Decimal(amount) * 100)


@pytest.mark.parametrize("row", rows(), ids=" ".join)
def test_each_row_holds(row: tuple[str, ...]) -> None:
    credit, card, fee, share, keeps, fixed, to, back, restored = row
    terms = MoneyTerms.of(
        {
            "refund_share": Decimal(share),
            "keep_processing_fee": keeps == "true",
            "fixed_fee": Decimal(fixed),
            "refund_to": to,
        }
    )
    paid = [
        Paid(payment_id=1, amount_minor=minor(credit), by_credit=True),
        Paid(payment_id=2, amount_minor=minor(card), fee_minor=minor(fee)),
    ]
    found = plan(terms, [each for each in paid if each.amount_minor], "USD")
    to_credit = sum(part.amount_minor for part in found.parts if part.to_credit)
    assert (found.total_minor - to_credit, to_credit) == (minor(back), minor(restored))


def test_there_are_rows() -> None:
    assert len(rows()) == 10


@pytest.mark.parametrize(
    ("amount", "parts"), [(3000, [(2, 3000)]), (4500, [(1, 4500)]), (6000, [(1, 5000), (3, 1000)])]
)
def test_several_payments_are_split_as_the_page_says(amount: int, parts: list[tuple[int, int]]) -> None:
    payments = [Paid(payment_id=1 + place, amount_minor=minor) for place, minor in enumerate((5000, 3000, 2000))]
    assert split(payments, amount) == parts
