"""What the rules say about any number of rows, in the database: the answers of `rulings`, without the why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Expression, Model, Q, QuerySet, TextField, Value, When
from django.db.models.lookups import Exact

from reprieve.accounts.actors import Actor
from reprieve.dmn.decide import compile_table
from reprieve.dmn.table import Table
from reprieve.policies.facts.registry import Asking
from reprieve.policies.in_force import EffectivePeriod, effective_periods
from reprieve.policies.models import Outcome
from reprieve.policies.sql.case import count_by, output_of
from reprieve.policies.subjects import SubjectKind


def outcome_of(about: SubjectKind[Any], action: str, actor: Actor, *, now: datetime) -> Expression:
    """The outcome of each row, by the rules that it follows; NULL where the business has published none."""
    found = effective_periods(about.key, action, now=now)
    if not found:
        return Value(None, output_field=TextField())
    asking = Asking.by(actor, now=now)
    return _by_period(about, found, (output_of(period.rules.compiled, about.facts, asking) for period in found))


def decided_as[S: Model](  # noqa: PLR0913 - a question is these facts
    about: SubjectKind[S], rows: QuerySet[S], outcome: Outcome, action: str, actor: Actor, *, now: datetime
) -> QuerySet[S]:
    """The rows of which the rules say so."""
    return rows.filter(Exact(outcome_of(about, action, actor, now=now), outcome.value))


def counted_beside(
    about: SubjectKind[Any], draft: Table, action: str, actor: Actor, *, now: datetime
) -> Mapping[tuple[Outcome | None, Outcome], int]:
    """How many rows under way have which outcome by the rules that they follow, and which by a draft. One query.

    The first is None where no rules are in force.
    """
    answers = {
        "live": outcome_of(about, action, actor, now=now),
        "draft": output_of(compile_table(draft), about.facts, Asking.by(actor, now=now)),
    }
    under_way = about.model._default_manager.filter(~about.over)  # noqa: SLF001 - Django's public name for it
    counted = count_by(under_way, **answers)
    return {(Outcome(live) if live else None, Outcome(str(draft))): number for (live, draft), number in counted.items()}


def ask_for_reason(about: SubjectKind[Any], action: str, *, now: datetime) -> bool:
    """Whether the rules may answer otherwise for another reason."""
    tables = (period.rules.table for period in effective_periods(about.key, action, now=now))
    return any("reason" in row.cells for table in tables for row in table.rows)


def _by_period(about: SubjectKind[Any], found: Sequence[EffectivePeriod], answers: Iterable[Expression]) -> Expression:
    """Of one answer for each period, that of the period in which the row began."""
    otherwise, *later = answers
    if not later:
        return otherwise
    spans = (When(_began_in(about, period), then=answer) for period, answer in zip(found[1:], later, strict=True))
    return Case(*reversed(list(spans)), default=otherwise)


def _began_in(about: SubjectKind[Any], period: EffectivePeriod) -> Q:
    since = Q(**{f"{about.began}__gte": period.starts_at})
    return since if period.ends_at is None else since & Q(**{f"{about.began}__lt": period.ends_at})
