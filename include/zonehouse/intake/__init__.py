"""Intake: receive, read, check, land.

The names are loaded when first asked for: the reader process imports modules of this package and must stay light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonehouse.intake.batch import BatchRead, read_batch
    from zonehouse.intake.compacting import Compacted, compact
    from zonehouse.intake.landing import Landed, land, prepare_landing
    from zonehouse.intake.nightly import IntakeReport, intake
    from zonehouse.intake.receiving import LeftFile, Received, receive
    from zonehouse.intake.register import Receipt, Reconciliation, receipts, reconcile
    from zonehouse.intake.state import IntakeError

_HOMES = {
    "BatchRead": "batch",
    "Compacted": "compacting",
    "IntakeError": "state",
    "IntakeReport": "nightly",
    "Landed": "landing",
    "LeftFile": "receiving",
    "Receipt": "register",
    "Received": "receiving",
    "Reconciliation": "register",
    "compact": "compacting",
    "intake": "nightly",
    "land": "landing",
    "prepare_landing": "landing",
    "read_batch": "batch",
    "receipts": "register",
    "receive": "receiving",
    "reconcile": "register",
}

__all__ = [
    "BatchRead",
    "Compacted",
    "IntakeError",
    "IntakeReport",
    "Landed",
    "LeftFile",
    "Receipt",
    "Received",
    "Reconciliation",
    "compact",
    "intake",
    "land",
    "prepare_landing",
    "read_batch",
    "receipts",
    "receive",
    "reconcile",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
