import re

import pytest

from tests.dmn.dmnxml.files import TABLE, changed, refusal

STRING = "<typeRef>string</typeRef>"
CELL = '<text>"design"</text>'
DASH = '<inputEntry id="c5"><text>-</text></inputEntry>'
ANSWER = "<text>0.5</text>"


@pytest.mark.parametrize("policy", ["COLLECT", "RULE ORDER", "OUTPUT ORDER"])
def test_refuses_policies_that_answer_with_a_list(policy: str) -> None:
    (found,) = refusal(changed('"FIRST"', f'"{policy}"'))
    assert found.startswith(f'line 6, decisionTable "cancelTable": {policy} gives a list of answers')
    assert "a policy gives one answer" in found


def required(decision: str) -> str:
    return f'<informationRequirement id="q"><requiredDecision href="{decision}"/></informationRequirement>'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (TABLE, '<literalExpression id="l"/>', 'literalExpression "l": This is a literal'),
        (TABLE, '<invocation id="v"/>', 'invocation "v": This is an invocation of a function'),
        (TABLE, '<context id="x"/>', 'context "x": This is a context'),
        (TABLE, '<conditional id="y"/>', 'conditional "y": This is an if'),
        (TABLE, "", 'decision "cancel": The decision Cancel order holds no decision table'),
        (TABLE, '<knowledgeRequirement id="k"/>' + TABLE, 'knowledgeRequirement "k": The decision calls'),
        (TABLE, required("#o") + TABLE, 'informationRequirement "q": The decision needs the answer of another (#o)'),
        ("  <decision ", '<import id="p" namespace="urn:y"/><decision ', 'import "p": The file imports another'),
        (">stage<", ">order.stage<", 'inputExpression "e1": order.stage is no name of a fact'),
        (">stage<", ">stage + 1<", 'inputExpression "e1": stage + 1 is no name of a fact'),
        (">stage<", ">count(files)<", 'inputExpression "e1": count(files) is no name of a fact'),
        (">stage<", ">if a then b else c<", 'inputExpression "e1": if a then b else c is no name of a fact'),
        (">stage<", "><", 'inputExpression "e1": The input names no fact'),
        (">stage<", ">Files submitted<", 'input "i2": The column Files submitted is there twice'),
        ('typeRef="tStage"', 'typeRef="tOther"', 'inputExpression "e1": The type tOther is not known here'),
        (">string<", ">yearMonthDuration<", 'inputExpression "e1": Months and years have no fixed length'),
        (">string<", ">tStage<", 'inputExpression "e1": The type tStage is not known here'),
        ('name="tStage"', 'name="tStage" isCollection="true"', 'itemDefinition "tStage": The type tStage is a list'),
        (STRING, '<itemComponent name="x"/>', 'itemDefinition "tStage": The type tStage has parts'),
        (STRING, '<functionItem id="f"/>', 'functionItem "f": The type is a function'),
        ('"design","milling"', '["a".."b"]', "allowedValues: Text has no order"),
        ('>"allow","request","refuse"<', '>not("allow")<', "outputValues: The allowed values are a range"),
        (CELL, "<text>design</text>", 'inputEntry "c1": design is a name, and a cell holds constants only'),
        (CELL, '<text>"a", now()</text>', 'inputEntry "c1": now(…) cannot be used in a cell (character 6'),
        (CELL, '<text>"sculpting"</text>', 'inputEntry "c1": Stage is never sculpting'),
        (ANSWER, "<text>share * 2</text>", 'outputEntry "c4": share is a name'),
        (ANSWER, "<text>&lt; 1</text>", 'outputEntry "c4": An answer is one constant'),
        (ANSWER, "<text>1, 2</text>", 'outputEntry "c4": An answer is one constant'),
        (ANSWER, "<text>-</text>", 'outputEntry "c4": An answer is one constant'),
        ('<text>"allow"</text>', '<text>"perhaps"</text>', 'outputEntry "c3": Outcome is never perhaps'),
        ('<text>"request"</text>', '<text>"perhaps"</text>', 'output "o1": Outcome is never perhaps'),
        ('name="outcome"', 'name="share"', 'output "o2": The output share is there twice'),
        ('name="outcome" ', "", 'output "o1": The output has no name'),
        (DASH, "", 'rule "r2": The rule has 1 × inputEntry, and the table 2 × input'),
        ('"r2"', '"r1"', 'rule "r1": The row id r1 is there twice'),
        ('hitPolicy="FIRST"', 'hitPolicy="LAST"', 'decisionTable "cancelTable": The hit policy LAST is not known'),
        ('"c1">', '"c1" expressionLanguage="juel">', 'inputEntry "c1": This is written in juel'),
        ('"urn:x">', '"urn:x" expressionLanguage="urn:python">', 'definitions "file": This is written in urn:python'),
        ('<input id="i2">', '<input id="i2"><trap/>', "trap: trap is not known here"),
        ('<input id="i2">', '<input id="i2" xmlns:r="urn:reprieve:dmn" r:clock="ago">', 'input "i2": clock is ago'),
        ('<input id="i2">', '<input id="i2" xmlns:r="urn:reprieve:dmn" r:nullable="1">', 'input "i2": nullable is 1'),
    ],
)  # fmt: skip
def test_refuses_by_name_and_line_what_it_does_not_understand(old: str, new: str, problem: str) -> None:
    data = changed(old, new)
    (found,) = [line for line in refusal(data) if problem in line]
    line = re.match(r"line (\d+), (\w+)", found)
    assert line is not None
    assert f"<{line[2]}" in data.decode().split("\n")[int(line[1]) - 1]


def test_names_what_stands_in_the_place_of_a_table_once() -> None:
    assert len(refusal(changed(TABLE, "<literalExpression/>"))) == 1


def test_names_every_problem_in_the_order_of_the_file() -> None:
    data = changed('"FIRST"', '"COLLECT"').replace(b">stage<", b">a.b<").replace(b"<text>0.5<", b"<text>half<")
    assert [problem.split(":")[0] for problem in refusal(data)] == [
        'line 6, decisionTable "cancelTable"',
        'line 8, inputExpression "e1"',
        'line 22, outputEntry "c4"',
    ]
