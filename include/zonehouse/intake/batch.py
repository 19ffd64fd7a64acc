"""Read one batch: its files in reader processes, then one Parquet file for each dataset, in the spool."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from zonehouse.forms.catalogue import FormCatalogue, load_catalogue
from zonehouse.intake.archive import place_of
from zonehouse.intake.compile import reader_plan
from zonehouse.intake.decimals import decimals
from zonehouse.intake.findings import in_language
from zonehouse.intake.reader import Job, Readers, ReadRequest
from zonehouse.intake.register import is_landed
from zonehouse.intake.schema import FINDING, MARK_SUFFIX, NUMBER, REGISTER, SECTION_PREFIX, dataset_schemas
from zonehouse.intake.state import (
    Batch,
    Checkpoint,
    IntakeError,
    Progress,
    ReceivedFile,
    intake_lock,
    pass_by,
    read_spool_journal,
    spool_folder,
    sync_filesystem,
)
from zonehouse.intake.workbook import Reading
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

_REGISTER_NAMES = frozenset(REGISTER.names)
_NOT_READ: Reading = {"sections": {}, "findings": [], "counts": {"error": 0, "warning": 0, "info": 0}}
# What the rows of a submission repeat of its line in the register.
_OF_EACH = [name for name, _ in SECTION_PREFIX if name in REGISTER.names]
_FILES_WORTH_A_PROCESS = 10
# Answers to what was begun lie in memory: so many batches, and fewer of large workbooks.
BATCHES_AHEAD = 2
BYTES_AHEAD = 16 * 1024 * 1024
_AS_TEXT = (pa.date32(), pa.timestamp("us"))


@dataclass(frozen=True)
class BatchRead:
    """How the receipts of a batch came out, by intake state, and how many rows wait to be landed."""

    batch_id: str
    states: dict[str, int]
    row_count: int


def read_batch(
    settings: Settings, batch_id: str, progress: Progress | None = None, checkpoint: Checkpoint = pass_by
) -> BatchRead:
    """Read, check and write ``spool/<batch_id>/*.parquet``; reading again gives the same files.

    Raises:
        IntakeError: there is no such batch.
    """
    return next(read_batches(settings, [batch_id], progress, checkpoint))


def read_batches(
    settings: Settings, batch_ids: Iterable[str], progress: Progress | None = None, checkpoint: Checkpoint = pass_by
) -> Iterator[BatchRead]:
    """``read_batch`` for one after another, by the same forms and the same reader processes."""
    with BatchReader(settings, progress, checkpoint) as reader:
        for batch_id in batch_ids:
            reader.begin(batch_id)
            if reader.begun_count > 1:
                yield reader.finish()
        while reader.begun_count:
            yield reader.finish()


@dataclass(frozen=True)
class _Begun:
    """A batch whose files were asked for; ``fresh``: the positions of those receipts. No ``batch``: none waits."""

    batch_id: str
    batch: Batch | None
    fresh: Sequence[int] = ()
    job: Job | None = None

    @property
    def size_bytes(self) -> int:
        return 0 if self.batch is None else sum(self.batch.receipts[index].size_bytes for index in self.fresh)


class BatchReader:
    """Reads batches in the order in which they are begun, in the same reader processes; they end with the block.

    Forms are loaded and processes started with the first batch.
    """

    def __init__(self, settings: Settings, progress: Progress | None = None, checkpoint: Checkpoint = pass_by) -> None:
        self._settings = settings
        self._progress = progress
        self._checkpoint = checkpoint
        self._begun: deque[_Begun] = deque()
        self._held = ExitStack()

    def __enter__(self) -> BatchReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @property
    def begun_count(self) -> int:
        """Batches begun and not finished."""
        return len(self._begun)

    @property
    def is_far_ahead(self) -> bool:
        """Whether one should be finished before another is begun."""
        size_bytes = sum(begun.size_bytes for begun in self._begun)
        return self.begun_count > BATCHES_AHEAD or (self.begun_count > 1 and size_bytes > BYTES_AHEAD)

    @cached_property
    def _archive(self) -> str:
        return str(self._settings.archive)

    @cached_property
    def _catalogue(self) -> FormCatalogue:
        return load_catalogue(self._settings)

    @cached_property
    def _readers(self) -> Readers:
        plan = reader_plan(self._settings, self._catalogue)
        return self._held.enter_context(Readers(plan, self._settings.read_timeout_seconds))

    def begin(self, batch_id: str) -> None:
        """Ask for the files of a batch; duplicates are not read again."""
        batch = read_spool_journal(self._settings, batch_id)
        if batch is None:
            self._begun.append(_Begun(batch_id, None))
            return
        fresh, archive = [n for n, receipt in enumerate(batch.receipts) if receipt.duplicate_of is None], self._archive
        requests = [
            ReadRequest(place_of(archive, receipt.submission_id), receipt.original_name, receipt.received_on)
            for receipt in (batch.receipts[index] for index in fresh)
        ]
        workers = min(self._settings.threads, -(-len(requests) // _FILES_WORTH_A_PROCESS))
        self._begun.append(_Begun(batch_id, batch, fresh, self._readers.begin(requests, workers)))

    def finish(self) -> BatchRead:
        """Wait for the batch begun first and write it.

        Raises:
            IntakeError: there is no such batch.
        """
        begun = self._begun.popleft()
        batch_id, batch = begun.batch_id, begun.batch
        if batch is None or begun.job is None:
            if is_landed(self._settings, batch_id):
                return BatchRead(batch_id, {}, 0)
            spool = self._settings.spool.name
            raise IntakeError(f"no batch {batch_id} waits in {spool}/; `receive` names those that do")
        readings = [_NOT_READ] * len(batch.receipts)
        for index, reading in zip(begun.fresh, self._readers.finish(begun.job), strict=True):
            readings[index] = reading
        tables = _tables(batch, readings, self._catalogue)
        _write(self._settings, batch_id, tables, self._checkpoint)
        states: dict[str, int] = {}
        for state in tables["register"].column("intake_state").to_pylist():
            states[state] = states.get(state, 0) + 1
        rows = sum(table.num_rows for name, table in tables.items() if name not in ("register", "finding"))
        log.info("batch_read", batch_id=batch_id, rows=rows, **states)
        if self._progress is not None:
            self._progress(f"read batch {batch_id}: {len(batch.receipts)} files, {rows} rows")
        return BatchRead(batch_id, states, rows)


# Tables


def _tables(batch: Batch, readings: Sequence[Reading], catalogue: FormCatalogue) -> dict[str, pa.Table]:
    """Dataset → its rows of this batch; register and findings always, sections only with rows."""
    schemas = dataset_schemas(catalogue)
    pairs = list(zip(batch.receipts, readings, strict=True))
    register = [_register_line(batch.batch_id, no, *pair) for no, pair in enumerate(pairs, start=1)]
    findings = [
        {"batch_id": batch.batch_id, "finding_no": no} | _ids(receipt) | finding
        for receipt, reading in pairs
        for no, finding in enumerate(reading["findings"], start=1)
    ]
    tables = {"register": _from_lines(register, REGISTER), "finding": _from_lines(findings, FINDING)}
    of_each = {name: tables["register"].column(name).combine_chunks() for name in _OF_EACH}
    for dataset, rows in _by_dataset(readings).items():
        tables[dataset] = _section_table(of_each, rows, schemas[dataset], catalogue)
    return {name: table for name, table in tables.items() if table.num_rows or name == "register"}


def _ids(receipt: ReceivedFile) -> dict[str, str]:
    return {"receipt_id": receipt.receipt_id, "submission_id": receipt.submission_id}


def _register_line(batch_id: str, number: int, receipt: ReceivedFile, reading: Reading) -> dict[str, Any]:
    counts = reading["counts"]
    line = receipt.line() | {name: reading[name] for name in _REGISTER_NAMES & reading.keys()}
    state, reason = _state(receipt, reading)
    return (
        line
        | reason
        | {
            "batch_id": batch_id,
            "receipt_no": number,
            "received_at": datetime.fromisoformat(receipt.received_at).replace(tzinfo=None).isoformat(),
            "intake_state": state,
            "error_count": counts["error"],
            "warning_count": counts["warning"],
            "info_count": counts["info"],
        }
    )


def _state(receipt: ReceivedFile, reading: Reading) -> tuple[str, dict[str, str | None]]:
    if receipt.duplicate_of is not None:
        return "duplicate", {
            "reason_code": "duplicate",
            "reason_vi": f"Trùng nội dung với lần nhận {receipt.duplicate_of}",
            "reason_en": f"The same content as receipt {receipt.duplicate_of}",
        }
    if reading["counts"]["error"]:
        first = next(finding for finding in reading["findings"] if finding["severity"] == "error")
        return "rejected", {
            "reason_code": first["finding_code"],
            "reason_vi": _reason(first, "vi", "cần", "thấy"),
            "reason_en": _reason(first, "en", "expected", "found"),
        }
    return ("accepted_with_warnings" if reading["counts"]["warning"] else "accepted"), {}


def _reason(finding: dict[str, Any], language: str, expected: str, found: str) -> str:
    place = "!".join(part for part in (finding["sheet_name"], finding["cell"]) if part)
    told = f"{expected}: {finding[f'expected_{language}']}"
    if finding["found"]:
        told += f"; {found}: {in_language(finding, 'found', language)}"
    return f"{place}: {told}" if place else told


_Rows = list[tuple[int, Reading, str]]  # place in the batch, reading and section: each has rows


def _by_dataset(readings: Sequence[Reading]) -> dict[str, _Rows]:
    """Dataset → the accepted submissions that have rows for it."""
    datasets: dict[str, _Rows] = {}
    for place, reading in enumerate(readings):
        for section, columns in reading["sections"].items():
            if columns:
                datasets.setdefault(f"{reading['form_code']}/{section}", []).append((place, reading, section))
    return datasets


def _section_table(
    of_each: Mapping[str, pa.Array], rows: _Rows, schema: pa.Schema, catalogue: FormCatalogue
) -> pa.Table:
    """The rows of one dataset below each other; a column of another form version is null.

    Args:
        of_each: what the register says of each receipt of the batch, and its rows repeat.
    """
    counts = [len(reading["sections"][section][0]) for _, reading, section in rows]
    whose = pa.array(np.repeat([place for place, _, _ in rows], counts))
    sheets = [reading["sections"][section][0][0] for _, reading, section in rows]  # one holds all rows of a section
    parts = _parts(rows, catalogue)
    nowhere = [None] * len(rows)
    arrays = []
    for field in schema:
        if field.name in of_each:
            arrays.append(of_each[field.name].take(whose))
        elif field.name == "sheet_name":
            arrays.append(_array(sheets, field.type).take(pa.array(np.repeat(np.arange(len(rows)), counts))))
        else:
            arrays.append(_column(parts.get(field.name, nowhere), counts, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _parts(rows: _Rows, catalogue: FormCatalogue) -> dict[str, list[Any]]:
    """Column → its part in each submission, None in one of a form version that has no such column."""
    versions: dict[tuple[str, str], list[int]] = {}
    for at, (_, reading, _) in enumerate(rows):
        versions.setdefault((reading["form_code"], reading["form_version"]), []).append(at)
    parts: dict[str, list[Any]] = {}
    for of_version in versions.values():
        _, reading, section = rows[of_version[0]]
        columns = zip(*(rows[at][1]["sections"][section] for at in of_version), strict=True)
        for name, column in zip(_row_names(catalogue, reading, section), columns, strict=True):
            here = parts.setdefault(name, [None] * len(rows))
            for at, part in zip(of_version, column, strict=True):
                here[at] = part
    return parts


def _column(parts: Sequence[Any], counts: Sequence[int], kind: pa.DataType) -> pa.Array:
    """The parts of a column below each other: lists, the bytes of numbers, or None where a form has no such column."""
    if all(type(part) is bytes for part in parts):
        numbers = np.frombuffer(b"".join(parts), np.float64)
        return decimals(numbers) if kind == NUMBER else pa.array(numbers).cast(kind)
    values: list[Any] = []
    for part, count in zip(parts, counts, strict=True):
        if part is None:
            values += [None] * count
        else:
            values += np.frombuffer(part, np.float64).tolist() if type(part) is bytes else part
    if values.count(None) == len(values):
        return pa.nulls(len(values), kind)
    return _array(values, kind)


def _row_names(catalogue: FormCatalogue, reading: Reading, section: str) -> list[str]:
    """The columns of a row as the reader returns it."""
    form = catalogue.find(reading["form_code"], reading["form_version"])
    if form is None:
        raise IntakeError(f"form {reading['form_code']} {reading['form_version']} vanished while it was being read")
    names = ["sheet_name", "row_number"]
    for column in form.section(section).columns:
        names.append(column.code)
        if column.is_number:
            names.append(column.code + MARK_SUFFIX)
    return names


def _from_lines(lines: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    arrays = [_array([line.get(field.name) for line in lines], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Dates and times come as text and are cast by the column; numbers see ``zonehouse.intake.decimals``."""
    if kind == NUMBER:
        return decimals(values)
    return pa.array(values, pa.string()).cast(kind) if kind in _AS_TEXT else pa.array(values, kind)


# Files


def _write(settings: Settings, batch_id: str, tables: dict[str, pa.Table], checkpoint: Checkpoint) -> None:
    """Write beside, then swap the whole folder in, so that the folder is always one whole read."""
    target = spool_folder(settings, batch_id)
    temporary = settings.spool / f".{batch_id}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        for dataset, table in tables.items():
            _write_table(table, temporary / f"{dataset.replace('/', '.')}.parquet")
        sync_filesystem(settings.spool)
    except FileNotFoundError:
        if read_spool_journal(settings, batch_id) is not None:
            raise
        return  # another process has landed the batch meanwhile and cleared what belonged to it
    checkpoint("read_written")
    with intake_lock(settings):
        if read_spool_journal(settings, batch_id) is None:
            shutil.rmtree(temporary, ignore_errors=True)
            return
        shutil.rmtree(target, ignore_errors=True)
        checkpoint("old_read_removed")
        temporary.rename(target)
    checkpoint("read_swapped")


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a Parquet file and make its bytes durable."""
    with path.open("wb") as stream:
        _write_table(table, stream)
        stream.flush()
        os.fsync(stream.fileno())


def _write_table(table: pa.Table, where: Path | BinaryIO) -> None:
    """With dictionaries of texts alone: numbers are nearly all different."""
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    pq.write_table(table, where, compression="zstd", use_dictionary=texts)
