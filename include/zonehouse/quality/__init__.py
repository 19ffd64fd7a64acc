"""Checks by Great Expectations, and the gate that decides what may be published.

Importing this package is quick: Great Expectations itself (seconds) is imported when something is checked.
"""

from zonehouse.quality.checks import CandidateLike, check_candidate, check_months, months_key
from zonehouse.quality.doubts import TOP, Doubt, queue
from zonehouse.quality.gate import decide, decisions, record_approval
from zonehouse.quality.ledger import Decision
from zonehouse.quality.override_log import OverrideTarget
from zonehouse.quality.overriding import Override, enter_override, find_override, overrides, revoke_override
from zonehouse.quality.reasons import reasons_in
from zonehouse.quality.report import CheckReport, CheckResult, QualityError, Verdict
from zonehouse.quality.reported import ReportedValue, reported_value_at, reported_values
from zonehouse.quality.told import describe, describe_report

__all__ = [
    "TOP",
    "CandidateLike",
    "CheckReport",
    "CheckResult",
    "Decision",
    "Doubt",
    "Override",
    "OverrideTarget",
    "QualityError",
    "ReportedValue",
    "Verdict",
    "check_candidate",
    "check_months",
    "decide",
    "decisions",
    "describe",
    "describe_report",
    "enter_override",
    "find_override",
    "months_key",
    "overrides",
    "queue",
    "reasons_in",
    "record_approval",
    "reported_value_at",
    "reported_values",
    "revoke_override",
]
