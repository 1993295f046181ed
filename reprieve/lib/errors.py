"""Refusals: what a command raises when it will not be done. Doors turn them into pages and problem documents."""

from typing import ClassVar


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a failure
    """A command was understood and is not done, for a reason that a person can read.

    Subclasses stand beside the function that raises them. `code` is stable: programs may depend on it.
    """

    code: ClassVar[str] = "refused"
    usual_remedy: ClassVar[object] = ""  # perhaps words that are translated only when it is raised

    def __init__(self, why: str, *, remedy: str = "") -> None:
        """`why` is one sentence for the person who asked; `remedy` says what would have to differ."""
        super().__init__(why)
        self.why = why
        self.remedy = remedy or str(self.usual_remedy)


class NotFound(Refused):
    """The row does not exist, or is none of the actor's business: both look the same from outside."""

    code = "not_found"


class NotAllowed(Refused):
    """The actor may see this, but it is another role's work."""

    code = "not_allowed"


class Invalid(Refused):
    """What was given cannot be used as it is. `field` names where, for the form or the document to show it."""

    code = "invalid"

    def __init__(self, why: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(why, remedy=remedy)
        self.field = field
