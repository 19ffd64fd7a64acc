"""The register: one line for each receipt, the state each is in now, and the nightly balance of the books."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from zonehouse.intake.held import held_finding, held_place, make_held, reason
from zonehouse.intake.schema import REGISTER
from zonehouse.intake.state import IntakeError, intake_lock, journal_counts, landing_readers, waiting_batches
from zonehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

_SOME = 10_000  # lines that are in Python at once
_HASH = 32  # bytes of a SHA-256
STATES = ("accepted", "accepted_with_warnings", "superseded", "held", "duplicate", "rejected")
# A later version that is counted takes the place of every earlier one, held or not; held ones take nobody's place.
_STATES_NOW = """
    select
        register.*,
        held.held_code,
        held.found as held_found,
        case
            when not is_accepted then intake_state
            when count(*) filter (where is_accepted and held_code is null) over (
                partition by form_code, authority_code, reporting_unit_code, period_month
                order by received_at desc, batch_id desc, receipt_no desc, register.receipt_id desc
                rows between unbounded preceding and 1 preceding
            ) > 0 then 'superseded'
            when held_code is not null then 'held'
            else intake_state
        end as state
    from (
        select *, intake_state in ('accepted', 'accepted_with_warnings') as is_accepted from register
    ) as register
    left join held on register.receipt_id = held.receipt_id
"""


@dataclass(frozen=True)
class Receipt:
    """A line of the register with the ``state`` it is in now; times are UTC without zone."""

    receipt_id: str
    batch_id: str
    submission_id: str
    original_name: str
    inbox_path: str
    source: str
    received_at: datetime
    received_on: date
    registered_at: datetime
    form_code: str | None
    form_version: str | None
    authority_code: str | None
    reporting_unit_code: str | None
    period_month: str | None
    state: str
    duplicate_of: str | None
    reason_code: str | None
    reason_vi: str | None
    reason_en: str | None
    error_count: int
    warning_count: int
    info_count: int


@dataclass(frozen=True)
class Reconciliation:
    """Receipts landed (``received``) by state, and receipts in batches that wait in the spool."""

    received: int
    states: dict[str, int]
    waiting: int


def register_folder(settings: Settings) -> Path:
    return settings.landing / "register"


def is_landed(settings: Settings, batch_id: str) -> bool:
    """Whether the register holds the batch: in a file of its own, or in that of its month of arrival."""
    folder = register_folder(settings)
    with landing_readers(settings):
        if (folder / f"{batch_id}.parquet").exists():
            return True
        month = folder / f"{batch_id[:4]}-{batch_id[4:6]}.parquet"
        found = ds.dataset(month, schema=REGISTER, format="parquet") if month.exists() else None
        return found is not None and found.count_rows(filter=ds.field("batch_id") == batch_id) > 0


def landed_batches(settings: Settings) -> set[str]:
    """Every batch that the register holds."""
    return set(pc.unique(_read(settings, ["batch_id"], pc.scalar(True)).column("batch_id")).to_pylist())


def known_receipts(settings: Settings, receipt_ids: Sequence[str]) -> set[str]:
    """Those of ``receipt_ids`` that the register holds."""
    table = _read(settings, ["receipt_id"], ds.field("receipt_id").isin(list(receipt_ids)))
    return set(table.column("receipt_id").to_pylist())


def read_receipts(settings: Settings, contents: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """For each content hash that the register holds: receipt and original name of those that were no duplicates."""
    columns = ["submission_id", "receipt_id", "original_name", "received_at", "batch_id", "receipt_no"]
    where = ds.field("submission_id").isin(list(contents)) & (ds.field("intake_state") != "duplicate")
    lines = _read(settings, columns, where).to_pylist()
    found: dict[str, list[tuple[str, str]]] = {}
    for line in sorted(lines, key=lambda line: (line["received_at"], line["batch_id"], line["receipt_no"])):
        found.setdefault(line["submission_id"], []).append((line["receipt_id"], line["original_name"]))
    return found


def receipts(settings: Settings) -> list[Receipt]:
    """Every receipt in the order of arrival, with the state it is in now."""
    names = [field.name for field in fields(Receipt)]
    columns = ", ".join([*names, "held_code", "held_found"])
    sql = f"select {columns} from ({_STATES_NOW}) order by received_at, batch_id, receipt_no"  # noqa: S608 - our names
    return [_receipt(names, line) for line in _query(settings, sql, with_held=True)]


def held_receipts(settings: Settings) -> set[str]:
    """The accepted receipts that the register in force of their authority does not know, superseded ones too."""
    return {str(line[0]) for line in _query(settings, "select receipt_id from held", with_held=True)}


def held_findings(settings: Settings) -> dict[str, dict[str, Any]]:
    """Receipt → the derived finding that tells why it is held, with the columns of a landed one but its number."""
    sql = (
        "select h.receipt_id, r.batch_id, r.submission_id, held_code, found, authority, sheet_name, row_number,"
        " column_places"
        " from held as h inner join register as r on h.receipt_id = r.receipt_id"
    )
    told = {}
    for receipt_id, batch_id, submission_id, code, found, authority, sheet, row, places in _query(
        settings, sql, with_held=True
    ):
        finding = held_finding(code, found, authority)
        told[receipt_id] = (
            finding
            | {
                "receipt_id": receipt_id,
                "batch_id": batch_id,
                "submission_id": submission_id,
                "finding_no": 0,
                "taken": None,
            }
            | held_place(str(finding["column_code"]), sheet, row, places)
        )
    return told


def _receipt(names: Sequence[str], line: Sequence[Any]) -> Receipt:
    *values, held_code, found = line
    told = dict(zip(names, values, strict=True))
    if told["state"] == "held":
        finding = held_finding(held_code, found, told["authority_code"])
        told |= {
            "reason_code": held_code,
            "reason_vi": reason(finding, "vi"),
            "reason_en": reason(finding, "en"),
        }
    return Receipt(**told)


def reconcile(settings: Settings) -> Reconciliation:
    """Balance the books: the journals in the archive, the register, the states and the archived files.

    Raises:
        IntakeError: with the numbers that differ, or the files that are not there.
    """
    try:
        return _balance(settings)
    except IntakeError:
        with intake_lock(settings):  # a load beside this one may have landed between two of the looks
            return _balance(settings)


def _balance(settings: Settings) -> Reconciliation:
    counts = journal_counts(settings)
    with _connected(settings, with_held=True) as connection:
        landed_counts, state_counts = (connection.execute(sql).fetchall() for sql in (_COUNTS, _STATE_COUNTS))
        missing = _missing_contents(settings, connection)
    landed = {str(batch): int(count) for batch, count in landed_counts}
    # A batch that was landed and whose spool entry a kill left behind is landed.
    waiting = {batch: counts.get(batch, 0) for batch in waiting_batches(settings) if batch not in landed}
    expected = {batch: count for batch, count in counts.items() if batch not in waiting}
    if expected != landed:
        differing = sorted(b for b in expected.keys() | landed.keys() if expected.get(b) != landed.get(b))
        raise IntakeError(_difference(differing, expected, landed))
    states = dict.fromkeys(STATES, 0)
    for state, count in state_counts:
        states[str(state)] = int(count)
    received = sum(expected.values())
    if received != sum(states.values()) or set(states) != set(STATES):
        raise IntakeError(f"received {received} files, but their states add up to {sum(states.values())}: {states}")
    if missing:
        raise IntakeError(
            f"{len(missing)} accepted files are not in the archive (first: {missing[0]}); "
            f"restore {settings.archive.name}/ from a backup"
        )
    return Reconciliation(received, states, sum(waiting.values()))


_STATE_COUNTS = f"select state, count(*) from ({_STATES_NOW}) group by 1"  # noqa: S608
_ACCEPTED_CONTENTS = """
    select submission_id from register where intake_state in ('accepted', 'accepted_with_warnings')
