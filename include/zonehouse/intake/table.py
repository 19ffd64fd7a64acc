"""One sheet's table: find the header, read the rows, check totals, repeated keys and the rules between columns."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import repeat
from string import ascii_letters, digits

from zonehouse.intake.cells import CellReader, Value, is_blank, kept_number, plain_number
from zonehouse.intake.findings import CATALOGUE, Address, Findings
from zonehouse.intake.numbers import NumberError, parse_number
from zonehouse.intake.plan import CheckPlan, SectionPlan
from zonehouse.intake.sent import REFERENCE_KEYS
from zonehouse.intake.text import clean, column_letters, fold, shown

HEADER_ROWS = 30  # title rows above a table are few; a header further down is not a form of ours
_TOTALS = frozenset(("tong cong", "tong so", "tong", "cong", "total", "sum", "grand total"))
_NO_TOTAL = frozenset(ascii_letters + digits).difference(*((word[0], word[0].upper()) for word in _TOTALS))
_ORDINALS = frozenset(("stt", "tt", "no", "no.", "#"))
_SUMMED = frozenset(("flow", "stock", "year_to_date", "since_licence"))
_CLOSE = Decimal("0.000001")  # of the sum: totals are formulas over floats
_CENT = Decimal("0.01")

_KNOWN_ROWS, _KNOWN_LENGTH = 256, 2_000  # of a section's memory; a workbook may hold anything

Grid = Sequence[Sequence[object]]
LandedRow = list[Value]


def first_rows(grid: Grid, count: int) -> Iterator[tuple[int, Sequence[object]]]:
    """The first ``count`` rows that are not empty, with their 0-based numbers."""
    for index, row in enumerate(grid):
        if any(row):
            yield index, row
            count -= 1
            if count == 0:
                return


class TableReader:
    """Reads the table of ``section`` from the ``grid`` of a sheet (its rows from A1 on)."""

    def __init__(self, section: SectionPlan, sheet: str, grid: Grid, findings: Findings, cells: CellReader) -> None:
        self._section = section
        self._sheet = sheet
        self._grid = grid
        self._findings = findings
        self._cells = cells
        self._cells.number_texts = self.number_texts
        self._places: list[int | None] = []
        self._first_rows: dict[tuple[Value, ...], int] = {}
        self._since_total = 0

    def rows(self) -> list[LandedRow]:
        """The loaded rows: sheet, 1-based row, then each column's value (a number's followed by its mark)."""
        header = self._header_row()
        if header is None:
            label = self._section.columns[0]
            words = {"rows": HEADER_ROWS, "label": (label.label_vi, label.label_en)}
            self._findings.add("header_missing", Address(self._sheet), words=words)
            return []
        self._places = self._match_header(header)
        start = self._first_data_row(header + 1)
        loaded = self._ordinary_rows(start)
        after_gap = False
        for index in range(start + len(loaded), len(self._grid)):
            row = self._grid[index]
            if all(is_blank(row[place]) for place in self._places if place is not None and place < len(row)):
                after_gap = True
            elif self._is_total(row):
                self._check_total(row, index, loaded)
                after_gap = True
            elif after_gap and self._is_note(row):
                self._note_row(row, index)
            else:
                loaded.append(self._read_row(row, index))
        return loaded

    def letters(self) -> dict[str, str]:
        """Column code → the letters of the column it was found in, once the rows were read."""
        columns = zip(self._section.columns, self._places, strict=False)
        return {column.code: column_letters(place) for column, place in columns if place is not None}

    def number_texts(self) -> Iterator[str]:
        """All texts in the number columns of the table."""
        for place, column in zip(self._places, self._section.columns, strict=False):
            if column.is_number and place is not None:
                for row in self._grid:
                    if place < len(row) and isinstance(value := row[place], str) and value:
                        yield value

    # The header

    def _matches(self, row: Sequence[object]) -> dict[int, int]:
        """Column position → place in the row, the leftmost of each."""
        known, key = self._section.known_rows, tuple(row)
        if key in known:
            return known[key]
        found: dict[int, int] = {}
        for place, value in enumerate(row):
            if isinstance(value, str) and value and (position := self._section.names.get(fold(value))) is not None:
                found.setdefault(position, place)
        # Titles and headers come again in the next workbook; rows of data do not.
        if len(known) < _KNOWN_ROWS and set(map(type, key)) == {str} and sum(map(len, map(str, key))) < _KNOWN_LENGTH:
            known[key] = found
        return found

    def _header_row(self) -> int | None:
        best, best_count = None, 0
        wanted = len(self._section.columns)
        for index, row in first_rows(self._grid, HEADER_ROWS):
            count = len(self._matches(row))
            if count > best_count:
                best, best_count = index, count
            if count == wanted:
                break
        return best if best_count >= min(2, wanted) else None

    def _match_header(self, header: int) -> list[int | None]:
        row = self._grid[header]
        found = self._matches(row)
        columns = self._section.columns
        for position, column in enumerate(columns):
            if position not in found and column.required:
                at = Address(self._sheet, None, header + 1, column.code)
                self._findings.add("column_missing", at, words={"label": (column.label_vi, column.label_en)})
        taken = set(found.values())
        for place, value in enumerate(row):
            if place not in taken and not is_blank(value):
                self._note_header(place, header, shown(value))
        return [found.get(position) for position in range(len(columns))]

    def _note_header(self, place: int, header: int, text: str) -> None:
        key = fold(text)
        at = Address(self._sheet, f"{column_letters(place)}{header + 1}", header + 1)
        if (position := self._section.names.get(key)) is not None:
            column = self._section.columns[position]
            words = {"label": (column.label_vi, column.label_en)}
            self._findings.add("column_repeated", at._replace(column=column.code), found=text, words=words)
        elif key not in _ORDINALS and not key.startswith(REFERENCE_KEYS):
            self._findings.add("extra_column", at, found=text)

    def _first_data_row(self, start: int) -> int:
        """Step over a row of codes or labels and a numbering row below the header."""
        for index in range(start, min(start + 3, len(self._grid))):
            row = self._grid[index]
            if len(self._matches(row)) < min(2, len(self._section.columns)) and not self._is_numbering(row):
                return index
        return min(start + 3, len(self._grid))

    def _is_numbering(self, row: Sequence[object]) -> bool:
        """``(1) (2) (3)``, ``1 2 3`` or ``A B 1 2`` from left to right, a mark in each column that was found."""
        places = sorted(place for place in self._places if place is not None)
        if not places or places[-1] >= len(row):
            return False
        marks = []
        for value in row[places[0] : places[-1] + 1]:
            mark = shown(value).strip(" ()[]").upper()
            if not mark.isascii() or not (mark.isdigit() or len(mark) == 1):
                return False
            marks.append(mark)
        letters = 0
        while letters < len(marks) and marks[letters] == chr(65 + letters):
            letters += 1
        numbers = marks[letters:]
        if len(marks) < 2 or not all(mark.isascii() and mark.isdigit() for mark in numbers):
            return False
        first = int(numbers[0]) if numbers else 1
        return first in (1, letters + 1, 2) and [int(mark) for mark in numbers] == list(
            range(first, first + len(numbers))
        )

    # Whole columns at once

    def _ordinary_rows(self, start: int) -> list[LandedRow]:
        """The rows from ``start`` to the first gap or total, when none of their cells gives rise to a finding.

        Exactly what reading them one by one would give, several times as fast; nothing when there is any doubt.
        """
        findings, kept, counts = self._findings, len(self._findings.items), dict(self._findings.counts)
        cells = self._ordinary_cells(start)
        rows = self._read_columns(cells, start) if cells else None
        if rows is None or findings.counts != counts:
            findings.forget_since(kept, counts)
            self._first_rows = {}
            return []
        return rows

    def _ordinary_cells(self, start: int) -> Grid:
        """The columns of the rows from ``start`` on that have something in each key and no total's word."""
        body = self._grid[start:]
        places = [place for place in self._places if place is not None]
        if len(set(map(len, body))) != 1 or max(places, default=0) >= len(body[0]):
            return []
        cells = list(zip(*body, strict=True))
        ends = [len(body)]
        for position in self._section.keys:
            place = self._places[position]
            if place is None:
                return []
            ends += [cells[place].index(blank) for blank in ("", None) if blank in cells[place]]
        texts = {text for column in cells for text in set(column) if type(text) is str and text[:1] not in _NO_TOTAL}
        totals = {text for text in texts if fold(text) in _TOTALS}
        if totals:
            ends += [at for at, row in enumerate(body) if not totals.isdisjoint(row)]
        end = min(ends)
        return cells if end == len(body) else [column[:end] for column in cells] if end else []

    def _read_columns(self, cells: Grid, start: int) -> list[LandedRow] | None:
        values: list[list[Value]] = []
        count = len(cells[0])
        landed: list[Sequence[Value] | repeat[str]] = [repeat(self._sheet), range(start + 1, start + count + 1)]
        for place, column in zip(self._places, self._section.columns, strict=True):
            of_column: list[Value] = [None] * count
            marks: list[str | None] = ["blank"] * count
            if place is not None and column.is_number:
                of_column, marks = self._cells.numbers(cells[place], column, start, place)
            elif place is not None:
                of_column = self._cells.values(cells[place], column, start, place)
            values.append(of_column)
            landed += (of_column, marks) if column.is_number else (of_column,)
        keys = list(zip(*(values[position] for position in self._section.keys), strict=True))
        if len(set(keys)) != count or any(None in key for key in keys):
            return None
        self._first_rows = dict(zip(keys, range(start + 1, start + count + 1), strict=True))
        for check in self._section.checks:
            if not self._holds(check, cells, values):
                for at, line in enumerate(zip(*values, strict=True), start):
                    self._check_rule(check, list(line), at)
        return [list(line) for line in zip(*landed, strict=False)]

    def _holds(self, check: CheckPlan, cells: Sequence[Sequence[object]], values: list[list[Value]]) -> bool:
        """Whether a rule holds in every row, as far as that can be told from plain numbers."""
        used = (*check.left, check.right)
        if all(set(map(type, values[position])) == {int} for position in used):
            numbers: list[list[int]] = [values[position] for position in used]  # type: ignore[misc]
            return all(sum(line[:-1]) <= line[-1] for line in zip(*numbers, strict=True))
        if len(check.left) > 1 or any(self._section.columns[position].factor is not None for position in used):
            return False
        places = [self._places[position] for position in used]
        raw = [cells[place] for place in places if place is not None]
        if len(raw) != len(used) or any(not set(map(type, column)) <= {int, float} for column in raw):
            return False
        # Rounding keeps an order: what is not larger as it stands is not larger as it lands.
        return all(map(operator.le, *raw))

    # Rows

    def _read_row(self, row: Sequence[object], index: int) -> LandedRow:
        landed: LandedRow = [self._sheet, index + 1]
        values: list[Value] = []
        width = len(row)
        cells = self._cells
        for place, column in zip(self._places, self._section.columns, strict=True):
            cell = row[place] if place is not None and place < width else None
            if column.is_number:
                value, mark = (None, "blank") if place is None else cells.number(cell, column, index, place)
                landed += (value, mark)
            else:
                value = None if place is None else cells.value(cell, column, index, place)
                landed.append(value)
            values.append(value)
        self._check_key(values, index)
        for check in self._section.checks:
            self._check_rule(check, values, index)
        return landed

    def _check_key(self, values: list[Value], index: int) -> None:
        key = tuple(values[position] for position in self._section.keys)
        if None in key:
            return
        first = self._first_rows.setdefault(key, index + 1)
        if first != index + 1:
            columns = [self._section.columns[position] for position in self._section.keys]
            labels = (", ".join(c.label_vi for c in columns), ", ".join(c.label_en for c in columns))
            at = self._at(index, self._section.keys[0])
            found = ", ".join(map(str, key))
            self._findings.add("row_repeated", at, found=found, words={"keys": labels, "first": first})

    def _check_rule(self, check: CheckPlan, values: list[Value], index: int) -> None:
        parts = {position: _number(values[position]) for position in check.left}
        right = _number(values[check.right])
        given = {position: part for position, part in parts.items() if part is not None}
        if right is None or not given or sum(given.values()) <= right:
            return
        kind = replace(CATALOGUE["row_check"], code=check.code, severity=check.severity)
        left = " + ".join(self._as_sent(part, position) for position, part in given.items())
        found = f"{left} > {self._as_sent(right, check.right)}"
        words = {"rule": (check.vi, check.en)}
        self._findings.add(kind, self._at(index, check.left[0]), found=found, words=words)

    def _as_sent(self, kept: Decimal, position: int) -> str:
        """A number as its cell has it; with the unit where that is not the one it is kept in."""
        column = self._section.columns[position]
        if column.factor is None:
            return shown(kept)
        return f"{plain_number(kept / column.factor)} {column.sent_unit}"

    def _at(self, index: int, position: int) -> Address:
        place = self._places[position]
        cell = None if place is None else f"{column_letters(place)}{index + 1}"
        return Address(self._sheet, cell, index + 1, self._section.columns[position].code)

    # Totals and notes

    def _is_total(self, row: Sequence[object]) -> bool:
        """A total's word in a key, in a column of text or beside the table, and no key that says anything else."""
        if not any(isinstance(value, str) and value and fold(value) in _TOTALS for value in row):
            return False
        cells = [(p, row[place]) for p, place in enumerate(self._places) if place is not None and place < len(row)]
        keys = [value for p, value in cells if p in self._section.keys and not is_blank(value)]
        if not keys:
            return True
        return all(isinstance(key, str) and fold(key) in _TOTALS for key in keys)

    def _check_total(self, row: Sequence[object], index: int, loaded: list[LandedRow]) -> None:
        at = 2
        for position, column in enumerate(self._section.columns):
            place = self._places[position]
            if column.is_number and column.kind in _SUMMED and place is not None and place < len(row):
                self._compare_total(row[place], index, position, [_number(line[at]) for line in loaded])
            at += 2 if column.is_number else 1
        self._since_total = len(loaded)

    def _compare_total(self, cell: object, index: int, position: int, column: list[Decimal | None]) -> None:
        if is_blank(cell) or (isinstance(cell, str) and len(cell.strip()) == 1 and not cell.strip().isdigit()):
            return
        numbers = [number or Decimal(0) for number in column]
        sums = [sum(numbers, Decimal(0)), sum(numbers[self._since_total :], Decimal(0))]
        total, factor = _as_number(cell), self._section.columns[position].factor or Decimal(1)
        if total is not None and any(
            abs(total * factor - s) <= max(_CENT * factor, abs(s) * _CLOSE) for s in sums
        ):  # fmt: skip
            return
        words = {"total": plain_number(sums[0] / factor)}
        self._findings.add("total_differs", self._at(index, position), found=shown(cell), words=words)

    def _is_note(self, row: Sequence[object]) -> bool:
        """Below a gap or a total, a row with a word or two and no number: signatures, dates, remarks."""
        given = [
            (column, row[place])
            for place, column in zip(self._places, self._section.columns, strict=True)
            if place is not None and place < len(row) and not is_blank(row[place])
        ]
        required = sum(column.required for column in self._section.columns)
        return len(given) <= 2 and len(given) < required and not any(isinstance(value, float) for _, value in given)

    def _note_row(self, row: Sequence[object], index: int) -> None:
        text = " ".join(clean(value) for value in row if isinstance(value, str) and value)
        self._findings.add("note_below_table", Address(self._sheet, None, index + 1), found=shown(text))


def _number(value: Value) -> Decimal | None:
    return None if value is None or isinstance(value, bool) else kept_number(value)


def _as_number(cell: object) -> Decimal | None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return Decimal(repr(cell))
    try:
        return parse_number(clean(str(cell)))
    except NumberError:
        return None
