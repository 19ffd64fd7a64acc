"""Receive: take files out of the inbox so that each is archived once, noted once, and never lost.

Files are taken by groups, which wait for the disk together. Order of a group: copy into the archive, write the journals
of its batches (the commit), keep the archive's journals, then unlink. A kill before the commit leaves the files in the
inbox; one after it leaves files that have a receipt and are only unlinked.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

import structlog

from zonehouse.intake.archive import Archived, UnreadableError, copy_in, discard, keep, prepare_archive
from zonehouse.intake.litter import litter
from zonehouse.intake.register import first_receipts, known_receipts
from zonehouse.intake.state import (
    Batch,
    Checkpoint,
    Progress,
    ReceivedFile,
    commit_archive_journal,
    commit_spool_journal,
    intake_lock,
    new_batch_ids,
    pass_by,
    read_spool_journal,
    stage_journals,
    sync_filesystem,
    waiting_batches,
    write_archive_journal,
)
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

_BEING_WRITTEN = (".part", ".tmp")


# Files are lost to nobody while they wait for the disk together; the more wait, the less each costs.
BATCHES_A_GROUP = 10
BYTES_A_GROUP = 256 * 1024 * 1024


@dataclass(frozen=True)
class LeftFile:
    """A file that stays in the inbox, and why: ``settling``, a lock file, or what the system said."""

    inbox_path: str
    reason: str


@dataclass(frozen=True)
class Received:
    """``batch_ids``: every batch not landed yet, old ones too; ``receipt_count``: new receipts of this call."""

    batch_ids: list[str]
    receipt_count: int
    left: list[LeftFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A file found in the inbox."""

    path: Path
    inbox_path: str
    source: str
    received_at: datetime
    received_on: date
    mtime_ns: int
    size_bytes: int

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Arrival time, then path; files straight in the inbox arrived when they were last written."""
        return (self.received_at, self.mtime_ns if self.source == "inbox" else 0, self.inbox_path)


@dataclass
class _Scan:
    """What one call knows: receipts that wait in the spool or were made in this call, by id and by content."""

    ids: set[str] = field(default_factory=set)
    contents: dict[str, str] = field(default_factory=dict)
    left: list[LeftFile] = field(default_factory=list)

    def add(self, receipt: ReceivedFile) -> None:
        self.ids.add(receipt.receipt_id)
        self.contents.setdefault(receipt.submission_id, receipt.receipt_id)


def receive(
    settings: Settings, now: datetime, progress: Progress | None = None, checkpoint: Checkpoint = pass_by
) -> Received:
    """Take every settled file of the inbox into the archive and into batches of ``settings.batch_size``.

    Args:
        now: aware; the arrival time of files that lie straight in the inbox.
        checkpoint: called with the name of each step just done (tests stop there).

    Returns:
        All batches that wait to be landed. Files that cannot be read are reported in ``left`` and stay.
    """
    with intake_lock(settings):
        settings.inbox.mkdir(parents=True, exist_ok=True)
        prepare_archive(settings)
        scan, count = _resume(settings), 0
        arrivals = sorted(_arrivals(settings, now, scan), key=lambda arrival: arrival.order)
        for group in _groups(arrivals, settings.batch_size * BATCHES_A_GROUP):
            count += _receive_group(settings, now, group, scan, checkpoint)
            if progress is not None:
                progress(f"received {count} of {len(arrivals)} files")
        _remove_empty_days(settings, now)
        for left in scan.left:
            log.warning("file_left_in_inbox", reason=left.reason)
        waiting = waiting_batches(settings)
    log.info("received", receipts=count, batches=len(waiting), left=len(scan.left))
    return Received(waiting, count, scan.left)


def _groups(arrivals: list[_Arrival], size: int) -> Iterator[list[_Arrival]]:
    """Groups of at most ``size`` files and about ``BYTES_A_GROUP``."""
    group: list[_Arrival] = []
    weight = 0
    for arrival in arrivals:
        if len(group) == size or weight > BYTES_A_GROUP:
            yield group
            group, weight = [], 0
        group.append(arrival)
        weight += arrival.size_bytes
    if group:
        yield group


def _resume(settings: Settings) -> _Scan:
    """The batches of earlier calls; their archive journals are completed where a kill prevented it."""
    scan = _Scan()
    for half_written in (*settings.spool.glob(".*.json.tmp"), *settings.archive.glob("journal/.*.jsonl.tmp")):
        half_written.unlink()
    for batch_id in waiting_batches(settings):
        batch = read_spool_journal(settings, batch_id)
        if batch is not None:
            write_archive_journal(settings, batch)
            for receipt in batch.receipts:
                scan.add(receipt)
    return scan


# The inbox


def is_passed_over(name: str) -> bool:
    """Whether a name says that the file is still being written; also for folders that begin with a dot."""
    return name.startswith(".") or name.lower().endswith(_BEING_WRITTEN)


def _arrivals(settings: Settings, now: datetime, scan: _Scan) -> Iterator[_Arrival]:
    def report(error: OSError) -> None:
        scan.left.append(LeftFile(_shown(settings, Path(error.filename or ".")), _said(error)))

    for folder, folders, names in os.walk(settings.inbox, onerror=report):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*names, *(f for f in folders if (Path(folder) / f).is_symlink())]:
            path = Path(folder) / name
            if is_passed_over(name) and litter(path) is None:
                continue
            try:
                arrival = _arrival(settings, now, path)
            except OSError as error:
                report(OSError(error.errno, error.strerror, str(path)))
                continue
            if isinstance(arrival, _Arrival):
                yield arrival
            else:
                scan.left.append(LeftFile(_shown(settings, path), arrival))


def _arrival(settings: Settings, now: datetime, path: Path) -> _Arrival | str:
    """The arrival, or why the file is left."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file (link, pipe or device)"
    if (reason := litter(path)) is not None:
        return reason
    # Both ways: a file written after ``now`` was taken is as fresh as one written just before.
    if abs(now.timestamp() - status.st_mtime) < settings.settle_seconds:
        return "settling"
    day = _dated_folder(settings, path)
    if day is None or day > now.astimezone(settings.zone).date():
        local = now.astimezone(settings.zone)
        source = "inbox"
    else:
        local = datetime.combine(day, time(), settings.zone)
        source = "dated_folder"
    inbox_path = path.relative_to(settings.inbox).as_posix()
    return _Arrival(path, inbox_path, source, local.astimezone(UTC), local.date(), status.st_mtime_ns, status.st_size)


