"""The recipes are read by whoever is new here: what they name has to be there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "development.md"
NAMED = sorted(set(re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+)?)`", PAGE.read_text("utf-8"))))
MADE_LATER = {"var/dev/mail", "locale/"}
FACTORIES = sorted(path.name for path in (ROOT / "tests" / "factories").glob("*.py"))


@pytest.mark.parametrize("path", [path for path in NAMED if path not in MADE_LATER])
def test_names_files_and_folders_that_are_there(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "reprieve" / path).exists()


def test_names_every_factory() -> None:
    table = PAGE.read_text("utf-8").partition("## Factories")[2]
    assert sorted(re.findall(r"`(\w+\.py)`", table)) == FACTORIES
