"""The public page: what is withheld is shown as a sign, and stands nowhere in it, in no file and no language.

After an intended change of the page: ``REGENERATE_GOLDEN=1 pytest tests/unit/test_brief_public.py``, and read the diff.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from tests.brief_marts import RELEASE_ID, brief_marts, published_brief
from tests.marts_fixture import NOW, add_decision, make_candidate
from tests.unit.test_brief_charts import word_text
from zonehouse.brief import BriefError, render_html, render_text, write_all_briefs, write_brief
from zonehouse.brief.charts import Chart, build_charts
from zonehouse.brief.data import read_data
from zonehouse.brief.numbers import amount, in_spoken_unit, in_text
from zonehouse.brief.page import WORDINGS, build_page
from zonehouse.cli import app
from zonehouse.periods import HalfYear
from zonehouse.publish import publish
from zonehouse.publish.public import PUBLIC_COLUMNS
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"
HALF = HalfYear(2019, 1)
NEWER = "2019-H1-r002"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return published_brief(tmp_path_factory.mktemp("public"), public=True)


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A second release: labour was told as 16,000 before (invented), exports moved in zones that are withheld."""
    settings = published_brief(tmp_path_factory.mktemp("revised"), public=True)
    change = {"labour": {"value": 16_000}, "exports": {"value": 141_600_000.0}}
    make_candidate(settings, NEWER, "d2", fill=lambda c, name: brief_marts(c, name, change=change, public=True))
    add_decision(settings, NEWER, "pass", digest="d2")
    publish(settings, NEWER, NOW)
    return settings


def charts(settings: Settings) -> dict[str, Chart]:
    data = read_data(settings, HALF, variant="public")
    return {chart.key: chart for chart in build_charts(data, "vi", WORDINGS["vi"].LABELS)}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["txt", "html"])
def test_the_page_is_the_golden_one(whole: Settings, language: str, kind: str) -> None:
    page = (render_text if kind == "txt" else render_html)(whole, HALF, language, variant="public")
    page = re.sub(r"<svg .*?</svg>", "<svg/>", page, flags=re.DOTALL)
    golden = GOLDEN / f"brief.public.{language}.{kind}"
    if os.environ.get("REGENERATE_GOLDEN"):
        golden.write_text(page, encoding="utf-8")
    assert page == golden.read_text(encoding="utf-8")