def _dated_folder(settings: Settings, path: Path) -> date | None:
    """The day that names the first folder below the inbox, if it names one."""
    parts = path.relative_to(settings.inbox).parts
    with suppress(ValueError):
        return date.fromisoformat(parts[0]) if len(parts) > 1 and len(parts[0]) == 10 else None
    return None


def _remove_empty_days(settings: Settings, now: datetime) -> None:
    """Remove emptied folders of days before today; today's may be about to be filled."""
    today = now.astimezone(settings.zone).date()
    for day in settings.inbox.iterdir():
        if day.is_symlink() or not day.is_dir():
            continue
        named = _dated_folder(settings, day / "file")
        if named is None or named >= today:
            continue
        for folder, _, _ in os.walk(day, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()


def _shown(settings: Settings, path: Path) -> str:
    with suppress(ValueError):
        path = path.relative_to(settings.inbox)
    return path.as_posix().encode("utf-8", "replace").decode()


def _said(error: OSError) -> str:
    return error.strerror or errno.errorcode.get(error.errno or 0, "unreadable")


# A group


def _receive_group(
    settings: Settings, now: datetime, group: list[_Arrival], scan: _Scan, checkpoint: Checkpoint
) -> int:
    copies = ((arrival, _copy(settings, arrival, number, scan)) for number, arrival in enumerate(group))
    copied = [(arrival, archived) for arrival, archived in copies if archived is not None]
    keep(settings, [archived for _, archived in copied], checkpoint)
    landed_ids, landed_contents = _in_register(settings, copied)
    new: list[ReceivedFile] = []
    for arrival, archived in copied:
        receipt_id = _receipt_id(arrival, archived.sha256)
        if receipt_id in scan.ids or receipt_id in landed_ids:
            continue
        earlier = landed_contents.get(archived.sha256) or scan.contents.get(archived.sha256)
        receipt = _receipt(arrival, archived, receipt_id, earlier)
        scan.add(receipt)
        new.append(receipt)
    _commit(settings, now, new, checkpoint)
    for arrival, _ in copied:
        _unlink(arrival, scan, settings)
        checkpoint("unlinked")
    return len(new)


def _commit(settings: Settings, now: datetime, new: list[ReceivedFile], checkpoint: Checkpoint) -> None:
    """Write the journals of the batches; the archive's come when those that are the commit are durable.

    The names of the archive's need no wait of their own: until the batch is landed they could be written again.
    """
    if not new:
        return
    starts = range(0, len(new), settings.batch_size)
    ids = new_batch_ids(settings, now)
    batches = [Batch(next(ids), tuple(new[start : start + settings.batch_size])) for start in starts]
    for batch in batches:
        stage_journals(settings, batch)
    sync_filesystem(settings.spool)
    for batch in batches:
        commit_spool_journal(settings, batch)
        checkpoint("journal_written")
    sync_filesystem(settings.spool)
    for batch in batches:
        commit_archive_journal(settings, batch)
        checkpoint("archive_journal_written")


def _copy(settings: Settings, arrival: _Arrival, number: int, scan: _Scan) -> Archived | None:
    """Archive one file; None, and a line in ``left``, when it cannot be read or is still being written."""
    try:
        source = os.open(arrival.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        scan.left.append(LeftFile(_shown(settings, arrival.path), _said(error)))
        return None
    try:
        archived = copy_in(settings, source, number)
        after = os.fstat(source)
    except UnreadableError as error:
        scan.left.append(LeftFile(_shown(settings, arrival.path), _said(error)))
        return None
    finally:
        os.close(source)
    if after.st_mtime_ns != arrival.mtime_ns or after.st_size != archived.size_bytes:
        scan.left.append(LeftFile(_shown(settings, arrival.path), "settling"))
        discard(archived)
        return None
    return archived


def _in_register(settings: Settings, copied: list[tuple[_Arrival, Archived]]) -> tuple[set[str], dict[str, str]]:
    """Receipts and contents of this chunk that were landed before; what is new to the archive cannot have been."""
    seen = [(arrival, archived) for arrival, archived in copied if archived.known]
    if not seen:
        return set(), {}
    ids = [_receipt_id(arrival, archived.sha256) for arrival, archived in seen]
    return known_receipts(settings, ids), first_receipts(settings, [archived.sha256 for _, archived in seen])


def _receipt_id(arrival: _Arrival, sha256: str) -> str:
    key = b"\0".join((os.fsencode(arrival.inbox_path), sha256.encode(), str(arrival.mtime_ns).encode()))
    return hashlib.sha256(key).hexdigest()[:32]


def _receipt(arrival: _Arrival, archived: Archived, receipt_id: str, duplicate_of: str | None) -> ReceivedFile:
    readable = unicodedata.normalize("NFC", arrival.inbox_path.encode("utf-8", "replace").decode())
    return ReceivedFile(
        receipt_id=receipt_id,
        submission_id=archived.sha256,
        size_bytes=archived.size_bytes,
        original_name=readable.rpartition("/")[2],
        inbox_path=readable,
        source=arrival.source,
        received_at=arrival.received_at.isoformat(timespec="microseconds"),
        received_on=arrival.received_on.isoformat(),
        duplicate_of=duplicate_of,
    )


def _unlink(arrival: _Arrival, scan: _Scan, settings: Settings) -> None:
    """Remove a received file, unless another one has been put in its place meanwhile."""
    try:
        if arrival.path.lstat().st_mtime_ns == arrival.mtime_ns:
            arrival.path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        scan.left.append(LeftFile(_shown(settings, arrival.path), f"received, not removed: {_said(error)}"))
