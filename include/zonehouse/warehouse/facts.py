"""Which landed batches wait, and building the facts of the months that they touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from zonehouse.periods import Month, month_range
from zonehouse.quality.override_log import event_months
from zonehouse.settings import Settings
from zonehouse.warehouse import dbt
from zonehouse.warehouse.connection import connect
from zonehouse.warehouse.landing import Receipt, ensure_schemas, read_register, spanned_months

log = structlog.get_logger(__name__)

_BUILT_BATCH = """
create schema if not exists ops;
create table if not exists ops.built_batch (batch_id varchar not null, models_digest varchar not null);
create table if not exists ops.built_override (event_id varchar not null);
"""


@dataclass(frozen=True)
class Pending:
    """Batches that are landed and not built, and the months whose facts they move, in order."""

    batch_ids: list[str]
    months: list[Month]
    is_full: bool = False
    """Everything must be built anew: there is no warehouse, or the models are not those that built it."""
    override_events: list[str] = field(default_factory=list)
    """Lines of the log of overrides that facts do not know yet; their months are among ``months``."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to build."""
        return not self.batch_ids and not self.override_events


@dataclass(frozen=True)
class BuildReport:
    """What a build of facts did: ``node_count`` dbt nodes (seeds, models, data tests)."""

    batch_ids: list[str]
    months: list[Month]
    node_count: int


def pending(settings: Settings) -> Pending:
    """What there is to build, read from the landing and the warehouse; nothing is remembered between calls.

    A report or a return touches its month, a register every month that its authority was ever reported for, by held
    reports too: it may free them. Months that come into the span between two reported ones are touched too. An override
    that was entered or revoked touches its month. All is pending when there is no warehouse or the models changed.
    """
    receipts = read_register(settings)
    built = _built_batches(settings)
    new = [receipt for receipt in receipts if receipt.batch_id not in built]
    entered = event_months(settings)
    events = sorted(entered.keys() - (_built_overrides(settings) if built else set()))
    return Pending(
        batch_ids=sorted({receipt.batch_id for receipt in new}),
        months=sorted(_touched(receipts, new, built) | {Month.parse(entered[event]) for event in events}),
        is_full=bool(new) and not built,
        override_events=events,
    )


def build_facts(settings: Settings, pending: Pending, progress: Callable[[str], None] | None = None) -> BuildReport:
    """One ``dbt build`` of seeds, staging, dimensions and facts for the pending months; notes the batches as built.

    Killed at any moment, the next run finds the same batches pending and makes the same tables.

    Raises:
        WarehouseError: a model or a data test failed; the batches stay pending.
    """
    ensure_schemas(settings)
    months = [str(month) for month in pending.months]
    arguments = ["--exclude", "tag:half_year", "--exclude-resource-type", "unit_test"]
    if pending.is_full:
        arguments.append("--full-refresh")
    else:
        arguments += ["--exclude-resource-type", "seed"]  # a changed seed makes everything pending
    nodes = dbt.build(
        settings,
        arguments,
        # With no month named a model would be built whole; a batch of nothing but unreadable files touches none.
        {"touched_months": [] if pending.is_full else (months or ["none"])},
        progress=progress,
    )
    _note_built(settings, pending)
    log.info("facts_built", batches=len(pending.batch_ids), months=len(months), nodes=nodes)
    return BuildReport(pending.batch_ids, pending.months, nodes)


def _touched(receipts: Iterable[Receipt], new: Iterable[Receipt], built: set[str]) -> set[Month]:
    receipts = list(receipts)
    span = spanned_months(receipts)
    before = spanned_months(receipt for receipt in receipts if receipt.batch_id in built)
    touched = (span - before) if built else set()
    for receipt in new:
        if receipt.month is None:
            continue
        if receipt.is_accepted:
            touched.add(receipt.month)
            if receipt.form_code == "project_register":
                touched |= _registered(receipts, receipt)
        elif receipt.month in span:
            touched.add(receipt.month)  # a refused report changes the state of its obligation
    return touched


def _registered(receipts: Iterable[Receipt], register: Receipt) -> set[Month]:
    """The months that a register may move: from the first to the last accepted for its authority, counted or held."""
    months = [one.month for one in receipts if one.is_accepted and one.month and _is_of(one, register)]
    return set(month_range(min(months), max(months))) if months else set()


def _is_of(receipt: Receipt, register: Receipt) -> bool:
    return receipt.form_code != register.form_code and receipt.authority_code == register.authority_code


def _built_batches(settings: Settings) -> set[str]:
    if not settings.warehouse.is_file():
        return set()
    with connect(settings, read_only=True) as warehouse:
        known = warehouse.execute(
            "select count(*) from duckdb_tables() where schema_name = 'ops' and table_name = 'built_batch'"
        ).fetchone()
        if known == (0,):
            return set()
        rows = warehouse.execute(
            "select batch_id from ops.built_batch where models_digest = ?", [dbt.models_digest(settings)]
        ).fetchall()
    return {batch_id for (batch_id,) in rows}


def _built_overrides(settings: Settings) -> set[str]:
    """The lines of the log that the facts were built with; called when some batch is built."""
    with connect(settings, read_only=True) as warehouse:
        known = warehouse.execute(
            "select count(*) from duckdb_tables() where schema_name = 'ops' and table_name = 'built_override'"
        ).fetchone()
        if known == (0,):
            return set()
        return {event for (event,) in warehouse.execute("select event_id from ops.built_override").fetchall()}


def _note_built(settings: Settings, pending: Pending) -> None:
    digest = dbt.models_digest(settings)
    with connect(settings, read_only=False) as warehouse:
        warehouse.execute("begin")
        warehouse.execute(_BUILT_BATCH)
        warehouse.execute("delete from ops.built_batch where models_digest <> ?", [digest])
        warehouse.execute("insert into ops.built_batch select unnest(?::varchar[]), ?", [pending.batch_ids, digest])
        if pending.is_full:
            warehouse.execute("delete from ops.built_override")
        warehouse.execute("insert into ops.built_override select unnest(?::varchar[])", [pending.override_events])
        warehouse.execute("commit")
