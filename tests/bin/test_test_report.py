"""The last word of `make test` has to be true: what CI and people believe about a run is this report."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bin" / "test-report"
PASSED = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure message="no"/></testcase>'
BROKEN = '<testcase name="c"><error message="fixture"/></testcase>'
SKIPPED = '<testcase name="d"><skipped message="Chromium is not installed"/></testcase>'


def report(folder: Path, *left_out: str, ci: bool = False, **suites: str) -> subprocess.CompletedProcess[str]:
    for name, cases in suites.items():
        (folder / f"{name}.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", "utf-8")
    return subprocess.run(
        [sys.executable, SCRIPT, folder, *left_out],
        capture_output=True,
        text=True,
        check=False,
        env={"CI": "true" if ci else "", "PYTHONUTF8": "1"},
    )


def test_adds_up_both_databases_in_its_last_line(tmp_path: Path) -> None:
    result = report(tmp_path, sqlite=PASSED + PASSED + SKIPPED, postgresql=PASSED)
    assert result.stdout.splitlines()[-1] == "total: 3 passed, 0 failed, 1 skipped"
    assert result.returncode == 0


@pytest.mark.parametrize("cases", [PASSED + FAILED, PASSED + BROKEN])
def test_fails_when_a_test_failed_or_could_not_start(tmp_path: Path, cases: str) -> None:
    result = report(tmp_path, sqlite=cases)
    assert result.stdout.splitlines()[-1] == "total: 1 passed, 1 failed, 0 skipped"
    assert result.returncode == 1


def test_fails_when_no_test_ran(tmp_path: Path) -> None:
    result = report(tmp_path, sqlite=SKIPPED)
    assert result.stdout.splitlines()[-1] == "total: 0 passed, 0 failed, 1 skipped"
    assert result.returncode == 1


def test_names_everything_that_was_left_out_once_with_its_count(tmp_path: Path) -> None:
    result = report(tmp_path, "the suite on PostgreSQL", sqlite=PASSED + SKIPPED + SKIPPED)
    assert "  - the suite on PostgreSQL\n  - 2 × Chromium is not installed\n" in result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize(("cases", "left_out"), [(PASSED + SKIPPED, []), (PASSED, ["the suite on PostgreSQL"])])
def test_fails_in_ci_when_anything_was_left_out(tmp_path: Path, cases: str, left_out: list[str]) -> None:
    assert report(tmp_path, *left_out, sqlite=cases).returncode == 0
    assert report(tmp_path, *left_out, sqlite=cases, ci=True).returncode == 1


def test_says_so_when_nothing_was_left_out(tmp_path: Path) -> None:
    result = report(tmp_path, sqlite=PASSED, ci=True)
    assert "Nothing was left out." in result.stdout
    assert result.returncode == 0
