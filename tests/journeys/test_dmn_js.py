"""dmn-js, which Camunda Modeler is made of, opens what Reprieve exports; and Reprieve reads what dmn-js saves."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reprieve.dmn.dmnxml import dump, load
from reprieve.dmn.model import Clock, Column, Output, Row, Table
from reprieve.dmn.sfeel import parse_cell
from reprieve.dmn.values import ValueType

FOLDER = Path(__file__).parent / "dmn_js"
DIST = FOLDER / "node_modules/dmn-js/dist"
MODELER = DIST / "dmn-modeler.production.min.js"
STYLES = [DIST / "assets" / name for name in ("dmn-js-shared.css", "dmn-js-decision-table.css", "diagram-js.css")]
pytestmark = pytest.mark.skipif(
    not MODELER.exists(), reason="dmn-js is not installed (npm ci --prefix tests/journeys/dmn_js)"
)

OPEN = """
async (xml) => {
    window.modeler = new DmnJS({ container: "#table" });
    const { warnings } = await modeler.importXML(xml);
    const views = modeler.getViews();
    await modeler.open(views.find((view) => view.type === "decisionTable"));
    return { warnings: warnings.map((warning) => warning.message), views: views.map((view) => view.type) };
}
"""
SAVE = "async () => (await modeler.saveXML({ format: true })).xml"
TABLE = Table(
    name="Order cancellation",
    inputs=(
        Column("status", ValueType.STRING, "Status", domain=("processing", "shipped")),
        Column("age", ValueType.DURATION, "Time since submission", nullable=True, clock=Clock.SINCE),
        Column("files/scans", ValueType.NUMBER, integer=True),
        Column("families", ValueType.STRING, "Families", several=True),
    ),
    outputs=(
        Output("outcome", ValueType.STRING, "Outcome", ("allow", "request", "refuse")),
        Output("share", ValueType.NUMBER, "Refund share", optional=True),
        Output("undo", ValueType.DURATION, "Undo window", optional=True),
    ),
    rows=(
        Row(
            "within the hour",
            {
                "status": parse_cell('"processing"', ValueType.STRING),
                "age": parse_cell('<= duration("PT1H")', ValueType.DURATION),
                "families": parse_cell(r'not("aligners", "<b>\"bridges\" & 😀</b>")', ValueType.STRING),
            },
            {"outcome": "allow", "share": Decimal("0.5"), "undo": timedelta(minutes=10)},
            "clause C4:\n“within the hour”",
        ),
        Row("rest", {}, {"outcome": "refuse"}),
    ),
    fallback={"outcome": "request"},
)


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    """Without a server, whose address the other journeys would then be without: the page holds nothing but dmn-js."""
    return {}


@pytest.fixture
def opened(page: Page) -> Page:
    """A page on which dmn-js has opened the table, without a warning and without an error."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content('<!doctype html><title>dmn-js</title><div id="table" style="height: 800px"></div>')
    for style in STYLES:
        page.add_style_tag(path=style)
    page.add_script_tag(path=MODELER)
    assert page.evaluate(OPEN, dump(TABLE).decode()) == {"warnings": [], "views": ["drd", "decisionTable"]}
    assert errors == []
    return page


def cells(page: Page, kind: str) -> list[list[str]]:
    """The texts of the table's cells of a kind, row by row, as a person sees them."""
    rows = page.locator("tbody tr").filter(has=page.locator("td.input-cell")).all()
    return [[text.strip() for text in row.locator(f"td.{kind}-cell").all_inner_texts()] for row in rows]


def test_shows_every_cell_of_an_exported_table(opened: Page) -> None:
    heads = opened.locator(".input-label, .input-expression, .output-label")
    expect(heads).to_have_text(
        ["Status", "Time since submission", "files_scans", "Families", "Outcome", "Refund share", "Undo window"]
    )
    expect(opened.locator(".decision-table-name")).to_have_text(TABLE.name)
    expect(opened.locator(".hit-policy")).to_contain_text("First")
    assert cells(opened, "input") == [
        ['"processing"', '<= duration("PT1H")', "-", 'not("aligners", "<b>\\"bridges\\" & 😀</b>")'],
        ["-", "-", "-", "-"],
    ]
    assert cells(opened, "output") == [['"allow"', "0.5", 'duration("PT10M")'], ['"refuse"', "", ""]]
    assert opened.locator("tbody td.annotation").first.inner_text().strip() == TABLE.rows[0].note


def test_shows_the_facts_that_the_decision_requires(opened: Page) -> None:
    opened.evaluate("() => modeler.open(modeler.getViews().find((view) => view.type === 'drd'))")
    expect(opened.locator("[data-element-id^=fact_].djs-shape")).to_have_count(len(TABLE.inputs))
    expect(opened.locator(".djs-connection")).to_have_count(len(TABLE.inputs))


def test_reads_back_what_dmn_js_saves(opened: Page) -> None:
    loaded = load(opened.evaluate(SAVE).encode())
    assert loaded.table == TABLE
    assert loaded.ids == load(dump(TABLE)).ids


def test_reads_what_was_changed_in_dmn_js(opened: Page) -> None:
    first = opened.locator("tbody tr").first.locator("td.output-cell").nth(1)
    first.click()
    opened.keyboard.press("ControlOrMeta+a")
    opened.keyboard.type("0.75")
    opened.locator(".decision-table-name").click()
    expect(first).to_have_text("0.75")
    row, rest = load(opened.evaluate(SAVE).encode()).table.rows
    assert row == replace(TABLE.rows[0], outputs={**TABLE.rows[0].outputs, "share": Decimal("0.75")})
    assert rest == TABLE.rows[1]
