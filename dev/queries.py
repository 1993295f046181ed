"""How often a page asked the database, and what it asked more than once: at the end of the page, and on the terminal.

Styles and scripts of its own would break the product's content security policy, so it is plain HTML.
"""

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.html import format_html, format_html_join

logger = logging.getLogger("dev.queries")
PRODUCT = str(Path(__file__).parents[1] / "reprieve")
END = b"</body>"


@dataclass(frozen=True, slots=True)
class Query:
    """A statement without its parameters, the line of ours that led to it, and how many milliseconds it took."""

    sql: str
    asked_at: str
    milliseconds: float


class QueriesMiddleware:
    """Counts the queries of each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as ever, and tell of the queries."""
        with recorded() as queries:
            response = self.get_response(request)
        response.headers["X-Queries"] = in_words(queries)
        logger.warning("%s %s: %s", request.method, request.get_full_path(), in_words(queries))
        if isinstance(response, HttpResponse) and END in response.content:
            response.content = response.content.replace(END, as_html(queries).encode() + END, 1)
            if "Content-Length" in response.headers:
                response.headers["Content-Length"] = str(len(response.content))
        return response


@contextmanager
def recorded() -> Iterator[list[Query]]:
    """What is asked of any database while this is open."""
    queries: list[Query] = []

    def record(execute: Callable[..., object], sql: str, *arguments: object) -> object:
        began = time.perf_counter()
        try:
            return execute(sql, *arguments)
        finally:
            queries.append(Query(sql, _line_of_ours(), (time.perf_counter() - began) * 1000))

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(record))
        yield queries


def _line_of_ours() -> str:
    """The innermost line of the product that led here."""
    frame = sys._getframe()  # noqa: SLF001 - a whole traceback for each query would slow every page down
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith(PRODUCT):
            return f"{Path(frame.f_code.co_filename).relative_to(Path(PRODUCT).parent)}:{frame.f_lineno}"
    return "Django"


def repeated(queries: Sequence[Query]) -> list[tuple[str, str, int]]:
    """Each statement that was asked more than once, by where it was asked first, and how often; the most first."""
    first = {query.sql: query.asked_at for query in reversed(queries)}
    counts = Counter(query.sql for query in queries if not query.sql.startswith(("SAVEPOINT", "RELEASE SAVEPOINT")))
    return [(sql, first[sql], times) for sql, times in counts.most_common() if times > 1]


def in_words(queries: Sequence[Query]) -> str:
    """For the terminal, and for answers that are no whole page: `17 queries in 12 ms, 2 of them repeated`."""
    more = sum(times - 1 for _sql, _at, times in repeated(queries))
    took = sum(query.milliseconds for query in queries)
    return f"{len(queries)} queries in {took:.0f} ms, {more} of them repeated"


def as_html(queries: Sequence[Query]) -> str:
    """The same for the end of a page, with every statement."""
    again = format_html_join("", "<li>{} × {}<pre>{}</pre></li>", ((n, at, sql) for sql, at, n in repeated(queries)))
    every = format_html_join(
        "", "<li>{} ms, {}<pre>{}</pre></li>", ((f"{one.milliseconds:.1f}", one.asked_at, one.sql) for one in queries)
    )
    return format_html(
        "<details><summary>{}</summary><ul>{}</ul><ol>{}</ol></details>", in_words(queries), again, every
    )
