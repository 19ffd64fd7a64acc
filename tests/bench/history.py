"""Nights on a growing history, and a rebuild of everything beside bare DuckDB on the same SQL.

The landing is written directly as Parquet, one file a dataset and month as after a compaction; no workbook is made. The
clock of a night runs over what is done after landing: what is pending, the dbt build, and the checks of the month.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import structlog

from zonehouse import quality, warehouse
from zonehouse.forms import load_catalogue
from zonehouse.intake.schema import dataset_schemas
from zonehouse.periods import Month, month_range
from zonehouse.settings import Settings
from zonehouse.warehouse import dbt

AUTHORITY, FIRST = "BQL", Month(2010, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
# Rows of one report, as in the workbooks of the intake's benchmark but for the exports.
ROWS = {"output": 3, "export": 4, "labour": 3, "investment": 1}
NIGHTS = 3

_UNIT = "lpad(cast(unit as varchar), 10, '0')"
_ZONE = "'Z' || unit % 20"
_START = "date '2009-01-01'"
_COVER = {
    "form_version": "'2015'",
    "authority_code": f"'{AUTHORITY}'",
    "reporting_unit_code": _UNIT,
    "sheet_name": "'S'",
    "row_number": "cast(line + 1 as integer)",
}
_SECTIONS: dict[str, dict[str, str]] = {
    "monthly_report/output": {
        "product_code": "lpad(cast(10 + unit % 14 as varchar), 2, '0')",
        "product_name": "'P' || line",
        "gross_output_constant_vnd_million": "1000 + unit * 7 % 900 + line",
        "gross_output_current_vnd_million": "1500 + unit * 7 % 900 + line",
        "net_revenue_vnd_million": "1400 + unit * 7 % 900 + line",
    },
    "monthly_report/export": {
        "hs_group": "lpad(cast(1 + line % 90 as varchar), 2, '0')",
        "market_code": "(['JP', 'US', 'KR', 'DE'])[1 + line // 90 % 4]",
        "export_usd": "10000 + unit * 13 % 7000 + line",
        "import_usd": "5000 + line",
    },
    "monthly_report/labour": {
        "category_code": "(['production', 'technical', 'management'])[1 + line]",
        "headcount_persons": "100 + unit % 50",
        "women_persons": "50",
        "hires_persons": "2",
        "leavers_persons": "1",
    },
    "monthly_report/investment": {
        "project_code": "'P' || unit",
        "implemented_capital_vnd_million": "10 + line",
    },
}
_REGISTER_ROWS: dict[str, dict[str, str]] = {
    "project_register/authority": {"name_vi": "'Ban'", "province_code": "'00'", "province_name": "'Thử'"},
    "project_register/zone": {"zone_code": "'Z' || line", "name_vi": "'Khu ' || line", "area_ha": "100"},
    "project_register/enterprise": {
        "tax_code": _UNIT,
        "enterprise_name": "'Công ty ' || unit",
        "zone_code": _ZONE,
        "ownership": "case when unit % 2 = 0 then 'fdi' else 'domestic' end",
        "sector_code": "lpad(cast(10 + unit % 14 as varchar), 2, '0')",
        "reporting_from": _START,
    },
    "project_register/project": {
        "project_code": "'P' || unit",
        "tax_code": _UNIT,
        "project_name": "'Dự án ' || unit",
        "zone_code": _ZONE,
        "sector_code": "'10'",
        "ownership": "'fdi'",
        "status": "'operating'",
    },
    "project_register/certificate": {
        "certificate_no": "'C' || unit",
        "project_code": "'P' || unit",
        "certified_on": _START,
        "certificate_kind": "'new'",
        "currency": "'USD'",
        "registered_capital_original_million": "1.5",
        "certificate_rate_vnd": "21000",
    },
}


# Landing


def write_register(settings: Settings, enterprises: int) -> None:
    """A register of so many enterprises with a project each, as one batch."""
    rows = {"authority": 1, "zone": 20}
    for dataset, values in _REGISTER_ROWS.items():
        section = dataset.split("/")[1]
        # What there is one of is a line, what belongs to an enterprise is a unit.
        source = f"from range({rows.get(section, 1)}) as lines (line), range({1 if section in rows else enterprises})"
        _write(settings, dataset, "register-0", FIRST, {**_form("project_register"), **values}, source)
    _write_receipts(settings, "register-0", FIRST, "project_register", 1)


def write_month(settings: Settings, month: Month, enterprises: int, rows: Mapping[str, int], batch: str) -> None:
    """Every enterprise's report for one month, as one batch."""
    for dataset, values in _SECTIONS.items():
        source = f"from range({rows[dataset.split('/')[1]]}) as lines (line), range({enterprises})"
        _write(settings, dataset, batch, month, {**_form("monthly_report"), **values}, source)
    _write_receipts(settings, batch, month, "monthly_report", enterprises)


