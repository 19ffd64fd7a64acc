"""The page of a night, from the landing: each result, each decision, the trend; and the history for BI."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from zonehouse import quality
from zonehouse.periods import HalfYear
from zonehouse.quality import CheckReport, CheckResult
from zonehouse.quality.ledger import append_results
from zonehouse.quality.night import night_of, page_of, refresh_night_page
from zonehouse.quality.report import Acceptance
from zonehouse.settings import Settings

# 01:00 of the 21st where the authority is.
NOW = datetime(2018, 7, 20, 18, 0, tzinfo=UTC)
ID = "2018-H1-r001"
MET = CheckResult(
    checkpoint="candidate",
    suite="half_year_headline",
    table_name="marts.half_year_headline",
    expectation_type="unexpected_rows_expectation",
    column_name=None,
    severity="critical",
    success=True,
    raised=False,
    observed="0",
    unexpected_count=0,
    element_count=None,
    reason_vi="Vì thế.",
    reason_en="Because.",
    owner="steward",
    rule="zones_add_up",
    title_vi="Các khu cộng lại",
    title_en="Zones add up",
)
WARNED = replace(
    MET, severity="warning", success=False, unexpected_count=1, observed="1", title_vi="<b>Đủ</b>", rule="all_in"
)


@dataclass(frozen=True)
class Frozen:
    id: str
    half_year: HalfYear
    database: Path
    inputs_digest: str = "d1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def ran(settings: Settings, at: datetime, *results: CheckResult, key: str = ID) -> CheckReport:
    report = CheckReport(f"{at:%Y%m%dT%H%M%S%fZ}-candidate-{key}", at, "candidate", key, results)
    append_results(settings, report)
    refresh_night_page(settings, at)
    return report


class _Balanced(HTMLParser):
    """Every tag that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "line", "rect", "link", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"line", "rect"}:
            assert self.open.pop() == tag


def read(settings: Settings, moment: datetime) -> str:
    text = page_of(settings, night_of(settings, moment)).read_text(encoding="utf-8")
    parser = _Balanced()
    parser.feed(text)
    assert parser.open == []
    assert not re.search(r'(?:src|href)="(?:https?:)?//|<script|url\(|@import', text)
    return text


def test_a_night_has_one_page_with_every_result_and_decision(settings: Settings) -> None:
    report = ran(settings, NOW, MET, WARNED)
    candidate = Frozen(ID, HalfYear(2018, 1), settings.home / "candidate.duckdb")
    quality.decide(settings, candidate, report, NOW)
    quality.record_approval(settings, ID, True, by="chị Lan", reason="đã <gọi>", now=NOW + timedelta(minutes=5))
    assert page_of(settings, night_of(settings, NOW)).parent.name == "2018-07-21"
    text = read(settings, NOW)
    assert "Các khu cộng lại / Zones add up" in text
    assert "&lt;b&gt;Đủ&lt;/b&gt;" in text
    assert "1 dòng không đạt / 1 row failed" in text
    assert "Cần duyệt / Needs approval" in text
    assert re.search(r"2018-07-21 01:05.*2018-H1-r001.*Đã duyệt / Approved.*chị Lan.*đã &lt;gọi&gt;", text)
    assert "../../data_docs/validations" not in text
    assert "2018-07-21/index.html" in (settings.reports / "validation" / "index.html").read_text(encoding="utf-8")


def test_the_gates_reasons_are_said_in_vietnamese_from_the_results(settings: Settings) -> None:
    accepted = replace(WARNED, title_vi="Lệch", acceptances=(Acceptance("o1", "Lan", "đúng", "export_usd"),))
    for minute, results in enumerate([(MET, WARNED), (MET,), (MET, accepted), (MET, WARNED, accepted), ()]):
        at = NOW + timedelta(minutes=minute)
        report = CheckReport(f"{at:%Y%m%dT%H%M%S%fZ}-candidate-{ID}", at, "candidate", ID, results)
        append_results(settings, report)
        quality.decide(settings, Frozen(ID, HalfYear(2018, 1), settings.home / "none.duckdb"), report, at)
    decisions = quality.decisions(settings)
    assert quality.reasons_in(settings, decisions, "vi") == [
        "1 trên 2 phép kiểm tra chưa đạt: <b>Đủ</b> (marts.half_year_headline)",
        "1 phép kiểm tra: không có lỗi nghiêm trọng, không có cảnh báo",
        "2 phép kiểm tra: không có lỗi nghiêm trọng, không có cảnh báo chưa được chấp nhận; "
        "cảnh báo đã được chấp nhận: Lệch (marts.half_year_headline, Lan: đúng (o1))",
        "1 trên 3 phép kiểm tra chưa đạt: <b>Đủ</b> (marts.half_year_headline); "
        "cảnh báo đã được chấp nhận: Lệch (marts.half_year_headline, Lan: đúng (o1))",
        "không có phép kiểm tra nào được thực hiện",
    ]
    assert quality.reasons_in(settings, decisions, "en") == [one.reason for one in decisions]
    assert "1 trên 2 phép kiểm tra chưa đạt: &lt;b&gt;Đủ&lt;/b&gt;" in read(settings, NOW)
    with duckdb.connect(str(settings.published / "steward.duckdb"), read_only=True) as connection:
        told = connection.execute("select reason_vi, reason_en from gate_decision order by decided_at").fetchall()
        (status,) = connection.execute("select reason_vi, reason_en from refresh_status").fetchall()
    assert told == [
        (said, one.reason) for said, one in zip(quality.reasons_in(settings, decisions, "vi"), decisions, strict=True)
    ]
    assert status in told
    for results in (settings.landing / "validation_result").glob("2*.parquet"):
        results.unlink()
    assert quality.reasons_in(settings, decisions[:1], "vi") == [decisions[0].reason], "better in English than not told"


def test_the_trend_has_a_bar_for_each_of_the_last_runs(settings: Settings) -> None:
    for day in range(40):
        results = (MET, WARNED) if day == 39 else (MET,)
        at = NOW + timedelta(days=day)
        append_results(settings, CheckReport(f"{at:%Y%m%dT%H%M%S%fZ}-n", at, "months", "n", results))
    refresh_night_page(settings, NOW + timedelta(days=39))
    text = read(settings, NOW + timedelta(days=39))
    assert text.count("<g transform") == 30
    assert re.findall(r'<rect class="(\w+)"[^>]*height="([\d.]+)"', text) == [("warning", "120.0")]


def test_a_link_to_data_docs_goes_when_the_page_goes(settings: Settings) -> None:
    docs = settings.reports / "data_docs" / "validations" / MET.suite / ID / "20180720T180000.000000Z" / "a.html"
    docs.parent.mkdir(parents=True)
    docs.write_text("", encoding="utf-8")
    ran(settings, NOW, MET)
    assert f'href="../../{docs.relative_to(settings.reports).as_posix()}"' in read(settings, NOW)
    docs.unlink()
    ran(settings, NOW + timedelta(days=1), MET)
    assert "validations" not in read(settings, NOW)


def test_the_history_is_a_table_for_bi(settings: Settings) -> None:
    report = ran(settings, NOW, MET, WARNED, replace(WARNED, raised=True, suite="fct_output"))
    quality.decide(settings, Frozen(ID, HalfYear(2018, 1), settings.home / "none.duckdb"), report, NOW)
    with duckdb.connect(str(settings.published / "steward.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select suite, check_count, critical_count, warning_count, info_count, outcome from validation_history"
        ).fetchall()
    assert rows == [("fct_output", 1, 1, 0, 0, "blocked"), ("half_year_headline", 2, 0, 1, 0, "needs_approval")]
