"""One page a night, ``reports/validation/<night>/index.html``: every check, what it found, what was decided, the trend.

The page is complete in itself and needs no internet. It is made from the landing, so that it can be made again at any
time; Data Docs hold the pages of the latest runs only, and a link to one is there as long as the page is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import structlog

from zonehouse.intake.schema import VALIDATION_RESULT
from zonehouse.intake.state import landing_readers
from zonehouse.quality import words
from zonehouse.quality.ledger import Decision, naive_utc, read_decisions
from zonehouse.quality.reasons import reasons_in
from zonehouse.quality.report import OUTCOME_OF, SEVERITIES, CheckResult, Outcome, Severity
from zonehouse.quality.runner import read_suite
from zonehouse.quality.told import extent
from zonehouse.settings import Settings

TREND_RUNS = 30
# Pages of Data Docs are kept for five runs: those that go were linked to from one of these nights.
_LATEST_NIGHTS = 10
_LINKS = re.compile(r'href="(\.\./\.\./data_docs/validations/[^"]+)"')
_KEPT_COLUMNS = tuple(name for name in VALIDATION_RESULT.names if name in CheckResult.__dataclass_fields__)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Run:
    """One run of checks, as the landing keeps it; ``checked_at`` is UTC without zone."""

    run_id: str
    checked_at: datetime
    scope: str
    scope_key: str
    results: tuple[CheckResult, ...]

    def failed(self, severity: Severity) -> int:
        """How many failed at one severity; what could not be evaluated is critical."""
        return sum(1 for one in self.results if not one.success and one.grade == severity)

    @property
    def outcome(self) -> Outcome:
        """What the gate makes of such a run."""
        return next((OUTCOME_OF[severity] for severity in SEVERITIES if self.failed(severity)), "pass")


def night_of(settings: Settings, moment: datetime) -> date:
    """The day of the authority's civil time that a run belongs to."""
    return moment.astimezone(settings.zone).date()


def page_of(settings: Settings, night: date) -> Path:
    """Where the page of a night lies."""
    return settings.reports / "validation" / night.isoformat() / "index.html"


def nights_with_page(settings: Settings) -> list[date]:
    """The nights that have a page, the newest first."""
    found = (settings.reports / "validation").glob("????-??-??/index.html")
    return sorted((date.fromisoformat(path.parent.name) for path in found), reverse=True)


def refresh_night_page(settings: Settings, moment: datetime) -> Path | None:
    """Write the page of the night of ``moment`` anew, and those that link to pages that are gone.

    Never fails: what was found and decided is in the landing, and a page that cannot be written must not hide it.
    """
    try:
        night = night_of(settings, moment)
        page = write_night_page(settings, night)
        for other in sorted(page.parent.parent.glob("*/index.html"))[-_LATEST_NIGHTS:]:
            if other != page and _has_dead_link(other):
                write_night_page(settings, date.fromisoformat(other.parent.name))
        _write_list(settings)
    except Exception:
        _log.exception("night_page_not_written")
        return None
    return page


def write_night_page(settings: Settings, night: date) -> Path:
    """Write the page of a night from the landing; the same landing gives the same page."""
    start = naive_utc(datetime(night.year, night.month, night.day, tzinfo=settings.zone))
    end = naive_utc(datetime(night.year, night.month, night.day, tzinfo=settings.zone) + timedelta(days=1))
    known = _runs(settings, end)
    decided = [one for one in read_decisions(settings) if start <= one.decided_at < end]
    page = page_of(settings, night)
    tonight = [run for run in known if run.checked_at >= start]
    text = _template("night.html.j2").render(
        night=night.isoformat(),
        runs=[_told(settings, run, page) for run in reversed(tonight)],
        decisions=_decided(settings, decided),
        history=[_summary(settings, run) for run in reversed(known)],
        bars=_bars(settings, known),
    )
    _replace(page, text)
    return page


def _runs(settings: Settings, before: datetime) -> list[Run]:
    """The last runs before a moment, oldest first. A file is named by the time of its run: older ones stay closed."""
    stamp = f"{before:%Y%m%dT%H%M%S%fZ}"
    folder = settings.landing / "validation_result"
    with landing_readers(settings):
        files = sorted(path for path in folder.glob("*.parquet") if path.name[0].isdigit() and path.name < stamp)
        files = files[-TREND_RUNS:]
        if not files:
            return []
        table = ds.dataset([str(path) for path in files], schema=VALIDATION_RESULT, format="parquet").to_table()
    runs: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        runs.setdefault(row["run_id"], []).append(row)
    found = [
        Run(run_id, rows[0]["checked_at"], rows[0]["scope"], rows[0]["scope_key"], tuple(_result(row) for row in rows))
        for run_id, rows in runs.items()
    ]
    return sorted(found, key=lambda run: (run.checked_at, run.run_id))


