"""What a refusal says goes through gettext, so that its reader can have it in another language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "reprieve"
NOT_SPOKEN_TO_PEOPLE = {"demo", "dmn"}  # nobody is refused by the demo; the engine knows no Django
TRANSLATED = {"gettext", "ngettext", "_", "gettext_noop"}
SPOKEN = {"why", "remedy"}


def modules() -> dict[str, ast.Module]:
    files = (path for path in PACKAGE.rglob("*.py") if not NOT_SPOKEN_TO_PEOPLE & set(path.relative_to(PACKAGE).parts))
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def refusals(trees: list[ast.Module]) -> set[str]:
    """The names of all classes that are refusals."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {"Refused"}
    while more := {cls.name for cls in classes if found & set(map(name_of, cls.bases))} - found:
        found |= more
    return found


def plain(spoken: ast.expr, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Words in an expression that nobody translates, also by way of the names that stand in it."""
    match spoken:
        case ast.Constant(value=str(words)):
            if any(map(str.isalpha, words)):
                yield words
        case ast.Call(func=func) if name_of(func) in TRANSLATED:
            return
        case ast.BinOp(left=left, op=ast.Mod()):  # what is put into a sentence is data
            yield from plain(left, assigned)
        case ast.Name(id=name):
            for value in assigned.get(name, []):
                yield from plain(value, {})
        case ast.JoinedStr() | ast.BinOp() | ast.IfExp() | ast.BoolOp():
            for part in ast.iter_child_nodes(spoken):
                if isinstance(part, ast.expr):
                    yield from plain(part, assigned)


def of_each_function(tree: ast.Module) -> Iterator[tuple[ast.AST, dict[str, list[ast.expr]]]]:
    """Each function, and the module, with what is assigned to names there."""
    for scope in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Module)):
        assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ast.iter_child_nodes(scope):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    assigned.setdefault(name_of(target), []).append(node.value)
        yield scope, assigned


def spoken_plainly(tree: ast.Module, refused: set[str]) -> Iterator[str]:
    for scope, assigned in of_each_function(tree):
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and name_of(node.func) in refused:
                spoken = [*node.args[:1], *(word.value for word in node.keywords if word.arg in SPOKEN)]
                yield from (words for one in spoken for words in plain(one, assigned))
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(scope, ast.Module) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if "usual_remedy" in map(name_of, targets):
                    yield from plain(node.value, assigned)


def test_every_refusal_is_said_in_words_that_can_be_translated() -> None:
    trees = modules()
    refused = refusals(list(trees.values()))
    found = {name: sorted(set(spoken_plainly(tree, refused))) for name, tree in trees.items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('raise Refused("No.")', ["No."]),
        ('raise Refused(f"No, {name}.")', ["No, ", "."][:1]),
        ('raise Refused(gettext("No, %s.") % "you")', []),
        ('why = "No."\nraise Refused(why, remedy=gettext("Ask."))', ["No."]),
        ('raise Refused(gettext("No."), remedy="Ask." if asked else "")', ["Ask."]),
        ('class No(Refused):\n    usual_remedy = "Ask."', ["Ask."]),
        ('class No(Refused):\n    usual_remedy = _("Ask.")', []),
    ],
)
def test_finds_the_words_that_cannot_be(code: str, words: list[str]) -> None:
    assert list(dict.fromkeys(spoken_plainly(ast.parse(code), {"Refused"}))) == words
