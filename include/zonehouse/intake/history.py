"""Compare a batch, while it is landed, with what the same reporting units sent for earlier months.

Batches are read before any of them is landed, so only landing, which goes batch by batch under the lock, knows what
came before. What is compared with is what was landed and in force when the submission arrived: later arrivals do not
change findings that were made (docs/adr/0007). The same landing and the same batch give the same findings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zonehouse.forms.catalogue import FormCatalogue
from zonehouse.forms.model import Column, Form, HistoryCheck, Section
from zonehouse.intake.cells import SAME_SIZE
from zonehouse.intake.comparison import MONTHS_BACK, SLACK, Hit, KeyNumbers, Picked, SectionRows, compare
from zonehouse.intake.findings import CATALOGUE, Address, Findings, grouped
from zonehouse.intake.owners import PROJECT_ROWS, REGISTER_FORM, Owners
from zonehouse.intake.schema import REGISTER, section_schema
from zonehouse.intake.state import landing_readers, spool_folder
from zonehouse.periods import Month
from zonehouse.settings import Settings

ACCEPTED = ("accepted", "accepted_with_warnings")
FINDINGS_A_SUBMISSION = 100

# Of several rules that one cell breaks, only the first is told.
_ORDER = ("copy_of_last_month", "factor_of_thousand", "month_is_year_to_date", "year_to_date_difference")
_ORDER_OF_ARRIVAL = ("received_at", "batch_id", "receipt_no", "receipt_id")

Line = Mapping[str, Any]
_Unit = tuple[str, str, str]  # form, authority, reporting unit


@dataclass(frozen=True)
class Compared:
    """A batch's register as history leaves it, and the findings that history adds, in the order of receipts."""

    register: pa.Table
    findings: list[dict[str, Any]]


# Batch → position of the submission that is asked about, months back, submission.
_Wanted = dict[str, list[tuple[int, int, str]]]


@dataclass(frozen=True)
class _Asked:
    """A section of the submissions of one form version; ``lines``: of the whole batch; ``own``: the batch's rows."""

    form: Form
    section: Section
    lines: Sequence[Line]
    wanted: _Wanted
    own: Path


@dataclass(frozen=True)
class _Usual:
    """A number and the median of what stood in its place in the months before."""

    value: float
    median: float
    column: Column

    @property
    def is_confirmed(self) -> bool:
        return self.value == 0 or abs(math.log10(abs(self.value) / self.median)) <= SAME_SIZE

    @property
    def told(self) -> tuple[str, str]:
        vi, en = _in_words(self.median, self.column)
        return f"khoảng {vi}", f"about {en}"


