"""One ``dbt build`` in this process: settings to profile, vars to models, failures to one readable error."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import structlog

from zonehouse.forms import load_catalogue
from zonehouse.intake.state import landing_readers
from zonehouse.settings import Settings
from zonehouse.warehouse.connection import WarehouseError, temp_directory, writing_alone
from zonehouse.warehouse.parsed import manifest_of

log = structlog.get_logger(__name__)

_FAILED = {"error", "fail", "runtime error"}
_SHOWN_FAILURES = 10
_CORRESPONDENCE = ("vsic_version", "product_code", "comparable_product_code", "source")


def form_versions(settings: Settings) -> list[dict[str, Any]]:
    """What the models need to know of the form versions; each becomes a row of ``stg_form_version``."""
    return [
        {
            "form_code": form.code,
            "form_version": form.version,
            "reporting_unit": form.reporting_unit,
            "frequency": form.frequency,
            "valid_from": form.valid_from,
            "valid_to": form.valid_to,
            "months_after": form.due.months_after if form.due else None,
            "day": form.due.day if form.due else None,
            "price_base_year": form.price_base_year,
            "vsic_version": form.vsic_version,
        }
        for form in load_catalogue(settings).forms
    ]


def form_columns(settings: Settings) -> list[dict[str, str]]:
    """The units of the number columns of each form version; each becomes a row of ``stg_form_column``."""
    return [
        {
            "form_code": form.code,
            "form_version": form.version,
            "section_code": section.code,
            "column_code": column.code,
            "unit": column.unit,
            "sent_unit": column.sent_unit or column.unit,
            "sent_per_kept": f"{1 / (column.factor or Decimal(1)):f}",
        }
        for form in load_catalogue(settings).forms
        for section in form.sections
        for column in section.columns
        if column.unit is not None
    ]


def own_correspondence(settings: Settings) -> list[dict[str, str]]:
    """The authority's own correspondence of VSIC codes, ``lists/vsic_correspondence.csv`` of its forms folder.

    Columns as in the seed of that name: vsic_version, product_code, comparable_product_code, source.

    Raises:
        WarehouseError: a column is missing; names the file.
    """
    path = settings.forms / "lists" / "vsic_correspondence.csv" if settings.forms else None
    if path is None or not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if missing := [name for name in _CORRESPONDENCE if name not in (reader.fieldnames or ())]:
            raise WarehouseError(f"{path}: column missing: {', '.join(missing)}; expected {', '.join(_CORRESPONDENCE)}")
        return [{name: row[name] or "" for name in _CORRESPONDENCE} for row in reader]


def build(
    settings: Settings,
    arguments: Sequence[str],
    variables: Mapping[str, Any],
    *,
    command: str = "build",
    progress: Callable[[str], None] | None = None,
) -> int:
    """Run one dbt command on the warehouse; the number of nodes that ran.

    ``arguments`` are selectors and flags; what the landing and the forms are is added to ``variables``. Everything
    that dbt writes goes below ``home/dbt``.

    Raises:
        WarehouseError: dbt could not start, or a model or a data test failed; names them with their messages.
    """
    from dbt.cli.main import dbtRunner

    forms = {"form_versions": form_versions(settings), "form_columns": form_columns(settings)}
    own = {"own_correspondence": own_correspondence(settings)}
    every = {"landing": str(settings.landing), **forms, **own, **variables}
    temp_directory(settings).mkdir(parents=True, exist_ok=True)

    def parse() -> Any:  # noqa: ANN401 (a Manifest; importing it takes a second)
        return dbtRunner().invoke(_call(settings, "parse", every)).result

    # The pages of docs read the JSON files that a parse of their own writes.
    is_kept = command in ("build", "test")
    call = _call(settings, command, every, ["--no-write-json", *arguments] if is_kept else arguments)
    with writing_alone(settings), _profile(settings), _released(), landing_readers(settings):
        manifest = manifest_of(settings, parse) if is_kept else None
        result = dbtRunner(manifest, [_teller(progress)] if progress else []).invoke(call)
    nodes = list(getattr(result.result, "results", None) or [])
    log.info("dbt", command=command, nodes=len(nodes), success=result.success)
    if not result.success:
        raise WarehouseError(_explain(settings, result.exception, nodes))
    return len(nodes)


def _call(settings: Settings, command: str, variables: Mapping[str, Any], arguments: Sequence[str] = ()) -> list[str]:
    folder = settings.home / "dbt"
    return [
        *("--quiet", "--no-partial-parse", "--no-version-check", "--no-send-anonymous-usage-stats"),
        *("--log-level", "none", "--log-level-file", "info", "--no-use-colors"),
        *command.split(),
        *("--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        *("--vars", json.dumps(variables), *arguments),
    ]


def models_digest(settings: Settings) -> str:
    """SHA-256 over all that decides what the tables hold beside the landing: SQL, seeds, settings, form versions."""
    project = settings.dbt_project
    files = [
        project / "dbt_project.yml",
        *sorted((project / "models").rglob("*.sql")),
        *sorted((project / "macros").rglob("*.sql")),
        *sorted((project / "seeds").glob("*.csv")),
    ]
    forms = [form_versions(settings), form_columns(settings), own_correspondence(settings)]
    digest = hashlib.sha256(json.dumps(forms, sort_keys=True).encode())
    for path in files:
        digest.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def _profile(settings: Settings) -> Iterator[None]:
    """The environment that profiles.yml reads, only while dbt runs."""
    wanted = {
        "ZONEHOUSE_DBT_DATABASE": str(settings.warehouse),
        "ZONEHOUSE_DBT_THREADS": str(settings.threads),
        "ZONEHOUSE_DBT_MEMORY_LIMIT": settings.memory_limit,
        "ZONEHOUSE_DBT_TEMP_DIRECTORY": str(temp_directory(settings)),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _released() -> Iterator[None]:
    """Let go of the file afterwards: the adapter keeps its connection, and DuckDB its lock, until told."""
    try:
        yield
    finally:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        environment = DuckDBConnectionManager._ENV
        if environment is not None:
            environment.close()
        DuckDBConnectionManager._ENV = None


def _teller(progress: Callable[[str], None]) -> Callable[[Any], None]:
    """A dbt event callback that passes on each finished model."""

    def tell(event: Any) -> None:  # noqa: ANN401 (a protobuf message of dbt)
        if event.info.name == "LogModelResult":
            progress(f"dbt: {event.data.node_info.node_name} {event.data.execution_time:.1f} s")

    return tell


def _explain(settings: Settings, exception: BaseException | None, nodes: Sequence[Any]) -> str:
    failed = [node for node in nodes if str(node.status) in _FAILED]
    where = f"see {settings.home / 'dbt' / 'logs' / 'dbt.log'}"
    if not failed:
        return f"dbt could not build {settings.warehouse}: {exception}; {where}"
    lines = [
        f"{node.node.resource_type} {node.node.name}: {' '.join(str(node.message).split()).split(' > in macro')[0]}"
        for node in failed[:_SHOWN_FAILURES]
    ]
    more = f" (and {len(failed) - _SHOWN_FAILURES} more)" if len(failed) > _SHOWN_FAILURES else ""
    return f"dbt: {len(failed)} failed{more}: {'; '.join(lines)}; {where}"
