"""What the gate and the stewards decided about a candidate, and the note that it was published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow.compute as pc
import pyarrow.dataset as ds

from zonehouse.intake.schema import VALIDATION_RESULT
from zonehouse.intake.state import landing_readers
from zonehouse.publish.candidate import FrozenCandidate, PublishError
from zonehouse.quality.ledger import Decision, append_decision, naive_utc, read_decisions
from zonehouse.settings import Settings

# A verdict and the answer to it may carry the same injected time: the answer comes after.
_SAME_TIME_ORDER = {"pass": 0, "needs_approval": 0, "blocked": 1, "approved": 2, "rejected": 3, "published": 4}
PUBLISHER = "zonehouse.publish"


def decisions_of(settings: Settings, candidate_id: str) -> list[Decision]:
    """All decisions about a candidate id, oldest first; of two verdicts at the same time the block is the later one."""
    about = [one for one in read_decisions(settings) if one.candidate_id == candidate_id]
    return sorted(about, key=lambda one: (one.decided_at, _SAME_TIME_ORDER.get(one.outcome, 0)))


def standing(decisions: Sequence[Decision]) -> Decision | None:
    """The decision in force.

    A later one replaces an earlier one, with two exceptions: ``needs_approval`` does not take back the approval of
    the same frozen content (a check that is run again), and ``approved`` does not lift a block, since nobody may
    wave through a critical failure.
    """
    found: Decision | None = None
    for decision in decisions:
        before = found.outcome if found else None
        kept = (before == "approved" and decision.outcome == "needs_approval") or (
            before == "blocked" and decision.outcome == "approved"
        )
        if decision.outcome != "published" and not kept:
            found = decision
    return found


def permission(settings: Settings, candidate: FrozenCandidate) -> Decision:
    """The ``pass`` or ``approved`` that allows publishing exactly this content.

    Raises:
        PublishError: there is none, it was made for other inputs, or it was taken back.
    """
    every = decisions_of(settings, candidate.id)
    decision = standing([one for one in every if one.inputs_digest == candidate.inputs_digest])
    what = f"candidate {candidate.id} is not published"
    if decision is None and every:
        raise PublishError(
            f"{what}: what was decided about it was decided on other inputs; check it again "
            f"(zonehouse validate --half {candidate.half_year})"
        )
    if decision is None:
        raise PublishError(
            f"{what}: the gate has not decided about it; check it (zonehouse validate --half {candidate.half_year})"
        )
    if decision.outcome in {"pass", "approved"}:
        return decision
    todo = {
        "needs_approval": "a steward must approve it first (approval task of the half_year_marts Dag, or "
        f"zonehouse publish --half {candidate.half_year} --approve-as NAME --reason TEXT)",
        "blocked": "a critical check failed; mend the data (see the validation report) and build a new candidate",
        "rejected": f"{decision.decided_by} rejected it; mend the data and build a new candidate",
    }.get(decision.outcome, "check it again")
    raise PublishError(f"{what}: the standing decision is {decision.outcome} ({decision.reason}): {todo}")


def checks_of(settings: Settings, candidate_id: str) -> dict[str, int]:
    """How many expectations were checked on a candidate, and how many failed by severity, in its latest runs."""
    here = (pc.field("scope") == "candidate") & (pc.field("scope_key") == candidate_id)
    with landing_readers(settings):
        files = sorted(str(path) for path in (settings.landing / "validation_result").glob("[!._]*.parquet"))
        results = ds.dataset(files, schema=VALIDATION_RESULT, format="parquet") if files else None
        rows = results.to_table(filter=here).to_pylist() if results is not None else []
    latest: dict[str, datetime] = {}
    for row in rows:
        latest[row["checkpoint"]] = max(row["checked_at"], latest.get(row["checkpoint"], row["checked_at"]))
    counts = {"expectations": 0, "failed_critical": 0, "failed_warning": 0, "failed_info": 0}
    for row in rows:
        if row["checked_at"] == latest[row["checkpoint"]]:
            counts["expectations"] += 1
            if not row["success"]:
                severity = "critical" if row["raised"] else row["severity"]
                counts[f"failed_{severity}"] = counts.get(f"failed_{severity}", 0) + 1
    return counts


def note_published(settings: Settings, candidate: FrozenCandidate, now: datetime) -> None:
    """Append the ``published`` row; once for a release, however often it is asked for. Only with the lock held."""
    known = decisions_of(settings, candidate.id)
    if any((one.outcome, one.inputs_digest) == ("published", candidate.inputs_digest) for one in known):
        return
    append_decision(
        settings,
        Decision(
            decided_at=naive_utc(now),
            candidate_id=candidate.id,
            half_year=str(candidate.half_year),
            inputs_digest=candidate.inputs_digest,
            outcome="published",
            decided_by=PUBLISHER,
            reason="",
        ),
    )
