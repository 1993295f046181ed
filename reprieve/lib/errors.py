"""Refusals: what a command raises when it will not be done. Doors turn them into pages and problem documents."""

import re
from typing import ClassVar


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a failure
    """A command was understood and is not done, for a reason that a person can read.

    Subclasses stand beside the function that raises them. `code` is the name of the class in small letters:
    `OrderChanged` is order_changed. It is stable, as programs may depend on it: a test holds the list of them.
    """

    code: ClassVar[str] = "refused"
    usual_remedy: ClassVar[object] = ""  # perhaps words that are translated only when it is raised

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, why: str, *, remedy: str = "") -> None:
        """`why` is one sentence for the person who asked; `remedy` says what would have to differ."""
        super().__init__(why)
        self.why = why
        self.remedy = remedy or str(self.usual_remedy)


class NotFound(Refused):
    """The row does not exist, or is none of the actor's business: both look the same from outside."""


class NotAllowed(Refused):
    """The actor may see this, but it is another role's work."""


class Invalid(Refused):
    """What was given cannot be used as it is. `field` names where, for the form or the document to show it."""

    def __init__(self, why: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(why, remedy=remedy)
        self.field = field