def _form(code: str) -> dict[str, str]:
    unit = f"'{AUTHORITY}'" if code == "project_register" else _UNIT
    return {**_COVER, "form_code": f"'{code}'", "reporting_unit_code": unit, "valid_from": _START}


def _write_receipts(settings: Settings, batch: str, month: Month, form: str, count: int) -> None:
    due = (month + 1).first_day
    values = {
        **_form(form),
        "receipt_id": f"md5('{form}{month}' || unit)",
        "receipt_no": "cast(unit + 1 as integer)",
        "original_name": "unit || '.xlsx'",
        "received_at": f"timestamp '{due}'",
        "received_on": f"date '{due}'",
        "intake_state": "'accepted'",
        **dict.fromkeys(("error_count", "warning_count", "info_count"), "0"),
    }
    _write(settings, "register", batch, month, values, f"from range(1) as lines (line), range({count})")


def _write(settings: Settings, dataset: str, batch: str, month: Month, values: Mapping[str, str], source: str) -> None:
    schema = dataset_schemas(load_catalogue(settings))[dataset]
    form = values["form_code"].strip("'")
    given = {
        **values,
        "batch_id": f"'{batch}'",
        "submission_id": f"sha256('{form}{month}' || unit)" if form != "project_register" else f"sha256('{form}')",
        "period_month": f"'{month}'",
        "period_start": f"date '{month.first_day}'",
        "period_end": f"date '{month.last_day}'",
    }
    columns = ", ".join(
        f"cast({given.get(field.name, 'null')} as {_sql_type(field.type)}) as {field.name}" for field in schema
    )
    place = settings.landing / dataset / f"{batch}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy (select {columns} {source} as units (unit)) to '{place}' (format parquet)")


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    names = {pa.string(): "varchar", pa.int32(): "integer", pa.int64(): "bigint", pa.date32(): "date"}
    return {**names, pa.bool_(): "boolean", pa.timestamp("us"): "timestamp"}[kind]


# Measuring


def history_night(home: Path, months: int, enterprises: int) -> dict[str, Any]:
    """CPU and wall seconds of a night that adds one month to ``months`` of history: the cheapest of ``NIGHTS``."""
    settings = Settings(home=home)
    write_register(settings, enterprises)
    for month in month_range(FIRST, FIRST + (months - 1)):
        write_month(settings, month, enterprises, ROWS, f"{month}")
    warehouse.build_facts(settings, warehouse.pending(settings))
    nights = []
    for number in range(NIGHTS):
        month = FIRST + (months + number)
        write_month(settings, month, enterprises, ROWS, f"{month}")
        steps: dict[str, float] = {}
        with _Clock(steps, "pending"):
            pending = warehouse.pending(settings)
        assert pending.months == [month]
        with _Clock(steps, "build"):
            warehouse.build_facts(settings, pending)
        with _Clock(steps, "checks"):
            quality.check_months(settings, pending.months, NOW)
        nights.append(steps)
    best = {name: min(night[name] for night in nights) for name in nights[0]}
    with warehouse.connect(settings) as connection:
        rows = connection.execute("select count(*) from facts.fct_output").fetchone()
    return {"months": months, "enterprises": enterprises, "output_rows": rows[0] if rows else 0, **best}


