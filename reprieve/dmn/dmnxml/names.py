"""Names as FEEL and XML want them. A name or id of ours that is neither travels in an attribute of our own."""

import re
from collections.abc import Iterable

_SIMPLE_NAME = re.compile(r"[^\W\d]\w*(?: \w+)*")
_KEYWORDS = {
    "and", "between", "else", "every", "external", "false", "for", "function", "if", "in", "instance", "not", "null",
    "of", "or", "return", "satisfies", "some", "then", "true",
}  # fmt: skip
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def is_simple_name(text: str) -> bool:
    """Whether a FEEL reader can only take the text for a name: words, none of them a keyword."""
    return bool(_SIMPLE_NAME.fullmatch(text)) and not _KEYWORDS & set(text.split(" "))


def simple_name(name: str) -> str:
    """The name itself where it is simple, otherwise one that resembles it."""
    if is_simple_name(name):
        return name
    words = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    return words if is_simple_name(words) else f"fact_{words}".rstrip("_")


def xml_name(text: str) -> str:
    """The text itself where XML takes it for an id, otherwise one that resembles it."""
    if _XML_NAME.fullmatch(text):
        return text
    words = re.sub(r"[^A-Za-z0-9_.-]", "_", text)
    return words if _XML_NAME.fullmatch(words) else f"_{words}"


def is_made_from(made: str, base: str) -> bool:
    """Whether `Unique.take(base)` may have given `made`."""
    return re.fullmatch(re.escape(base) + r"(_[0-9]+)?", made) is not None


def not_in_xml(text: str) -> str | None:
    """The first character that no XML file can hold; None where there is none."""
    found = _NOT_IN_XML.search(text)
    return found[0] if found else None


class Unique:
    """Gives each taker a text that nobody else has, by counting: x, x_2, x_3."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, wanted: str) -> str:
        """The wanted text, or the first of its numbered kin that is free."""
        text, number = wanted, 1
        while text in self._taken:
            number += 1
            text = f"{wanted}_{number}"
        self._taken.add(text)
        return text
