"""What a rule answers, as fields: the outcome, the words for the customer, and the terms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.console.rules.typed_values import TypedError, read_value, write_value
from reprieve.dmn.table import Output, Table
from reprieve.dmn.values import Value, ValueType
from reprieve.policies.models import Outcome
from reprieve.policies.words.values import name_in_words, title_in_words

SENTENCES = ("message", "staff_note")


def tidy_text(text: str) -> str:
    """Without the carriage returns that browsers add, and without space around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


@dataclass(frozen=True, slots=True)
class AnswerField:
    """One answer of a rule as it stands in the form. `text` is what is in the field, `error` what is wrong with it."""

    output: Output
    text: str
    error: str = ""

    @property
    def name(self) -> str:
        return f"then-{self.output.name}"

    @property
    def kind(self) -> str:
        """Which control it is: choice, sentence or line."""
        if self.output.domain is not None or self.output.type is ValueType.BOOLEAN:
            return "choice"
        return "sentence" if self.output.name in SENTENCES else "line"

    @property
    def label(self) -> str:
        return label_of(self.output)

    @property
    def options(self) -> list[tuple[str, str]]:
        none = [("", gettext("not said") if self.output.optional else gettext("choose…"))]
        none = none if self.output.optional or not self.text else []
        if self.output.type is ValueType.BOOLEAN:
            return [*none, ("true", gettext("yes")), ("false", gettext("no"))]
        values = [write_value(value) for value in self.output.domain or ()]
        return [*none, *((value, _word(self.output.name, value)) for value in values)]

    @property
    def help(self) -> str:
        if self.is_share:
            return gettext("Such as 100 % or 50 %.")
        match self.output.type:
            case ValueType.DURATION:
                return gettext("Such as 45 days, 1 h 30 min or PT1H.")
            case ValueType.NUMBER:
                return gettext("A number such as 25 or 12.50.")
            case _:
                return str(HELP.get(self.output.name, ""))

    @property
    def is_share(self) -> bool:
        return is_share(self.output)


HELP: Mapping[str, object] = {
    "message": _("One or two sentences: why, until when, or what would have to differ."),
    "staff_note": _("What colleagues should look at. Customers never see it."),
}


def label_of(output: Output) -> str:
    """An answer's name in a form, where a share is written in percent."""
    return gettext("Share of the payment refunded") if output.name == "refund_share" else title_in_words(output)


def is_share(output: Output) -> bool:
    """Whether an answer is a share from nothing to all."""
    return (output.type, output.minimum, output.maximum) == (ValueType.NUMBER, 0, 1)


def _word(name: str, value: str) -> str:
    return str(Outcome(value).label) if name == "outcome" and value in Outcome.values else name_in_words(value)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The fields of one answer. `stored` are the values that the fields showed: untouched ones stay what they are."""

    fields: tuple[AnswerField, ...]
    stored: Mapping[str, Value]

    @classmethod
    def of(cls, table: Table, stored: Mapping[str, Value]) -> Self:
        return cls(tuple(AnswerField(output, _written(output, stored)) for output in table.outputs), stored)

    def typed(self, data: QueryDict) -> Self:
        """The form as it was sent; a field that was not sent stays."""
        fields = tuple(replace(field, text=data.get(field.name, field.text)) for field in self.fields)
        return replace(self, fields=fields)

    def read(self) -> tuple[Self, dict[str, Value]]:
        """The form with an error at each field that cannot be used, and the values of the others."""
        fields: list[AnswerField] = []
        values: dict[str, Value] = {}
        for field in self.fields:
            try:
                value = self._value(field)
                values |= {} if value is None else {field.output.name: value}
                fields.append(replace(field, error=""))
            except TypedError as error:
                fields.append(replace(field, error=str(error)))
        return replace(self, fields=tuple(fields)), values

    def blamed(self, problems: Mapping[str, str]) -> Self:
        """The form with what a check said of its fields, by the name of the output."""
        fields = tuple(replace(field, error=problems.get(field.output.name, field.error)) for field in self.fields)
        return replace(self, fields=fields)

    def _value(self, field: AnswerField) -> Value | None:
        output, text = field.output, tidy_text(field.text)
        if text == tidy_text(_written(output, self.stored)) and output.name in self.stored:
            return self.stored[output.name]
        if not text:
            if output.optional:
                return None
            raise TypedError(gettext("This is needed"), gettext("choose") if field.kind == "choice" else field.help)
        if output.domain is not None and text not in {write_value(value) for value in output.domain}:
            raise TypedError(gettext("This is none of the choices"), gettext("choose one of the list"))
        value = read_value(text, output.type)
        if not output.is_in_range(value):
            raise TypedError(gettext("This is out of range"), field.help or _range(output))
        return value


def _range(output: Output) -> str:
    ends = {"least": output.minimum, "most": output.maximum}
    shown = {name: "…" if end is None else write_value(end) for name, end in ends.items()}
    return gettext("write a value from %(least)s to %(most)s") % shown


def _written(output: Output, stored: Mapping[str, Value]) -> str:
    value = stored.get(output.name)
    return "" if value is None else write_value(value, as_share=is_share(output))
