"""The numbers that people read out on the telephone, and what they stand for."""

import re

ORDER_OFFSET = 1000
ORDER_NUMBER = re.compile(r"R-?(\d{1,15})", re.IGNORECASE | re.ASCII)


def order_number(order_id: int) -> str:
    """R-1042 for row 42. Numbers start at 1001 so that none looks like a count of orders."""
    return f"R-{order_id + ORDER_OFFSET}"


def order_id(number: str) -> int | None:
    """The row behind an order number, forgiving about case and the dash; None if it is not one."""
    match = ORDER_NUMBER.fullmatch(number.strip())
    return int(match[1]) - ORDER_OFFSET if match else None