class History:
    """Compares the batches of one call of ``land``: the register is read once, and each file of rows at most once.

    Of the call's own batches only those are kept that a later one is compared with, so that memory stays flat.
    """

    def __init__(self, settings: Settings, catalogue: FormCatalogue, batch_ids: Sequence[str]) -> None:
        self._settings = settings
        self._batch_ids = batch_ids
        self._forms = {(form.code, form.version): form for form in catalogue.forms if form.history_checks}
        self._versions = {f"{form}/{code}": versions for form, code, versions in catalogue.datasets()}
        self._known: _Known | None = None
        self._owners = Owners(settings)
        self._rows: dict[Path, SectionRows] = {}
        self._keys = KeyNumbers()
        self._last_batch_of: dict[_Unit, int] = {}  # of this call
        self._needed_until: dict[str, int] = {}  # batch of this call → the last one that is compared with it

    def compare(self, batch_id: str, register: pa.Table, tables: Mapping[str, Path]) -> Compared:
        """The register with counts and states raised, and the findings to be added to the batch's own.

        Args:
            register: the batch's register lines as they were read.
            tables: dataset → the batch's Parquet file of it.
        """
        accepted = _accepted(register)
        lines = [line for line in accepted if self._is_compared(line)]
        found: dict[int, Findings] = {}
        doubted = _doubted(tables.get("finding"), register)
        if lines or doubted:
            with landing_readers(self._settings):
                wanted = self._compare_lines(lines, tables, found) if lines else {}
                self._confirm(doubted, lines, wanted, tables, found)
        self._ask_whose(accepted, tables.get(PROJECT_ROWS), found)
        self._forget(batch_id, lines)
        for findings in found.values():
            findings.close()
        return Compared(_raised(register, found), _finding_lines(batch_id, accepted, found))

    def _ask_whose(self, accepted: Sequence[Line], rows: Path | None, found: dict[int, Findings]) -> None:
        """The names and projects that the register in force gives to another enterprise."""
        if not accepted:
            return
        with landing_readers(self._settings):
            doubts = self._owners.doubts(accepted, rows)
        for doubt in doubts:
            findings = found.setdefault(doubt.receipt_no, Findings(FINDINGS_A_SUBMISSION))
            findings.add(doubt.kind, doubt.at, found=doubt.found, words=doubt.words)
        if any(line["form_code"] == REGISTER_FORM for line in accepted):
            self._owners.forget()

    def _forget(self, batch_id: str, lines: Sequence[Line]) -> None:
        """Keep nothing of a night that no later batch of it is compared with, so that memory stays flat."""
        if self._known is None or batch_id not in self._batch_ids:
            return
        at = self._batch_ids.index(batch_id)
        self._known.forget(unit for unit in map(_unit, lines) if self._last_batch_of.get(unit, at) <= at)
        for done in [batch for batch, until in self._needed_until.items() if until <= at]:
            del self._needed_until[done]
            for dataset in self._versions:
                self._rows.pop(self._settings.landing / dataset / f"{done}.parquet", None)
        if not self._rows:
            self._keys = KeyNumbers()

    def _compare_lines(
        self, lines: Sequence[Line], tables: Mapping[str, Path], found: dict[int, Findings]
    ) -> dict[tuple[str, str], _Wanted]:
        if self._known is None:
            self._known = self._read_known()
        wanted_of = self._wanted(self._known, lines)
        for version, wanted in wanted_of.items():
            form = self._forms[version]
            for section in form.sections:
                if f"{form.code}/{section.code}" in tables:
                    asked = _Asked(form, section, lines, wanted, tables[f"{form.code}/{section.code}"])
                    self._compare_section(asked, found)
        return wanted_of

    def _is_compared(self, line: Line) -> bool:
        return (line["form_code"], line["form_version"]) in self._forms

    @staticmethod
    def _wanted(known: _Known, lines: Sequence[Line]) -> dict[tuple[str, str], _Wanted]:
        """Form version → batch → what of it is needed."""
        wanted: dict[tuple[str, str], _Wanted] = {}
        for of, line in enumerate(lines):
            before = known.before_and_add(line)
            # Every rule needs an earlier month, but in January, when the year so far is none.
            if before or line["period_month"].endswith("-01"):
                batches = wanted.setdefault((line["form_code"], line["form_version"]), {})
                for back, other in {0: line, **before}.items():
                    batches.setdefault(other["batch_id"], []).append((of, back, other["submission_id"]))
        return wanted

    def _compare_section(self, asked: _Asked, found: dict[int, Findings]) -> None:
        checks = [check for check in asked.form.history_checks if check.section == asked.section.code]
        if not checks:
            return
        picked = [Picked(self._section_rows(asked, batch_id), wanted) for batch_id, wanted in asked.wanted.items()]
        months = np.array([int(line["period_month"][5:]) for line in asked.lines], np.int64)
        hits = compare(asked.section, checks, picked, months)
        told: set[tuple[int, str | None, int]] = set()
        for hit in sorted(hits, key=lambda hit: (hit.of, hit.row, _ORDER.index(hit.check.rule), hit.check.code)):
            cell = (hit.of, hit.check.column, hit.row)
            if cell not in told:
                told.add(cell)
                line = asked.lines[hit.of]
                _tell(hit, asked.section, line, found.setdefault(line["receipt_no"], Findings(FINDINGS_A_SUBMISSION)))

    def _confirm(
        self,
        doubted: Sequence[dict[str, Any]],
        lines: Sequence[Line],
        wanted: Mapping[tuple[str, str], _Wanted],
        tables: Mapping[str, Path],
        found: dict[int, Findings],
    ) -> None:
        """Numbers that the sheet alone settled, see ``number_by_sheet``: those of no usual size are told."""
        places = {line["receipt_id"]: of for of, line in enumerate(lines)}
        for doubt in doubted:
            of, usual = places.get(doubt["receipt_id"]), None
            if of is not None:
                version = (lines[of]["form_code"], lines[of]["form_version"])
                form = self._forms[version]
                for section in form.sections:
                    path = tables.get(f"{form.code}/{section.code}")
                    if path is not None and any(column.code == doubt["column_code"] for column in section.columns):
                        asked = _Asked(form, section, lines, wanted.get(version, {}), path)
                        usual = self._usual_of(asked, of, doubt) or usual
            if usual is None or not usual.is_confirmed:
                told = ("chưa có", "none yet") if usual is None else usual.told
                at = Address(doubt["sheet_name"], doubt["cell"], doubt["row_number"], doubt["column_code"])
                of_receipt = found.setdefault(doubt["receipt_no"], Findings(FINDINGS_A_SUBMISSION))
                if not any((at.sheet, at.cell) == (f["sheet_name"], f["cell"]) for f in of_receipt.items):
                    words = {"usual": told}
                    of_receipt.add("number_not_confirmed", at, found=doubt["found"], taken=doubt["taken"], words=words)

    def _usual_of(self, asked: _Asked, of: int, doubt: Mapping[str, Any]) -> _Usual | None:
        """What the row, else its whole column, held in the months before; None when that is not known."""
        code, line = doubt["column_code"], asked.lines[of]
        own = self._section_rows(asked, line["batch_id"])
        first, last = own.slices.get(line["submission_id"], (0, 0))
        at = [n for n in range(first, last) if own.row_numbers[n] == doubt["row_number"]]
        if not at or own.sheets[at[0]].as_py() != doubt["sheet_name"]:
            return None
        same, all_rows = [], []
        for batch_id, wanted in asked.wanted.items():
            for submission in (name for owner, back, name in wanted if owner == of and back > 0):
                rows = self._section_rows(asked, batch_id)
                some = slice(*rows.slices.get(submission, (0, 0)))
                numbers = rows.numbers[code][some]
                all_rows.append(numbers)
                same.append(numbers[rows.keys[some] == own.keys[at[0]]])
        for parts in (same, all_rows):
            sizes = np.abs(np.concatenate(parts)) if parts else np.empty(0)
            if len(given := sizes[sizes > 0]):
                return _Usual(float(own.numbers[code][at[0]]), float(np.median(given)), asked.section.column(code))
        return None

    def _section_rows(self, asked: _Asked, batch_id: str) -> SectionRows:
        """Rows of the file that holds the batch: its own, in the spool while it waits, or its month's, compacted."""
        dataset = f"{asked.form.code}/{asked.section.code}"
        own = asked.own if batch_id == asked.lines[0]["batch_id"] else None
        folder = self._settings.landing / dataset
        path = folder / f"{batch_id}.parquet"
        if own is None and path not in self._rows and not path.exists():
            path = folder / f"{batch_id[:4]}-{batch_id[4:6]}.parquet"
        if path not in self._rows:
            versions = self._versions[dataset]
            table = _read(own or path, SectionRows.columns(versions), section_schema(versions))
            self._rows[path] = SectionRows.of(table, versions, self._keys)
        return self._rows[path]

    def _read_known(self) -> _Known:
        """The accepted lines of the register that any batch of this call may be compared with."""
        months = self._look_ahead()
        known = _Known()
        if not months:
            return known
        first, last = Month.parse(min(months)) + -MONTHS_BACK, max(months)
        paths = self._register_files(first)
        units = pa.array({unit for _, _, unit in self._last_batch_of}, pa.string())
        where = (
            ds.field("intake_state").isin(ACCEPTED)
            & ds.field("form_code").isin(sorted({code for code, _ in self._forms}))
            & (ds.field("period_month") >= str(first))
            & (ds.field("period_month") <= last)
            & ds.field("reporting_unit_code").isin(units)
        )
        if paths:
            register = ds.dataset(paths, schema=REGISTER, format="parquet")
            for line in _lines(register.to_table(columns=list(_KNOWN), filter=where)):
                known.add(line)
        return known

    def _look_ahead(self) -> set[str]:
        """The months of what waits in this call; notes which batch is the last of each unit, and to need each batch."""
        months: set[str] = set()
        units_of: dict[str, list[_Unit]] = {}
        for at, batch_id in enumerate(self._batch_ids):
            lines = [line for line in _spooled(self._settings, batch_id) if self._is_compared(line)]
            months.update(line["period_month"] for line in lines)
            units_of[batch_id] = [_unit(line) for line in lines]
            self._last_batch_of |= dict.fromkeys(units_of[batch_id], at)
        for batch_id, units in units_of.items():
            self._needed_until[batch_id] = max((self._last_batch_of[unit] for unit in units), default=-1)
        return months

    def _register_files(self, first: Month) -> list[str]:
        """Register files that may hold a month from ``first`` on: a month is never received before it has begun.

        A batch is named by the time it was received, a compacted file by the month, so that a night opens a year's
        files however long the history.
        """
        paths = sorted((self._settings.landing / "register").glob("[!._]*.parquet"))
        stamp = f"{first.year:04d}{first.number:02d}"
        return [str(path) for path in paths if not path.name[:4].isdigit() or path.name.replace("-", "")[:6] >= stamp]


