"""What is to be said of rules on the command line: one line each, or as data for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reprieve.dmn.dmnxml import FileProblem
from reprieve.dmn.facts import facts_to_data
from reprieve.dmn.sfeel import print_cell
from reprieve.dmn.table import Problem, Row, Severity, Table
from reprieve.dmn.values import value_to_data
from reprieve.policies.words.findings import Finding, Place, findings_of_problems


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about rules: how grave, where (in words), what, what to do. `data` holds more of it for programs."""

    severity: Severity
    kind: str
    place: str
    sentence: str
    remedy: str
    data: Mapping[str, object] = field(default_factory=dict)

    def line(self, source: str) -> str:
        return f"{source}: {self.place}: {self.severity}: {self.sentence} {self.remedy}".replace("\n", " ").strip()

    def to_data(self) -> dict[str, object]:
        return {
            "severity": self.severity.value,
            "kind": self.kind,
            "place": self.place,
            "sentence": self.sentence,
            "remedy": self.remedy,
            **self.data,
        }


class Unusable(Exception):  # noqa: N818 - an answer, not a failure
    """Rules that cannot be read, and everything that is wrong with them."""

    def __init__(self, source: str, remarks: Iterable[Remark]) -> None:
        self.source = source
        self.remarks = tuple(remarks)
        super().__init__("\n".join(remark.line(source) for remark in self.remarks))


def unusable(source: str, sentence: str, remedy: str, *, place: str = "the file") -> Unusable:
    """That one thing is wrong with rules as a whole."""
    return Unusable(source, [Remark(Severity.ERROR, "file", place, sentence, remedy)])


def of_file_problem(problem: FileProblem) -> Remark:
    data = {"line": problem.line, "element": problem.element, "id": problem.element_id}
    remedy = f"{problem.hint[:1].upper()}{problem.hint[1:]}."
    return Remark(problem.severity, "file", problem.place, f"{problem.message}.", remedy, data)


def of_problems(problems: Iterable[Problem], data: Mapping[str, object]) -> list[Remark]:
    """What keeps rules, which were given as data, from being read."""
    return [_of_problem(problem, data) for problem in problems]


def _of_problem(problem: Problem, data: Mapping[str, object]) -> Remark:
    (finding,) = findings_of_problems([problem], data)
    rows, names = data.get("rows"), {}
    if isinstance(rows, list):
        names = {str(row.get("id")): number for number, row in enumerate(rows, 1) if isinstance(row, dict)}
    place = (
        _place(finding.place, names, {}) or _scenario(problem.place, data) or problem.place.strip("/") or "the table"
    )
    more: dict[str, object] = {"rows": list(finding.place.rows), "columns": list(finding.place.columns)}
    return Remark(finding.severity, finding.kind, place, finding.sentence, finding.remedy, more)


def _scenario(place: str, data: Mapping[str, object]) -> str:
    """The scenario, by its name, that a JSON Pointer leads to, and the fact in it; empty for anything else."""
    match place.split("/")[1:], data.get("scenarios"):
        case ["scenarios", index, *steps], list(scenarios):
            name = scenarios[int(index)].get("name") if isinstance(scenarios[int(index)], dict) else None
            return ", ".join([f"scenario “{name}”" if name else f"scenario {int(index) + 1}", *steps[-1:]])
    return ""


def of_finding(finding: Finding, table: Table) -> Remark:
    rows: dict[str, int] = {row.id: number for number, row in enumerate(table.rows, start=1)}
    titles = {column.name: column.title for column in table.inputs}
    titles |= {output.name: output.title for output in table.outputs}
    shown = Place(finding.place.rows[:1], finding.place.columns if len(finding.place.rows) <= 1 else ())
    sentence = finding.sentence
    if finding.example:
        facts = "; ".join(f"{fact.label}: {fact.value}" for fact in finding.example)
        sentence += f" For example: {facts}."
    data: dict[str, object] = {"rows": list(finding.place.rows), "columns": list(finding.place.columns)}
    if finding.witness is not None:
        data["facts"] = facts_to_data(table, finding.witness.facts)
        data["now"] = finding.witness.now.isoformat()
    if finding.suggestion is not None:
        data["suggestion"] = row_to_data(table, finding.suggestion)
    place = _place(shown, rows, titles) or "the table"
    return Remark(finding.severity, finding.kind, place, sentence, finding.remedy, data)


def _place(place: Place, numbers: Mapping[str, int], titles: Mapping[str, str]) -> str:
    rows = [f"row {numbers[row]} “{row}”" if row in numbers else f"row “{row}”" for row in place.rows]
    return ", ".join([*rows, *(titles.get(column, column) for column in place.columns)])


def row_to_data(table: Table, row: Row) -> dict[str, object]:
    """A row as JSON, as a table's own data has it."""
    types = {column.name: column.type for column in table.inputs}
    return {
        "id": row.id,
        "when": {name: print_cell(cell, types[name]) for name, cell in row.cells.items()},
        "then": {name: value_to_data(value) for name, value in row.outputs.items()},
    }
