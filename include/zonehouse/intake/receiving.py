"""Receive: take files out of the inbox so that each is archived once, noted once, and never lost.

Files are taken by groups, which wait for the disk together. Order of a group: copy into the archive, write the journals
of its batches (the commit), keep the archive's journals, then unlink. A kill before the commit leaves the files in the
inbox; one after it leaves files that have a receipt and are only unlinked. One call receives at a
time, from the listing of the inbox to its end, so that batches are numbered in the order of arrival; between two groups
batches may be read and landed.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import repeat

import structlog

from zonehouse.intake.archive import Archived, UnreadableError, archive_path, copy_in, discard, keep, prepare_archive
from zonehouse.intake.guard import is_refused_for_its_name
from zonehouse.intake.inbox import SETTLING, Arrival, Inbox, inbox_of, said
from zonehouse.intake.register import known_receipts, read_receipts
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
    receiving_alone,
    stage_journals,
    sync_filesystem,
    waiting_batches,
    write_archive_journal,
)
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

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


@dataclass
class _Scan:
    """What one call knows: receipts that wait in the spool or were made in this call, by id; by content those that are
    no duplicates, with their names; ``waiting``: the batches of earlier calls.

    It stays true while others land: nobody else receives, and a batch that lands was in the spool when the call began.
    """

    ids: set[str] = field(default_factory=set)
    contents: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    left: list[LeftFile] = field(default_factory=list)

    def add(self, receipt: ReceivedFile) -> None:
        self.ids.add(receipt.receipt_id)
        if receipt.duplicate_of is None:
            self.contents.setdefault(receipt.submission_id, []).append((receipt.receipt_id, receipt.original_name))

    def leave(self, inbox_path: str, reason: str) -> None:
        self.left.append(LeftFile(inbox_path, reason))


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
    call = Receiving(settings, now, progress, checkpoint)
    for _ in call.groups(repeat(BATCHES_A_GROUP)):
        pass
    return call.received(waiting_batches(settings))


class Receiving:
    """One call's taking of files out of the inbox."""

    def __init__(
        self, settings: Settings, now: datetime, progress: Progress | None = None, checkpoint: Checkpoint = pass_by
    ) -> None:
        self._settings = settings
        self._now = now
        self._progress = progress
        self._checkpoint = checkpoint
        self._scan = _Scan()
        self._count = 0

    def received(self, batch_ids: list[str]) -> Received:
        """What was received so far."""
        return Received(batch_ids, self._count, self._scan.left)

    def groups(self, sizes: Iterable[int]) -> Generator[list[str], None, None]:
        """The batches that earlier calls left, then those of each group as soon as they are committed.

        Nobody else receives until this ends or is closed.

        Args:
            sizes: how many batches are made of each group of files.
        """
        settings, batches = self._settings, 0
        with receiving_alone(settings):
            with intake_lock(settings):
                inbox = inbox_of(settings)
                prepare_archive(settings)
                self._scan = _resume(settings)
                arrivals = deque(sorted(inbox.arrivals(self._now, self._scan.leave), key=lambda each: each.order))
            found = len(arrivals)
            if self._scan.waiting:
                yield self._scan.waiting
            for group in _groups(arrivals, (size * settings.batch_size for size in sizes)):
                with intake_lock(settings):
                    made = _receive_group(settings, inbox, self._now, group, self._scan, self._checkpoint)
                self._count += sum(len(batch.receipts) for batch in made)
                batches += len(made)
                if self._progress is not None:
                    self._progress(f"received {self._count} of {found} files")
                if made:
                    yield [batch.batch_id for batch in made]
            with intake_lock(settings):
                inbox.tidy(self._now)
        for left in self._scan.left:
            log.warning("file_left_in_inbox", reason=left.reason)
        self._scan = _Scan(left=self._scan.left)  # the rest is of no more use, and a line for each file
        log.info("received", receipts=self._count, batches=batches, left=len(self._scan.left))


def _groups(arrivals: deque[Arrival], sizes: Iterator[int]) -> Iterator[list[Arrival]]:
    """Groups of at most so many files and about ``BYTES_A_GROUP``, taken out of ``arrivals``."""
    for size in sizes:
        group: list[Arrival] = []
        weight = 0
        while arrivals and len(group) < size and weight <= BYTES_A_GROUP:
            group.append(arrivals.popleft())
            weight += group[-1].size_bytes
        if not group:
            return
        yield group


def _resume(settings: Settings) -> _Scan:
    """The batches of earlier calls; their archive journals are completed where a kill prevented it."""
    scan = _Scan()
    for half_written in (*settings.spool.glob(".*.json.tmp"), *settings.archive.glob("journal/.*.jsonl.tmp")):
        half_written.unlink()
    scan.waiting = waiting_batches(settings)
    for batch_id in scan.waiting:
        batch = read_spool_journal(settings, batch_id)
        if batch is not None:
            write_archive_journal(settings, batch)
            for receipt in batch.receipts:
                scan.add(receipt)
    return scan


