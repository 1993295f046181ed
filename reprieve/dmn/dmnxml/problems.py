"""What is wrong with a DMN file, at the line where its writer finds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from reprieve.dmn.model import Severity


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Something in a file that cannot be used (an error) or that is left out (a warning).

    Attributes:
        line: where the element begins, counted from 1; 0 for the file as a whole.
        element: its name without prefix, such as `inputEntry`; empty for the file as a whole.
        element_id: its id, where it has one.
        message: what is wrong.
        hint: what to do.
        severity: an error keeps the file out; a warning tells what was not taken over.
    """

    line: int
    element: str
    element_id: str | None
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """Where it stands, in words: `line 12, rule "early"`."""
        if not self.element:
            return f"line {self.line}" if self.line else "the file"
        return f"line {self.line}, {self.element}" + (f' "{self.element_id}"' if self.element_id else "")


class DmnError(ValueError):
    """A file that cannot be used. Carries every problem that was found, not only the first."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(f"{problem.place}: {problem.message} ({problem.hint})" for problem in problems))
        self.problems = tuple(problems)
