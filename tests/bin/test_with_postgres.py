"""`bin/with-postgres` starts a server of its own and leaves nothing of it behind; a database that is named wins."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bin" / "with-postgres"
NO_SERVER_INSTALLED = 69
PRINT_ITS_FOLDER = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("SHOW data_directory").fetchone()[0], flush=True)
"""


def with_postgres(*command: str, database_url: str = "") -> subprocess.Popen[str]:
    # What was started in the background may have been told to ignore interruptions, and hands that on.
    return subprocess.Popen(
        ["/usr/bin/env", "--default-signal=INT,TERM", SCRIPT, *command],
        env=os.environ | {"DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def skip_without_server(process: subprocess.Popen[str]) -> None:
    if process.poll() == NO_SERVER_INSTALLED:
        pytest.skip("PostgreSQL is not installed (Debian, Ubuntu: apt-get install postgresql)")


def test_runs_the_command_on_the_database_that_is_named_already_and_starts_none() -> None:
    process = with_postgres("sh", "-c", 'echo "$DATABASE_URL"; exit 3', database_url="sqlite:///named")
    output, _ = process.communicate()
    assert output == "sqlite:///named\n"
    assert process.returncode == 3


def test_gives_the_command_a_server_of_its_own_and_deletes_it_afterwards() -> None:
    process = with_postgres(sys.executable, "-c", PRINT_ITS_FOLDER + "raise SystemExit(7)")
    output, _ = process.communicate()
    skip_without_server(process)
    folder = Path(output.strip())
    assert folder.parent.name.startswith("reprieve-postgres.")
    assert not folder.parent.exists()
    assert process.returncode == 7


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_deletes_the_server_when_it_is_interrupted(interruption: signal.Signals) -> None:
    process = with_postgres(sys.executable, "-c", PRINT_ITS_FOLDER + "import time; time.sleep(60)")
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    if folder == Path():
        process.wait()
        skip_without_server(process)
    assert folder.is_dir()
    os.killpg(process.pid, interruption)
    process.communicate()
    assert not folder.parent.exists()
    assert process.returncode != 0