"""
_COUNTS = "select batch_id, count(distinct receipt_id) from register group by batch_id"


def _difference(batches: list[str], expected: dict[str, int], landed: dict[str, int]) -> str:
    shown = ", ".join(f"{b}: received {expected.get(b, 0)}, registered {landed.get(b, 0)}" for b in batches[:5])
    return (
        f"{len(batches)} batches differ between the archive's journal and the register ({shown}); "
        "land what waits, and restore the landing from a backup if they still differ"
    )


def _missing_contents(settings: Settings, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Accepted contents that the archive does not hold, in order.

    Both hold all that ever came: hashes are kept as 32 bytes each, names as those of one folder.
    """
    accepted: dict[str, bytearray] = defaultdict(bytearray)
    for some in connection.execute(_ACCEPTED_CONTENTS).to_arrow_reader(_SOME):
        for name in some.column(0).to_pylist():
            accepted[name[:2]] += bytes.fromhex(name)
    missing: list[str] = []
    for first, hashes in accepted.items():
        folder = settings.archive / first
        held = set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208 - names only
        names = (hashes[at : at + _HASH].hex() for at in range(0, len(hashes), _HASH))
        missing += (name for name in names if name not in held)
    return sorted(set(missing))


def _read(settings: Settings, columns: list[str], where: ds.Expression) -> pa.Table:
    folder = register_folder(settings)
    if not folder.is_dir():
        return REGISTER.empty_table().select(columns)
    with landing_readers(settings):
        return ds.dataset(folder, schema=REGISTER, format="parquet").to_table(columns=columns, filter=where)


def _query(settings: Settings, sql: str, *, with_held: bool = False) -> list[tuple[Any, ...]]:
    with _connected(settings, with_held=with_held) as connection:
        return connection.execute(sql).fetchall()


@contextmanager
def _connected(settings: Settings, *, with_held: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that knows the table ``register``, the same for all that is asked."""
    import duckdb  # a tenth of a second that receiving and reading do not need

    connection: duckdb.DuckDBPyConnection = duckdb.connect(config={"threads": settings.threads})
    try:
        folder = register_folder(settings)
        with landing_readers(settings):
            is_there = folder.is_dir()
            source = ds.dataset(folder, schema=REGISTER, format="parquet") if is_there else REGISTER.empty_table()
            connection.register("register", source)
            if with_held:
                make_held(connection, settings)
            yield connection
    finally:
        connection.close()
