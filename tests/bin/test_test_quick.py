"""`make test-quick` is worth something only if it finds the tests of what was changed."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which is no module by its name, in the project's folder."""
    loader = SourceFileLoader("test_quick", str(ROOT / "bin" / "test-quick"))
    spec = spec_from_loader("test_quick", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.chdir(ROOT)
    return module


@pytest.mark.parametrize(
    ("changed", "nearest"),
    [
        ("reprieve/orders/lifecycle.py", "tests/orders/test_lifecycle.py"),
        ("tests/orders/test_lifecycle.py", "tests/orders/test_lifecycle.py"),
    ],
)
def test_begins_with_the_nearest(quick: ModuleType, changed: str, nearest: str) -> None:
    assert quick.tests_of([changed])[0] == nearest


def test_finds_what_imports_it_and_what_tests_that(quick: ModuleType) -> None:
    found = quick.tests_of(["reprieve/orders/lifecycle.py"])
    assert "tests/races/test_orders.py" in found  # imports it
    assert "tests/console/test_moves.py" in found  # tests what imports it


def test_takes_the_tests_of_the_door_for_its_templates(quick: ModuleType) -> None:
    found = quick.tests_of(["reprieve/templates/console/orders/order.html"])
    assert "tests/console/test_orders.py" in found
    assert not [path for path in found if not path.startswith("tests/console/")]


@pytest.mark.parametrize("changed", ["README.md", "reprieve/static/reprieve/icons.svg", "tests/factories/nothing.py"])
def test_finds_nothing_for_what_no_test_knows(quick: ModuleType, changed: str) -> None:
    assert quick.tests_of([changed]) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("from reprieve.orders.lifecycle import move", True),
        ("from reprieve.orders import facts, lifecycle", True),
        ("import reprieve.orders.lifecycle", True),
        ("from reprieve.orders.lifecycles import move", False),
        ("# from reprieve.orders.lifecycle import move", False),
    ],
)
def test_tells_an_import_of_it(quick: ModuleType, line: str, told: bool) -> None:  # noqa: FBT001
    assert quick.names(line, "reprieve/orders/lifecycle.py") is told
