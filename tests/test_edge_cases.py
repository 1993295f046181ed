"""What went wrong elsewhere (docs/edge-cases.md): each row names a test that is there."""

import re
from pathlib import Path

HERE = Path(__file__)
PAGE = HERE.parents[1] / "docs" / "edge-cases.md"
ROW = re.compile(r"^\| (\d+) \|.*`(?P<file>[\w/]+\.py)::(?P<test>test_\w+)` \|$", re.MULTILINE)
NUMBERED = re.compile(r"def test_edges?_(\d+(?:_and_\d+)*)_")


def test_every_row_names_a_test_that_is_there() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    named = list(ROW.finditer("\n".join(rows)))
    assert len(named) == len(rows)
    missing = [found.group("test") for found in named if f"def {found['test']}(" not in _text(found["file"])]
    assert missing == []


def test_a_test_with_a_number_is_about_a_row_of_the_page() -> None:
    numbers = {found[1] for found in ROW.finditer(PAGE.read_text(encoding="utf-8"))}
    used = {
        number
        for path in HERE.parent.rglob("test_*.py")
        for found in NUMBERED.findall(path.read_text(encoding="utf-8"))
        for number in found.split("_and_")
    }
    assert used - numbers == set()


def _text(file: str) -> str:
    path = HERE.parent / file
    return path.read_text(encoding="utf-8") if path.exists() else ""
