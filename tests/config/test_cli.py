"""The console script: which commands need a deployment, and how it ends when something is wrong."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reprieve.config import cli

type Seen = list[dict[str, str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    """The settings with which each command is run, in an empty folder."""
    found: Seen = []

    def run(_arguments: Sequence[str]) -> None:
        settings = {name: value for name, value in os.environ.items() if name.startswith("REPRIEVE_")}
        assert Path(settings.get("REPRIEVE_DATA", tmp_path)).is_dir()
        found.append(settings)

    monkeypatch.setattr(cli, "execute_from_command_line", run)
    monkeypatch.chdir(tmp_path)
    for name in ("REPRIEVE_SECRET_KEY", "REPRIEVE_DATA"):
        monkeypatch.setenv(name, "")  # so that what the script sets is taken back
        monkeypatch.delenv(name)
    return found


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["reprieve", *arguments])
    cli.main()


@pytest.mark.parametrize("verb", ["check", "decide", "diff", "list", "--help"])
def test_looking_at_rules_needs_neither_key_nor_folder(verb: str, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "policy", verb, "rules.dmn")
    (settings,) = seen
    assert len(settings["REPRIEVE_SECRET_KEY"]) > 50
    assert not Path(settings["REPRIEVE_DATA"]).exists()
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("policy", "install", "lab"), ("policy", "replay"), ("migrate",), ("serve",), ()]
)
def test_everything_else_needs_a_deployment(
    arguments: tuple[str, ...], seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, *arguments)
    assert not {"REPRIEVE_SECRET_KEY", "REPRIEVE_DATA"} & seen[0].keys()


def test_a_deployment_that_there_is_is_used(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRIEVE_SECRET_KEY", "theirs")
    Path("var").mkdir()
    run(monkeypatch, "policy", "decide", "order-cancellation")
    assert seen[0]["REPRIEVE_SECRET_KEY"] == "theirs"
    assert "REPRIEVE_DATA" not in seen[0]


def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_arguments: Sequence[str]) -> None:
        raise ImproperlyConfigured("REPRIEVE_X is not set.")

    monkeypatch.setattr(cli, "execute_from_command_line", refuse)
    with pytest.raises(SystemExit, match=r"^reprieve: REPRIEVE_X is not set\.$"):
        run(monkeypatch, "migrate")
