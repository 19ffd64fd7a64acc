"""The brief: every case of its sentences, its tables, and the page as a whole against golden files.

After an intended change of the page: ``REGENERATE_GOLDEN=1 pytest tests/unit/test_brief.py``, and read the diff.
"""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.brief_marts import CONTACTS, RELEASE_ID, brief_marts, published_brief
from tests.marts_fixture import NOW, add_decision, make_candidate
from zonehouse.brief import BriefError, render_html, render_text, write_brief, write_briefs
from zonehouse.periods import HalfYear
from zonehouse.publish import publish
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"
HALF = HalfYear(2019, 1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return published_brief(tmp_path_factory.mktemp("brief"))


def told(home: Path, language: str = "vi", **options: object) -> str:
    """The running text as one line."""
    return " ".join(render_text(published_brief(home, **options), HALF, language).split())


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["txt", "html"])
def test_the_page_is_the_golden_one(whole: Settings, language: str, kind: str) -> None:
    page = (render_text if kind == "txt" else render_html)(whole, HALF, language)
    # How wide a label is drawn hangs on the fonts of the machine; test_brief_charts looks at what is drawn.
    page = re.sub(r"<svg .*?</svg>", "<svg/>", page, flags=re.DOTALL)
    golden = GOLDEN / f"brief.{language}.{kind}"
    if os.environ.get("REGENERATE_GOLDEN"):
        golden.write_text(page, encoding="utf-8")
    assert page == golden.read_text(encoding="utf-8")


def test_the_text_fits_a_page(whole: Settings) -> None:
    for language in ("vi", "en"):
        assert max(map(len, render_text(whole, HALF, language).splitlines())) <= 96


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"growth_pct": 6.4}, "tăng 6% so với cùng kỳ"),
        ({"growth_pct": -12.5}, "giảm 13% so với cùng kỳ"),
        ({"growth_pct": 0.3}, "tăng 0,3% so với cùng kỳ"),
        ({"growth_pct": 0.0}, "không thay đổi so với cùng kỳ"),
        ({"growth_pct": -0.04}, "không thay đổi so với cùng kỳ"),
        ({"growth_pct": None, "same_period_value": None}, "chưa có số liệu cùng kỳ"),
        ({"growth_pct": None, "same_period_value": 0}, "cùng kỳ không phát sinh"),
    ],
)
def test_growth_in_words(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    text = told(tmp_path, change={"gross_output": change})
    assert f"Giá trị sản xuất công nghiệp đạt 3.210 tỷ đồng, {sentence}." in text


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        (27_640, "là gần 28 ngàn người"),
        (28_310, "là hơn 28 ngàn người"),
        (28_000, "là 28 ngàn người"),
        (1_480, "là 1.480 người"),
    ],
)
def test_labour_in_words(tmp_path: Path, people: int, sentence: str) -> None:
    text = told(tmp_path, change={"labour": {"value": people}})
    assert f"Lao động đến cuối tháng 6 năm 2019 {sentence}." in text


def test_what_is_unknown_is_said_or_left_out_and_never_a_zero(tmp_path: Path) -> None:
    unknown: dict[str, object] = {"value": None, "growth_pct": None, "plan_share_pct": None}
    codes = ("investor_visits", "projects_valid", "registered_capital", "gross_output", "exports", "labour")
    others = ("infrastructure_disbursed", "projects_behind_schedule", "members", "cells", "attendance")
    text = told(tmp_path, change=dict.fromkeys((*codes, *others), unknown))
    for sentence in (
        "chưa có số liệu tiếp xúc nhà đầu tư.",
        "Chưa có số liệu dự án thứ cấp.",
        "Chưa có số liệu vốn đăng ký.",
        "Giá trị sản xuất công nghiệp chưa có số liệu.",
        "Tổng kim ngạch xuất khẩu chưa có số liệu.",
        "Lao động đến cuối tháng 6 năm 2019 chưa có số liệu.",
        "Chưa có số liệu giải ngân vốn hạ tầng.",
    ):
        assert sentence in text
    for absent in (
        "chậm tiến độ cần",
        "không có dự án chậm",
        "đảng viên tham dự hội nghị",
        "Hiện có 0",
        "None",
        "đạt 0",
    ):
        assert absent not in text


