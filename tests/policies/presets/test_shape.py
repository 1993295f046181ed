"""The parts that a preset's file needs; what is said of each stands in tests/commands/test_policy_check.py."""

import tomllib

import pytest

from reprieve.policies.models import Policy
from reprieve.policies.presets.files import PRESETS
from reprieve.policies.presets.shape import LONGEST, problems_of


def test_shipped_files_have_the_shape() -> None:
    for path in PRESETS.glob("*/*.toml"):
        assert problems_of(tomllib.loads(path.read_text())) == []


def test_an_empty_file_lacks_everything() -> None:
    assert [problem.message for problem in problems_of({})] == [
        f"The file has no {part}"
        for part in ("key", "title", "subject", "action", "basis", "inputs", "outputs", "rows", "fallback")
    ]


def test_nothing_is_longer_than_the_database_keeps() -> None:
    assert {name: Policy._meta.get_field(name).max_length for name in LONGEST} == LONGEST  # type: ignore[union-attr] # noqa: SLF001


WHOLE = {
    "key": "order-pausing",
    "title": "Pausing",
    "subject": "order",
    "action": "pause",
    "basis": "decision",
    "inputs": ["status"],
    "outputs": ["outcome", "message"],
    "rows": [{"id": "any", "then": {"outcome": "allow"}}],
    "fallback": {"outcome": "request"},
}


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"rules": []}, "/rules", "rules is no part of such a file"),
        ({"title": " "}, "/title", "The title is text"),
        ({"key": 7}, "/key", "The key is text"),
        ({"inputs": "status"}, "/inputs", "The inputs are a list of names"),
        ({"outputs": ["outcome", 1]}, "/outputs", "The outputs are a list of names"),
        ({"rows": {"id": "any"}}, "/rows", "The rows are a list of tables"),
        ({"scenarios": ["one"]}, "/scenarios", "The scenarios are a list of tables"),
        ({"fallback": "request"}, "/fallback", "fallback is a table"),
        ({"domains": []}, "/domains", "domains is a table"),
        ({"title": "x" * 121}, "/title", "The title is too long"),
        ({"action": "Pause it"}, "/action", "Pause it is no action"),
        ({"basis": "whenever"}, "/basis", "whenever is not known as basis"),
        ({"subject": "teapot"}, "/subject", "There are no facts about teapot"),
        ({"rows": [{"then": {"outcome": "allow"}}]}, "/rows/0", "The row has no id"),
        ({"rows": [{"id": "any", "then": {}, "else": 1}]}, "/rows/0/else", "else is no part of a row"),
        ({"rows": [{"id": "any"}]}, "/rows/0", "The row answers nothing"),
        ({"rows": [{"id": "any", "then": {}, "if": "-"}]}, "/rows/0", "The row's conditions are cells by fact"),
        ({"domains": {"tags": "vip"}}, "/domains/tags", "The allowed values are a list"),
        ({"scenarios": [{"facts": 3}]}, "/scenarios/0/facts", "The facts of a scenario are values by name"),
    ],
)
def test_what_is_of_another_kind_is_named_with_its_place(written: dict[str, object], place: str, message: str) -> None:
    assert problems_of(WHOLE) == []
    assert [(problem.place, problem.message) for problem in problems_of(WHOLE | written)] == [(place, message)]