def _result(row: dict[str, Any]) -> CheckResult:
    kept = {name: row[name] for name in _KEPT_COLUMNS}
    # Runs before the rule's name was kept have its reason alone.
    named = {
        "rule": kept["rule"] or kept["expectation_type"],
        "title_vi": kept["title_vi"] or kept["reason_vi"],
        "title_en": kept["title_en"] or kept["reason_en"],
    }
    return CheckResult(**(kept | named))


def _told(settings: Settings, run: Run, page: Path) -> dict[str, Any]:
    suites: dict[str, list[CheckResult]] = {}
    for result in run.results:
        suites.setdefault(result.suite or result.checkpoint, []).append(result)
    told = [_suite(settings, run, name, results, page) for name, results in suites.items()]
    return _summary(settings, run) | {"suites": sorted(told, key=lambda one: one["rank"])}


def _suite(settings: Settings, run: Run, name: str, results: Sequence[CheckResult], page: Path) -> dict[str, Any]:
    failed = [one for one in results if not one.success]
    grade = min((one.grade for one in failed), key=SEVERITIES.index, default=None)
    title_vi, title_en = _title(settings, name)
    return {
        "name": name,
        "title_vi": title_vi,
        "title_en": title_en,
        "grade": grade or "met",
        "rank": SEVERITIES.index(grade) if grade else len(SEVERITIES),
        "checks": len(results),
        "failed": len(failed),
        "link": _data_docs_page(settings, run, name, page),
        "results": [_line(one) for one in sorted(results, key=lambda one: one.success)],
    }


def _line(result: CheckResult) -> dict[str, Any]:
    return {
        "grade": "met" if result.success else result.grade,
        "severity": result.severity,
        "title_vi": result.title_vi,
        "title_en": result.title_en,
        "found": "" if result.success else extent(result, "vi"),
        "reason_vi": result.reason_vi,
        "reason_en": result.reason_en,
        "owner": result.owner,
    }


def _summary(settings: Settings, run: Run) -> dict[str, Any]:
    return {
        "at": _local(settings, run.checked_at),
        "scope": run.scope,
        "key": run.scope_key,
        "checks": words.number(len(run.results), "vi"),
        "outcome": run.outcome,
        **{severity: run.failed(severity) for severity in SEVERITIES},
    }


def _decided(settings: Settings, decisions: Sequence[Decision]) -> list[dict[str, str]]:
    told = zip(decisions, reasons_in(settings, decisions, "vi"), reasons_in(settings, decisions, "en"), strict=True)
    return [
        {
            "at": _local(settings, one.decided_at),
            "candidate": one.candidate_id,
            "outcome": one.outcome,
            "by": one.decided_by,
            "reason": vi if vi == en else f"{vi} / {en}",
        }
        for one, vi, en in told
    ]


_BAR_HEIGHT = 120.0


def _bars(settings: Settings, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The trend as stacked bars: how many checks failed in each run, by severity; heights in pixels."""
    most = max((sum(run.failed(severity) for severity in SEVERITIES) for run in runs), default=0)
    bars = []
    for position, run in enumerate(runs):
        parts, bottom = [], 0.0
        for severity in SEVERITIES:
            height = _BAR_HEIGHT * run.failed(severity) / most if most else 0.0
            bottom += height
            parts.append({"severity": severity, "y": round(_BAR_HEIGHT - bottom, 2), "height": round(height, 2)})
        bars.append(_summary(settings, run) | {"position": position, "parts": parts})
    return bars


def _title(settings: Settings, suite: str) -> tuple[str, str]:
    try:
        meta = read_suite(settings, suite)["meta"]
    except (OSError, ValueError, KeyError):  # a suite that is no longer there
        return suite, suite
    return meta.get("title_vi", suite), meta.get("title_en", suite)


def _data_docs_page(settings: Settings, run: Run, suite: str, page: Path) -> str | None:
    place = Path("validations", suite, run.scope_key, f"{run.checked_at:%Y%m%dT%H%M%S.%fZ}")
    folder = settings.reports / "data_docs" / place
    found = next(iter(sorted(folder.glob("*.html"))), None)
    return None if found is None else found.relative_to(page.parents[2]).as_posix()


def _has_dead_link(page: Path) -> bool:
    return any(not (page.parent / link).is_file() for link in _LINKS.findall(page.read_text(encoding="utf-8")))


def _write_list(settings: Settings) -> None:
    folder = settings.reports / "validation"
    nights = [night.isoformat() for night in nights_with_page(settings)]
    _replace(folder / "index.html", _template("nights.html.j2").render(nights=nights))


def _local(settings: Settings, moment: datetime) -> str:
    return f"{moment.replace(tzinfo=UTC).astimezone(settings.zone):%Y-%m-%d %H:%M}"


def _template(name: str) -> Any:  # noqa: ANN401 - Jinja's template, imported late
    from jinja2 import Environment, FileSystemLoader

    # Names of files and cells come from senders: everything is escaped.
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(name)


def _replace(page: Path, text: str) -> None:
    page.parent.mkdir(parents=True, exist_ok=True)
    aside = page.with_name(f".{page.name}.tmp")
    aside.write_text(text, encoding="utf-8")
    aside.replace(page)
