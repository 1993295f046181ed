"""What may be done with an order is what it was before there was one place to ask: for 2,135 orders in any state.

The answers were recorded when pages, previews and acts each had their own. The cases of a demo lab are among them.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reprieve.options.options import options_of
from reprieve.orders.models import Order, Status
from reprieve.policies.lifecycle.publishing import install
from reprieve.policies.presets import files as preset_files
from tests.examples import is_thorough
from tests.factories.things import LONG_AGO, MONEY_RULES, STEPPED_RULES
from tests.options.answers import Answer, Asked, before_many, on_page, page_orders, tried
from tests.options.told import DAY, HOUR, MINUTE, Teller
from tests.options.world import NOW, World, at, write

HERE = Path(__file__).parent
MANY_RULES, CLOCK_RULES = (HERE.parent / "rules" / name for name in ("many", "clock"))
LATER = (0, 7 * MINUTE, 55 * MINUTE, 5 * HOUR, 3 * DAY, 30 * DAY)
CANCELLING = ("cancel", "request")
ASKED_OF = 5  # in the day's work each fifth of the orders is asked about, in CI all of them
ENDS = {"end", "then_cost", "then_quote", "until"}
PARTS = {"demo": 135, "lab": 700, "shipped": 500, "many": 460, "money": 300, "clock": 40}


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_the_answers_are_those_of_before(part: str) -> None:
    RULES[part]()
    before = _kept(part)
    found = dict(_answers(write(_told(part)), Random(part)))  # noqa: S311 - the same questions again
    assert len(before) == PARTS[part]
    assert len(found) == (PARTS[part] if is_thorough() else -(-PARTS[part] // ASKED_OF))
    for number, new in found.items():
        assert _differences(before[number], json.loads(json.dumps(new))) == {}, f"order {number} of {part}"


def _answers(world: World, rng: Random) -> Iterator[tuple[int, Answer]]:
    """Each order is asked about once, at one of several instants, by a customer and by support; one thing is tried."""
    questions = {order.pk: _asked(order, rng) for order in world.orders}
    among = {number: order for number, order in enumerate(world.orders) if is_thorough() or not number % ASKED_OF}
    shown: dict[int, dict[str, Answer]] = {}
    together = sorted(questions, key=lambda pk: (questions[pk].now, questions[pk].reason or ""))
    for (now, reason), keys in groupby(together, key=lambda pk: (questions[pk].now, questions[pk].reason)):
        chosen = set(keys)
        shown |= _shown([order for order in among.values() if order.pk in chosen], world, now, reason)
    for number, order in among.items():
        asked = questions[order.pk]
        actor = world.support if asked.by_staff else world.customers[order.practice_id]
        tried_now = tried(Order.objects.get(pk=order.pk), actor, asked)
        yield number, shown[order.pk] | {"tried": [asked.tried, tried_now]}


def _shown(orders: Sequence[Order], world: World, now: datetime, reason: str | None) -> Mapping[int, dict[str, Answer]]:
    """What is shown of orders that the same is asked about: to a customer, to support, and before many are done."""
    loaded = page_orders(orders)
    customer = next(iter(world.customers.values()))  # what is answered does not depend on which one it is
    by_customer, by_support = (options_of(loaded, actor, now=now, reason=reason) for actor in (customer, world.support))
    rows = Order.objects.filter(pk__in=[order.pk for order in orders])
    many = before_many(rows, world.support, now=now, reason=reason)
    return {
        pk: {"customer": on_page(by_customer[pk]), "support": on_page(by_support[pk]), "many": many[pk]}
        for pk in by_customer
    }


def _asked(order: Order, rng: Random) -> Asked:
    fitting = {
        Status.CANCELLED: ("undo", "undo", "cancel"),
        Status.PAUSED: ("resume", "resume", "cancel", "request"),
        Status.SLATED_FOR_DELETION: ("resume", "cancel"),
    }.get(Status(order.status), ("cancel", "cancel", "request", "pause", "pause", "approve", "resume"))
    return Asked(
        now=NOW + timedelta(seconds=rng.choice(LATER)),
        reason=rng.choice((None, None, None, "wrong_product", "patient_away")),
        tried=rng.choice(fitting),
        by_staff=rng.random() < 0.4,
        override=rng.random() < 0.5,
        shown=rng.choice((None, None, None, 0)),
    )


def _rules(*presets: str) -> None:
    """The first since long ago, each later one for what was submitted later."""
    for number, name in enumerate(presets):
        since = at(-(40 - 12 * number) * DAY) if number else LONG_AGO
        for preset in preset_files.load(name):
            install(preset, starts_at=since)


def _install_all(folder: Path, days: int) -> None:
    for path in sorted(folder.glob("*.toml")):
        install(preset_files.load_file(path), starts_at=at(-days * DAY))


def _many() -> None:
    _rules("lab")
    _install_all(STEPPED_RULES, 400)
    _install_all(MANY_RULES, 15)


def _clock() -> None:
    _rules("lab")
    _install_all(CLOCK_RULES, 400)


def _money() -> None:
    _rules("lab")
    _install_all(MONEY_RULES, 400)


RULES = {
    "demo": lambda: _rules("lab"),
    "lab": lambda: _rules("lab"),
    "shipped": lambda: _rules("lab", "general", "cae", "dandy"),
    "many": _many,
    "money": _money,
    "clock": _clock,
}


def _told(part: str) -> Mapping[str, Any]:
    if part == "demo":
        told: Mapping[str, Any] = json.loads(gzip.decompress((HERE / "recorded" / "demo.json.gz").read_bytes()))
        return told
    return Teller(seed=len(part) * 1000 + PARTS[part], orders=PARTS[part]).told()


def _differences(old: Answer, new: Answer, path: str = "") -> dict[str, tuple[Answer, Answer]]:
    """What is another answer now, by where it stands. Ends that changed nothing are told no more: see `_ends`."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted({*old, *new} - ENDS if _ends(old, new) else {*old, *new})
        found = (_differences(old.get(name), new.get(name), f"{path}/{name}") for name in names)
        return {where: pair for each in found for where, pair in each.items()}
    if path.endswith("/offers"):  # until when cancelling is offered is told as the end of the action, too
        old, new = (
            [[*offer[:3], offer[4]] if offer[0] in CANCELLING else offer for offer in each] for each in (old, new)
        )
    return {} if old == new else {path: (old, new)}


def _ends(old: Answer, new: Answer) -> bool:
    """Whether an end was told at which nothing that applies changes, and is now told later, or not at all."""
    if "end" not in old or old["end"] is None or old["end"] == new["end"]:
        return False
    then = old["end"][2]
    changes_nothing = then["outcome"] == old["outcome"] and (
        then["outcome"] == "refuse"
        or ("cost" in old and (old["cost"], old["quote"][0]) == (old["then_cost"], old["then_quote"]))
        or ("cost" not in old and [then.get("longest_pause"), then.get("grace")] == old["longest"])
    )
    is_later = new["end"] is None or new["end"][0] > old["end"][0]
    return changes_nothing and is_later


def _kept(part: str) -> Sequence[Answer]:
    """What was answered, as it was recorded: nothing records it again."""
    file = HERE / "recorded" / f"{part}-answers.json.gz"
    answers: Sequence[Answer] = json.loads(gzip.decompress(file.read_bytes()))
    return answers
