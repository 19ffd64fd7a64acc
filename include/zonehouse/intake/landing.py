"""Land: move read batches into the append-only landing; the register's file is the commit and comes last."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from zonehouse.forms.catalogue import FormCatalogue, load_catalogue
from zonehouse.intake.batch import write_parquet
from zonehouse.intake.history import History
from zonehouse.intake.register import is_landed, register_folder
from zonehouse.intake.schema import FINDING, REGISTER, dataset_schemas
from zonehouse.intake.state import (
    Checkpoint,
    IntakeError,
    Progress,
    intake_lock,
    pass_by,
    read_spool_journal,
    spool_folder,
    spool_journal,
    sync_filesystem,
    sync_folder,
    write_archive_journal,
)
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

SCHEMA_FILE = "_schema.parquet"


@dataclass(frozen=True)
class Landed:
    """The batches that this call landed and their receipts; those landed before are not counted again."""

    batch_ids: list[str]
    receipt_count: int


def land(
    settings: Settings,
    batch_ids: Sequence[str],
    now: datetime,
    progress: Progress | None = None,
    checkpoint: Checkpoint = pass_by,
) -> Landed:
    """Land batches that were read, oldest first. Safe to repeat after a kill at any step.

    Raises:
        IntakeError: a batch was not read, or does not exist.
    """
    landed, count = [], 0
    with intake_lock(settings):
        in_order, catalogue = sorted(set(batch_ids)), load_catalogue(settings)
        call = _Call(_prepare(settings, catalogue), History(settings, catalogue, in_order), now)
        for batch_id in in_order:
            receipts = _land_batch(settings, batch_id, call, checkpoint)
            if receipts is not None:
                landed.append(batch_id)
                count += receipts
                log.info("batch_landed", batch_id=batch_id, receipts=receipts)
                if progress is not None:
                    progress(f"landed batch {batch_id}: {receipts} files")
    return Landed(landed, count)


def prepare_landing(settings: Settings) -> None:
    """Give every dataset its folder and ``_schema.parquet``, so that a reader never meets an empty folder."""
    with intake_lock(settings):
        _prepare(settings, load_catalogue(settings))


def _prepare(settings: Settings, catalogue: FormCatalogue) -> list[str]:
    """The datasets there are."""
    schemas = dataset_schemas(catalogue)
    for dataset, schema in schemas.items():
        path = settings.landing / dataset / SCHEMA_FILE
        if not path.exists() or pq.read_schema(path) != schema:
            _put(schema.empty_table(), path)
    return list(schemas)


@dataclass(frozen=True)
class _Call:
    """What the batches of one call share."""

    datasets: Sequence[str]
    history: History
    now: datetime


def _land_batch(settings: Settings, batch_id: str, call: _Call, checkpoint: Checkpoint) -> int | None:
    """The number of receipts, or None when the batch was landed before."""
    folder = spool_folder(settings, batch_id)
    if is_landed(settings, batch_id):
        _forget(settings, batch_id)
        return None
    batch = read_spool_journal(settings, batch_id)
    if batch is None:
        raise IntakeError(f"no batch {batch_id} waits in {settings.spool.name}/; `receive` names those that do")
    if not (folder / "register.parquet").exists():
        raise IntakeError(f"batch {batch_id} was not read yet: read it, then land it")
    write_archive_journal(settings, batch)
    tables = {path.stem.replace(".", "/"): path for path in sorted(folder.glob("*.parquet"))}
    register = pq.read_table(tables.pop("register"), schema=REGISTER)
    compared = call.history.compare(batch_id, register, tables)
    register = compared.register
    _remove_orphans(settings, batch_id, set(call.datasets) - set(tables))
    for dataset, path in tables.items():
        _link(path, settings.landing / dataset / f"{batch_id}.parquet")
        checkpoint("dataset_landed")
    if compared.findings:
        _land_findings(settings, batch_id, tables.get("finding"), compared.findings)
    # Rows before the register that makes them rows; and all of the batch's journals before its spool entry goes.
    sync_filesystem(settings.landing)
    stamp = call.now.astimezone(UTC).replace(tzinfo=None)
    column = pa.array([stamp] * register.num_rows, pa.timestamp("us"))
    at = register.schema.get_field_index("registered_at")
    _put(register.set_column(at, REGISTER.field(at), column), register_folder(settings) / f"{batch_id}.parquet")
    checkpoint("registered")
    shutil.rmtree(folder)
    checkpoint("spool_folder_removed")
    _forget(settings, batch_id)
    checkpoint("spool_removed")
    return len(batch.receipts)


def _land_findings(settings: Settings, batch_id: str, read: Path | None, added: Sequence[Mapping[str, Any]]) -> None:
    """The findings of the read, then those against history, numbered on within each receipt."""
    made = pq.read_table(read, schema=FINDING) if read is not None else FINDING.empty_table()
    last = dict(zip(made["receipt_id"].to_pylist(), made["finding_no"].to_pylist(), strict=True))
    lines = []
    for finding in added:
        last[finding["receipt_id"]] = number = last.get(finding["receipt_id"], 0) + 1
        lines.append({**finding, "finding_no": number})
    table = pa.concat_tables([made, pa.Table.from_pylist(lines, schema=FINDING)])
    _put(table, settings.landing / "finding" / f"{batch_id}.parquet")


def _remove_orphans(settings: Settings, batch_id: str, datasets: set[str]) -> None:
    """Files of an attempt that was killed and that this one will not write again (the reader may have changed)."""
    for dataset in datasets:
        (settings.landing / dataset / f"{batch_id}.parquet").unlink(missing_ok=True)


def _forget(settings: Settings, batch_id: str) -> None:
    """Remove the spool entry and what killed reads left beside it, its journal last."""
    for folder in [spool_folder(settings, batch_id), *settings.spool.glob(f".{batch_id}.*")]:
        shutil.rmtree(folder, ignore_errors=True)
    spool_journal(settings, batch_id).unlink(missing_ok=True)


def _link(source: Path, path: Path) -> None:
    """Give a written, durable file a second name below the landing, whole; its durability is the caller's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        temporary.hardlink_to(source)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, temporary)
        sync_filesystem(path.parent)
    temporary.replace(path)
    temporary.unlink(missing_ok=True)  # two names of one file: renaming one to the other does nothing


def _put(table: pa.Table, path: Path) -> None:
    """Write a Parquet file beside, then under its name, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    write_parquet(table, temporary)
    temporary.replace(path)
    sync_folder(path.parent)