def test_zeros_that_are_known_are_said(tmp_path: Path) -> None:
    text = told(tmp_path, change={"investor_visits": {"value": 0}, "projects_behind_schedule": {"value": 0}})
    assert "không có lượt khách nào đến tìm hiểu cơ hội đầu tư." in text
    assert "không có dự án chậm tiến độ so với cam kết." in text


def test_a_merger_is_told_beside_the_figures(tmp_path: Path) -> None:
    change: dict[str, object] = {"investor_visits": {"merged_authorities": "Ban Cũ (CU)"}}
    assert "gồm cả số đã báo cáo cho các cơ quan sáp nhập vào: Ban Cũ (CU)." in told(tmp_path, change=change)


@pytest.mark.parametrize(
    ("countries", "phrase"),
    [
        ([("VN", "asia", "Châu Á", 3)], "3 lượt khách trong nước đến"),
        (
            [("JP", "asia", "Châu Á", 3)],
            "3 lượt khách nước ngoài đến tìm hiểu cơ hội đầu tư, chủ yếu là nhà đầu tư châu Á",
        ),
        (
            [("JP", "asia", "Châu Á", 2), ("DE", "europe", "Châu Âu", 2)],
            "4 lượt khách nước ngoài đến tìm hiểu cơ hội đầu tư.",
        ),
        (
            [("JP", "asia", "Châu Á", 2), ("DE", "europe", "Châu Âu", 3)],
            "5 lượt khách nước ngoài đến tìm hiểu cơ hội đầu tư, chủ yếu là nhà đầu tư châu Âu.",
        ),
    ],
)
def test_where_visitors_came_from_is_computed(
    tmp_path: Path, countries: list[tuple[str, str, str, int]], phrase: str
) -> None:
    contacts = [(code, region, name, name, None, None, None, visits) for code, region, name, visits in countries]
    visits = sum(contact[3] for contact in countries)
    assert phrase in told(tmp_path, contacts=contacts, change={"investor_visits": {"value": visits}})


def test_many_sectors_are_cut_at_five(tmp_path: Path) -> None:
    contacts = [
        ("JP", "asia", "Châu Á", "Asia", f"{n:02d}", f"ngành {n}", f"sector {n}", 20 - n) for n in range(10, 17)
    ]
    text = told(tmp_path, contacts=contacts)
    assert "các ngành nghề ngành 10, ngành 11, ngành 12, ngành 13, ngành 14 và một số ngành khác." in text


def test_works_without_money_are_not_said_to_go_on(whole: Settings) -> None:
    text = " ".join(render_text(whole, HALF).split())
    assert "đầu tư xây dựng: Trạm xử lý nước thải Suối Thử và Đường gom phía bắc." in text


def test_an_allocation_of_nothing_has_no_share(tmp_path: Path) -> None:
    text = told(tmp_path, change={"infrastructure_disbursed": {"plan_share_pct": None, "plan_value": 0}})
    assert "Đã giải ngân 19 tỷ đồng; chưa có vốn bố trí năm 2019." in text


@pytest.mark.parametrize(
    ("language", "through", "phrase"),
    [
        ("vi", "2019-06", "Trong 6 tháng đầu năm 2019,"),
        ("vi", "2019-03", "Trong 3 tháng đầu năm 2019,"),
        ("en", "2019-06", "In the first half of 2019,"),
        ("en", "2019-03", "In January to March 2019,"),
        ("en", "2019-01", "In January 2019,"),
    ],
)
def test_the_period_is_that_of_the_months_counted(tmp_path: Path, language: str, through: str, phrase: str) -> None:
    assert phrase in told(tmp_path, language, through_month=through)


def test_a_provisional_page_says_so(tmp_path: Path) -> None:
    text = told(tmp_path, change={"exports": {"status": "provisional"}})
    assert "Số liệu sơ bộ, còn có thể thay đổi, tính đến hết tháng 6/2019" in text


