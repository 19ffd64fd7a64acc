"""The brief as a Word document: the same page, for who must edit it into a report of his own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zonehouse.brief.charts import Chart
from zonehouse.brief.page import Page, Section, Table

if TYPE_CHECKING:
    from docx.document import Document

_FONT = "Arial"  # on every office machine, with all Vietnamese letters
_TABLE_POINTS, _TEXT_POINTS = 8, 11
_ACCENT = (0x0B, 0x5C, 0x73)
_PAGE_CM, _MARGIN_CM, _CHARTS_BESIDE = 21.0, 2.0, 2
_TEXT_CM = _PAGE_CM - 2 * _MARGIN_CM
_LIST_SPACE_POINTS = 2
# A column of words takes more room than this many letters only by breaking its lines.
_MOST_LETTERS, _MARGIN_LETTERS = 30, 3


def word_document(page: Page, made_at: datetime) -> bytes:
    """The page as .docx (A4, portrait); ``made_at`` is the document's date."""
    import docx
    from docx.shared import Cm

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(_PAGE_CM), Cm(29.7)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(_MARGIN_CM))
    _describe(document, page, made_at)
    document.add_heading(page.title, level=1)
    document.add_paragraph(page.status)
    for text in page.paragraphs:
        document.add_paragraph(text)
    for table in page.tables:
        _add_table(document, table)
    _add_charts(document, page)
    _add_section(document, page.revisions)
    _add_pairs(document, page.quality_heading, page.quality)
    document.add_heading(page.method_heading, level=2)
    for note in page.method:
        document.add_paragraph(note, style="List Bullet")
    _add_pairs(document, page.provenance_heading, page.provenance)
    _number_pages(section.footer.paragraphs[0])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _describe(document: Document, page: Page, made_at: datetime) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    about = document.core_properties
    about.title, about.author, about.language = page.title, "zonehouse", page.language
    about.created = about.modified = made_at.replace(tzinfo=None, microsecond=0)
    for name in ("Normal", "Heading 1", "Heading 2"):
        style: Any = document.styles[name]
        style.font.name = _FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        # The theme's font would win over the named one in headings.
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), _FONT)
        if name == "Normal":
            style.font.size = Pt(_TEXT_POINTS)
        else:
            style.font.color.rgb = RGBColor(*_ACCENT)


def _add_table(document: Document, table: Table) -> None:
    document.add_heading(table.caption, level=2)
    _add_grid(document, table)


def _add_grid(document: Document, table: Table) -> None:
    from docx.shared import Cm

    grid = document.add_table(rows=1, cols=len(table.header), style="Light Grid Accent 1")
    grid.autofit = False
    _fill(grid.rows[0].cells, table.header, table.numeric, bold=True)
    for number, row in enumerate(table.rows, start=1):
        is_total = table.has_total and number == len(table.rows)
        _fill(grid.add_row().cells, row, table.numeric, bold=is_total)
    for column, width in zip(grid.columns, _widths(table), strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)
    for row_ in grid.rows:
        _mark(row_, "w:cantSplit")
    _mark(grid.rows[0], "w:tblHeader")


def _widths(table: Table) -> list[float]:
    """Centimetres of each column: by its longest text, of a column of numbers by its longest word."""
    letters = []
    for place, is_number in enumerate(table.numeric):
        texts = [table.header[place], *(row[place] for row in table.rows)]
        longest = max(max(map(len, text.split()), default=0) if is_number else len(text) for text in texts)
        letters.append(min(longest, _MOST_LETTERS) + _MARGIN_LETTERS)
    return [_TEXT_CM * count / sum(letters) for count in letters]


def _add_section(document: Document, section: Section) -> None:
    document.add_heading(section.heading, level=2)
    if section.text:
        document.add_paragraph(section.text)
    if section.table is not None:
        document.add_paragraph(section.table.caption)
        _add_grid(document, section.table)
    if section.items:
        document.add_paragraph(section.list_heading).paragraph_format.keep_with_next = True
        for item in section.items:
            document.add_paragraph(item, style="List Bullet")


def _fill(cells: Sequence[Any], texts: Sequence[str], numeric: Sequence[bool], *, bold: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for cell, text, is_number in zip(cells, texts, numeric, strict=True):
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run(text)
        run.font.size, run.bold = Pt(_TABLE_POINTS), bold
        if is_number:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _mark(row: Any, what: str) -> None:  # noqa: ANN401 - python-docx gives its rows no public type
    """Say of a row that it is repeated on each page (``w:tblHeader``), or is not broken over two (``w:cantSplit``)."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement(what)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _number_pages(paragraph: Any) -> None:  # noqa: ANN401 - as above
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for field, between in (("PAGE", ""), ("NUMPAGES", " / ")):
        paragraph.add_run(between)
        simple = OxmlElement("w:fldSimple")
        simple.set(qn("w:instr"), field)
        paragraph._p.append(simple)


def _add_charts(document: Document, page: Page) -> None:
    """As on the page: beside each other, in a table without lines."""
    if not page.charts:
        return
    document.add_heading(page.charts_heading, level=2)
    rows = -(-len(page.charts) // _CHARTS_BESIDE)
    grid = document.add_table(rows=rows, cols=_CHARTS_BESIDE)
    for number, chart in enumerate(page.charts):
        _add_chart(grid.cell(number // _CHARTS_BESIDE, number % _CHARTS_BESIDE), chart)
    for row in grid.rows:
        _mark(row, "w:cantSplit")


def _add_chart(cell: Any, chart: Chart) -> None:  # noqa: ANN401 - as above
    from docx.shared import Cm, Pt

    caption = cell.paragraphs[0].add_run(chart.title)
    caption.bold, caption.font.size = True, Pt(_TABLE_POINTS + 1)
    width = Cm(_TEXT_CM / _CHARTS_BESIDE - 0.5)
    shape: Any = cell.add_paragraph().add_run().add_picture(io.BytesIO(chart.png), width=width)
    shape._inline.docPr.set("descr", f"{chart.title}: {chart.told}")
    if chart.note:
        cell.add_paragraph().add_run(chart.note).font.size = Pt(_TABLE_POINTS)


def _add_pairs(document: Document, heading: str, pairs: Sequence[tuple[str, str]]) -> None:
    from docx.shared import Pt

    document.add_heading(heading, level=2)
    for label, text in pairs:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(_LIST_SPACE_POINTS)
        paragraph.add_run(f"{label}: ").bold = True
        paragraph.add_run(text)
