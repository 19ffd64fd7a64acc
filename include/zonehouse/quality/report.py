"""What a run of checks found, and what the gate makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from zonehouse.quality.doubts import Doubt

Severity = Literal["critical", "warning", "info"]
Outcome = Literal["pass", "needs_approval", "blocked"]
Scope = Literal["months", "candidate"]

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
OUTCOME_OF: dict[Severity, Outcome] = {"critical": "blocked", "warning": "needs_approval", "info": "pass"}


class QualityError(RuntimeError):
    """A check that cannot be run or decided upon: says what, where, and what to do."""


@dataclass(frozen=True)
class Acceptance:
    """A steward's word that a number which failed a rule is right (an override of action ``accept``)."""

    override_id: str
    entered_by: str
    reason: str
    column_code: str


@dataclass(frozen=True)
class CheckResult:
    """One expectation on one table in one run; the fields are those of ``validation_result`` and what people read.

    Attributes:
        success: whether the data met the expectation; never true when it raised.
        raised: the expectation could not be evaluated (``observed`` says why): graded critical, whatever it says.
        examples: a few of the rows that failed, as text, for the steward; not kept in the landing.
        acceptances: of a failed warning, the acceptances that answer it; given only when every failed row has one.
    """

    checkpoint: str
    suite: str
    table_name: str
    expectation_type: str
    column_name: str | None
    severity: Severity
    success: bool
    raised: bool
    observed: str | None
    unexpected_count: int | None
    element_count: int | None
    reason_vi: str
    reason_en: str
    owner: str
    rule: str
    title_vi: str
    title_en: str
    examples: tuple[dict[str, str], ...] = ()
    acceptances: tuple[Acceptance, ...] = ()

    @property
    def accepted_by(self) -> str | None:
        """Who accepted the rows that failed, and why; None when somebody must still be asked."""
        return "; ".join(f"{one.entered_by}: {one.reason} ({one.override_id})" for one in self.acceptances) or None

    @property
    def grade(self) -> Severity:
        """The severity that counts: what raised is critical, since nobody knows what it would have found."""
        return "critical" if self.raised else self.severity


@dataclass(frozen=True)
class CheckReport:
    """All results of one run; ``scope_key`` is the months (``2016-04..2016-06``) or the candidate's id."""

    run_id: str
    checked_at: datetime
    scope: Scope
    scope_key: str
    results: tuple[CheckResult, ...] = ()

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """What failed and was not accepted, the gravest first, then in the order of the suites."""
        failed = [result for result in self.results if not result.success and not result.acceptances]
        return tuple(sorted(failed, key=lambda result: SEVERITIES.index(result.grade)))

    def failed(self, severity: Severity) -> tuple[CheckResult, ...]:
        """What failed at one severity."""
        return tuple(result for result in self.failures if result.grade == severity)

    @property
    def accepted(self) -> tuple[CheckResult, ...]:
        """Warnings that stewards answered beforehand: every row that failed was accepted."""
        return tuple(result for result in self.results if not result.success and result.acceptances)

    @property
    def has_critical(self) -> bool:
        """Whether what was checked must go no further."""
        return bool(self.failed("critical"))

    @property
    def outcome(self) -> Outcome:
        """``blocked``, ``needs_approval`` or ``pass``, by the gravest failure."""
        return OUTCOME_OF[self.failures[0].grade] if self.failures else "pass"


@dataclass(frozen=True)
class Verdict:
    """The gate's decision about one candidate.

    Attributes:
        failures: critical and warning failures, the gravest first.
        infos: failed expectations that are shown and decide nothing.
        checks: how many expectations were evaluated; none blocks.
        run_id: the run of checks behind it (rows of ``validation_result``).
        accepted: failed warnings whose every row a steward accepted beforehand; nobody is asked again.
        doubts: the doubtful values of the candidate, those first that matter most; they decide nothing by themselves.
    """

    candidate_id: str
    half_year: str
    inputs_digest: str
    outcome: Outcome
    decided_at: datetime
    checks: int
    failures: tuple[CheckResult, ...] = field(default=())
    infos: tuple[CheckResult, ...] = field(default=())
    doubts: tuple[Doubt, ...] = field(default=())
    accepted: tuple[CheckResult, ...] = field(default=())
    run_id: str | None = None
