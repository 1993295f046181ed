"""The numbers that people read out on the telephone, and what they stand for: R-1042 an order, P-1007 a practice."""

import re

OFFSET = 1000  # numbers start at 1001 so that none looks like a count
ORDER_NUMBER = re.compile(r"R-?(\d{1,15})", re.IGNORECASE | re.ASCII)
PRACTICE_NUMBER = re.compile(r"P-?(\d{1,15})", re.IGNORECASE | re.ASCII)


def order_number(order_id: int) -> str:
    """R-1042 for row 42."""
    return f"R-{order_id + OFFSET}"


def order_id(number: str) -> int | None:
    """The row behind an order number, forgiving about case and the dash; None if it is not one."""
    return _row(ORDER_NUMBER, number)


def practice_number(practice_id: int) -> str:
    """P-1007 for row 7."""
    return f"P-{practice_id + OFFSET}"


def practice_id(number: str) -> int | None:
    """The row behind a practice's number, forgiving about case and the dash; None if it is not one."""
    return _row(PRACTICE_NUMBER, number)


def _row(form: re.Pattern[str], number: str) -> int | None:
    match = form.fullmatch(number.strip())
    return int(match[1]) - OFFSET if match else None
