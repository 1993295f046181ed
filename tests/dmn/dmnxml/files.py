"""A DMN file to change, and how its refusal reads."""

import pytest

from reprieve.dmn.dmnxml import DmnError, load
from reprieve.dmn.model import Severity

# What a modeller saves, with one of everything that is understood. The tests say the lines.
FILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"
    xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="file" name="Orders" namespace="urn:x">
  <itemDefinition id="tStage" name="tStage"><typeRef>string</typeRef><allowedValues><text>"design","milling"</text></allowedValues></itemDefinition>
  <decision id="cancel" name="Cancel order">
    <decisionTable id="cancelTable" hitPolicy="FIRST">
      <input id="i1" label="Stage" camunda:inputVariable="stage">
        <inputExpression id="e1" typeRef="tStage"><text>stage</text></inputExpression>
      </input>
      <input id="i2"><inputExpression typeRef="number"><text> Files submitted </text></inputExpression></input>
      <output id="o1" name="outcome" label="Outcome" typeRef="string">
        <outputValues><text>"allow","request","refuse"</text></outputValues>
        <defaultOutputEntry><text>"request"</text></defaultOutputEntry>
      </output>
      <output id="o2" name="share" typeRef="number" />
      <annotation name="Source" />
      <rule id="r1">
        <description>early</description>
        <inputEntry id="c1"><text>"design"</text></inputEntry>
        <inputEntry id="c2"><text></text></inputEntry>
        <outputEntry id="c3"><text>"allow"</text></outputEntry>
        <outputEntry id="c4"><text>0.5</text></outputEntry>
        <annotationEntry><text>clause 4</text></annotationEntry>
      </rule>
      <rule id="r2">
        <inputEntry id="c5"><text>-</text></inputEntry>
        <inputEntry id="c6"><text>&gt; 3, null</text></inputEntry>
        <outputEntry id="c7"><text>"refuse"</text></outputEntry>
        <outputEntry id="c8"><text></text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""  # noqa: E501 as long as modellers write them
TABLE = FILE[FILE.index("    <decisionTable") : FILE.index("  </decision>")]


def changed(old: str, new: str, count: int = 1) -> bytes:
    assert FILE.count(old) >= 1, old
    return FILE.replace(old, new, count).encode()


def refusal(data: bytes, decision: str | None = None) -> list[str]:
    """The problems of a file that is refused, as `place: message (hint)`."""
    with pytest.raises(DmnError) as caught:
        load(data, decision)
    for problem in caught.value.problems:
        assert problem.severity is Severity.ERROR
        assert problem.message
        assert problem.hint
    return str(caught.value).split("\n")
