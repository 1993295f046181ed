"""A Stripe on loopback that answers what a test has laid out, for the kinds of things that no fake of others knows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

MISSING = {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such thing."}}
BROKEN = {"error": {"type": "api_error", "message": "Something broke."}}


@dataclass
class Canned:
    """A running server. `things` are its answers by path, `asked` what has come; `down` breaks it."""

    address: str
    things: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    down: bool = False


@contextmanager
def canned_stripe() -> Iterator[Canned]:
    """The server, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path = self.path.partition("?")[0]
            server.asked.append((f"{self.command} {path}", dict(parse_qsl(body))))
            found = server.things.get(path)
            status, content = (500, BROKEN) if server.down else (404, MISSING) if found is None else (200, found)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        http_server.daemon_threads = True
        server = Canned(f"http://127.0.0.1:{http_server.server_port}")
        Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            http_server.shutdown()
