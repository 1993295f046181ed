"""The teeth of a line: which there are, and how people write them."""

import re

from django.utils.translation import gettext

TEETH = range(1, 33)
LONGEST_TEXT = 200
TOOTH_OR_RANGE = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?", re.ASCII)


def parse_teeth(text: str) -> tuple[int, ...]:
    """The numbers in the order in which they are written: `3, 14-16` or `3 16–14` is 3, 14, 15, 16.

    Whether there is such a tooth is another question. Raises ValueError saying what to write instead.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(gettext("Please name each tooth once, such as 3, 14-16."))
    teeth: list[int] = []
    for part in re.split(r"[\s,;]+", re.sub(r"\s*[-–]\s*", "-", text).strip(" \t\r\n,;")):
        match = TOOTH_OR_RANGE.fullmatch(part)
        if match is None and part:
            raise ValueError(gettext("“%s” is not a tooth number. Write them such as 3, 14-16.") % part[:20])
        if match is not None:
            first, last = sorted((int(match[1]), int(match[2] or match[1])))
            teeth.extend(range(first, last + 1))
    return tuple(teeth)
