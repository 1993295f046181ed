"""The kinds of things that rules are about: what has to be known of each beside its facts.

An app builds one `SubjectKind` for its rows (`orders.subject`). Rulings, the SQL twin, simulation and replay are the
same for all of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils.functional import Promise

from reprieve.policies.facts.registry import Registry
from reprieve.policies.lives import Life, NotRebuildable


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKind[S: Model]:
    """Rows of one kind.

    Attributes:
        key: what policies, decisions and events call it; the console has a page of this name for each.
        model: its rows.
        facts: what its tables may ask about.
        related: what to prefetch before facts are read.
        began: the field of the instant from which on there is one; `began_at` reads it. By the basis of submission, the
            rules of then are its own.
        over: those of which nothing more is to come, `over_since` being the field of the instant at which that began;
            `over_at` reads it, None while more is to come.
        number: what people call it, with its `prefix`; `pk_of` reads that, None for what is no number.
        missing: what to say where there is no such.
        lives: what became of each, event by event.
        amount: its price, in minor units, and its currency.
        gives_back: the actions that give some of the price back.
    """

    key: str
    model: type[S]
    facts: Registry[S]
    related: tuple[str, ...]
    began: str
    began_at: Callable[[S], datetime]
    over: Q
    over_since: str
    over_at: Callable[[S], datetime | None]
    number: Callable[[S], str]
    prefix: str
    pk_of: Callable[[str], int | None]
    missing: Promise
    lives: Callable[[Sequence[S]], Iterator[tuple[S, Life[S] | NotRebuildable]]]
    amount: Callable[[S], tuple[int, str]]
    gives_back: frozenset[str]


_subjects: dict[str, SubjectKind[Any]] = {}


def register_subject[S: Model](subject: SubjectKind[S]) -> SubjectKind[S]:
    """Have the pages and commands about rules find it by its key."""
    _subjects[subject.key] = subject
    return subject


def known_subjects() -> Mapping[str, SubjectKind[Any]]:
    """Every kind of which there are rows, by its key. Tables can also be written about others (`columns_of`)."""
    return _subjects
