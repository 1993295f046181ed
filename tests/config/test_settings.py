"""What operators read about the settings is what the settings read."""

import re
from pathlib import Path

from django.conf import settings

from reprieve.orders.uploads import LARGEST_FILE, MOST_FILES

ROOT = Path(__file__).parents[2]


def test_every_setting_stands_in_the_operators_table_and_no_other_does() -> None:
    read = set(re.findall(r'environment\.\w+\("(\w+)"', (ROOT / "reprieve/config/settings.py").read_text("utf-8")))
    table = [line for line in (ROOT / "docs/operations.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    documented = {name for line in table for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert documented == read


def test_the_limits_of_uploads_are_what_the_operators_read_and_lie_below_djangos_own() -> None:
    """Beyond Django's own limit a whole form would be lost; up to it too many files are refused at their field."""
    operations = (ROOT / "docs/operations.md").read_text("utf-8")
    assert f"({MOST_FILES} files of {LARGEST_FILE // 2**20} MB)" in operations
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES > MOST_FILES
