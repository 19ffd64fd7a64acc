"""The whole intake, for the command line; Airflow runs the same four steps as tasks, one behind the other.

Here they overlap, so that neither core waits: while the readers read, this process receives the next files, writes what
was read and lands it. Each batch goes through its steps in the same order and by the same commits as in the tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat

import pyarrow as pa

from zonehouse.intake.batch import BatchRead, BatchReader
from zonehouse.intake.landing import Landed, Landing
from zonehouse.intake.receiving import Received, Receiving
from zonehouse.intake.register import Reconciliation, reconcile
from zonehouse.intake.state import Checkpoint, Progress, pass_by
from zonehouse.settings import Settings

BATCHES_A_GROUP = 2  # the readers have so many before them while the next are received
BATCHES_A_LANDING = 2  # at least
# Each landing opens the files of the register: the more there are, the fewer landings.
LANDINGS_A_NIGHT = 8


@dataclass(frozen=True)
class IntakeReport:
    """What each step of one intake did."""

    received: Received
    batches: list[BatchRead]
    landed: Landed
    reconciliation: Reconciliation

    @property
    def receipt_count(self) -> int:
        """Receipts landed by this intake, those left over from a killed one too."""
        return self.landed.receipt_count


def intake(
    settings: Settings, now: datetime, progress: Progress | None = None, checkpoint: Checkpoint = pass_by
) -> IntakeReport:
    """Receive, read, land and reconcile.

    Raises:
        IntakeError: the books do not balance afterwards.
    """
    receiving = Receiving(settings, now, progress, checkpoint)
    with (
        BatchReader(settings, progress, checkpoint) as reader,
        closing(receiving.groups(_sizes())) as groups,
    ):
        behind = _Behind(reader, Landing(settings, now, progress, checkpoint))
        try:
            for batch_ids in groups:
                behind.take(batch_ids)
            behind.finish()
        except Exception:
            for _ in groups:  # what cannot be read or landed keeps nothing else out of the archive
                pass
            raise
    received = receiving.received(behind.batch_ids)
    return IntakeReport(received, behind.read, Landed(behind.landed, behind.receipt_count), reconcile(settings))


def _sizes() -> Iterator[int]:
    """Batches of each group: the readers begin with the first as soon as they can."""
    return chain((1,), repeat(BATCHES_A_GROUP))


class _Behind:
    """Reads and lands batches in the order in which they are received."""

    def __init__(self, reader: BatchReader, landing: Landing) -> None:
        self._reader = reader
        self._landing = landing
        self._waiting: list[str] = []  # read and not landed
        self.batch_ids: list[str] = []
        self.read: list[BatchRead] = []
        self.landed: list[str] = []
        self.receipt_count = 0

    def take(self, batch_ids: list[str]) -> None:
        """Begin batches; as many older ones are finished as must be, that no more than some are begun."""
        for batch_id in batch_ids:
            self.batch_ids.append(batch_id)
            self._reader.begin(batch_id)
            while self._reader.is_far_ahead:
                self._finish_one()

    def finish(self) -> None:
        """Finish all, and give back the memory that it took: the balance needs as much."""
        while self._reader.begun_count:
            self._finish_one()
        self._land()
        pa.default_memory_pool().release_unused()

    def _finish_one(self) -> None:
        read = self._reader.finish()
        self.read.append(read)
        self._waiting.append(read.batch_id)
        if len(self._waiting) >= max(BATCHES_A_LANDING, len(self.landed) // LANDINGS_A_NIGHT):
            self._land()

    def _land(self) -> None:
        landed = self._landing.land(self._waiting)
        self._waiting = []
        self.landed += landed.batch_ids
        self.receipt_count += landed.receipt_count
