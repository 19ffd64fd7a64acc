"""Files that must survive a power cut: atomic writes, the lock, and the journals of batches.

A batch's journal exists twice. ``spool/<batch_id>.json`` says the batch is not landed yet and is removed last of all.
``archive/journal/<batch_id>.jsonl`` stays for ever: its first line counts the batch's receipts, so that the number ever
received is known without the register, and the landing could be made again from the archive alone.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from zonehouse.settings import Settings

Progress = Callable[[str], None]
Checkpoint = Callable[[str], None]


class IntakeError(RuntimeError):
    """The intake cannot go on, or its books do not balance: says what, where and what to do."""


def pass_by(_step: str) -> None:
    """The checkpoint of ordinary runs; tests give one that kills the process at a named step."""


@dataclass(frozen=True)
class ReceivedFile:
    """One receipt as the journal holds it; times are ISO text, ``received_at`` in UTC."""

    receipt_id: str
    submission_id: str
    size_bytes: int
    original_name: str
    inbox_path: str
    source: str
    received_at: str
    received_on: str
    duplicate_of: str | None


@dataclass(frozen=True)
class Batch:
    """The receipts that are read together; never changed once it is written."""

    batch_id: str
    receipts: tuple[ReceivedFile, ...]


@contextmanager
def intake_lock(settings: Settings) -> Iterator[None]:
    """One load at a time on this home; a second one waits. The kernel frees it when the process dies."""
    settings.home.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.home / "intake.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, body: bytes) -> None:
    """Write a whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def spool_journal(settings: Settings, batch_id: str) -> Path:
    return settings.spool / f"{batch_id}.json"


def spool_folder(settings: Settings, batch_id: str) -> Path:
    """Where the Parquet of a read batch waits; its ``register.parquet`` says that the read is whole."""
    return settings.spool / batch_id


def archive_journal(settings: Settings, batch_id: str) -> Path:
    return settings.archive / "journal" / f"{batch_id}.jsonl"


def write_spool_journal(settings: Settings, batch: Batch) -> None:
    """The commit of a receipt: from here on the batch will be landed, whatever dies."""
    body = {"batch_id": batch.batch_id, "receipts": [asdict(receipt) for receipt in batch.receipts]}
    write_durably(spool_journal(settings, batch.batch_id), json.dumps(body, ensure_ascii=False, indent=1).encode())


def write_archive_journal(settings: Settings, batch: Batch) -> None:
    """Keep the batch's receipts for ever; does nothing when they are kept already."""
    path = archive_journal(settings, batch.batch_id)
    if not path.exists():
        head = {"batch_id": batch.batch_id, "receipt_count": len(batch.receipts)}
        lines = [head, *(asdict(receipt) for receipt in batch.receipts)]
        write_durably(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())


def read_spool_journal(settings: Settings, batch_id: str) -> Batch | None:
    """The batch, or None when no such batch waits."""
    try:
        body = json.loads(spool_journal(settings, batch_id).read_bytes())
    except FileNotFoundError:
        return None
    return Batch(body["batch_id"], tuple(ReceivedFile(**receipt) for receipt in body["receipts"]))


def waiting_batches(settings: Settings) -> list[str]:
    """Batches received and not landed, oldest first."""
    return sorted(path.stem for path in settings.spool.glob("*.json") if not path.name.startswith("."))


def journal_counts(settings: Settings) -> dict[str, int]:
    """Receipts of every batch ever received, by batch."""
    counts: dict[str, int] = {}
    for path in sorted((settings.archive / "journal").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            head = json.loads(lines.readline())
        counts[head["batch_id"]] = head["receipt_count"]
    return counts


def new_batch_id(settings: Settings, now: datetime) -> str:
    """Local time and a number; never the id of a batch that was ever received."""
    stamp = f"{now.astimezone(settings.zone):%Y%m%dT%H%M%S}"
    number = 1
    while any(place(settings, f"{stamp}-{number:04d}").exists() for place in (spool_journal, archive_journal)):
        number += 1
    return f"{stamp}-{number:04d}"
