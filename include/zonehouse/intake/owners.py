"""Whose report it is: what the register in force says of the name on the cover and of the projects in the rows.

A tax code typed wrongly, or left from another enterprise's workbook, may be right by its check digit; its figures would
take the place of somebody else's. The name beside it, and the projects, are what can tell. Asked while a batch is
landed, against the registers landed before it (docs/adr/0007): later registers do not change findings that were made.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zonehouse.intake.findings import CATALOGUE, Address, FindingKind
from zonehouse.intake.schema import REGISTER
from zonehouse.intake.sent import COVER_PLACES, NAME_FIELD
from zonehouse.intake.text import fold
from zonehouse.settings import Settings

REGISTER_FORM = "project_register"
PROJECT_ROWS = "monthly_report/investment"
_COMPANY = 10  # digits; those behind are a branch's
_ORDER = ("period_month", "received_at", "batch_id", "receipt_no", "receipt_id")

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Doubt:
    """A finding to be made of the submission with this ``receipt_no``."""

    receipt_no: int
    kind: FindingKind
    at: Address
    found: str
    words: Mapping[str, object]


@dataclass
class _Known:
    """Of one authority: folded name → tax codes, tax code → a name, project → tax codes; of all versions."""

    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: dict[str, str] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Owners:
    """The registers in force in the landing, read when first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, _Known] | None = None

    def forget(self) -> None:
        """Another register was landed."""
        self._known = None

    def doubts(self, lines: Sequence[Line], rows: Path | None) -> list[Doubt]:
        """Names and projects of somebody else, in the order of receipts.

        Args:
            lines: accepted lines of the batch's register.
            rows: the batch's rows of ``PROJECT_ROWS``.
        """
        reports = [line for line in lines if line["form_code"] != REGISTER_FORM]
        if not reports:
            return []
        if self._known is None:
            self._known = self._read()
        found = [*self._names(reports), *self._projects(reports, rows)] if self._known else []
        return sorted(found, key=lambda doubt: doubt.receipt_no)

    def _names(self, lines: Sequence[Line]) -> Iterator[Doubt]:
        for line in lines:
            known = (self._known or {}).get(line["authority_code"])
            cover = json.loads(line["column_places"] or "{}").get(COVER_PLACES, {}) if known else {}
            name, own = cover.get("name"), line["reporting_unit_code"]
            if known is None or not name or own not in known.names:
                continue
            others = known.codes.get(fold(name), set())
            if others and not any(_same(own, other) for other in others):
                cell = str(cover[NAME_FIELD])
                at = Address(cover["sheet"], cell, int(cell.lstrip(ascii_uppercase)), NAME_FIELD)
                words = {"tax_code": own, "name": known.names[own]}
                found = f"{name} ({', '.join(sorted(others))})"
                yield Doubt(line["receipt_no"], CATALOGUE["name_of_another"], at, found, words)

    def _projects(self, lines: Sequence[Line], rows: Path | None) -> Iterator[Doubt]:
        if rows is None or not rows.exists():
            return
        of = {line["submission_id"]: line for line in lines}
        columns = ("submission_id", "project_code", "sheet_name", "row_number")
        table = pq.read_table(rows, columns=list(columns))
        for submission, project, sheet, number in zip(*(table[name].to_pylist() for name in columns), strict=True):
            line = of.get(submission)
            known = (self._known or {}).get(line["authority_code"]) if line is not None else None
            owners = known.owners.get(project, set()) if known is not None else set()
            if line is None or not owners or any(_same(line["reporting_unit_code"], owner) for owner in owners):
                continue
            letters = json.loads(line["column_places"] or "{}").get("investment", {}).get("project_code")
            at = Address(sheet, f"{letters}{number}" if letters else None, number, "project_code")
            words = {"tax_code": line["reporting_unit_code"]}
            found = f"{project} ({', '.join(sorted(owners))})"
            yield Doubt(line["receipt_no"], CATALOGUE["project_of_another"], at, found, words)

    def _read(self) -> dict[str, _Known]:
        folder = self._settings.landing
        files = sorted((folder / "register").glob("[!._]*.parquet"))
        if not files:
            return {}
        where = ds.field("intake_state").isin(["accepted", "accepted_with_warnings"])
        where &= ds.field("form_code") == REGISTER_FORM
        register = ds.dataset([str(path) for path in files], schema=REGISTER, format="parquet")
        in_force: dict[str, Line] = {}
        for line in register.to_table(columns=[*_ORDER, "authority_code", "submission_id"], filter=where).to_pylist():
            other = in_force.get(line["authority_code"])
            if other is None or tuple(other[name] for name in _ORDER) < tuple(line[name] for name in _ORDER):
                in_force[line["authority_code"]] = line
        known: dict[str, _Known] = {authority: _Known() for authority in in_force}
        authorities = {(line["batch_id"], line["submission_id"]): name for name, line in in_force.items()}
        for authority, row in self._rows("enterprise", ["tax_code", "enterprise_name", "valid_from"], authorities):
            known[authority].names[row["tax_code"]] = row["enterprise_name"] or ""
            if row["enterprise_name"]:
                known[authority].codes[fold(row["enterprise_name"])].add(row["tax_code"])
        for authority, row in self._rows("project", ["project_code", "tax_code", "valid_from"], authorities):
            known[authority].owners[row["project_code"]].add(row["tax_code"])
        return known

    def _rows(
        self, section: str, columns: Sequence[str], authorities: Mapping[tuple[str, str], str]
    ) -> Iterator[tuple[str, Line]]:
        """The rows of the registers in force, the latest version of each last."""
        files = sorted((self._settings.landing / REGISTER_FORM / section).glob("[!._]*.parquet"))
        if not files:
            return
        wanted = pa.array(sorted({submission for _, submission in authorities}), pa.string())
        rows = ds.dataset([str(path) for path in files], format="parquet")
        if not set(columns) <= set(rows.schema.names):  # forms of one's own may have less
            return
        table = rows.to_table(
            columns=["batch_id", "submission_id", *columns], filter=pc.field("submission_id").isin(wanted)
        )
        for row in table.sort_by("valid_from").to_pylist():
            if (authority := authorities.get((row["batch_id"], row["submission_id"]))) is not None:
                yield authority, row


def _same(one: str, other: str) -> bool:
    """The same company, or a branch of it."""
    return one[:_COMPANY] == other[:_COMPANY]
