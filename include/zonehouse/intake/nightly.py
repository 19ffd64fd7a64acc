"""The whole intake in a row, for the command line; Airflow runs the same four steps as tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zonehouse.intake.batch import BatchRead, read_batches
from zonehouse.intake.landing import Landed, land
from zonehouse.intake.receiving import Received, receive
from zonehouse.intake.register import Reconciliation, reconcile
from zonehouse.intake.state import Checkpoint, Progress, pass_by
from zonehouse.settings import Settings


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
    received = receive(settings, now, progress, checkpoint)
    batches = list(read_batches(settings, received.batch_ids, progress, checkpoint))
    landed = land(settings, received.batch_ids, now, progress, checkpoint)
    return IntakeReport(received, batches, landed, reconcile(settings))
