"""From a kept decision to the page of what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.policies.subjects import known_subjects


@dataclass(frozen=True, slots=True)
class Link:
    """What people call it, and its page."""

    number: str
    url: str


def links_to(actor: Actor, subject: str, ids: Iterable[int]) -> Mapping[int, Link]:
    """The pages of those that are still there, by their rows; none where the console has no page of the subject."""
    about = known_subjects().get(subject)
    if about is None:
        return {}
    numbers = {pk: about.number(row) for pk, row in access.rows(actor, about.model).in_bulk(list(ids)).items()}
    return {pk: Link(number, reverse(f"console:{subject}", args=[number])) for pk, number in numbers.items()}
