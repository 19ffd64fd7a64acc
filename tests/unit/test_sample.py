"""The sample generator: same seed same bytes, calibrated totals, quirks as specified, plainly synthetic."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from openpyxl import load_workbook
from stdnum.vn import mst

import zonehouse.sample as package
from zonehouse import intake
from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.periods import HalfYear, Month, month_range
from zonehouse.sample import Province, ProvinceError, SampleReport, generate, load_province
from zonehouse.sample.economy import Economy
from zonehouse.sample.population import populate
from zonehouse.sample.quirks import missed, plan_quirks
from zonehouse.sample.reports import Reports
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

PACKAGE = Path(package.__file__).parent
PROVINCES = PACKAGE / "provinces"
FIRST, LAST = Month(2015, 1), Month(2016, 6)
SEED = 2016


@pytest.fixture(scope="module")
def catalogue() -> FormCatalogue:
    return load_catalogue(Settings())


@pytest.fixture(scope="module")
def small() -> Province:
    return load_province(PROVINCES / "small_demo.yml")


@pytest.fixture(scope="module")
def giao_long() -> Province:
    return load_province(PROVINCES / "giao_long.yml")


@pytest.fixture(scope="module")
def written(
    small: Province, catalogue: FormCatalogue, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, SampleReport]:
    out = tmp_path_factory.mktemp("sample") / "inbox"
    return out, generate(small, out, FIRST, LAST, SEED, catalogue=catalogue)


def _model(province: Province, catalogue: FormCatalogue, seed: int = SEED) -> tuple[Economy, Reports]:
    enterprises = populate(province, seed)
    economy = Economy(province, seed, enterprises, missed(plan_quirks(province, seed, enterprises)))
    return economy, Reports(province, seed, economy, catalogue)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The same again, another, and the months after


def test_the_same_seed_gives_the_same_bytes_and_arrival_times(
    small: Province, catalogue: FormCatalogue, written: tuple[Path, SampleReport], tmp_path: Path
) -> None:
    out, report = written
    again = generate(small, tmp_path, FIRST, LAST, SEED, catalogue=catalogue)
    assert again == report
    assert _files(tmp_path) == _files(out)
    assert all((tmp_path / d.path).stat().st_mtime_ns == (out / d.path).stat().st_mtime_ns for d in report.deliveries)


def test_another_seed_gives_other_enterprises_and_the_same_totals(
    small: Province, catalogue: FormCatalogue, written: tuple[Path, SampleReport], tmp_path: Path
) -> None:
    _, report = written
    other = generate(small, tmp_path, FIRST, LAST, 7, catalogue=catalogue)
    assert {d.unit for d in other.deliveries} & {d.unit for d in report.deliveries} == {small.authority.code}
    assert other.truth["2016-H1"]["net_revenue"] != report.truth["2016-H1"]["net_revenue"]
    for truth in (report.truth, other.truth):
        assert float(truth["2016-H1"]["gross_output"]) == pytest.approx(343210.75, rel=1e-5)


def test_months_written_apart_are_those_of_the_whole(
    small: Province, catalogue: FormCatalogue, written: tuple[Path, SampleReport], tmp_path: Path
) -> None:
    out, report = written
    generate(small, tmp_path, Month(2016, 4), Month(2016, 5), SEED, catalogue=catalogue)
    apart = _files(tmp_path)
    expected = {d.path for d in report.deliveries if d.month in (Month(2016, 4), Month(2016, 5))}
    assert set(apart) == expected
    assert all(apart[path] == (out / path).read_bytes() for path in expected)


def test_the_month_after_continues_the_same_province(
    small: Province, catalogue: FormCatalogue, written: tuple[Path, SampleReport], tmp_path: Path
) -> None:
    _, report = written
    july = generate(small, tmp_path, Month(2016, 7), Month(2016, 7), SEED, catalogue=catalogue)
    assert july.counts == {"authority_return": 1, "report": 5, "missed": 0}
    assert {d.unit for d in july.deliveries} == {
        d.unit for d in report.deliveries if d.month == LAST and d.state == "accepted"
    }
    economy, _ = _model(small, catalogue)
    for enterprise in economy.enterprises:
        june = {row.category: row.headcount for row in economy.labour(enterprise, LAST)}
        for row in economy.labour(enterprise, Month(2016, 7)):
            assert row.headcount == june.get(row.category, 0) + row.hires - row.leavers


# What the pipeline makes of it


def test_the_intake_finds_the_states_and_totals_foreseen(
    small: Province, catalogue: FormCatalogue, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    report = generate(small, settings.inbox, FIRST, LAST, SEED, catalogue=catalogue)
    intake.intake(settings, datetime(2016, 7, 11, tzinfo=UTC))
    found = {receipt.inbox_path: receipt.state for receipt in intake.receipts(settings)}
    assert len(found) == report.file_count
    for delivery in report.deliveries:
        states = [state for path, state in found.items() if path.endswith(delivery.path)]
        assert states == [delivery.state], delivery
    for indicator, section, column in (
        ("gross_output", "output", "gross_output_constant_vnd_million"),
        ("net_revenue", "output", "net_revenue_vnd_million"),
        ("exports", "export", "export_usd"),
        ("imports", "export", "import_usd"),
        ("implemented_capital", "investment", "implemented_capital_vnd_million"),
    ):
        for half, total in _landed(settings, section, column).items():
            assert total == report.truth[half][indicator], (half, indicator)


def _landed(settings: Settings, section: str, column: str) -> dict[str, object]:
    register = settings.landing / "register" / "*.parquet"
    rows = settings.landing / "monthly_report" / section / "*.parquet"
    return dict(
        duckdb.sql(f"""
            with standing as (
                select submission_id, batch_id, period_month from read_parquet('{register}')
                where form_code = 'monthly_report' and intake_state like 'accepted%'
                qualify row_number() over (
                    partition by reporting_unit_code, period_month order by received_at desc) = 1
            )
            select left(period_month, 4) || case when right(period_month, 2) < '07' then '-H1' else '-H2' end as half,
                   sum({column})
            from read_parquet('{rows}', union_by_name = true)
            join standing using (submission_id, batch_id, period_month) group by half
        """).fetchall()
    )


# Quirks


def test_files_are_as_many_of_each_kind_as_specified(small: Province, written: tuple[Path, SampleReport]) -> None:
    out, report = written
    asked = Counter(quirk.kind for quirk in small.quirks)
    counts = report.counts
    for kind, count in asked.items():
        assert counts[kind] == count, kind
    assert counts["amendment"] == counts["amended"]
    assert counts["project_register"] == len(small.register_months)
    assert counts["authority_return"] == 18
    assert len(_files(out)) == report.file_count


def test_only_the_late_ones_come_after_the_due_day(
    catalogue: FormCatalogue, written: tuple[Path, SampleReport]
) -> None:
    _, report = written
    for delivery in report.deliveries:
        form = next(f for f in catalogue.versions(delivery.form_code) if f.covers(delivery.month))
        if form.due is None or delivery.kind in ("amendment", "duplicate"):
            continue
        assert (delivery.arrived > form.due.due_on(delivery.month)) == (delivery.kind == "late"), delivery


def test_a_rejected_file_is_followed_by_a_good_one(written: tuple[Path, SampleReport]) -> None:
    _, report = written
    rejected = [d for d in report.deliveries if d.state == "rejected"]
    assert len(rejected) == 4
    for bad in rejected:
        good = [
            d
            for d in report.deliveries
            if d.month == bad.month and d.state == "accepted" and d.path.split("/")[1] == bad.path.split("/")[1]
        ]
        assert len(good) == 1
        assert good[0].arrived > bad.arrived


def test_the_register_comes_before_the_reports_of_its_month(written: tuple[Path, SampleReport]) -> None:
    _, report = written
    for register in (d for d in report.deliveries if d.kind == "project_register"):
        others = [d.arrived for d in report.deliveries if d.month == register.month and d is not register]
        assert register.arrived < min(others)


# Figures


def test_months_add_up_to_the_year_to_date(small: Province, catalogue: FormCatalogue) -> None:
    economy, reports = _model(small, catalogue)
    constant, to_date = "gross_output_constant_vnd_million", "gross_output_constant_ytd_vnd_million"
    for enterprise in economy.enterprises:
        total = 0.0
        for month in HalfYear(2016, 1).months:
            if enterprise.reports(month):
                rows = reports.monthly_report(enterprise, month, date(2016, 7, 10)).tables["output"]
                total += sum(row[constant] for row in rows)
                assert sum(row[to_date] for row in rows) == pytest.approx(total, abs=0.01)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_labour_is_consistent_within_and_between_months(small: Province, catalogue: FormCatalogue, seed: int) -> None:
    economy, _ = _model(small, catalogue, seed)
    for enterprise in economy.enterprises:
        before: dict[str, int] = {row.category: row.headcount for row in economy.labour(enterprise, Month(2014, 12))}
        for month in month_range(FIRST, LAST):
            rows = economy.labour(enterprise, month)
            for row in rows:
                assert row.women <= row.headcount
                assert row.local + row.foreign <= row.headcount
                assert min(row.women, row.local, row.foreign, row.hires, row.leavers) >= 0
                assert row.headcount == before.get(row.category, 0) + row.hires - row.leavers
            before = {row.category: row.headcount for row in rows}


def test_output_dips_at_tet(small: Province, catalogue: FormCatalogue) -> None:
    economy, _ = _model(small, catalogue)
    made = {
        month: sum(row.constant for e in economy.enterprises for row in economy.output(e, Month(2016, month)))
        for month in (1, 2, 3)
    }
    assert made[2] < 0.8 * min(made[1], made[3])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [SEED, 5])
def test_the_default_province_adds_up_to_the_published_page(
    giao_long: Province, catalogue: FormCatalogue, tmp_path: Path, seed: int
) -> None:
    report = generate(giao_long, tmp_path, FIRST, LAST, seed, catalogue=catalogue)
    now, base = report.truth["2016-H1"], report.truth["2015-H1"]
    assert round(now["gross_output"] / 1_000) == 5_554
    assert round((now["gross_output"] / base["gross_output"] - 1) * 100) == 6
    assert round(now["exports"] / 1_000_000) == 265
    assert round((now["exports"] / base["exports"] - 1) * 100) == 32
    assert 27_500 <= now["labour"] < 28_000
    assert round(now["registered_capital"] / 1_000) == 11_740
    assert round(now["infrastructure_disbursed"] / 1_000) == 29
    assert round(now["infrastructure_disbursed"] / now["infrastructure_allocated"] * 100) == 40
    counts = {
        "projects_valid": 43,
        "projects_operating": 30,
        "projects_building": 7,
        "projects_in_procedure": 6,
        "projects_domestic": 22,
        "projects_fdi": 21,
        "investor_visits": 12,
        "members": 157,
        "cells": 9,
        "attendance": 75,
        "registered_tasks": 5,
        "committee_commended_collectives": 3,
        "committee_commended_persons": 6,
        "cell_commended_collectives": 2,
        "cell_commended_persons": 20,
    }
    assert {code: int(now[code]) for code in counts} == counts
    states = report.states
    assert (states["superseded"], states["duplicate"], states["rejected"]) == (5, 3, 4)
    assert (report.counts["late"], report.counts["missed"]) == (6, 2)
    assert len({month for _, month in report.missed}) == len({unit for unit, _ in report.missed}) == 2
    june = [d for d in report.deliveries if d.month == LAST]
    assert max(d.arrived for d in june) <= date(2016, 7, 10)


# The register


def test_the_register_lists_what_is_known_at_the_months_end(giao_long: Province, catalogue: FormCatalogue) -> None:
    _, reports = _model(giao_long, catalogue)
    early = reports.project_register(FIRST, date(2015, 2, 1)).tables
    late = reports.project_register(LAST, date(2016, 7, 1)).tables
    for section, key in (("enterprise", "tax_code"), ("project", "project_code")):
        assert all(row["valid_from"] <= FIRST.last_day for row in early[section])
        keys = [(row[key], row["valid_from"]) for row in late[section]]
        assert len(keys) == len(set(keys))
        assert [row for row in late[section] if row["valid_from"] <= FIRST.last_day] == early[section]
    assert len({row["project_code"] for row in late["project"]}) == 44
    valid = {row["project_code"]: row for row in late["project"]}
    holders = Counter(row["tax_code"] for row in valid.values() if row["status"] != "terminated")
    assert (len(holders), sum(holders.values()), Counter(holders.values())[2]) == (41, 43, 2)


def test_the_register_has_history_to_follow(giao_long: Province, catalogue: FormCatalogue) -> None:
    _, reports = _model(giao_long, catalogue)
    tables = reports.project_register(LAST, date(2016, 7, 1)).tables
    names: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for row in tables["enterprise"]:
        names.setdefault(row["tax_code"], set()).add(row["enterprise_name"])
        owners.setdefault(row["tax_code"], set()).add(row["ownership"])
    assert sum(len(found) == 2 for found in names.values()) == 1
    assert sum(len(found) == 2 for found in owners.values()) == 1
    states = {(row["project_code"], row["status"]) for row in tables["project"]}
    assert len(states) > 44
    in_procedure = {row["tax_code"] for row in tables["project"]} - {
        row["tax_code"] for row in tables["enterprise"] if row["reporting_from"]
    }
    assert len(in_procedure) == 5  # six projects, one of them held by an enterprise that operates another
    adjusted = [row for row in tables["certificate"] if row["certificate_kind"] == "adjusted"]
    assert len(adjusted) == len(giao_long.events.certificate_adjusted)
    assert len({row["currency"] for row in tables["certificate"]}) >= 4


# Plainly synthetic


def test_every_workbook_says_that_it_is_synthetic(written: tuple[Path, SampleReport]) -> None:
    out, report = written
    for delivery in report.deliveries:
        if delivery.kind == "not_a_workbook":
            assert "SYNTHETIC DATA" in (out / delivery.path).read_text(encoding="utf-8")
            continue
        with zipfile.ZipFile(out / delivery.path) as parts:
            assert b"SYNTHETIC DATA" in parts.read("docProps/core.xml")
    cover = load_workbook(out / report.deliveries[1].path).worksheets[0]
    assert any("DỮ LIỆU GIẢ LẬP" in str(cell.value) for cell in cover[1])


@pytest.mark.parametrize("name", ["giao_long.yml", "small_demo.yml"])
def test_enterprises_are_invented_and_their_tax_codes_valid(name: str) -> None:
    province = load_province(PROVINCES / name)
    enterprises = populate(province, SEED)
    assert len({enterprise.tax_code for enterprise in enterprises}) == len(enterprises)
    for enterprise in enterprises:
        assert mst.is_valid(enterprise.tax_code)
        assert enterprise.tax_code.startswith(province.tax_code_prefix)
        assert all(f" {province.names.marker} " in called for _, called in enterprise.names)
    assert len({enterprise.name(date(2016, 6, 30)) for enterprise in enterprises}) == len(enterprises)


def test_nothing_about_a_province_stands_in_the_code() -> None:
    spec = yaml.safe_load((PROVINCES / "giao_long.yml").read_text(encoding="utf-8"))
    particular = {"Giao Long", "An Hiệp", "Bến Tre", spec["authority"]["province_name"]}
    particular |= {f'"{zone["code"]}"' for zone in spec["zones"]} | {f'"{spec["authority"]["code"]}"'}
    for path in PACKAGE.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [word for word in particular if word in text], path.name


def test_the_pipeline_does_not_import_the_sample() -> None:
    parts = [PACKAGE.parent / part for part in ("forms", "intake", "quality", "publish", "brief", "warehouse")]
    files = [path for part in parts for path in part.rglob("*.py")] + list(PACKAGE.parent.glob("warehouse.py"))
    assert files
    assert not [
        path for path in files if re.search(r"zonehouse\.sample|from zonehouse import.*sample", path.read_text())
    ]


# Specifications that cannot be used


def _broken(tmp_path: Path, **changes: object) -> Path:
    spec = yaml.safe_load((PROVINCES / "small_demo.yml").read_text(encoding="utf-8"))
    path = tmp_path / "broken.yml"
    path.write_text(yaml.safe_dump({**spec, **changes}, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"quirks": [{"kind": "missed", "month": "2016-06"}]}, "2016-06 cannot be missed"),
        ({"quirks": [{"kind": "lost", "month": "2016-05"}]}, "quirks.0"),
        ({"works": [{"code": "W", "name": "W", "zone": "V9", "allocated": {}, "disbursed": {}}]}, "zone V9"),
        ({"rates": {"VND": {2010: 1}}}, "rates of USD"),
        ({"tax_code_prefix": "9"}, "tax_code_prefix"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_specification_is_refused_with_the_place_named(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(ProvinceError, match=re.escape(named)):
        load_province(_broken(tmp_path, **changes))


def test_an_authority_that_does_not_say_it_is_synthetic_is_refused(tmp_path: Path, small: Province) -> None:
    authority = {**small.authority.model_dump(), "name_vi": "Ban Quản lý các khu công nghiệp"}
    with pytest.raises(ProvinceError, match=re.escape("authority.name_vi")):
        load_province(_broken(tmp_path, authority=authority))


def test_codes_that_no_list_has_are_named(tmp_path: Path, catalogue: FormCatalogue) -> None:
    province = load_province(_broken(tmp_path, annual_plan={2016: {"happiness": 1}}))
    with pytest.raises(ProvinceError, match="headline_indicator: happiness"):
        generate(province, tmp_path / "out", FIRST, LAST, catalogue=catalogue)
    assert not (tmp_path / "out").exists()


def test_a_quirk_without_anybody_to_happen_to_is_named(tmp_path: Path, catalogue: FormCatalogue) -> None:
    quirks = [{"kind": "missed", "month": "2015-04"}] * 9
    province = load_province(_broken(tmp_path, quirks=quirks))
    with pytest.raises(ProvinceError, match="no enterprise in operation is left for missed in 2015-04"):
        generate(province, tmp_path / "out", FIRST, LAST, catalogue=catalogue)


def test_months_in_the_wrong_order_are_refused(small: Province, tmp_path: Path, catalogue: FormCatalogue) -> None:
    with pytest.raises(ProvinceError, match="before the first"):
        generate(small, tmp_path, LAST, FIRST, catalogue=catalogue)
