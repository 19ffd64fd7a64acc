"""The gate: from what was found to what may be published, and the ledger of who decided."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import structlog

from zonehouse.quality.checks import CandidateLike
from zonehouse.quality.doubts import read_doubts
from zonehouse.quality.ledger import Decision, append_decision, naive_utc, read_decisions
from zonehouse.quality.night import refresh_night_page
from zonehouse.quality.report import CheckReport, QualityError, Verdict
from zonehouse.settings import Settings

GATE = "zonehouse.quality"
_log = structlog.get_logger(__name__)


def decide(settings: Settings, candidate: CandidateLike, report: CheckReport, now: datetime) -> Verdict:
    """Decide about a candidate by the gravest failure of its checks, and note it in the ledger.

    A report without a single evaluated expectation blocks: nothing was shown to be right.

    Raises:
        QualityError: the report is about something else.
    """
    if (report.scope, report.scope_key) != ("candidate", candidate.id):
        raise QualityError(
            f"this report is about {report.scope} {report.scope_key!r}, not about candidate {candidate.id}; "
            "check the candidate first (zonehouse validate --half)"
        )
    verdict = Verdict(
        candidate_id=candidate.id,
        half_year=str(candidate.half_year),
        inputs_digest=candidate.inputs_digest,
        outcome=report.outcome if report.results else "blocked",
        decided_at=report.checked_at,
        checks=len(report.results),
        failures=report.failed("critical") + report.failed("warning"),
        infos=report.failed("info"),
        accepted=report.accepted,
        run_id=report.run_id if report.results else None,
        doubts=tuple(read_doubts(candidate.database)),
    )
    reason = _reason(verdict)
    append_decision(settings, _decision(verdict, verdict.outcome, GATE, reason, now))
    _tell_stewards(settings)
    refresh_night_page(settings, now)
    _log.info("gate_decided", candidate=candidate.id, outcome=verdict.outcome, reason=reason)
    return verdict


def record_approval(  # noqa: PLR0913, PLR0917 (the face that docs/contracts.md fixes)
    settings: Settings, candidate_id: str, approved: bool, by: str, reason: str, now: datetime
) -> None:
    """Note a steward's answer about a candidate.

    Raises:
        QualityError: no name or no reason is given, the candidate was never decided upon, it was blocked (a critical
            failure cannot be approved), or it was published already.
    """
    if not by.strip() or not reason.strip():
        raise QualityError(f"an answer about {candidate_id} needs a name and a reason; give both")
    asked = _frozen(settings, candidate_id)
    every = [one for one in read_decisions(settings) if one.candidate_id == candidate_id]
    about = [one for one in every if asked is None or one.inputs_digest == asked["inputs_digest"]]
    verdicts = [one for one in about if one.outcome in {"pass", "needs_approval", "blocked"}]
    if not verdicts:
        raise QualityError(f"the gate has not decided about {candidate_id}; check it first (zonehouse validate --half)")
    latest = verdicts[-1]
    if any(one.outcome == "published" for one in about):
        raise QualityError(f"{candidate_id} is published already; a release is never altered: make a new candidate")
    if approved and latest.outcome == "blocked":
        raise QualityError(
            f"{candidate_id} is blocked ({latest.reason}); a critical failure cannot be approved: "
            "mend the data and build a new candidate"
        )
    outcome = "approved" if approved else "rejected"
    append_decision(
        settings,
        Decision(
            naive_utc(now),
            candidate_id,
            latest.half_year,
            latest.inputs_digest,
            outcome,
            by.strip(),
            reason.strip(),
            latest.run_id,
        ),
    )
    _tell_stewards(settings)
    refresh_night_page(settings, now)
    _log.info("answer_recorded", candidate=candidate_id, outcome=outcome)


def _tell_stewards(settings: Settings) -> None:
    from zonehouse.publish.steward_file import write_steward_file  # publishing knows the gate, not the gate publishing

    try:
        write_steward_file(settings)
    # The decision is noted: a file that repeats it must not undo the night.
    except Exception:
        _log.exception("steward_file_not_written")


def decisions(settings: Settings) -> list[Decision]:
    """Every decision of the gate, of stewards and of the publisher, oldest first."""
    return read_decisions(settings)


def _frozen(settings: Settings, candidate_id: str) -> dict[str, Any] | None:
    """The manifest of the candidate as it lies there now: an answer is about these inputs."""
    path = settings.candidates / candidate_id / "manifest.json"
    if not path.is_file():
        return None
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _decision(verdict: Verdict, outcome: str, by: str, reason: str, now: datetime) -> Decision:
    return Decision(
        naive_utc(now),
        verdict.candidate_id,
        verdict.half_year,
        verdict.inputs_digest,
        outcome,
        by,
        reason,
        verdict.run_id,
    )


def _reason(verdict: Verdict) -> str:
    """One line for the ledger: how many checks, and which failed."""
    if not verdict.checks:
        return "no expectation was evaluated"
    failed = [f"{one.table_name}: {one.title_en}" for one in verdict.failures]
    answered = [f"{one.table_name}: {one.title_en} (accepted by {one.accepted_by})" for one in verdict.accepted]
    told = f"; warnings answered beforehand: {'; '.join(answered)}" if answered else ""
    if not failed:
        return f"{verdict.checks} checks, no critical failure and no {'open ' if answered else ''}warning{told}"
    return f"{len(failed)} of {verdict.checks} checks failed: " + "; ".join(failed) + told
