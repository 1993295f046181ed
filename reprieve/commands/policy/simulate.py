"""`reprieve policy simulate FILE|KEY`: what rules would have decided in the past, beside those in force."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from reprieve.actions.simulate_draft import require_period
from reprieve.commands.policy.remarks import Unusable, of_problems, unusable
from reprieve.commands.policy.sources import Source, names_a_file, policy_named, read
from reprieve.dmn.table import Table, TableError, table_to_data
from reprieve.dmn.values import NotAValueError, ValueType, value_from_text
from reprieve.lib.errors import Refused
from reprieve.lib.money import display, from_minor
from reprieve.policies.evidence.simulation import Part, Period, Refunds, Simulated
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import as_registered, table_of
from reprieve.policies.lifecycle.simulations import simulate_table
from reprieve.policies.models import Draft, DraftState, Policy, PolicyVersion
from reprieve.policies.words.values import value_in_words

HELP = "what rules would have decided over a period of the past, beside those in force"
USUAL = timedelta(days=90)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "rules",
        metavar="FILE|KEY",
        help="a DMN file, a preset (.toml), KEY@VERSION, or a policy's key: the draft of it that was changed last",
    )
    parser.add_argument("--key", help="the policy that a DMN file is about")
    parser.add_argument("--decision", metavar="NAME", help="which one, where a DMN file holds several decisions")
    parser.add_argument(
        "--from", dest="start", metavar="DAY", help="such as 2026-03-01 (default: 90 days before the end)"
    )
    parser.add_argument("--to", dest="end", metavar="DAY", help="up to and without that day (default: until now)")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    policy: Policy
    table: Table
    against: PolicyVersion | None
    period: Period


def run(options: dict[str, Any], out: OutputWrapper) -> int:
    """Print the matrix, the money, samples, and what could not be asked again. Nothing is stored."""
    question = _question(options, timezone.now())
    try:
        found = simulate_table(question.policy, question.table, question.against, question.period, progress=_progress)
    except Refused as refusal:
        raise CommandError(f"{refusal.why} {refusal.remedy}".strip()) from refusal
    out.write(json.dumps(_data(question, found)) if options["json"] else "\n".join(_lines(question, found)))
    return 0


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:,} of {total:,}" + ("\n" if done == total else ""))


def _question(options: dict[str, Any], now: datetime) -> _Question:
    what = options["rules"]
    if not names_a_file(what) and "@" not in what:
        policy, name, table = _newest_draft(what)
    else:
        source = read(what, options["decision"])
        policy = _policy(source, options["key"])
        name, table = source.name, _registered(source, policy)
    return _Question(name, policy, table, version_in_force(policy, now), _period(options, now))


def _newest_draft(key: str) -> tuple[Policy, str, Table]:
    policy = policy_named(key, key)
    draft = policy.drafts.filter(state__in=[DraftState.EDITING, DraftState.IN_REVIEW]).first()
    if draft is None:
        sentence, remedy = f"There is no draft of {key}.", f"Name a file, or a version, such as {key}@1."
        raise unusable(key, sentence, remedy, place="the database")
    return policy, f"draft {draft.pk}", _table_of(draft)


def _table_of(draft: Draft) -> Table:
    try:
        return table_of(draft)
    except TableError as error:
        raise Unusable(f"draft {draft.pk}", of_problems(error.problems, draft.definition)) from error


def _policy(source: Source, key: str | None) -> Policy:
    if source.version is not None:
        return source.version.policy
    if source.preset is not None:
        policy = Policy.objects.filter(subject=source.preset.subject, action=source.preset.action).first()
        if policy is None:
            sentence = f"There are no rules for “{source.preset.action}” yet to compare with."
            raise unusable(source.name, sentence, "Put some in force first: reprieve policy install PRESET.")
        return policy
    return policy_named(key, source.name)


def _registered(source: Source, policy: Policy) -> Table:
    """The table as a draft of the policy would have it."""
    try:
        return as_registered(source.table, policy.subject)
    except TableError as error:
        raise Unusable(source.name, of_problems(error.problems, table_to_data(source.table))) from error


def _period(options: dict[str, Any], now: datetime) -> Period:
    end = _midnight("--to", options["end"]) if options["end"] else now
    start = _midnight("--from", options["start"]) if options["start"] else end - USUAL
    try:
        require_period(start, end, now)
    except Refused as refusal:
        raise CommandError(refusal.why) from refusal
    return Period(start, end)


def _midnight(name: str, text: str) -> datetime:
    try:
        day = value_from_text(text, ValueType.DATE)
    except NotAValueError as error:
        raise CommandError(f"{name}: {error.message}; {error.hint}.") from error
    return datetime.combine(day, time(), tzinfo=ZoneInfo(settings.BUSINESS_TIME_ZONE))  # type: ignore[arg-type]


def _lines(question: _Question, found: Simulated) -> Iterator[str]:
    beside = f"version {question.against.number}" if question.against else "no rules"
    start, end = map(_local, (question.period.starts_at, question.period.ends_at))
    period = f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
    yield f"{question.policy.key}: {question.name} beside {beside}, {period} ({settings.BUSINESS_TIME_ZONE})"
    yield from _part("Where decisions were made", found.decisions)
    yield from _part("Had everybody asked every day", found.days)
    yield from map(_refunds, found.refunds)


def _part(title: str, part: Part) -> Iterator[str]:
    yield ""
    changed = f"{part.asks - part.same:,} change, {part.on_other_terms:,} in their terms alone"
    yield f"{title}: {part.asks:,} answers about {part.subjects:,}; {changed}"
    for cell in part.cells:
        mark = "" if cell.old == cell.new else "  *"
        yield f"  {_outcome(cell.old):>8} → {_outcome(cell.new):8} {cell.asks:>9,} about {cell.subjects:,}{mark}"
    for sample in part.samples:
        yield (
            f"  for example {sample.number} on {_local(sample.at):%Y-%m-%d %H:%M %Z}: {_outcome(sample.old)} by "
            f"{_row(sample.old_row)} → {_outcome(sample.new)} by {_row(sample.new_row)}"
        )
    for each in part.unanswered:
        yield f"  not asked again: {each.asks:,} about {each.subjects:,}, as {each.why}"


def _local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE))


def _outcome(outcome: str) -> str:
    return value_in_words(outcome) if outcome else "no rules"


def _row(row: str) -> str:
    return f"“{row}”" if row else "the fallback"


def _refunds(refunds: Refunds) -> str:
    old, new, more = (
        display(from_minor(minor, refunds.currency))
        for minor in (refunds.old_minor, refunds.new_minor, refunds.more_minor)
    )
    left = f"; {refunds.left_open:,} left to support" if refunds.left_open else ""
    return f"\nRefunds in {refunds.currency}: {old} → {new} ({more}) for {refunds.subjects:,}{left}"


def _data(question: _Question, found: Simulated) -> dict[str, object]:
    return {
        "policy": question.policy.key,
        "rules": question.name,
        "against": question.against.number if question.against else None,
        "from": question.period.starts_at.isoformat(),
        "to": question.period.ends_at.isoformat(),
        **found.to_data(),
    }
