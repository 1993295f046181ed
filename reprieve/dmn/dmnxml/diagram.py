"""The diagram of a decision and its facts: modellers open no file without one."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from reprieve.dmn.dmnxml.names import Unique

_WIDTH, _FACT_HEIGHT, _DECISION_HEIGHT = 180, 45, 80
_GAP, _LEFT, _TOP, _FACTS_TOP = 30, 160, 100, 320


def add_diagram(root: ET.Element, decision_id: str, requirements: Mapping[str, str], unique: Unique) -> None:
    """Draw the decision above a line of its facts; `requirements` leads from their ids to those of their arrows."""
    step = _WIDTH + _GAP
    middle = _LEFT + (max(len(requirements), 1) * step - _GAP) // 2
    diagram = ET.SubElement(ET.SubElement(root, "dmndi:DMNDI"), "dmndi:DMNDiagram", {"id": unique.take("diagram")})
    _shape(diagram, decision_id, (middle - _WIDTH // 2, _TOP, _DECISION_HEIGHT), unique)
    for index, (fact_id, requirement_id) in enumerate(requirements.items()):
        left = _LEFT + index * step
        _shape(diagram, fact_id, (left, _FACTS_TOP, _FACT_HEIGHT), unique)
        ends = ((left + _WIDTH // 2, _FACTS_TOP), (middle, _TOP + _DECISION_HEIGHT))
        edge_id = unique.take(f"{requirement_id}_edge")
        edge = ET.SubElement(diagram, "dmndi:DMNEdge", {"id": edge_id, "dmnElementRef": requirement_id})
        for x, y in ends:
            ET.SubElement(edge, "di:waypoint", {"x": str(x), "y": str(y)})


def _shape(diagram: ET.Element, element_id: str, left_top_height: tuple[int, int, int], unique: Unique) -> None:
    left, top, height = left_top_height
    shape_id = unique.take(f"{element_id}_shape")
    shape = ET.SubElement(diagram, "dmndi:DMNShape", {"id": shape_id, "dmnElementRef": element_id})
    bounds = {"x": left, "y": top, "width": _WIDTH, "height": height}
    ET.SubElement(shape, "dc:Bounds", {name: str(value) for name, value in bounds.items()})
