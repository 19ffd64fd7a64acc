"""What the landing holds, read without the warehouse: which batches are there and which months they speak of."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zonehouse.forms import load_catalogue
from zonehouse.intake.register import held_receipts
from zonehouse.intake.schema import REGISTER, dataset_schemas
from zonehouse.intake.state import landing_readers
from zonehouse.periods import Month, month_range
from zonehouse.settings import Settings

ACCEPTED = frozenset({"accepted", "accepted_with_warnings"})
_COLUMNS = ["receipt_id", "batch_id", "form_code", "authority_code", "period_month", "intake_state"]


@dataclass(frozen=True)
class Receipt:
    """The part of a register row that says what it touches; ``month`` is None when that could not be read."""

    batch_id: str
    form_code: str | None
    authority_code: str | None
    month: Month | None
    is_accepted: bool
    is_held: bool = False
    """Accepted, and the register in force does not know it: landed, not counted."""


def read_register(settings: Settings) -> list[Receipt]:
    """Every receipt in the landing, in the order of batches."""
    held = held_receipts(settings)
    with landing_readers(settings):
        files = sorted(str(path) for path in (settings.landing / "register").glob("[!._]*.parquet"))
        register = ds.dataset(files, schema=REGISTER, format="parquet") if files else None
        rows = register.to_table(columns=_COLUMNS).to_pylist() if register is not None else []
    rows.sort(key=lambda row: row["batch_id"])
    return [
        Receipt(
            row["batch_id"],
            row["form_code"],
            row["authority_code"],
            Month.parse(row["period_month"]) if row["period_month"] else None,
            row["intake_state"] in ACCEPTED,
            row["receipt_id"] in held,
        )
        for row in rows
    ]


def spanned_months(receipts: Iterable[Receipt]) -> set[Month]:
    """Each authority's months from the first to the last that an enterprise's report is counted for.

    The model ``int_reported_month`` says the same in SQL.
    """
    reported: dict[str, list[Month]] = {}
    for receipt in receipts:
        if receipt.is_accepted and not receipt.is_held and receipt.form_code == "monthly_report" and receipt.month:
            reported.setdefault(receipt.authority_code or "", []).append(receipt.month)
    return {month for months in reported.values() for month in month_range(min(months), max(months))}


def ensure_schemas(settings: Settings) -> None:
    """Give every dataset its ``_schema.parquet`` (no rows), so that no reader meets an empty folder."""
    for dataset, schema in dataset_schemas(load_catalogue(settings)).items():
        target = settings.landing / dataset / "_schema.parquet"
        if target.is_file() and pq.read_schema(target).equals(schema):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        pq.write_table(schema.empty_table(), temporary)
        temporary.replace(target)