_KNOWN = (*_ORDER_OF_ARRIVAL, "submission_id", "form_code", "authority_code", "reporting_unit_code", "period_month")


class _Known:
    """The submission in force of each form, authority, reporting unit and month."""

    def __init__(self) -> None:
        self._months: dict[_Unit, dict[int, Line]] = {}

    def add(self, line: Line) -> None:
        months = self._months.setdefault(_unit(line), {})
        number = _month_number(line)
        other = months.get(number)
        if other is None or _arrival(other) < _arrival(line):
            months[number] = line

    def forget(self, units: Iterable[_Unit]) -> None:
        """No line of these is asked about any more."""
        for unit in units:
            self._months.pop(unit, None)

    def before_and_add(self, line: Line) -> dict[int, Line]:
        """Months back (1 to 12) → the submission in force then; the line itself is known from now on."""
        months, number = self._months.get(_unit(line), {}), _month_number(line)
        before = {back: months[number - back] for back in range(1, MONTHS_BACK + 1) if number - back in months}
        self.add(line)
        return before


def _unit(line: Line) -> _Unit:
    return line["form_code"], line["authority_code"], line["reporting_unit_code"]


def _month_number(line: Line) -> int:
    year, _, month = line["period_month"].partition("-")
    return int(year) * 12 + int(month)


