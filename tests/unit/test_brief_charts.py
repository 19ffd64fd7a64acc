"""The brief's charts and its Word document: what is drawn is what the page says."""

from __future__ import annotations

import copy
import io
import os
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from tests.brief_marts import brief_marts, published_brief
from tests.marts_fixture import NOW, add_decision, make_candidate
from zonehouse.brief import write_brief
from zonehouse.brief.charts import Chart, build_charts
from zonehouse.brief.data import read_data
from zonehouse.brief.page import WORDINGS, build_page
from zonehouse.periods import HalfYear
from zonehouse.publish import publish
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"
HALF = HalfYear(2019, 1)
KEYS = ["zone_output", "zone_exports", "sector_output", "trend_gross_output", "trend_exports", "pipeline", "works"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return published_brief(tmp_path_factory.mktemp("charts"))


def charts(settings: Settings, language: str = "vi") -> dict[str, Chart]:
    found = build_charts(read_data(settings, HALF), language, WORDINGS[language].LABELS)
    return {chart.key: chart for chart in found}


def drawn_texts(chart: Chart) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", chart.svg)


def test_each_chart_is_there_in_both_languages(whole: Settings) -> None:
    for language in ("vi", "en"):
        assert list(charts(whole, language)) == KEYS


def test_bars_carry_the_figures_in_the_language_of_the_page(whole: Settings) -> None:
    vietnamese, english = charts(whole)["zone_output"], charts(whole, "en")["zone_output"]
    assert vietnamese.title == "Giá trị sản xuất công nghiệp (giá so sánh) theo khu (tỷ đồng)"
    assert {"2.408", "2.241", "803", "747", "2019", "Cùng kỳ 2018"} <= set(drawn_texts(vietnamese))
    assert {"2,408", "2,241", "803", "747", "Same period 2018"} <= set(drawn_texts(english))
    assert "Khu &lt;Đồi&gt; &amp; Mây" in drawn_texts(vietnamese)


def test_a_long_name_is_written_whole(tmp_path: Path) -> None:
    """Zones of one park differ in their last words: a name that is cut off could be either."""
    long = "Khu công nghiệp Suối Thử Thượng mở rộng giai đoạn "
    settings = Settings(home=tmp_path, project_root=tmp_path)

    def named(connection: object, name: str) -> None:
        brief_marts(connection, name)  # type: ignore[arg-type]
        for zone, number in (("K1", "I"), ("K2", "II")):
            connection.execute(  # type: ignore[attr-defined]
                "update marts.half_year_headline set zone_name = ? where zone_code = ?", [long + number, zone]
            )

    make_candidate(settings, "2019-H1-r001", fill=named)
    add_decision(settings, "2019-H1-r001", "pass")
    publish(settings, "2019-H1-r001", NOW)
    drawn = " ".join(re.findall(r">([^<>]*)</(?:text|tspan)>", charts(settings)["zone_output"].svg))
    assert f"{long}I " in drawn
    assert f"{long}II " in drawn
    assert "…" not in drawn


@pytest.mark.parametrize(("most", "ticks"), [(2, {"0,5", "1,5"}), (4000, {"1.000", "2.000"})])
def test_no_two_ticks_of_an_axis_say_the_same(whole: Settings, most: int, ticks: set[str]) -> None:
    """Half a unit was told as the next whole one: 0, 1, 1, 2, 2."""
    chart = charts(whole)["trend_exports"]
    spec = copy.deepcopy(dict(chart.spec))
    for layer in spec["layer"]:
        for number, row in enumerate(layer["data"]["values"]):
            row["value"] = most * (number % 5) / 4
    assert ticks <= set(drawn_texts(replace(chart, spec=spec)))


def test_a_small_amount_is_not_drawn_as_zero_and_an_unknown_one_not_at_all(whole: Settings) -> None:
    sectors = charts(whole)["sector_output"]
    assert "0,4" in drawn_texts(sectors)
    assert "chưa rõ ngành: 0,4 (cùng kỳ –)" in sectors.told


def test_the_months_of_tet_are_marked_and_a_month_without_reports_is_a_gap(whole: Settings) -> None:
    trend = charts(whole)["trend_gross_output"]
    assert [len(layer["data"]["values"]) for layer in trend.spec["layer"][1:]] == [2, 1]  # two years, one word
    assert drawn_texts(trend).count("Tết") == 1
    assert "2/2019: 463,8 (Tết)" in trend.told
    assert "4/2019: –" in trend.told
    rows = [row for row in trend.spec["layer"][0]["data"]["values"] if row["value"] is not None]
    years = [row["year"] for row in rows]
    assert (years.count("2019"), years.count("2018")) == (5, 6)


def test_nothing_to_draw_draws_nothing(tmp_path: Path) -> None:
    """A release of before the trend was published, with no zone and no works."""
    settings = Settings(home=tmp_path, project_root=tmp_path)
    release_id = "2019-H1-r001"

    def older(connection: object, name: str) -> None:
        brief_marts(connection, name)  # type: ignore[arg-type]
        connection.execute("drop table marts.half_year_trend")  # type: ignore[attr-defined]
        connection.execute("delete from marts.half_year_headline where zone_code <> 'TOTAL'")  # type: ignore[attr-defined]
        connection.execute("delete from marts.half_year_infrastructure")  # type: ignore[attr-defined]

    make_candidate(settings, release_id, fill=older)
    add_decision(settings, release_id, "pass")
    publish(settings, release_id, NOW)
    assert list(charts(settings)) == ["sector_output", "pipeline"]


def test_files_of_the_release_are_kept_and_copied(whole: Settings) -> None:
    files = write_brief(whole, HALF, "vi")
    assert files.html.read_text(encoding="utf-8").count("<svg ") == len(KEYS)
    assert [path.name for path in files.charts] == [
        f"2019-H1.vi.{key}.{kind}" for key in KEYS for kind in ("svg", "png")
    ]
    for path in files.charts:
        head = path.read_bytes()[:8]
        assert head.startswith(b"<svg") if path.suffix == ".svg" else head == b"\x89PNG\r\n\x1a\n"
    kept = whole.published / "releases" / "2019-H1-r001" / "brief.vi.docx"
    assert kept.read_bytes() == files.docx.read_bytes()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_word_document_is_the_golden_one(whole: Settings, language: str) -> None:
    """Regenerated as the page is (test_brief)."""
    told = word_text(write_brief(whole, HALF, language).docx.read_bytes())
    golden = GOLDEN / f"brief.{language}.docx.txt"
    if os.environ.get("REGENERATE_GOLDEN"):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def word_text(content: bytes) -> str:
    """What a Word document says, top to bottom: paragraphs with their style, rows of tables, pictures in words."""
    document = docx.Document(io.BytesIO(content))
    lines: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            lines.append(f"[{block.style.name}] {block.text}")
        else:
            widths = ", ".join(f"{column.width.cm:.1f}" for column in block.columns)
            lines += [f"[table {widths}]", *(" | ".join(map(cell_text, row.cells)) for row in block.rows)]
    lines.append(f"[footer] {document.sections[0].footer.paragraphs[0].text}")
    return "\n".join(lines) + "\n"


def cell_text(cell: _Cell) -> str:
    shapes = [one.get("descr") for one in cell._tc.iter(qn("wp:docPr"))]
    return "\\".join([cell.text.replace("\n", "\\"), *(f"[picture: {one}]" for one in shapes)])


def test_a_month_without_a_figure_is_a_gap(whole: Settings) -> None:
    """Of April 2019 nothing is known: the line is broken there, and the axis keeps its place."""
    spec = charts(whole)["trend_exports"].spec["layer"][0]
    own = {row["month"]: row["value"] for row in spec["data"]["values"] if row["year"] == "2019"}
    assert [month for month, value in own.items() if value is None] == [4]
    assert spec["encoding"]["x"]["scale"]["domain"] == [1, 2, 3, 4, 5, 6]


def test_the_word_document_says_what_the_page_says(whole: Settings) -> None:
    page = build_page(read_data(whole, HALF), "vi", whole.zone)
    document = docx.Document(io.BytesIO(write_brief(whole, HALF, "vi").docx.read_bytes()))
    texts = [paragraph.text for paragraph in document.paragraphs]
    for text in (page.title, page.status, *page.paragraphs, *page.method):
        assert text in texts
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        list(row) for row in (page.tables[0].header, *page.tables[0].rows)
    ]
    assert len(document.inline_shapes) == len(KEYS)
    described = document.inline_shapes[0]._inline.docPr.get("descr")
    assert described.startswith("Giá trị sản xuất công nghiệp (giá so sánh) theo khu (tỷ đồng): Khu công nghiệp")
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)


def test_who_still_owes_reports_is_named(whole: Settings) -> None:
    page = build_page(read_data(whole, HALF), "vi", whole.zone)
    assert ("Còn thiếu", "TD (7 báo cáo); Công ty <Hai> & Con (1 báo cáo)") in page.quality


def test_a_share_of_a_work_without_allocation_is_unknown(whole: Settings) -> None:
    data = read_data(whole, HALF)
    assert [work.name for work in data.works] == ["Trạm xử lý nước thải Suối Thử", "Đường gom phía bắc"]
    assert data.works[0].allocated == Decimal(32_000)
