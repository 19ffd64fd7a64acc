"""The register as a book to look things up in: versions, what took a receipt's place, and its findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow.dataset as ds

from zonehouse.intake.register import Receipt, held_findings, receipts
from zonehouse.intake.schema import FINDING
from zonehouse.intake.state import landing_readers
from zonehouse.settings import Settings

COUNTED = frozenset(("accepted", "accepted_with_warnings"))
TAKEN_IN = COUNTED | {"superseded"}
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """One finding of a receipt, as the landing holds it."""

    severity: str
    finding_code: str
    sheet_name: str | None
    cell: str | None
    found: str | None
    expected_vi: str
    expected_en: str
    mend_vi: str
    mend_en: str


class Book:
    """All receipts of one moment, in the order of arrival."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.receipts = receipts(settings)
        self.by_id = {receipt.receipt_id: receipt for receipt in self.receipts}

    @cached_property
    def _held(self) -> dict[str, dict[str, Any]]:
        return held_findings(self._settings)

    @cached_property
    def _versions(self) -> dict[tuple[str | None, ...], list[Receipt]]:
        found: dict[tuple[str | None, ...], list[Receipt]] = {}
        for receipt in self.receipts:
            if receipt.state in TAKEN_IN and receipt.receipt_id not in self._held:
                found.setdefault(_key(receipt), []).append(receipt)
        return found

    def version(self, receipt: Receipt) -> int | None:
        """1-based among the counted receipts of its form, authority, unit and month; None for others."""
        if receipt.state not in TAKEN_IN or receipt.receipt_id in self._held:
            return None
        return self._versions[_key(receipt)].index(receipt) + 1

    def successor(self, receipt: Receipt) -> Receipt | None:
        """The receipt that is counted in place of a superseded one."""
        return self._versions[_key(receipt)][-1] if receipt.state == "superseded" else None

    def original(self, receipt: Receipt) -> Receipt:
        """The receipt whose content a duplicate repeats; any other receipt itself."""
        return self.by_id.get(receipt.duplicate_of or "", receipt)

    def findings(self, of: Iterable[Receipt]) -> dict[str, list[Finding]]:
        """Receipt id → its findings, the worst first; a duplicate has those of the file that it repeats."""
        listed = list(of)
        told = {receipt.receipt_id: self.original(receipt).receipt_id for receipt in listed}
        names = list(Finding.__dataclass_fields__)
        folder = self._settings.landing / "finding"
        found: dict[str, list[Finding]] = {receipt_id: [] for receipt_id in told.values()}
        if found and folder.is_dir():
            where = ds.field("receipt_id").isin(sorted(found))
            with landing_readers(self._settings):
                data = ds.dataset(folder, schema=FINDING, format="parquet")
                table = data.to_table(columns=["receipt_id", "finding_no", *names], filter=where)
            for line in sorted(table.to_pylist(), key=lambda line: (_weight(line["severity"]), line["finding_no"])):
                found[line["receipt_id"]].append(Finding(**{name: line[name] for name in names}))
        for original, findings in found.items():
            if self.by_id[original].state == "held":
                held = self._held[original]
                findings.append(Finding(**{name: held[name] for name in names}))
        return {receipt_id: found[original] for receipt_id, original in told.items()}


def _key(receipt: Receipt) -> tuple[str | None, ...]:
    return (receipt.form_code, receipt.authority_code, receipt.reporting_unit_code, receipt.period_month)


def _weight(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