def rebuild(home: Path, fact_rows: int, enterprises: int) -> dict[str, Any]:
    """A full rebuild of about so many fact rows, and bare DuckDB on the SQL that dbt ran, tests included."""
    settings = Settings(home=home)
    months = 120
    wanted = fact_rows / (months * enterprises)
    rows = {**ROWS, "export": max(1, round(wanted - sum(ROWS.values()) + ROWS["export"]))}
    write_register(settings, enterprises)
    for month in month_range(FIRST, FIRST + (months - 1)):
        write_month(settings, month, enterprises, rows, f"{month}")
    steps: dict[str, float] = {}
    with _Clock(steps, "dbt"):
        warehouse.build_facts(settings, warehouse.pending(settings))
    # A build writes no JSON; the same nodes in the same order, compiled once more, do.
    chosen = ["--exclude", "tag:half_year", "test_type:unit"]
    dbt.build(settings, chosen, {"touched_months": []}, command="compile")
    results = json.loads((settings.home / "dbt" / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((settings.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    with duckdb.connect(str(home / "bare.duckdb")) as bare:
        bare.execute(f"set threads = {settings.threads}")
        bare.execute(f"set memory_limit = '{settings.memory_limit}'")
        bare.execute(f"attach '{settings.warehouse}' as built (read_only)")
        bare.execute("create schema seeds; create schema staging; create schema intermediate; create schema facts")
        for (seed,) in bare.execute(
            "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'seeds'"
        ).fetchall():
            bare.execute(f"create table seeds.{seed} as from built.seeds.{seed}")
        counts = bare.execute(
            "select sum(estimated_size) from duckdb_tables() where database_name = 'built' and table_name like 'fct_%'"
        ).fetchone()
        bare.execute("detach built")
        with _Clock(steps, "bare"):
            for result in results:
                node = nodes.get(result["unique_id"])  # exposures run too, and have no SQL
                if node is not None and result["compiled_code"] is not None:
                    _run_bare(bare, node, result["compiled_code"], settings.warehouse.stem)
    return {"fact_rows": counts[0] if counts else 0, **steps}


def _run_bare(bare: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str, database: str) -> None:
    if node["resource_type"] not in ("model", "test"):
        return
    sql = sql.replace(f'"{database}".', "")
    if node["resource_type"] == "test":
        bare.execute(f"select count(*) from ({sql})").fetchall()
        return
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    bare.execute(f'create {kind} "{node["schema"]}"."{node["alias"]}" as ({sql})')


class _Clock:
    """Adds CPU seconds (``name``) and wall seconds (``name_wall``) of the block to ``steps``."""

    def __init__(self, steps: dict[str, float], name: str) -> None:
        self._steps, self._name = steps, name

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), sum(os.times()[:4])

    def __exit__(self, *_: object) -> None:
        self._steps[self._name] = sum(os.times()[:4]) - self._cpu
        self._steps[f"{self._name}_wall"] = time.perf_counter() - self._wall


# The page


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size in a process of its own, print tables for docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=--history", description=__doc__)
    parser.add_argument("--months", type=int, nargs="*", default=[1, 12, 60, 120], help="of history, each a run")
    parser.add_argument("--enterprises", type=int, default=1_000)
    parser.add_argument("--rebuild", type=int, default=10_000_000, help="fact rows of the full rebuild; 0: none")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory(prefix="zonehouse-bench-") as place:
        if options.one:
            kind, size = options.one[0], int(options.one[1])
            measure = history_night if kind == "night" else rebuild
            print(json.dumps(measure(Path(place), size, options.enterprises)))
            return
    nights = [_apart("night", months, options.enterprises) for months in options.months]
    print("| months of history | pending | build | checks | CPU seconds together | beside the first |")
    print("|---|---|---|---|---|---|")
    totals = [sum(night[step] for step in ("pending", "build", "checks")) for night in nights]
    for night, total in zip(nights, totals, strict=True):
        steps = " | ".join(f"{night[step]:.1f}" for step in ("pending", "build", "checks"))
        print(f"| {night['months']} | {steps} | {total:.1f} | {total / totals[0]:.2f} |")
    if options.rebuild:
        whole = _apart("rebuild", options.rebuild, options.enterprises)
        print(
            f"\nRebuild of {whole['fact_rows']:,.0f} rows: dbt {whole['dbt']:.0f} CPU s ({whole['dbt_wall']:.0f} s),"
            f" bare DuckDB {whole['bare']:.0f} CPU s ({whole['bare_wall']:.0f} s):"
            f" {whole['dbt'] / whole['bare']:.2f} x in CPU, {whole['dbt_wall'] / whole['bare_wall']:.2f} x on the clock"
        )


def _apart(kind: str, size: int, enterprises: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.history", "--one", kind, str(size), "--enterprises", str(enterprises)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
