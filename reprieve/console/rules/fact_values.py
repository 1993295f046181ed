"""The values that the business has of a fact, with the names that people know them by: its families, reasons, plans."""

from collections.abc import Iterable, Mapping

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.catalog.models import ProductFamily, Reason
from reprieve.policies.words.values import name_in_words

MOST_VALUES = 60

type Named = list[tuple[str, str]]


def values_of(names: Iterable[str], actor: Actor, action: str) -> Mapping[str, Named]:
    """By fact, the values that there are with their names; a fact whose values lie in the registry is left out.

    One query for each of the product families, the reasons, and the plans and tags, where a fact asks for them.
    """
    wanted, found = set(names), {}
    if "product_family" in wanted:
        found["product_family"] = list(access.rows(actor, ProductFamily).values_list("key", "name"))
    if "reason" in wanted:
        reasons = access.rows(actor, Reason).filter(reason_for=action)
        found["reason"] = list(reasons.values_list("key", "label")[:MOST_VALUES])
    if wanted & {"plan", "tags"}:
        found |= _of_practices(actor)
    return {name: values for name, values in found.items() if name in wanted}


def _of_practices(actor: Actor) -> dict[str, Named]:
    kept = list(access.rows(actor, Practice).order_by().values_list("plan", "tags").distinct()[:1000])
    tags = {tag for _, listed in kept for tag in listed if isinstance(tag, str)}
    return {"plan": _named({plan for plan, _ in kept}), "tags": _named(tags)}


def _named(values: Iterable[str]) -> Named:
    return [(value, name_in_words(value)) for value in sorted(filter(None, values))[:MOST_VALUES]]