def _arrival(line: Line) -> tuple[Any, ...]:
    return tuple(line[name] for name in _ORDER_OF_ARRIVAL)


def _is_accepted(register: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(register["intake_state"], pa.array(ACCEPTED))


def _accepted(register: pa.Table) -> list[dict[str, Any]]:
    return _lines(register.select([*_KNOWN, "form_version", "column_places"]).filter(_is_accepted(register)))


def _lines(register: pa.Table) -> list[dict[str, Any]]:
    """Lines with times as numbers: they are compared, and a time costs as much to make as ten texts."""
    at = register.schema.get_field_index("received_at")
    lines: list[dict[str, Any]] = register.set_column(
        at, "received_at", register["received_at"].cast(pa.int64())
    ).to_pylist()
    return lines


def _spooled(settings: Settings, batch_id: str) -> list[dict[str, Any]]:
    """Form version, unit and month of the accepted lines of a batch that waits; none when it was landed already."""
    path = spool_folder(settings, batch_id) / "register.parquet"
    if not path.exists():
        return []
    names = ["form_code", "form_version", "authority_code", "reporting_unit_code", "period_month"]
    table = pq.read_table(path, columns=["intake_state", *names])
    lines: list[dict[str, Any]] = table.filter(_is_accepted(table)).select(names).to_pylist()
    return lines


def _doubted(findings: Path | None, register: pa.Table) -> list[dict[str, Any]]:
    """The findings ``number_by_sheet`` of accepted receipts, each with its ``receipt_no``."""
    if findings is None:
        return []
    columns = ["receipt_id", "finding_code", "sheet_name", "row_number", "cell", "column_code", "found", "taken"]
    codes = pq.read_table(findings, columns=["finding_code"])["finding_code"]
    if not pc.any(pc.equal(codes, "number_by_sheet")).as_py():
        return []
    table = pq.read_table(findings, columns=columns)
    accepted = {line["receipt_id"]: line["receipt_no"] for line in _accepted(register)}
    rows = table.filter(pc.equal(table["finding_code"], "number_by_sheet")).to_pylist()
    return [row | {"receipt_no": accepted[row["receipt_id"]]} for row in rows if row["receipt_id"] in accepted]


def _read(path: Path, wanted: Sequence[str], schema: pa.Schema) -> pa.Table:
    if not path.exists():
        return pa.schema([schema.field(name) for name in wanted]).empty_table()
    with pq.ParquetFile(path) as file:
        present = set(file.schema_arrow.names)
        table = file.read([name for name in wanted if name in present], use_threads=False)
    for name in wanted:
        if name not in present:
            table = table.append_column(name, pa.nulls(table.num_rows, schema.field(name).type))
    return table


# What is told


def _tell(hit: Hit, section: Section, line: Line, findings: Findings) -> None:
    check = hit.check
    kind = replace(CATALOGUE[check.rule], code=check.code, severity=check.severity)
    column = None if check.column is None else section.column(check.column)
    rule = (check.vi, check.en)
    words: dict[str, object] = {"rule": rule, "whole": ("", "")}
    if hit.is_total:
        words |= {"rule": _after_colon(rule), "whole": ("Tính tổng cả cột: ", "Column total: ")}
    if column is None:
        last = Month.parse(line["period_month"]) + -1
        words |= {"last": (f"{last.number:02d}/{last.year}", str(last)), "cells": hit.cells}
        findings.add(kind, Address(hit.sheet), found=f"{line['period_month']} = {last}", words=words)
        return
    words |= {"usual": _in_words(hit.usual, column), "months": hit.months, "before": _in_words(hit.before, column)}
    words["expected"] = _in_words(hit.to_date - hit.before, column)
    letters = json.loads(line["column_places"] or "{}").get(section.code, {}).get(column.code)
    at = Address(hit.sheet, f"{letters}{hit.row}" if letters else None, hit.row, column.code)
    findings.add(kind, at, found=_found(hit, check, column), words=words)


def _found(hit: Hit, check: HistoryCheck, column: Column) -> str:
    """The cell's value and what it was compared with."""
    now = _shown(hit.now, column)
    if check.rule == "factor_of_thousand":
        return f"{now} ≈ {_shown(hit.usual, column)} × {_times(hit.now / hit.usual):f}"
    if check.rule == "year_to_date_difference":
        before = f" − {_shown(hit.before, column)}" if hit.before else ""
        return f"{now} ≠ {_shown(hit.to_date, column)}{before}"
    return f"{now} ≈ {_shown(hit.before, column)} + {_shown(hit.now - hit.before, column)}"


def _times(ratio: float) -> Decimal:
    """A thousand or a million times (or one of so many), where it is about that; else the first two digits of it."""
    order = math.log10(ratio)
    power = 3 * round(order / 3)
    if abs(order - power) <= math.log10(SLACK):
        return Decimal(10) ** power
    return Decimal(f"{ratio:.2g}")


def _after_colon(rule: tuple[str, str]) -> tuple[str, str]:
    vi, en = (text[:1].lower() + text[1:] for text in rule)
    return vi, en


def _in_words(value: float, column: Column) -> tuple[str, str]:
    """The number as each language writes it."""
    number = _shown(value, column)
    return (number, number) if number == "…" else (grouped(Decimal(number), "vi"), grouped(Decimal(number), "en"))


def _shown(value: float, column: Column) -> str:
    """Twelve digits, in the unit that this version of the form asks for: more is noise of the sum."""
    if math.isnan(value):
        return "…"
    number = Decimal(f"{value:.12g}")
    if column.factor is not None:
        number = Decimal(f"{number / column.factor:.12g}")
    return f"{number.normalize():f}"


def _finding_lines(batch_id: str, lines: Sequence[Line], found: Mapping[int, Findings]) -> list[dict[str, Any]]:
    return [
        {"batch_id": batch_id, "receipt_id": line["receipt_id"], "submission_id": line["submission_id"]} | finding
        for line in lines
        if line["receipt_no"] in found
        for finding in found[line["receipt_no"]].items
    ]


def _raised(register: pa.Table, found: Mapping[int, Findings]) -> pa.Table:
    """Counts of findings raised; what was accepted and has a warning now is accepted with warnings."""
    if not found:
        return register
    lines = register.to_pylist()
    for line in lines:
        if (findings := found.get(line["receipt_no"])) is not None:
            for severity, count in findings.counts.items():
                line[f"{severity}_count"] += count
            if line["intake_state"] == "accepted" and line["warning_count"]:
                line["intake_state"] = "accepted_with_warnings"
    return pa.Table.from_pylist(lines, schema=register.schema)
