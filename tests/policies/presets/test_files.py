from pathlib import Path

import pytest

from reprieve.dmn.table import TableError
from reprieve.policies.presets import files as preset_files


def test_knows_the_shipped_presets() -> None:
    assert preset_files.names() == ["cae", "dandy", "general", "lab"]
    assert [preset.action for preset in preset_files.load("lab")] == ["cancel", "pause", "resume"]


def test_refuses_a_preset_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="nobody"):
        preset_files.load("nobody")


def test_names_every_fact_and_output_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "order-cancellation.toml"
    path.write_text(
        """
        key = "order-cancellation"
        title = "Cancelling"
        subject = "order"
        action = "cancel"
        basis = "decision"
        inputs = ["status", "moon"]
        outputs = ["outcome", "mood"]
        fallback = { outcome = "request" }
        usual = { statos = "processing" }
        domains = { product_family = ["crowns"] }
        [[rows]]
        id = "all"
        then = { outcome = "refuse" }
        [[scenarios]]
        name = "misspelt"
        outcome = "refuse"
        facts = { stotus = "cancelled" }
        """,
        encoding="utf-8",
    )
    with pytest.raises(TableError) as refusal:
        preset_files.load_file(path)
    assert [problem.place for problem in refusal.value.problems] == [
        "/inputs/moon",
        "/outputs/mood",
        "/domains/product_family",
        "/usual/statos",
        "/scenarios/0/facts/stotus",
    ]
