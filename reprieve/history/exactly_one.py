"""A condition for the database's own checks: a row is of exactly one of several things."""

from functools import reduce
from operator import or_

from django.db.models import Q


def exactly_one(*fields: str) -> Q:
    """One of the foreign keys is set, and the others are not."""
    return reduce(or_, (Q(**{f"{field}__isnull": field != each for field in fields}) for each in fields))