# A group


def _receive_group(  # noqa: PLR0913, PLR0917 - what one call of receive has
    settings: Settings, inbox: Inbox, now: datetime, group: list[Arrival], scan: _Scan, checkpoint: Checkpoint
) -> list[Batch]:
    archive = str(settings.archive)
    copies = ((arrival, _copy(archive, inbox, arrival, number, scan)) for number, arrival in enumerate(group))
    copied = [(arrival, archived) for arrival, archived in copies if archived is not None]
    keep(settings, [archived for _, archived in copied], checkpoint)
    landed_ids, landed_contents = _in_register(settings, copied)
    new: list[ReceivedFile] = []
    for arrival, archived in copied:
        receipt_id = _receipt_id(arrival, archived.sha256)
        if receipt_id in scan.ids or receipt_id in landed_ids:
            continue
        earlier = [*landed_contents.get(archived.sha256, ()), *scan.contents.get(archived.sha256, ())]
        receipt = _receipt(arrival, archived, receipt_id, None)
        if earlier:
            receipt = replace(receipt, duplicate_of=_repeated(settings, receipt, earlier))
        scan.add(receipt)
        new.append(receipt)
    made = _commit(settings, now, new, checkpoint)
    for arrival, _ in copied:
        _remove(inbox, arrival, scan)
        checkpoint("unlinked")
    return made


def _commit(settings: Settings, now: datetime, new: list[ReceivedFile], checkpoint: Checkpoint) -> list[Batch]:
    """Write the journals of the batches; the archive's come when those that are the commit are durable.

    The names of the archive's need no wait of their own: until the batch is landed they could be written again.
    """
    if not new:
        return []
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
    return batches


def _copy(archive: str, inbox: Inbox, arrival: Arrival, number: int, scan: _Scan) -> Archived | None:
    """Archive one file; None, and a line in ``left``, when it cannot be read or is still being written."""
    try:
        source = inbox.open(arrival)
    except OSError as error:
        scan.leave(_shown(arrival), said(error))
        return None
    try:
        archived = copy_in(archive, source, number)
        changed = _has_changed(inbox, arrival, source, archived.size_bytes)
    except UnreadableError as error:
        scan.leave(_shown(arrival), said(error))
        return None
    finally:
        os.close(source)
    if changed is not None:
        scan.leave(_shown(arrival), changed)
        discard(archived)
        return None
    return archived


def _has_changed(inbox: Inbox, arrival: Arrival, source: int, size_bytes: int) -> str | None:
    """Why the copy does not count, if it does not."""
    try:
        return SETTLING if inbox.has_changed(arrival, source, size_bytes) else None
    except OSError as error:
        return said(error)


def _in_register(
    settings: Settings, copied: list[tuple[Arrival, Archived]]
) -> tuple[set[str], dict[str, list[tuple[str, str]]]]:
    """Receipts and contents of this chunk that were landed before; what is new to the archive cannot have been."""
    seen = [(arrival, archived) for arrival, archived in copied if archived.known]
    if not seen:
        return set(), {}
    ids = [_receipt_id(arrival, archived.sha256) for arrival, archived in seen]
    return known_receipts(settings, ids), read_receipts(settings, [archived.sha256 for _, archived in seen])


def _repeated(settings: Settings, receipt: ReceivedFile, earlier: list[tuple[str, str]]) -> str | None:
    """The receipt that this one repeats; none when the same content was refused for a name that it no longer has."""
    with archive_path(settings, receipt.submission_id).open("rb") as stream:
        head = stream.read(8)
    is_refused = is_refused_for_its_name(receipt.original_name, head)
    return next((first for first, name in earlier if is_refused_for_its_name(name, head) == is_refused), None)


def _receipt_id(arrival: Arrival, sha256: str) -> str:
    key = b"\0".join((os.fsencode(arrival.inbox_path), sha256.encode(), arrival.version.encode()))
    return hashlib.sha256(key).hexdigest()[:32]


def _receipt(arrival: Arrival, archived: Archived, receipt_id: str, duplicate_of: str | None) -> ReceivedFile:
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


def _remove(inbox: Inbox, arrival: Arrival, scan: _Scan) -> None:
    try:
        inbox.remove(arrival)
    except OSError as error:
        scan.leave(_shown(arrival), f"received, not removed: {said(error)}")


def _shown(arrival: Arrival) -> str:
    return arrival.inbox_path.encode("utf-8", "replace").decode()
