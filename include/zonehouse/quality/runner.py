"""Runs checkpoints of ``expectations/`` on one frozen DuckDB file, by Great Expectations.

Great Expectations takes seconds to import and is only imported when something is checked. Each run has its own
context; the committed files are only read, and all that is written goes to ``settings.reports``.
"""

from __future__ import annotations

import fcntl
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import structlog

from zonehouse.quality import retention
from zonehouse.quality.report import SEVERITIES, CheckResult, Scope, Severity
from zonehouse.quality.rules import RULES
from zonehouse.settings import Settings

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context.data_context.file_data_context import FileDataContext
    from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from sqlalchemy import Connection
    from sqlalchemy.engine.default import DefaultExecutionContext
    from sqlalchemy.engine.interfaces import DBAPICursor

DATASOURCE = "checked"
# Great Expectations logs hundreds of lines at INFO when a root logger is set up (as Airflow's is).
_NOISY = ("great_expectations", "great_expectations._docs_decorators")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Task:
    """What is to be checked: these checkpoints on the tables of this frozen file.

    Attributes:
        parameters: values for expectations that name one (``{"$PARAMETER": ...}``).
    """

    scope: Scope
    key: str
    checkpoints: tuple[str, ...]
    database: Path
    parameters: Mapping[str, object]


def run_checkpoints(
    settings: Settings, task: Task, now: datetime, progress: Callable[[str], None] | None = None
) -> list[CheckResult]:
    """Run a task's checkpoints; one result for each expectation that the suites on disk hold.

    A checkpoint that cannot be run, and an expectation of a suite that gave no result, is a raised result: nothing
    that was not evaluated counts as passed.
    """
    results: list[CheckResult] = []
    pages: list[ValidationResultIdentifier] = []
    with _one_at_a_time(settings.reports), _quiet():
        retention.prune(settings.reports)
        context = _open_context(settings, task.database)
        try:
            for name in task.checkpoints:
                if progress:
                    progress(f"checking {name} of {task.key}")
                found, made = _run_one(context, settings, name, task, now)
                results += found
                pages += made
            _build_pages(context, pages)
        finally:
            _close(context)
    return results


def _run_one(
    context: FileDataContext, settings: Settings, name: str, task: Task, now: datetime
) -> tuple[list[CheckResult], list[ValidationResultIdentifier]]:
    from great_expectations.core.run_identifier import RunIdentifier

    try:
        checkpoint = context.checkpoints.get(name)
        run = checkpoint.run(
            expectation_parameters=dict(task.parameters), run_id=RunIdentifier(run_name=task.key, run_time=now)
        )
    # Whatever a checkpoint raises, the gate must see it as a result, or nothing would be recorded.
    except Exception as error:
        _log.exception("checkpoint_raised", checkpoint=name, scope_key=task.key)
        return [_not_run(name, "", "", f"{type(error).__name__}: {error}")], []
    outcomes = {result.suite_name: result for result in run.run_results.values()}
    results: list[CheckResult] = []
    for definition in checkpoint.validation_definitions:
        written = read_suite(settings, definition.suite.name)
        outcome = outcomes.get(definition.suite.name)
        table = written["meta"]["table"]
        evaluated = [_result(name, written["name"], table, one) for one in (outcome.results if outcome else ())]
        results += [*evaluated, *_lost(name, written, {one.rule for one in evaluated})]
    return results, list(run.run_results)


def read_suite(settings: Settings, name: str) -> dict[str, Any]:
    """A suite as it is written on disk."""
    path = settings.expectations / "suites" / f"{name}.json"
    suite: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return suite


def _lost(checkpoint: str, suite: Mapping[str, Any], evaluated: set[str]) -> list[CheckResult]:
    """Expectations that are written and gave no result.

    Great Expectations drops one that it cannot build (a misspelt type, an unknown argument) with a line in the log.
    """
    rules = [expectation["meta"]["rule"] for expectation in suite["expectations"]]
    return [
        replace(
            _not_run(checkpoint, suite["name"], suite["meta"]["table"], f"the expectation {rule!r} gave no result"),
            rule=rule,
        )
        for rule in rules
        if rule not in evaluated
    ]


def _build_pages(context: FileDataContext, results: Sequence[ValidationResultIdentifier]) -> None:
    """Build the pages of these results and their suites, and the index.

    Not by the checkpoints' own action: it builds the index once for each suite, which took most of a run's time.
    """
    # Great Expectations declares a list of one kind of identifier and takes both.
    wanted: list[Any] = [*results, *{one.expectation_suite_identifier for one in results}]
    if not wanted:
        return
    try:
        context.build_data_docs(resource_identifiers=wanted)
    # The results are in hand: a page that cannot be written must not hide them from the gate.
    except Exception:
        _log.exception("data_docs_not_built")


