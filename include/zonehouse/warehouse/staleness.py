"""Which half-years are not settled: what readers have, or what was decided about it, is not what the inputs say now."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.quality.ledger import Decision, naive_utc, read_decisions
from zonehouse.settings import Settings
from zonehouse.warehouse.connection import connect
from zonehouse.warehouse.questions import compared_months, digest_of, inputs_of, overrides_of, reported

# A pass or an approval alone settles nothing: a crash may have come before the publication.
SETTLED = frozenset({"published", "rejected", "blocked"})


def stale_half_years(settings: Settings) -> list[HalfYear]:
    """Reported half-years whose submissions in force are not those of the last settled decision on them, in order."""
    return sorted(_stale(settings))


def half_years_to_refresh(settings: Settings, now: datetime) -> list[HalfYear]:
    """The stale half-years but those that a steward is being asked about, on the same inputs, in order.

    A question that nobody answered within ``settings.approval_days`` has lapsed and is asked again.
    """
    last = {HalfYear.parse(one.half_year): one for one in read_decisions(settings)}
    lapsed = naive_utc(now) - timedelta(days=settings.approval_days)
    return sorted(
        half_year
        for half_year, digest in _stale(settings).items()
        if not _is_being_asked(last.get(half_year), digest, lapsed)
    )


def _is_being_asked(last: Decision | None, digest: str, lapsed: datetime) -> bool:
    return (
        last is not None
        and last.outcome == "needs_approval"
        and last.inputs_digest == digest
        and last.decided_at > lapsed
    )


def _stale(settings: Settings) -> dict[HalfYear, str]:
    """Each stale half-year with the digest of its inputs now."""
    if not settings.warehouse.is_file():
        return {}
    settled = {
        HalfYear.parse(one.half_year): one.inputs_digest for one in read_decisions(settings) if one.outcome in SETTLED
    }
    with connect(settings) as warehouse:
        half_years = reported(warehouse)
        now = {
            half_year: digest_of(inputs_of(warehouse, half_year), overrides_of(warehouse, half_year))
            for half_year in half_years
        }
        # What was settled before years to date were inputs knows fewer months: it is judged by those it knows.
        known = {half_year: _digest_of_compared(warehouse, half_year) for half_year in half_years}
    return {
        half_year: digest
        for half_year, digest in now.items()
        if settled.get(half_year) not in {digest, known[half_year]}
    }


def _digest_of_compared(warehouse: duckdb.DuckDBPyConnection, half_year: HalfYear) -> str:
    months = compared_months(half_year)
    return digest_of(inputs_of(warehouse, half_year, months), overrides_of(warehouse, half_year, months))