def withheld(settings: Settings) -> Iterator[tuple[str, str, Decimal]]:
    """(what, unit, value) of every figure that the public tables withhold, from the internal ones."""
    public = settings.published / "public" / "marts.duckdb"
    with duckdb.connect(str(settings.published / "marts.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{public}' as told (read_only)")
        for zone, code, unit, *values in connection.execute(
            "select zone_code, indicator_code, own.unit, own.value, own.same_period_value, own.growth_pct"
            " from half_year_headline as own inner join told.public_headline as public"
            " using (half_year, authority_code, zone_code, indicator_code) where public.is_suppressed"
        ).fetchall():
            for value in values:
                if value is not None:
                    yield f"{code} of {zone}", unit if isinstance(value, Decimal) else "pct", Decimal(str(value))
        for code, month, unit, value in connection.execute(
            "select indicator_code, period_month, own.unit, own.value from half_year_trend as own"
            " inner join told.public_trend as public using (half_year, authority_code, indicator_code, period_month)"
            " where public.is_suppressed and own.value is not null"
        ).fetchall():
            yield f"{code} of {month}", unit, value
        for sector, value in connection.execute(
            "select sector_code, sum(gross_output_constant_vnd_million) from half_year_output as own"
            " inner join told.public_zone_sector as public using (half_year, authority_code, sector_code)"
            " where public.zone_code = 'TOTAL' and public.is_suppressed and public.indicator_code = 'gross_output'"
            " group by all"
        ).fetchall():
            yield f"output of sector {sector}", "vnd_million", value


def test_what_is_withheld_stands_in_no_public_file(whole: Settings) -> None:
    hidden = list(withheld(whole))
    # By zone (exports), by sector and by month: all three kinds are withheld in this half-year.
    assert {"exports of K1", "exports of K2", "exports of 2019-05", "output of sector 13"} <= {one[0] for one in hidden}
    write_all_briefs(whole, HALF)
    files = sorted((whole.published / "public" / "brief").iterdir())
    assert {path.suffix for path in files} == {".txt", ".html", ".docx", ".svg", ".png"}
    for path in files:
        if path.suffix == ".png":
            continue
        if path.suffix == ".docx":
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
                text = package.read("word/document.xml").decode()
        else:
            text = path.read_text(encoding="utf-8")
        told = set(re.findall(r"(?<![\w.,])\d[\d.,]*\d", text))
        for what, unit, value in hidden:
            spoken = abs(in_spoken_unit(value, unit))
            for language in ("vi", "en"):
                written = {amount(spoken, 1, language), in_text(spoken, language)}
                # Numbers of two figures may stand there for something else; these are long enough to be told by.
                shown = {one for one in written if sum(letter.isdigit() for letter in one) >= 3} & told
                assert not shown, f"{path.name} tells {what}: {shown}"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_public_word_document_is_the_golden_one(whole: Settings, language: str) -> None:
    told = word_text(write_brief(whole, HALF, language, variant="public").docx.read_bytes())
    golden = GOLDEN / f"brief.public.{language}.docx.txt"
    if os.environ.get("REGENERATE_GOLDEN"):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def test_charts_have_no_withheld_cell(whole: Settings) -> None:
    drawn = charts(whole)
    assert "zone_exports" not in drawn
    assert "dệt" not in str(drawn["sector_output"].spec)
    assert drawn["sector_output"].note == "Không vẽ số được giữ kín: cao su, dệt."
    rows = drawn["trend_exports"].spec["layer"][0]["data"]["values"]
    months = {row["month"] for row in rows if row["value"] is not None}
    assert months == {1, 3, 4, 6}  # the month of Tết, the smallest, is what hides May
    assert drawn["trend_exports"].note == "Không vẽ số được giữ kín: tháng 2, tháng 5."
    assert "5/2019: (c)" in drawn["trend_exports"].told


def test_the_sign_is_explained_and_nobody_is_named(whole: Settings) -> None:
    internal, public = (render_html(whole, HALF, "vi", variant=variant) for variant in ("internal", "public"))
    for secret in ("Nguyễn Thị Thử", "Công ty &lt;Hai&gt;", "Công ty Chậm", "đã đối chiếu", "half_year_lineage"):
        assert secret in internal
        assert secret not in public
    assert "“(c)” là số không công bố" in public
    assert "“(c)”" not in internal
    assert "Bản công khai" in public
    assert "Lưu hành nội bộ" in internal


def test_the_command_writes_the_variant_that_is_asked_for(whole: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(whole.home))
    told = CliRunner().invoke(app, ["brief", "--half", "2019-H1", "--language", "en", "--variant", "public"])
    assert told.exit_code == 0, told.output
    assert "Public version" in told.output
    assert str(whole.published / "public" / "brief" / "2019-H1.en.html") in told.output
    wrong = CliRunner().invoke(app, ["brief", "--half", "2019-H1", "--variant", "secret"])
    assert wrong.exit_code == 2


def test_a_total_that_is_withheld_is_said_to_be(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, project_root=tmp_path)

    def alone(connection: duckdb.DuckDBPyConnection, name: str) -> None:
        brief_marts(connection, name, public=True)
        connection.execute("delete from marts.half_year_export where zone_code = 'K1'")

    make_candidate(settings, RELEASE_ID, fill=alone)
    add_decision(settings, RELEASE_ID, "pass")
    publish(settings, RELEASE_ID, NOW)
    text = " ".join(render_text(settings, HALF, "vi", variant="public").split())
    assert "Tổng kim ngạch xuất khẩu không công bố, để giữ kín thông tin của từng doanh nghiệp." in text
    assert "Exports: withheld" in " ".join(render_text(settings, HALF, "en", variant="public").split())
    with duckdb.connect(str(settings.published / "public" / "marts.duckdb"), read_only=True) as connection:
        told = connection.execute("select count(value), count(*) from public_trend where indicator_code = 'exports'")
        assert told.fetchone() == (0, 12)


def test_revisions_tell_what_moved_and_a_first_release_that_it_is_one(whole: Settings, revised: Settings) -> None:
    first = build_page(read_data(whole, HALF, variant="public"), "vi", whole.zone).revisions
    assert (first.text, first.table) == ("Đây là bản phát hành đầu tiên của kỳ này.", None)
    page = build_page(read_data(revised, HALF, variant="public"), "vi", revised.zone).revisions
    assert page.table is not None
    assert page.table.caption.startswith("Các chỉ tiêu tổng cộng thay đổi so với bản 2019-H1-r001 (")
    assert [row[:6] for row in page.table.rows] == [
        ["Kim ngạch xuất khẩu", "triệu USD", "141,5", "141,6", "+0,1", "+0,1"],
        ["Lao động", "người", "16.540", "16.000", "-540", "-3,3"],
    ]
    assert page.items == []


def test_a_cell_that_is_withheld_once_has_no_history(revised: Settings) -> None:
    with duckdb.connect(str(revised.published / "public" / "marts.duckdb"), read_only=True) as connection:
        zones = connection.execute(
            "select distinct zone_code from public_revision_triangle where indicator_code = 'exports'"
        ).fetchall()
        moved = connection.execute(
            "select release_no, value, revision from public_revision_triangle"
            " where indicator_code = 'labour' and zone_code = 'TOTAL' order by 1"
        ).fetchall()
        columns = {
            column
            for (column,) in connection.execute(
                "select column_name from duckdb_columns() where not internal"
            ).fetchall()
        }
    assert zones == [("TOTAL",)]
    assert moved == [(1, Decimal(16_540), None), (2, Decimal(16_000), Decimal(-540))]
    assert not columns & {"approved_by", "approval_reason", "tax_code", "enterprise_name", "submission_id"}
    parquet = {path.stem for path in (revised.published / "public").glob("*.parquet")}
    assert {"public_headline", "public_trend", "public_revision_triangle", "release_history"} <= parquet


def test_the_data_dictionary_knows_the_public_columns(revised: Settings) -> None:
    with duckdb.connect(str(revised.published / "public" / "marts.duckdb"), read_only=True) as connection:
        found: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal order by table_name, column_index"
        ).fetchall():
            found.setdefault(table, []).append(column)
    assert {name: tuple(found[name]) for name in PUBLIC_COLUMNS} == {
        name: columns for name, (_, columns) in PUBLIC_COLUMNS.items()
    }


def test_a_release_without_enterprises_has_no_public_page(tmp_path: Path) -> None:
    settings = published_brief(tmp_path)
    assert [path.html.parent.name for path in write_all_briefs(settings, HALF)] == ["brief", "brief"]
    with pytest.raises(BriefError, match="public"):
        write_brief(settings, HALF, "vi", variant="public")