def _result(checkpoint: str, suite: str, table: str, one: ExpectationValidationResult) -> CheckResult:
    config = one.expectation_config
    if config is None:
        return _not_run(checkpoint, suite, table, "a result came back without its expectation")
    meta = config.meta or {}
    raised = _exception(one.exception_info)
    found = one.result or {}
    observed = raised if raised is not None else _observed(found)
    title_vi, _, title_en = (config.description or config.type).partition(" / ")
    unexpected = found.get("unexpected_count")
    if unexpected is None and (config.type == "unexpected_rows_expectation" or config.type in RULES):
        unexpected = found.get("observed_value")
    return CheckResult(
        checkpoint=checkpoint,
        suite=suite,
        table_name=table,
        expectation_type=config.type,
        column_name=_column(config.kwargs),
        severity=_severity(config),
        success=raised is None and one.success is True,
        raised=raised is not None,
        observed=observed,
        unexpected_count=None if unexpected is None else int(unexpected),
        element_count=found.get("element_count"),
        reason_vi=meta.get("reason_vi", ""),
        reason_en=meta.get("reason_en", ""),
        owner=meta.get("owner", "operator"),
        rule=meta.get("rule", config.type),
        title_vi=title_vi,
        title_en=title_en or title_vi,
    )


def _not_run(checkpoint: str, suite: str, table: str, why: str) -> CheckResult:
    return CheckResult(
        checkpoint=checkpoint,
        suite=suite,
        table_name=table,
        expectation_type="checkpoint",
        column_name=None,
        severity="critical",
        success=False,
        raised=True,
        observed=why,
        unexpected_count=None,
        element_count=None,
        reason_vi="Điều chưa kiểm tra được thì không được coi là đạt.",
        reason_en="What was not evaluated does not count as passed.",
        owner="operator",
        rule="checkpoint_runs",
        title_vi="Bộ kiểm tra chạy được",
        title_en="The checkpoint can be run",
    )


def _severity(config: ExpectationConfiguration) -> Severity:
    value = getattr(config.severity, "value", config.severity)
    return cast(Severity, value) if value in SEVERITIES else "critical"


def _exception(info: Mapping[str, Any] | None) -> str | None:
    """The message of an exception; Great Expectations gives one record, or one for each metric that failed."""
    if not info:
        return None
    records = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, Mapping)]
    messages = [str(one.get("exception_message")) for one in records if one.get("raised_exception")]
    return "; ".join(sorted(set(messages))) if messages else None


def _observed(found: Mapping[str, Any]) -> str | None:
    if found.get("observed_value") is not None:
        return str(found["observed_value"])
    examples = found.get("partial_unexpected_list")
    return ", ".join(_one(value) for value in examples[:5]) if examples else None


def _one(value: object) -> str:
    """An unexpected value; of an expectation about two columns it is a pair."""
    return " | ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _column(kwargs: Mapping[str, Any]) -> str | None:
    if kwargs.get("column"):
        return str(kwargs["column"])
    columns = kwargs.get("column_list") or [kwargs[key] for key in ("column_A", "column_B") if key in kwargs]
    return ", ".join(map(str, columns)) or None


@contextmanager
def _one_at_a_time(reports: Path) -> Iterator[None]:
    """Two processes that build the same Data Docs would remove each other's pages."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / ".checks.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in _NOISY}
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Table assets name their schema, which 1.14 deprecated for one schema a datasource; here are three.
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _open_context(settings: Settings, database: Path) -> FileDataContext:
    from great_expectations.data_context.data_context.context_factory import project_manager
    from great_expectations.data_context.data_context.file_data_context import FileDataContext
    from sqlalchemy import event

    from zonehouse.quality import expectations as _registered  # noqa: F401 - suites name these types

    context = FileDataContext(
        context_root_dir=str(settings.expectations),
        runtime_environment={
            "ZONEHOUSE_CHECKED_DATABASE": str(database.absolute()),
            "ZONEHOUSE_REPORTS": str(settings.reports.absolute()),
        },
    )
    # Stores read suites and validation definitions through the current project.
    project_manager.set_project(context)
    event.listen(context.data_sources.get(DATASOURCE).get_execution_engine().engine, "after_cursor_execute", _buffer)
    return context


def _buffer(
    _connection: Connection,
    cursor: DBAPICursor,
    _statement: str,
    _parameters: object,
    context: DefaultExecutionContext,
    _many: bool,
) -> None:
    """Read a result whole when it is made: DuckDB drops an open result when its connection runs the next query."""
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    if cursor.description:
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
            cursor, alternate_description=cursor.description, initial_buffer=cursor.fetchall()
        )


def _close(context: FileDataContext) -> None:
    """Let go of the file: in this process nobody could open it otherwise with other options."""
    engine = context.data_sources.get(DATASOURCE).get_execution_engine()
    engine.close()
    engine.engine.dispose()
