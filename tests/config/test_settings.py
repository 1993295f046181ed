"""What operators read about the settings is what the settings read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_setting_stands_in_the_operators_table_and_no_other_does() -> None:
    read = set(re.findall(r'environment\.\w+\("(\w+)"', (ROOT / "reprieve/config/settings.py").read_text("utf-8")))
    table = [line for line in (ROOT / "docs/operations.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    documented = {name for line in table for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert documented == read
