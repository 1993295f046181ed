"""Logs for operators, without what the database says of the row that it refused: it may hold a patient's data."""

import logging
import re
from types import TracebackType

# From DETAIL to the next heading of a traceback or of PostgreSQL's message; the row's values may span lines.
DETAIL = re.compile(
    r"^DETAIL:.*?(?=^(?:CONTEXT:|HINT:|Traceback |The above exception|During handling)|\Z)", re.DOTALL | re.MULTILINE
)

type ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """Formats tracebacks without the details of database errors."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        return DETAIL.sub("DETAIL: left out\n", super().formatException(ei))
