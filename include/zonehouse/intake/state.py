"""Files that must survive a power cut: atomic writes, the lock, and the journals of batches.

A batch's journal exists twice. ``spool/<batch_id>.json`` says the batch is not landed yet and is removed last of all.
``archive/journal/<batch_id>.jsonl`` stays for ever: its first line counts the batch's receipts, so that the number ever
received is known without the register, and the landing could be made again from the archive alone.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from zonehouse.settings import Settings

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of linux/fcntl.h and linux/fs.h
_BATCH_ID = re.compile(r"\d{8}T\d{6}-\d{4,}")

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

    def line(self) -> dict[str, Any]:
        """Its fields by name."""
        return dict(vars(self))


@dataclass(frozen=True)
class Batch:
    """The receipts that are read together; never changed once it is written."""

    batch_id: str
    receipts: tuple[ReceivedFile, ...]


@contextmanager
def intake_lock(settings: Settings) -> Iterator[None]:
    """One load at a time on this home; a second one waits. The kernel frees it when the process dies."""
    with _lock(settings, "intake.lock", fcntl.LOCK_EX):
        yield


@contextmanager
def receiving_alone(settings: Settings) -> Iterator[None]:
    """Nobody else takes files out of the inbox, though ``intake_lock`` is free between two groups of them.

    Taken before ``intake_lock``, never inside of it.
    """
    with _lock(settings, "receiving.lock", fcntl.LOCK_EX):
        yield


@contextmanager
def landing_readers(settings: Settings) -> Iterator[None]:
    """While it is open no folder of the landing changes places; for who reads, or appends outside of a load."""
    with _lock(settings, "landing.lock", fcntl.LOCK_SH):
        yield


@contextmanager
def landing_alone(settings: Settings) -> Iterator[None]:
    """Waits until nobody is inside ``landing_readers``. Not from inside of it: it would wait for itself."""
    with _lock(settings, "landing.lock", fcntl.LOCK_EX):
        yield


@contextmanager
def _lock(settings: Settings, name: str, kind: int) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


def exchange_folders(one: Path, other: Path) -> None:
    """Let two folders of one file system change places in a single step: at every instant each name is one of them.

    Raises:
        IntakeError: the system or the file system cannot do it; nothing was changed.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        raise IntakeError("this system cannot exchange two folders in one step (renameat2): the landing stays as it is")
    if library.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) != 0:
        said = os.strerror(ctypes.get_errno())
        raise IntakeError(f"{one} and {other} could not be exchanged ({said}): the landing stays as it is")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_filesystem(folder: Path) -> None:
    """Make durable all that was written and renamed in the file system of ``folder``: one wait for many files.

    Raises:
        OSError: what was written before could not be made durable.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "syncfs"):
            os.sync()
        elif library.syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


def write_durably(path: Path, body: bytes) -> None:
    """Write a whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _staged(path)
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


def stage_journals(settings: Settings, batch: Batch) -> None:
    """Write both journals beside their places; neither durable nor in force before they are committed."""
    body = {"batch_id": batch.batch_id, "receipts": [receipt.line() for receipt in batch.receipts]}
    settings.spool.mkdir(parents=True, exist_ok=True)
    _staged(spool_journal(settings, batch.batch_id)).write_bytes(json.dumps(body, ensure_ascii=False).encode())
    path = archive_journal(settings, batch.batch_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    _staged(path).write_bytes(_archive_lines(batch))


def commit_spool_journal(settings: Settings, batch: Batch) -> None:
    """The commit of a receipt: once the name is durable the batch will be landed, whatever dies."""
    path = spool_journal(settings, batch.batch_id)
    _staged(path).replace(path)


def commit_archive_journal(settings: Settings, batch: Batch) -> None:
    """Keep the batch's receipts for ever; not before its spool journal is durable, or it would say too much."""
    path = archive_journal(settings, batch.batch_id)
    _staged(path).replace(path)


def _staged(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def write_archive_journal(settings: Settings, batch: Batch) -> None:
    """Keep the batch's receipts for ever; does nothing when they are kept already."""
    path = archive_journal(settings, batch.batch_id)
    if not path.exists():
        write_durably(path, _archive_lines(batch))


def _archive_lines(batch: Batch) -> bytes:
    lines = [
        {"batch_id": batch.batch_id, "receipt_count": len(batch.receipts)},
        *(receipt.line() for receipt in batch.receipts),
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


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


def is_batch_id(text: str) -> bool:
    """Whether a name is one that ``new_batch_ids`` gives."""
    return _BATCH_ID.fullmatch(text) is not None


def new_batch_ids(settings: Settings, now: datetime) -> Iterator[str]:
    """Local time and a number; never the id of a batch that was ever received."""
    stamp = f"{now.astimezone(settings.zone):%Y%m%dT%H%M%S}"
    for number in count(1):
        batch_id = f"{stamp}-{number:04d}"
        if not any(place(settings, batch_id).exists() for place in (spool_journal, archive_journal)):
            yield batch_id
