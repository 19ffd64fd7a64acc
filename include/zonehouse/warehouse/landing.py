"""What the landing holds, read without the warehouse: which batches are there and which months they speak of."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
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
    """What receipts of one batch touch that are alike in it; ``month`` is None when that could not be read."""

    batch_id: str
    form_code: str | None
    authority_code: str | None
    month: Month | None
    is_accepted: bool
    is_held: bool = False
    """Accepted, and the register in force does not know it: landed, not counted."""


def read_register(settings: Settings) -> list[Receipt]:
    """What the receipts in the landing touch, in the order of batches; those alike in it are one.

    The cost follows batches and months, not files: a history of millions is grouped before Python sees it.
    """
    held = held_receipts(settings)
    with landing_readers(settings):
        files = sorted(str(path) for path in (settings.landing / "register").glob("[!._]*.parquet"))
        register = ds.dataset(files, schema=REGISTER, format="parquet") if files else None
        rows = register.to_table(columns=_COLUMNS) if register is not None else REGISTER.empty_table().select(_COLUMNS)
    accepted = pc.is_in(rows["intake_state"], value_set=pa.array(sorted(ACCEPTED)))
    is_held = pc.is_in(rows["receipt_id"], value_set=pa.array(sorted(held), pa.string()))
    rows = rows.drop_columns(["receipt_id", "intake_state"])
    rows = rows.append_column("is_accepted", accepted).append_column("is_held", is_held)
    alike = rows.group_by(rows.column_names).aggregate([]).sort_by("batch_id").to_pylist()
    return [
        Receipt(
            row["batch_id"],
            row["form_code"],
            row["authority_code"],
            Month.parse(row["period_month"]) if row["period_month"] else None,
            row["is_accepted"],
            row["is_held"],
        )
        for row in alike
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
