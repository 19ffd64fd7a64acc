"""The gate: grading, the ledger of decisions, what stewards are told; and the rules as files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from zonehouse import quality
from zonehouse.intake.schema import GATE_DECISION, VALIDATION_RESULT
from zonehouse.periods import HalfYear, Month
from zonehouse.quality import CheckReport, CheckResult, QualityError
from zonehouse.quality.ledger import Decision, append_decision, append_results
from zonehouse.quality.retention import prune
from zonehouse.settings import Settings

NOW = datetime(2018, 7, 20, 9, 30, tzinfo=UTC)
ID = "2018-H1-r001"
EXPECTATIONS = Settings().expectations


@dataclass(frozen=True)
class Frozen:
    id: str
    half_year: HalfYear
    database: Path
    inputs_digest: str = "d1"


PASSED = CheckResult(
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


def failed(severity: str, **changes: Any) -> CheckResult:
    return replace(PASSED, **{"severity": severity, "success": False, "unexpected_count": 3, "observed": "3"} | changes)


def report(*results: CheckResult, key: str = ID) -> CheckReport:
    return CheckReport(f"20180720T093000000000Z-candidate-{key}", NOW, "candidate", key, results)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def candidate(tmp_path: Path) -> Frozen:
    return Frozen(ID, HalfYear(2018, 1), tmp_path / "candidate.duckdb")


def outcomes(settings: Settings) -> list[str]:
    return [one.outcome for one in quality.decisions(settings)]


# ---------------------------------------------------------------- grading


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([PASSED], "pass"),
        ([PASSED, failed("info")], "pass"),
        ([failed("info"), failed("warning")], "needs_approval"),
        ([failed("warning"), failed("critical"), PASSED], "blocked"),
        ([PASSED, failed("info", raised=True)], "blocked"),
        ([failed("warning", raised=True)], "blocked"),
        ([], "blocked"),
    ],
)
def test_the_gravest_failure_decides_and_what_was_not_evaluated_blocks(
    settings: Settings, candidate: Frozen, results: list[CheckResult], outcome: str
) -> None:
    verdict = quality.decide(settings, candidate, report(*results), NOW)
    assert verdict.outcome == outcome
    assert outcomes(settings) == [outcome]


def test_a_verdict_lists_failures_gravest_first_and_keeps_infos_apart(settings: Settings, candidate: Frozen) -> None:
    results = [failed("info"), failed("warning"), failed("critical"), failed("warning", raised=True), PASSED]
    verdict = quality.decide(settings, candidate, report(*results), NOW)
    assert [one.grade for one in verdict.failures] == ["critical", "critical", "warning"]
    assert [one.grade for one in verdict.infos] == ["info"]
    assert verdict.checks == 5


def test_a_report_about_another_candidate_decides_nothing(settings: Settings, candidate: Frozen) -> None:
    with pytest.raises(QualityError, match="not about candidate"):
        quality.decide(settings, candidate, report(PASSED, key="2018-H1-r002"), NOW)
    assert outcomes(settings) == []


def test_no_months_give_an_empty_report_that_passes(settings: Settings) -> None:
    empty = quality.check_months(settings, [], NOW)
    assert empty.results == ()
    assert not empty.has_critical
    assert not (settings.landing / "validation_result").exists()
    assert "Không có gì" in quality.describe_report(empty, "vi")


def test_a_candidate_without_its_database_cannot_be_checked(settings: Settings, candidate: Frozen) -> None:
    with pytest.raises(QualityError, match="zonehouse build --half 2018-H1"):
        quality.check_candidate(settings, candidate, NOW)


# ---------------------------------------------------------------- ledger


def test_a_decision_is_kept_as_the_contract_says(settings: Settings, candidate: Frozen) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=7)))
    quality.decide(settings, candidate, report(failed("warning")), local)
    (file,) = (settings.landing / "gate_decision").iterdir()
    table = pq.read_table(file)
    assert table.schema.equals(GATE_DECISION)
    (row,) = table.to_pylist()
    assert row["reason"] == "1 of 1 checks failed: marts.half_year_headline: Zones add up"
    assert (row["decided_at"], row["candidate_id"], row["half_year"], row["inputs_digest"], row["outcome"]) == (
        datetime(2018, 7, 20, 9, 30),  # noqa: DTZ001 the landing keeps UTC without zone
        ID,
        "2018-H1",
        "d1",
        "needs_approval",
    )


def test_results_are_kept_as_the_contract_says_and_a_run_written_twice_is_one(settings: Settings) -> None:
    found = report(PASSED, failed("info", raised=True, observed="no such column"))
    append_results(settings, found)
    append_results(settings, found)
    (file,) = (settings.landing / "validation_result").iterdir()
    table = pq.read_table(file)
    assert table.schema.equals(VALIDATION_RESULT)
    first, second = table.to_pylist()
    assert (first["scope"], first["scope_key"], first["success"], first["severity"]) == (
        "candidate",
        ID,
        True,
        "critical",
    )
    assert (second["raised"], second["observed"], second["severity"]) == (True, "no such column", "info")


def test_an_approval_and_a_rejection_follow_their_verdict_even_at_the_same_time(
    settings: Settings, candidate: Frozen
) -> None:
    quality.decide(settings, candidate, report(failed("warning")), NOW)
    quality.record_approval(settings, ID, True, by=" chị Lan ", reason="đã gọi doanh nghiệp", now=NOW)
    quality.record_approval(settings, ID, False, by="anh Hải", reason="chờ bản sửa", now=NOW + timedelta(hours=1))
    assert [(one.outcome, one.decided_by, one.inputs_digest) for one in quality.decisions(settings)] == [
        ("needs_approval", "zonehouse.quality", "d1"),
        ("approved", "chị Lan", "d1"),
        ("rejected", "anh Hải", "d1"),
    ]


@pytest.mark.parametrize(
    ("severity", "by", "reason", "told"),
    [
        ("critical", "chị Lan", "vội", "cannot be approved"),
        ("warning", " ", "vội", "needs a name and a reason"),
        ("warning", "chị Lan", "", "needs a name and a reason"),
    ],
)
def test_an_approval_that_may_not_be_given_is_refused(
    settings: Settings, candidate: Frozen, severity: str, by: str, reason: str, told: str
) -> None:
    quality.decide(settings, candidate, report(failed(severity)), NOW)
    with pytest.raises(QualityError, match=told):
        quality.record_approval(settings, ID, True, by=by, reason=reason, now=NOW)
    assert "approved" not in outcomes(settings)


def test_an_approval_needs_a_verdict_on_the_inputs_that_lie_there_now(settings: Settings, candidate: Frozen) -> None:
    with pytest.raises(QualityError, match="not decided"):
        quality.record_approval(settings, ID, True, by="chị Lan", reason="vội", now=NOW)
    quality.decide(settings, candidate, report(failed("warning")), NOW)
    folder = settings.candidates / ID
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"inputs_digest": "changed since"}), encoding="utf-8")
    with pytest.raises(QualityError, match="not decided"):
        quality.record_approval(settings, ID, True, by="chị Lan", reason="vội", now=NOW)


def test_a_published_candidate_takes_no_more_answers(settings: Settings, candidate: Frozen) -> None:
    verdict = quality.decide(settings, candidate, report(PASSED), NOW)
    later = verdict.decided_at.replace(tzinfo=None) + timedelta(minutes=1)
    append_decision(settings, Decision(later, ID, "2018-H1", "d1", "published", "zonehouse.publish", ""))
    with pytest.raises(QualityError, match="published already"):
        quality.record_approval(settings, ID, False, by="chị Lan", reason="muộn", now=NOW + timedelta(days=1))


def test_a_time_without_zone_is_refused(settings: Settings, candidate: Frozen) -> None:
    with pytest.raises(ValueError, match="has no zone"):
        quality.decide(settings, candidate, report(PASSED), NOW.replace(tzinfo=None))


# ---------------------------------------------------------------- what people are told


def test_a_steward_is_told_what_how_many_why_and_who_mends(settings: Settings, candidate: Frozen) -> None:
    row = {"tax_code": "0100233488", "period_month": "2018-05", "reporting_unit_code": "9832642830"}
    results = [PASSED, failed("warning", examples=(row,)), failed("info", raised=True, observed="no\n such column")]
    told = quality.describe(quality.decide(settings, candidate, report(*results), NOW), "vi")
    assert "BỊ CHẶN" in told
    assert "Các khu cộng lại / Zones add up" in told
    assert "3 dòng không đạt / 3 rows failed" in told
    assert "Vì sao: Vì thế. / Why: Because." in told
    assert "cán bộ dữ liệu / Who mends it: the data steward" in told
    assert "mã số thuế = 0100233488, tháng = 2018-05" in told
    assert "= 9832642830" in told, "a code is no quantity"
    assert "Could not be evaluated: no such column" in told
    assert told.index("Nghiêm trọng") < told.index("Cảnh báo")
    english = quality.describe(quality.decide(settings, candidate, report(*results), NOW), "en")
    assert "Vì sao" not in english


# ---------------------------------------------------------------- small things


def test_months_are_called_by_the_first_and_the_last() -> None:
    assert quality.months_key([Month(2016, 6), Month(2016, 4), Month(2016, 6)]) == "2016-04..2016-06"
    assert quality.months_key([Month(2016, 6)]) == "2016-06"


def test_only_the_latest_runs_keep_their_pages(tmp_path: Path) -> None:
    for run, time in (("b", "20180101T000000.0Z"), ("a", "20180102T000000.0Z"), ("a", "20180103T000000.0Z")):
        folder = tmp_path / "validation_results" / "suite" / run / time
        folder.mkdir(parents=True)
        (folder / "batch.json").write_text("{}", encoding="utf-8")
    prune(tmp_path, keep=2)
    left = [path.name for path in (tmp_path / "validation_results" / "suite").glob("*/*")]
    assert left == ["20180103T000000.0Z"]
    assert not (tmp_path / "validation_results" / "suite" / "b").exists()


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    script = "import sys, zonehouse.quality; print(any(name.startswith('great_expectations') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ---------------------------------------------------------------- the rules as files


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


SUITES = sorted((EXPECTATIONS / "suites").glob("*.json"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_expectation_says_what_why_since_when_and_who_mends(path: Path) -> None:
    suite = read(path)
    assert suite["name"] == path.stem
    rules = [expectation["meta"]["rule"] for expectation in suite["expectations"]]
    assert rules
    assert len(rules) == len(set(rules))
    for expectation in suite["expectations"]:
        meta = expectation["meta"]
        assert expectation["severity"] in {"critical", "warning", "info"}
        assert meta["owner"] in {"enterprise", "steward", "operator"}
        assert re.fullmatch(r"\d{4}-\d{2}", meta["dated"])
        assert meta["reason_vi"].strip()
        assert meta["reason_en"].strip()
        assert len(expectation["description"].split(" / ")) == 2


def test_every_suite_is_run_by_a_checkpoint_on_its_own_table() -> None:
    run = {
        definition["name"]
        for path in (EXPECTATIONS / "checkpoints").glob("*.json")
        for definition in read(path)["validation_definitions"]
    }
    assert run == {path.stem for path in SUITES}
    for path in SUITES:
        definition = read(EXPECTATIONS / "validation_definitions" / path.name)
        suite = read(path)
        assert definition["suite"] == {"name": suite["name"], "id": suite["id"]}
        assert suite["meta"]["table"].endswith(f".{definition['data']['asset']['name']}")


def test_ids_are_never_used_twice() -> None:
    found = [
        item["id"]
        for path in sorted(EXPECTATIONS.glob("*/*.json"))
        for item in (read(path), *read(path).get("expectations", ()))
    ]
    assert len(found) == len(set(found))


def test_exports_are_never_compared_with_output() -> None:
    """Exports are in USD of the day, output at constant prices: they may exceed it (docs of the domain)."""
    for path in SUITES:
        for expectation in read(path)["expectations"]:
            text = json.dumps(expectation["kwargs"])
            assert not ("export_usd" in text and "gross_output" in text)
