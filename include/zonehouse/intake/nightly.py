"""The whole intake, for the command line; Airflow runs the same four steps as tasks, one behind the other.

Here receiving and reading overlap, so that neither core waits: while the readers read, this process receives the next
files and writes what was read. Each batch goes through its steps in the same order and by the same commits as in the
tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat

import pyarrow as pa

from zonehouse.intake.batch import BatchRead, BatchReader
from zonehouse.intake.landing import Landed, land
from zonehouse.intake.receiving import Received, Receiving
from zonehouse.intake.register import Reconciliation, reconcile
from zonehouse.intake.state import Checkpoint, Progress, pass_by
from zonehouse.settings import Settings

BATCHES_A_GROUP = 2  # the readers have so many before them while the next are received


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
    batch_ids: list[str] = []
    with (
        BatchReader(settings, progress, checkpoint) as reader,
        closing(receiving.groups(_sizes())) as groups,
    ):
        try:
            read = list(_read_behind(reader, groups, batch_ids))
        except Exception:
            for _ in groups:  # what cannot be read keeps nothing else out of the archive
                pass
            raise
    landed = land(settings, batch_ids, now, progress, checkpoint)
    pa.default_memory_pool().release_unused()  # the balance needs as much as the landing did
    return IntakeReport(receiving.received(batch_ids), read, landed, reconcile(settings))


def _read_behind(reader: BatchReader, groups: Iterable[list[str]], batch_ids: list[str]) -> Iterator[BatchRead]:
    """Read batches in the order in which they are received, few at once; notes them in ``batch_ids``."""
    for batch_id in chain.from_iterable(groups):
        batch_ids.append(batch_id)
        reader.begin(batch_id)
        while reader.is_far_ahead:
            yield reader.finish()
    while reader.begun_count:
        yield reader.finish()


def _sizes() -> Iterator[int]:
    """Batches of each group: the readers begin with the first as soon as they can."""
    return chain((1,), repeat(BATCHES_A_GROUP))
