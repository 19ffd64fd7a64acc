"""``published/steward.duckdb``: what stewards ask between publications. Whether a half-year may be refreshed now, and
what stands against it.

``marts.duckdb`` changes with a publication only, so a candidate that is blocked would not be seen in it. This file is
rewritten whole after each decision, from the landing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

import duckdb

from zonehouse.intake.state import landing_readers
from zonehouse.publish.files import exclusive, read_json, replace_file
from zonehouse.publish.ledger import standing
from zonehouse.quality.ledger import Decision, read_decisions
from zonehouse.quality.reasons import reasons_in
from zonehouse.settings import Settings

_ALLOWED = frozenset(("pass", "approved"))
_TABLES = """
create table gate_decision (
    half_year varchar, candidate_id varchar, decided_at timestamp, outcome varchar, decided_by varchar,
    reason_vi varchar, reason_en varchar
);
create table refresh_status (
    half_year varchar, candidate_id varchar, current_release_id varchar, outcome varchar, may_be_published boolean,
    is_published boolean, decided_at timestamp, decided_by varchar, reason_vi varchar, reason_en varchar
);
create table failed_check (
    half_year varchar, candidate_id varchar, checked_at timestamp, checkpoint varchar, table_name varchar,
    severity varchar, expectation_type varchar, column_name varchar, unexpected_count bigint, observed varchar,
    reason_vi varchar, reason_en varchar, owner varchar
);
create table validation_history (
    run_id varchar, checked_at timestamp, scope varchar, scope_key varchar, checkpoint varchar, suite varchar,
    check_count bigint, critical_count bigint, warning_count bigint, info_count bigint, outcome varchar
);
comment on table validation_history is 'Every run of the checks by suite: what failed, and what that means (UTC)';
comment on table gate_decision is
    'Every decision of the gate, of stewards and of the publisher (UTC); a person''s reason is in both as written';
comment on table refresh_status is 'The newest candidate of each half-year and the decision in force about it';
comment on table failed_check is 'What failed in the latest checks of these candidates; critical blocks, warning asks';
"""
_FAILED = """
insert into failed_check
select
    $half_year, $candidate, checked_at, checkpoint, table_name,
    case when raised then 'critical' else severity end, expectation_type, column_name, unexpected_count, observed,
    reason_vi, reason_en, owner
from (
    from read_parquet($files)
    where scope = 'candidate' and scope_key = $candidate
    qualify checked_at = max(checked_at) over (partition by checkpoint)
)
where not success
order by all
"""

_HISTORY = """
insert into validation_history
select
    run_id, checked_at, scope, scope_key, checkpoint, suite, count(*),
    count(*) filter (where not success and (raised or severity = 'critical')) as critical_count,
    count(*) filter (where not success and not raised and severity = 'warning') as warning_count,
    count(*) filter (where not success and not raised and severity = 'info'),
    case when critical_count > 0 then 'blocked' when warning_count > 0 then 'needs_approval' else 'pass' end
from read_parquet($files, union_by_name = true)
group by all
order by all
"""


def write_steward_file(settings: Settings) -> None:
    """Write the file anew from the ledgers; readers see the old one or the new one."""
    target = settings.published / "steward.duckdb"
    decisions = read_decisions(settings)
    with exclusive(settings.published / ".steward.lock"):
        temporary = target.with_name(f".steward.{os.getpid()}.duckdb")
        for leftover in target.parent.glob(".steward.*.duckdb*"):
            leftover.unlink()
        with duckdb.connect(str(temporary)) as connection:
            connection.execute(_TABLES)
            vietnamese = reasons_in(settings, decisions, "vi")
            for one, reason_vi in zip(decisions, vietnamese, strict=True):
                connection.execute(
                    "insert into gate_decision values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        one.half_year,
                        one.candidate_id,
                        one.decided_at,
                        one.outcome,
                        one.decided_by,
                        reason_vi,
                        one.reason,
                    ],
                )
            for half_year, candidate in sorted(_newest(decisions).items()):
                _tell(settings, connection, half_year, [one for one in decisions if one.candidate_id == candidate])
            _tell_history(settings, connection)
            connection.execute("checkpoint")
        replace_file(temporary, target)


def _newest(decisions: list[Decision]) -> Mapping[str, str]:
    """Half-year → the candidate decided upon with the highest number."""
    newest: dict[str, str] = {}
    for one in decisions:
        newest[one.half_year] = max(newest.get(one.half_year, ""), one.candidate_id, key=lambda name: (len(name), name))
    return newest


def _tell(settings: Settings, connection: duckdb.DuckDBPyConnection, half_year: str, about: list[Decision]) -> None:
    candidate = about[0].candidate_id
    latest_inputs = about[-1].inputs_digest
    in_force = standing([one for one in about if one.inputs_digest == latest_inputs])
    pointer = settings.published / "current.json"
    current = read_json(pointer).get(half_year) if pointer.is_file() else None
    outcome = in_force.outcome if in_force else None
    decided: list[str | datetime | None] = [None, None, None, None]
    if in_force:
        (reason_vi,) = reasons_in(settings, [in_force], "vi")
        decided = [in_force.decided_at, in_force.decided_by, reason_vi, in_force.reason]
    connection.execute(
        "insert into refresh_status values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [half_year, candidate, current, outcome, outcome in _ALLOWED, current == candidate, *decided],
    )
    # A run's file is named by what it checked, so history need not be read.
    with landing_readers(settings):
        results = (settings.landing / "validation_result").glob(f"*-candidate-{candidate}.parquet")
        if files := [str(path) for path in results]:
            connection.execute(_FAILED, {"half_year": half_year, "candidate": candidate, "files": files})


def _tell_history(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    with landing_readers(settings):
        results = (settings.landing / "validation_result").glob("*.parquet")
        if files := [str(path) for path in results if not path.name.startswith((".", "_"))]:
            connection.execute(_HISTORY, {"files": files})
