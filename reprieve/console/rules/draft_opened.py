"""Which part of a draft stands open as a form: a rule, a new one, the fallback, or the facts that it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

ROW, NEW, COPY, FALLBACK, FACTS = "row", "new", "copy", "fallback", "facts"
WITH_A_ROW = (ROW, NEW, COPY)
ALONE = (FALLBACK, FACTS)
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Opened:
    """A part: `row` or `copy` of the row `key`, `new` below the row `key`, `fallback`, `facts`, or nothing."""

    part: str = ""
    key: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Self:
        """What an address asks for: ?row=first-hour, ?new=first-hour, ?part=facts."""
        for part in WITH_A_ROW:
            if part in query:
                return cls(part, query[part][:LONGEST])
        return cls(query["part"]) if query.get("part") in ALONE else cls()

    @classmethod
    def carried(cls, text: str) -> Self:
        """What a form carries along: row:first-hour."""
        part, _, key = text[:LONGEST].partition(":")
        return cls(part, key) if part in (*WITH_A_ROW, *ALONE) else cls()

    def __str__(self) -> str:
        return f"{self.part}:{self.key}"

    @property
    def query(self) -> str:
        if not self.part:
            return ""
        return "?" + urlencode({self.part: self.key} if self.part in WITH_A_ROW else {"part": self.part})


NOTHING = Opened()
