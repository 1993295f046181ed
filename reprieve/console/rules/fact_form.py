"""The facts of a case that is made up, as fields: what a table is tried with, and what an example consists of.

A fact is kept as a person reads it (`policies.evidence.scenarios`): where a clock runs, as a length of time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext

from reprieve.console.rules.cell_form import choices
from reprieve.console.rules.fact_values import Named
from reprieve.console.rules.row_form import Option
from reprieve.console.rules.typed_values import LONGEST, TypedError, read_value, write_value
from reprieve.dmn.table import Clock, Column, Table
from reprieve.dmn.values import NotAValueError, ValueType, value_from_data, value_to_data
from reprieve.policies.words.facts import MEANINGS
from reprieve.policies.words.values import name_in_words, title_in_words


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact. `texts` are what is in the field: one text, or several where the fact holds several values.

    `is_none`: it is known to hold no value at all, which is not the same as not being known.
    """

    column: Column
    texts: tuple[str, ...]
    named: Named
    is_none: bool = False
    error: str = ""

    @property
    def name(self) -> str:
        return f"fact-{self.column.name}"

    @property
    def kind(self) -> str:
        """Which control it is: ticks, choice or line."""
        if self.column.several:
            return "ticks"
        return "choice" if self.column.domain is not None or self.column.type is ValueType.BOOLEAN else "line"

    @property
    def label(self) -> str:
        return title_in_words(self.column)

    @property
    def help(self) -> str:
        return str(MEANINGS.get(self.column.name, ""))

    @property
    def after(self) -> str:
        """What stands behind the field: ago, from now."""
        words = {Clock.SINCE: gettext("ago"), Clock.UNTIL: gettext("from now")}
        return words[self.column.clock] if self.column.clock else ""

    @property
    def example(self) -> str:
        match self.column.type:
            case ValueType.DURATION:
                return gettext("such as 2 hours or 3 days")
            case ValueType.NUMBER:
                return gettext("a number")
            case _:
                return ""

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def options(self) -> list[Option]:
        if self.column.type is ValueType.BOOLEAN:
            known = [("true", gettext("yes")), ("false", gettext("no"))]
        else:
            known = [(value, name_in_words(label)) for value, label in choices(self.column, self.named)]
        foreign = [text for text in self.texts if text not in dict(known)] if self.kind == "choice" else []
        known += [(text, text) for text in foreign]  # so that what was given is still there to be seen
        return [Option(value, label, value in self.texts) for value, label in known]

    @property
    def others(self) -> str:
        """The values that cannot be ticked, one a line."""
        known = {option.value for option in self.options}
        return "\n".join(text for text in self.texts if text not in known)

    def typed(self, data: QueryDict) -> "FactField":
        lines = [line.strip() for line in data.get(f"{self.name}-other", "").splitlines()]
        texts = (*data.getlist(self.name), *lines) if self.column.several else (data.get(self.name, ""),)
        is_none = self.column.several and f"{self.name}-none" in data
        return replace(self, texts=tuple(text for text in texts if text.strip()), is_none=is_none)

    def read(self) -> object:
        """The fact as data; None where it is not known. Raises TypedError."""
        values = [self._value(text) for text in dict.fromkeys(self.texts)]
        if self.column.several:
            return values if values or self.is_none else None
        return values[0] if values else None

    def _value(self, text: str) -> object:
        if len(text) > LONGEST:
            raise TypedError(gettext("This is too long"), gettext("shorten it"))
        value = read_value(text, self.column.type)
        if self.column.domain is not None and value not in self.column.domain:
            raise TypedError(gettext("This is none of the choices"), gettext("choose one of the list"))
        if self.column.integer and not isinstance(value, int):
            raise TypedError(gettext("This is a whole number"), gettext("leave the fraction out"))
        if not self.column.is_in_range(value):
            raise TypedError(gettext("This is never so"), _range(self.column))
        return value_to_data(value)


def _range(column: Column) -> str:
    least, most = (None if end is None else write_value(end) for end in (column.minimum, column.maximum))
    if most is None:
        return gettext("write %s or more") % least
    if least is None:
        return gettext("write %s or less") % most
    return gettext("write a value from %(least)s to %(most)s") % {"least": least, "most": most}


@dataclass(frozen=True, slots=True)
class FactForm:
    fields: tuple[FactField, ...]

    @classmethod
    def of(cls, table: Table, facts: Mapping[str, object], named: Mapping[str, Named]) -> Self:
        return cls(tuple(_field(column, facts.get(column.name), named) for column in table.inputs))

    def typed(self, data: QueryDict) -> Self:
        return replace(self, fields=tuple(field.typed(data) for field in self.fields))

    def read(self) -> tuple[Self, dict[str, object]]:
        """The form with an error at each field that cannot be used, and the facts of the others, as data."""
        fields: list[FactField] = []
        facts: dict[str, object] = {}
        for field in self.fields:
            try:
                fact = field.read()
                facts |= {} if fact is None else {field.column.name: fact}
                fields.append(replace(field, error=""))
            except TypedError as error:
                fields.append(replace(field, error=str(error)))
        return replace(self, fields=tuple(fields)), facts

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Where something is wrong: the id of the field, its name, and what is the matter."""
        return [(field.name, field.label, field.error) for field in self.fields if field.error]


def was_sent(data: Mapping[str, object]) -> bool:
    """Whether an address or a form carries any fact."""
    return any(name.startswith("fact-") for name in data)


def _field(column: Column, fact: object, named: Mapping[str, Named]) -> FactField:
    found = fact if isinstance(fact, list | tuple) else [] if fact is None else [fact]
    is_none = column.several and fact is not None and not found
    return FactField(column, tuple(_written(column, found)), named.get(column.name, []), is_none)


def _written(column: Column, facts: Iterable[object]) -> Iterable[str]:
    """Facts as they stand in fields; one that cannot be read stands there as it is."""
    for fact in facts:
        try:
            yield write_value(value_from_data(fact, column.type))
        except NotAValueError:
            yield str(fact)
