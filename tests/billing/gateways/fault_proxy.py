"""A proxy on loopback that breaks what it is told to break, before or after the server behind it has acted."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.patience import PATIENCE


class Fault(Enum):
    """How one request is broken."""

    HANG_UP_BEFORE = auto()  # the server never hears of it
    HANG_UP_AFTER = auto()  # the server has acted, and its answer is lost
    ERROR_BEFORE = auto()  # a 500 from something in between
    ERROR_AFTER = auto()
    NONSENSE = auto()  # an answer that is no JSON, after the server has acted


BEFORE = (Fault.HANG_UP_BEFORE, Fault.ERROR_BEFORE)


@dataclass
class Proxy:
    """A running proxy. `faults` break the requests to come, one each and first to last; `asked` is what has come."""

    address: str
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def proxy_to(host: str, port: int) -> Iterator[Proxy]:
    """A proxy to the server there, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.asked.append(f"{self.command} {self.path.partition('?')[0]}")
            fault = proxy.faults.pop(0) if proxy.faults else None
            status, content = (500, b"broken") if fault in BEFORE else self._from_server(body)
            if fault in {Fault.HANG_UP_BEFORE, Fault.HANG_UP_AFTER}:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if fault is Fault.ERROR_AFTER:
                status, content = 500, b'{"error": {"type": "api_error", "message": "Something broke."}}'
            if fault is Fault.NONSENSE:
                status, content = 200, b"<html>"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _from_server(self, body: bytes) -> tuple[int, bytes]:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as server:
                server.request(self.command, self.path, body, headers)
                answer = server.getresponse()
                return answer.status, answer.read()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        http_server.daemon_threads = True
        proxy = Proxy(f"http://127.0.0.1:{http_server.server_port}")
        Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield proxy
        finally:
            http_server.shutdown()
