"""The brief as a Word document: the same page, for who must edit it into a report of his own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zonehouse.brief.page import Page, Section, Table

if TYPE_CHECKING:
    from docx.document import Document

_FONT = "Arial"  # on every office machine, with all Vietnamese letters
_TABLE_POINTS, _TEXT_POINTS = 8, 11
_ACCENT = (0x0B, 0x5C, 0x73)
_MARGIN_CM, _CHART_CM = 2.0, 14.5


def word_document(page: Page, made_at: datetime) -> bytes:
    """The page as .docx (A4, portrait); ``made_at`` is the document's date."""
    import docx
    from docx.shared import Cm

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
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
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
        if name == "Normal":
            style.font.size = Pt(_TEXT_POINTS)
        else:
            style.font.color.rgb = RGBColor(*_ACCENT)


def _add_table(document: Document, table: Table) -> None:
    document.add_heading(table.caption, level=2)
    _add_grid(document, table)


def _add_grid(document: Document, table: Table) -> None:
    grid = document.add_table(rows=1, cols=len(table.header), style="Light Grid Accent 1")
    _fill(grid.rows[0].cells, table.header, table.numeric, bold=True)
    for number, row in enumerate(table.rows, start=1):
        is_total = table.has_total and number == len(table.rows)
        _fill(grid.add_row().cells, row, table.numeric, bold=is_total)
    _repeat_on_each_page(grid.rows[0])


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


def _repeat_on_each_page(row: Any) -> None:  # noqa: ANN401 - python-docx gives its rows no public type
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _add_charts(document: Document, page: Page) -> None:
    from docx.shared import Cm

    if not page.charts:
        return
    document.add_heading(page.charts_heading, level=2)
    for chart in page.charts:
        caption = document.add_paragraph()
        caption.paragraph_format.keep_with_next = True
        caption.add_run(chart.title).bold = True
        document.add_picture(io.BytesIO(chart.png), width=Cm(_CHART_CM))
        if chart.note:
            document.add_paragraph(chart.note)
        shape: Any = document.inline_shapes[-1]
        shape._inline.docPr.set("descr", f"{chart.title}: {chart.told}")


def _add_pairs(document: Document, heading: str, pairs: Sequence[tuple[str, str]]) -> None:
    document.add_heading(heading, level=2)
    for label, text in pairs:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{label}: ").bold = True
        paragraph.add_run(text)
