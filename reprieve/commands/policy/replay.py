"""`reprieve policy replay`: for auditors, whether kept decisions come out the same when they are made again."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db.models import QuerySet

from reprieve.policies.evidence.replay import Replayed, replay_each
from reprieve.policies.models import DecisionRecord
from reprieve.policies.subjects import SubjectKind, known_subjects

HELP = "make kept decisions again, and name those that come out otherwise; ends with status 1 where there are some"


def add_arguments(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--decision-id", type=int, metavar="N", help="one of them")
    for key, about in known_subjects().items():
        which.add_argument(f"--{key}", metavar="NUMBER", help=f"those about one {key}, such as {about.prefix}1042")
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
    for about in known_subjects().values():
        if options[about.key] is not None:
            records = records.filter(subject=about.key, subject_id=_pk(about, options[about.key]))
    return records


def _pk(about: SubjectKind[Any], number: str) -> int:
    pk = about.pk_of(number)
    if pk is None or not about.model._default_manager.filter(pk=pk).exists():  # noqa: SLF001 - Django's public name
        raise CommandError(
            f"There is no {about.key} {number}. {about.key.capitalize()}s have numbers such as {about.prefix}1042."
        )
    return pk


def _data(replayed: Replayed) -> dict[str, object]:
    return {
        "decision": replayed.record_id,
        "version": replayed.version,
        "agrees": replayed.agrees,
        "row": replayed.row or None,
        "outputs": dict(replayed.outputs),
        "differences": list(replayed.differences),
    }
