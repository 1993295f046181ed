"""An invoice or a credit note as a PDF, A4, for printing and for accountants. It names cases, never patients."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace
from moneyed import Money

from reprieve.billing.documents import Document
from reprieve.billing.models import InvoiceKind, InvoiceLine
from reprieve.billing.periods import business_zone
from reprieve.cancellations.subjects import contents
from reprieve.lib import money

FONTS: Final = Path(__file__).parent / "fonts"
FACE: Final = "Source Sans 3"
INK, SOFT, RULE = (28, 32, 38), (98, 105, 115), (205, 209, 214)
WIDTHS: Final = (24, 72, 26, 24, 26)
MARGIN = 19.0


def render(document: Document) -> bytes:
    """The PDF of a document whose lines are loaded (`documents.with_lines`)."""
    invoice = document.invoice
    pdf = _Sheet(invoice.name)
    pdf.add_page()
    pdf.heading(settings.BUSINESS_NAME, f"{invoice.get_kind_display()} {invoice.name}")
    pdf.pairs(_facts(document))
    pdf.lines([_row(line, document) for line in invoice.lines.all()])
    pdf.totals(_totals(document))
    pdf.footnote(gettext("Questions? Write to %s.") % settings.SUPPORT_EMAIL)
    out = BytesIO()
    pdf.output(out)
    return out.getvalue()


class _Sheet(FPDF):
    """A page of ours: faces, colours, and where things stand."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self.add_font(FACE, "", FONTS / "source-sans-3-regular.ttf")
        self.add_font(FACE, "B", FONTS / "source-sans-3-semibold.ttf")
        self.set_title(title)
        self.set_lang(get_language() or "en")
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.alias_nb_pages()

    def footer(self) -> None:
        self.set_y(-14)
        self._type(8, colour=SOFT)
        self.cell(0, 5, f"{self.title} · {self.page_no()}/{{nb}}", align=Align.R)

    def heading(self, business: str, title: str) -> None:
        self._type(11, colour=SOFT)
        self.cell(0, 6, business, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._type(22, bold=True)
        self.cell(0, 12, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(4)

    def pairs(self, facts: list[tuple[str, str]]) -> None:
        for name, value in facts:
            self._type(9.5, colour=SOFT)
            self.cell(36, 5.5, name)
            self._type(9.5)
            self.multi_cell(0, 5.5, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align=Align.L)
        self.ln(6)

    def lines(self, rows: list[tuple[str, ...]]) -> None:
        """A table; its head stands on every page."""
        self._type(9)
        self.set_draw_color(*RULE)
        head = (gettext("Case"), gettext("What"), gettext("Amount"), gettext("Tax"), gettext("Total"))
        with self.table(
            col_widths=WIDTHS,
            text_align=(Align.L, Align.L, Align.R, Align.R, Align.R),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", color=SOFT),
            line_height=5,
            padding=(1.2, 1),
        ) as table:
            for row in (head, *rows):
                table.row(row)
        self.ln(4)

    def totals(self, amounts: list[tuple[str, Money]]) -> None:
        for number, (name, amount) in enumerate(amounts, start=1):
            self._type(12 if number == len(amounts) else 9.5, bold=number == len(amounts))
            self.cell(self.epw - 36, 6.5, name, align=Align.R)
            self.cell(36, 6.5, _shown(amount), align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(8)

    def footnote(self, words: str) -> None:
        self._type(9, colour=SOFT)
        self.multi_cell(0, 5, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _type(self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
        self.set_font(FACE, "B" if bold else "", size)
        self.set_text_color(*colour)


def _facts(document: Document) -> list[tuple[str, str]]:
    invoice = document.invoice
    facts = [
        (gettext("For"), f"{invoice.practice.name} ({invoice.practice.number})"),
        (gettext("Date"), date_format(localtime(invoice.issued_at, business_zone()), "DATE_FORMAT")),
    ]
    if invoice.corrects is not None:
        return [*facts, (gettext("Corrects"), invoice.corrects.name)]
    return [
        *facts,
        (gettext("Period"), period_in_words(document)),
        (gettext("Due"), date_format(invoice.due_on, "DATE_FORMAT")),
        (gettext("Terms"), str(invoice.get_terms_display())),
    ]


def period_in_words(document: Document) -> str:
    """1 Oct 2026 to 31 Oct 2026, both days included."""
    period = document.invoice.period
    if period is None:
        return ""
    return gettext("%(first)s to %(last)s") % {
        "first": date_format(period.start, "DATE_FORMAT"),
        "last": date_format(period.last_day, "DATE_FORMAT"),
    }


def _row(line: InvoiceLine, document: Document) -> tuple[str, ...]:
    subject, currency = line.charge.subject, document.invoice.currency
    what = contents(subject)
    if line.carried_over_from:
        what += "\n" + gettext("carried over from %s") % line.carried_over
    tax = _shown(money.from_minor(line.tax_minor, currency))
    if line.tax_rate:
        tax += f"\n{_percent(line.tax_rate)}"
    return (
        line.charge.name,
        what,
        _shown(money.from_minor(line.amount_minor, currency)),
        tax,
        _shown(money.from_minor(line.total_minor, currency)),
    )


def _totals(document: Document) -> list[tuple[str, Money]]:
    invoice = document.invoice
    sums = [
        (gettext("Amount"), money.from_minor(invoice.amount_minor, invoice.currency)),
        (gettext("Tax"), money.from_minor(invoice.tax_minor, invoice.currency)),
        (gettext("Total"), invoice.total),
    ]
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        return sums
    if document.paid_before_minor:
        sums.append((gettext("Paid before, store credit included"), -document.paid_before))
    return [*sums, (gettext("To be paid"), invoice.total - document.paid_before)]


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f} %"


def _shown(amount: Money) -> str:
    return money.display(amount)