def test_english_counts_in_the_singular(tmp_path: Path) -> None:
    one = {"value": 1}
    text = told(tmp_path, "en", change={"projects_behind_schedule": one, "registered_tasks": one, "projects_fdi": one})
    assert "1 project is behind schedule" in text
    assert "1 task was registered" in text
    assert "15 domestic projects and 1 FDI project." in text


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_html_needs_nothing_from_outside_and_is_accessible(whole: Settings) -> None:
    page = render_html(whole, HALF)
    outline = _Outline()
    outline.feed(page)
    assert not outline.addresses
    assert not {"link", "script", "img", "iframe"} & set(outline.tags)
    assert "url(" not in page
    assert outline.tags.count("h1") == 1
    assert outline.tags.count("caption") == outline.tags.count("table") == 3
    assert '<html lang="vi">' in page


def test_names_from_data_cannot_break_the_html(whole: Settings) -> None:
    page = render_html(whole, HALF)
    assert "Khu &lt;Đồi&gt; &amp; Mây" in page
    assert "<Đồi>" not in page


def test_templates_and_wordings_hold_no_figure_and_no_place() -> None:
    folder = Path(__file__).parents[2] / "include" / "zonehouse" / "brief"
    for path in (*folder.glob("*.py"), *folder.glob("templates/*")):
        text = path.read_text(encoding="utf-8")
        for word in ("Bến Tre", "Giao Long", "An Hiệp", "5.554", "11.740"):
            assert word not in text, path.name


def test_files_are_kept_in_the_release_as_first_written(tmp_path: Path) -> None:
    settings = published_brief(tmp_path)
    files = write_brief(settings, HALF)
    kept = settings.published / "releases" / RELEASE_ID / "brief.vi.txt"
    assert files.text == settings.published / "brief" / "2019-H1.vi.txt"
    assert files.text.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8") == render_text(settings, HALF)
    assert kept.with_suffix(".html").read_text(encoding="utf-8") == files.html.read_text(encoding="utf-8")
    kept.chmod(0o644)
    kept.write_text("as it was said", encoding="utf-8")
    assert write_brief(settings, HALF).text.read_text(encoding="utf-8") == "as it was said"


def test_a_newer_release_renews_the_copy_and_keeps_the_older_page(tmp_path: Path) -> None:
    settings = published_brief(tmp_path)
    write_brief(settings, HALF)
    newer = "2019-H1-r002"
    make_candidate(
        settings, newer, "d2", fill=lambda c, name: brief_marts(c, name, change={"labour": {"value": 31_000}})
    )
    add_decision(settings, newer, "pass", digest="d2")
    publish(settings, newer, NOW)
    text = write_brief(settings, HALF).text.read_text(encoding="utf-8")
    assert "31 ngàn người" in text
    assert newer in text
    assert "Người phê duyệt" not in text
    assert "gần 17 ngàn" in (settings.published / "releases" / RELEASE_ID / "brief.vi.txt").read_text(encoding="utf-8")


def test_one_of_several_authorities_must_be_chosen(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    def both(connection: object, name: str) -> None:
        for code in ("TD", "XY"):
            brief_marts(connection, name, authority_code=code, contacts=CONTACTS)  # type: ignore[arg-type]

    make_candidate(settings, RELEASE_ID, fill=both)
    add_decision(settings, RELEASE_ID, "pass")
    publish(settings, RELEASE_ID, NOW)
    with pytest.raises(BriefError, match="TD, XY"):
        render_text(settings, HALF)
    with pytest.raises(BriefError, match="no authority 'ZZ'"):
        render_text(settings, HALF, authority_code="ZZ")
    assert write_brief(settings, HALF, authority_code="XY").text.name == "2019-H1.XY.vi.txt"
    written = [files.html.name for files in write_briefs(settings, HALF, "en")]
    assert written == ["2019-H1.TD.en.html", "2019-H1.XY.en.html"]
    assert "Hiện có 26 dự án" in " ".join(render_text(settings, HALF, authority_code="XY").split())


def test_what_is_not_published_cannot_be_written(whole: Settings, tmp_path: Path) -> None:
    with pytest.raises(BriefError, match="nothing is published"):
        render_text(Settings(home=tmp_path), HALF)
    with pytest.raises(BriefError, match="published: 2019-H1"):
        render_text(whole, HalfYear(2018, 2))
    with pytest.raises(BriefError, match="'fr'"):
        render_text(whole, HALF, "fr")
