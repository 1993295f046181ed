"""The parts that a preset's file needs; what is said of each stands in tests/commands/test_policy_check.py."""

import tomllib

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
