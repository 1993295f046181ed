"""`reprieve policy replay`: for auditors, whether kept decisions come out the same when they are made again."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db.models import QuerySet

from reprieve.lib import identifiers
from reprieve.orders.models import Order
from reprieve.policies.evidence.replay import Replayed, replay_each
from reprieve.policies.models import DecisionRecord

HELP = "make kept decisions again, and name those that come out otherwise; ends with status 1 where there are some"


def add_arguments(parser: ArgumentParser) -> None:
    """`replay (--decision-id N | --order R-1042 | --all) [--json]`."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--decision-id", type=int, metavar="N", help="one of them")
    which.add_argument("--order", metavar="NUMBER", help="those about one order, such as R-1042")
    which.add_argument("--all", action="store_true", help="every decision that was ever kept")
    parser.add_argument("--json", action="store_true", help="one JSON object a decision, for programs")


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Make them again. Returns 1 where one comes out otherwise."""
    same = different = 0
    for replayed in replay_each(_records(options)):
        same, different = same + replayed.agrees, different + (not replayed.agrees)
        if options["json"]:
            out.write(json.dumps(_data(replayed)))
        elif not replayed.agrees:
            out.write(f"decision {replayed.record_id} ({replayed.version}): {' '.join(replayed.differences)}")
    if not options["json"]:
        out.write(f"{same:,} the same, {different:,} different")
    return 1 if different else 0


def _records(options: dict[str, Any]) -> QuerySet[DecisionRecord]:
    records = DecisionRecord.objects.all()
    if options["decision_id"] is not None:
        records = records.filter(pk=options["decision_id"])
        if not records.exists():
            raise CommandError(f"There is no decision {options['decision_id']}.")
    elif options["order"] is not None:
        order_id = identifiers.order_id(options["order"])
        if order_id is None or not Order.objects.filter(pk=order_id).exists():
            raise CommandError(f"There is no order {options['order']}. Orders have numbers such as R-1042.")
        records = records.filter(subject=Order.SUBJECT, subject_id=order_id)
    return records


def _data(replayed: Replayed) -> dict[str, object]:
    return {
        "decision": replayed.record_id,
        "version": replayed.version,
        "agrees": replayed.agrees,
        "row": replayed.row or None,
        "outputs": dict(replayed.outputs),
        "differences": list(replayed.differences),
    }
