"""Two Stripes that others wrote, each behind a proxy that can break things.

stripe-stateful-mock keeps idempotency keys, refuses to refund more than there is and declines cards, but knows charges
only. localstripe knows payment intents, but keeps no keys and lets anything be refunded: it proves nothing of refunds.
Neither knows fees in balance transactions as Stripe does.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.billing.gateways.fault_proxy import Proxy, proxy_to
from tests.patience import PATIENCE

MOCK = Path(__file__).parent.parent / "stripe_mock" / "node_modules" / "stripe-stateful-mock" / "dist" / "index.js"

# Started by themselves both would listen to the whole network, and one would keep what it holds in /tmp.
START_MOCK = "require(process.argv[1]).createExpressApp().listen(+process.argv[2], '127.0.0.1')"
START_LOCAL = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)
"""


@pytest.fixture(scope="session")
def stateful_mock() -> Iterator[int]:
    """The port of a running stripe-stateful-mock."""
    node = shutil.which("node")
    if node is None or not MOCK.exists():
        pytest.skip("stripe-stateful-mock is not installed (npm ci --prefix tests/billing/stripe_mock)")
    port = _free_port()
    with _running([node, "-e", START_MOCK, str(MOCK), str(port)], port):
        yield port


@pytest.fixture(scope="session")
def local_stripe() -> Iterator[int]:
    """The port of a running localstripe, which keeps nothing beyond the run."""
    port = _free_port()
    with _running([sys.executable, "-c", START_LOCAL, str(port)], port):
        yield port


@pytest.fixture
def refunding(stateful_mock: int) -> Iterator[Proxy]:
    """A Stripe to refund at."""
    with proxy_to("127.0.0.1", stateful_mock) as proxy:
        yield proxy


@pytest.fixture
def paying(local_stripe: int) -> Iterator[Proxy]:
    """A Stripe to pay at."""
    with proxy_to("127.0.0.1", local_stripe) as proxy:
        yield proxy


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "it has ended"
        with closing(socket.socket()) as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


def _free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
