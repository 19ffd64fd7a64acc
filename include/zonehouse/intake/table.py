"""One sheet's table: find the header, read the rows, check totals, repeated keys and the rules between columns."""

from __future__ import annotations

import operator
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from zonehouse.intake.cells import CellReader, Value, is_blank, kept_number, plain_number
from zonehouse.intake.findings import CATALOGUE, Address, Findings
from zonehouse.intake.headers import (
    Header,
    children,
    find_header,
    is_other_measure,
    is_unit_row,
    month_in_title,
    names_other_month,
    right_child,
)
from zonehouse.intake.numbers import NumberError, parse_number
from zonehouse.intake.plan import CheckPlan, ColumnPlan, SectionPlan, UnitPlan
from zonehouse.intake.sent import REFERENCE_KEYS
from zonehouse.intake.text import clean, column_letters, fold, shown
from zonehouse.intake.units import contradicts, key_of, noted_units, own_unit, unit_of_title, units_in, without_unit

HEADER_ROWS = 30  # title rows above a table are few; a header further down is not a form of ours
_TOTALS = frozenset(("tong cong", "tong so", "tong", "cong", "total", "sum", "grand total"))
_NO_TOTAL = frozenset(ascii_letters + digits).difference("oO", *((word[0], word[0].upper()) for word in _TOTALS))
_TOTAL_OF = re.compile(r"^(?:tong|cong|total|sub-?\s?total|grand total|sum)(?:\s*[(:]|\s+\S)")
_PART_OF = re.compile(r"^[-+•* ]{0,4}(?:trong do|of which)(?:\s|:|$)")
_SIGNED = re.compile(
    r"^(?:nguoi (?:lap|bao cao|duyet|kiem tra)|lap bieu|ke toan|(?:tong |pho |pho tong )?giam doc|thu truong|"
    r"truong phong|dai dien|\(?ky\b|xac nhan|noi nhan)|\bngay\b.*\bthang\b.*\bnam\b"
)
_ORDINAL = re.compile(r"^(?:[ivxlc]{1,5}|[a-z])\s?[.)/-]?$")
_NUMBERED = re.compile(r"^(?:[ivxlc]{1,5}|[a-z])\s?[.)/-]\s?\S")
_TOTAL_BEGINS = frozenset(("to", "co", "su", "gr", "tr", "of"))  # of all the words above
_COMPUTED_OF = re.compile(r"^([\s(\[]*\d{1,2}[\s)\]]*)[=:][\d\s()\[\]+\-–*/x×:%.,]+$", re.IGNORECASE)  # (3) = (1) + (2)
_ORDINALS = frozenset(("stt", "tt", "no", "no.", "#"))
_SUMMED = frozenset(("flow", "stock", "year_to_date", "since_licence"))
_SUMMED_ROWS = 3  # a sum has two parts at least
_PROVED, _PROVED_BY_ONE = 2, 4  # numbers of two digits or more, or one of four: more than chance
_CLOSE = Decimal("0.000001")  # of the sum: totals are formulas over floats
_CENT = Decimal("0.01")

_KNOWN_ROWS, _KNOWN_HEADS, _KNOWN_LENGTH = 256, 64, 2_000  # of a section's memory; a workbook may hold anything

Grid = Sequence[Sequence[object]]
LandedRow = list[Value]
if TYPE_CHECKING:
    Floats = array[float]
else:
    Floats = array  # which cannot be subscripted before Python 3.12
# Sheets, row numbers, then each column's values, a number's followed by its marks; empty when there are no rows.
LandedColumns = list[list[Value] | Floats]


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
        self._cells.sizes = self.sizes
        self._sizes: dict[int, list[float]] = {}
        self._is_signed = False  # a row of those who sign was met
        self._is_other = False  # a note or a title that names another month was met
        self._start = 0  # of the rows below the header
        self._places: list[int | None] = []
        self._first_rows: dict[tuple[Value, ...], Value] = {}
        self._is_same_for_all = True  # nothing of the header was judged by the month
        self._totals: list[tuple[int, int]] = []  # row of a total, count of rows above it
        self._is_explicit = True
        self.month: str | None = None  # the reference month, where it is known

    def columns(self) -> LandedColumns:
        """The loaded rows, by columns."""
        start = self._find_table()
        if start is None:
            label = self._section.columns[0]
            words = {"rows": HEADER_ROWS, "label": (label.label_vi, label.label_en)}
            self._findings.add("header_missing", Address(self._sheet), words=words)
            return []
        self._start = start
        lost = self._lost_rows(start)
        whole = self._ordinary_rows(start)
        count = len(whole[0]) if whole else 0
        loaded: list[LandedRow] = []
        after_gap, noted = False, False
        for index in range(start + count, len(self._grid)):
            row = self._grid[index]
            if index in lost and self._is_empty(row):
                self._say_lost(lost.pop(index), index)
            elif self._is_empty(row):
                after_gap = True
                self._note_units(row, index)
            elif self._is_total(row):
                self._totals.append((index, count + len(loaded)))
                after_gap = True
            elif index not in lost and (code := self._kind_of_words(row, after_gap=after_gap)) is not None:
                self._is_other = self._is_other or (self.month is not None and names_other_month(row, self.month))
                noted = noted or self._is_other or code == "note_below_table"
                self._say_not_read(code, row, index)
                self._note_units(row, index)
            else:
                if noted:
                    self._say_below_note(row, index)
                    noted = False
                loaded.append(self._read_row(row, index))
        for index in sorted(index for index in lost if index >= len(self._grid)):
            self._say_lost(lost[index], index)
        columns = _joined(whole, loaded)
        if self._totals:
            self._check_totals(columns)
        self._check_sums(columns)
        return columns

    def _is_empty(self, row: Sequence[object]) -> bool:
        return all(is_blank(row[place]) for place in self._places if place is not None and place < len(row))

    def _lost_rows(self, start: int) -> dict[int, list[int]]:
        """0-based rows of the table → positions of the columns whose value the file does not hold; the parser ends
        before rows of nothing else."""
        rows: dict[int, list[int]] = {}
        if self._cells.lost:
            positions = {column_letters(p): at for at, p in enumerate(self._places) if p is not None}
            for cell in self._cells.lost:
                letters = cell.rstrip(digits)
                if letters in positions and (index := int(cell[len(letters) :]) - 1) >= start:
                    rows.setdefault(index, []).append(positions[letters])
        return rows

    def _say_lost(self, positions: Sequence[int], index: int) -> None:
        """A row that holds nothing, but for what could not be read, is no blank row."""
        for position in positions:
            at, column = self._at(index, position), self._section.columns[position]
            words = {"label": (column.label_vi, column.label_en)}
            self._findings.add(self._cells.lost[str(at.cell)], at, words=words)

    def shape(self) -> tuple[int, tuple[int | None, ...]] | None:
        """How many rows stand above the data, and where the columns stand, once the rows were read."""
        return (self._start, tuple(self._places)) if self._start else None

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

    def sizes(self, place: int) -> list[float]:
        """The sizes of the numbers in a column below the header that are not zero and read in one way only."""
        if place not in self._sizes:
            cells = [row[place] for row in self._grid[self._start :] if place < len(row)]
            numbers = [_as_number(cell) for cell in cells if not is_blank(cell) and not isinstance(cell, bool)]
            self._sizes[place] = [abs(float(number)) for number in numbers if number]
        return self._sizes[place]

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

    def _find_table(self) -> int | None:
        """Match the header and step over what belongs to it; the first row of data, None without a header."""
        if (known := self._known_head()) is not None:
            return known
        before = self._findings.total
        header = self._header_row()
        found = {} if header is None else self._matches(self._grid[header])
        required = self._section.required_positions
        if not required <= found.keys():
            indices = [index for index, _ in first_rows(self._grid, HEADER_ROWS)]
            odd = find_header(self._section, indices, self._grid)
            if odd is not None and len(required & odd.places.keys()) > len(required & found.keys()):
                return self._take_odd_header(odd)
        if header is None:
            return None
        self._match_header(header)
        start = self._first_data_row(header + 1)
        self._check_notes(start, explicit=True)
        self._check_titles(header)
        if self._is_same_for_all and self._findings.total == before:
            self._remember_head(start)
        return start

    def _known_head(self) -> int | None:
        """The first row of data below the rows of a template that was met before and had nothing to be said of it."""
        for start, heads in self._section.known_heads.items():
            places = heads.get(tuple(map(tuple, self._grid[:start])))
            if places is not None and start < len(self._grid):
                self._places = [*places]
                if self._is_data(self._grid[start]):
                    return start
        return None

    def _remember_head(self, start: int) -> None:
        """Only heads with every column, as else rows of data are looked at for a better header."""
        places = [place for place in self._places if place is not None]
        if len(places) < len(self._section.columns):
            return
        head = tuple(map(tuple, self._grid[:start]))
        texts = [value for row in head for value in row]
        known = self._section.known_heads
        has_room = sum(map(len, known.values())) < _KNOWN_HEADS
        if has_room and set(map(type, texts)) == {str} and sum(map(len, map(str, texts))) < _KNOWN_LENGTH:
            known.setdefault(start, {})[head] = tuple(places)

    def _take_odd_header(self, header: Header) -> int | None:
        """A header that is not as the form has it: over several rows, in two languages, with another unit …"""
        columns = self._section.columns
        if len(header.places) < min(2, len(columns)):
            return None
        self._places = [header.places.get(position) for position in range(len(columns))]
        self._say_missing(header.places, header.last)
        self._say_mended(header)
        repeated = {place for place, _ in header.repeated}
        for place, position in header.repeated:
            self._say_repeated(place, header.last, position, header.texts[place])
        for place, text in header.texts.items():
            if place not in repeated and place not in self._places:
                self._note_header(place, header.last, text)
        start = self._first_data_row(header.last + 1)
        stated = self._check_notes(start, explicit=False)
        self._check_titles(header.first)
        for position, place in header.places.items():
            self._check_header_unit(columns[position], position, header, place, stated)
        return start

    def _say_mended(self, header: Header) -> None:
        """The encoding of labels serves the cells; it is said once for the sheet."""
        for row, place, text, encoding in header.mended[:1]:
            at = Address(self._sheet, f"{column_letters(place)}{row + 1}", row + 1)
            self._findings.add("text_converted", at, found=shown(text), words={"encoding": encoding})
        for _, _, _, encoding in header.mended:
            self._cells.mender.prove(encoding)

    def _check_header_unit(
        self, column: ColumnPlan, position: int, header: Header, place: int, stated: list[UnitPlan]
    ) -> None:
        own = own_unit(column)
        if own is None:
            return
        key = key_of(header.texts[place])
        said = without_unit(key, column.units)[1] or units_in(key, column.units)
        at = self._at(header.last, position)
        if (other := contradicts(column, said, is_explicit=False)) is not None:
            self._say_unit(at, header.texts[place], column, other)
        elif not any(unit.code == own.code for unit in (*said, *stated)) and key not in self._section.names:
            words = {"unit": (column.label_vi, column.label_en)}
            self._findings.add("unit_not_stated", at, found=shown(header.texts[place]), words=words)

    def _say_unit(self, at: Address, text: str, column: ColumnPlan, other: UnitPlan) -> None:
        words = {"label": (column.label_vi, column.label_en), "other": other.code}
        self._findings.add("unit_differs", at, found=shown(text), words=words)

    def _check_notes(self, end: int, *, explicit: bool) -> list[UnitPlan]:
        """The units that notes above the data state; each that is not the form's is an error."""
        self._is_explicit = explicit
        stated: list[UnitPlan] = []
        for index, row in enumerate(self._grid[:end]):
            stated += self._note_units(row, index)
        return stated

    def _check_titles(self, header: int) -> None:
        """A title above the header, alone in its row, may name a month, and a unit at its end."""
        for index, row in enumerate(self._grid[:header]):
            texts = [(place, value) for place, value in enumerate(row) if isinstance(value, str) and value]
            if len(texts) != 1:
                continue
            ((place, title),) = texts
            at = Address(self._sheet, f"{column_letters(place)}{index + 1}", index + 1)
            if (named := month_in_title(title)) is not None:
                self._is_same_for_all = False
                if self.month and named != self.month:
                    self._findings.add("month_stated_differs", at, found=shown(title), words={"month": self.month})
            if not noted_units(title, self._section.units)[1]:
                self._compare_units(unit_of_title(title, self._section.units), title, at, place)

    def _note_units(self, row: Sequence[object], index: int) -> list[UnitPlan]:
        """The units of notes in a row of no data."""
        units = self._section.units
        stated: list[UnitPlan] = []
        for place, value in enumerate(row):
            if isinstance(value, str) and value and fold(value) not in self._section.names:
                found, is_note = noted_units(value, units)
                if not is_note and not found:
                    continue
                stated += found
                cell = f"{column_letters(place)}{index + 1}"
                if not found:
                    self._findings.add("unit_unknown", Address(self._sheet, cell, index + 1), found=shown(value))
                else:
                    self._compare_units(found, value, Address(self._sheet, cell, index + 1), place)
        return stated

    def _compare_units(self, found: list[UnitPlan], text: str, at: Address, place: int) -> None:
        """A unit right below a column's header is about that column, any other about the whole sheet."""
        if not found:
            return
        columns = self._section.columns
        own = [
            position for position, taken in enumerate(self._places) if taken == place and columns[position].is_number
        ]
        for position in own or range(len(columns)):
            if self._places[position] is None:
                continue
            other = contradicts(columns[position], found, is_explicit=self._is_explicit and not own)
            if other is not None:
                self._say_unit(at._replace(column=columns[position].code), text, columns[position], other)
                return

    def _match_header(self, header: int) -> None:
        row = self._grid[header]
        found = self._matches(row)
        self._places = [found.get(position) for position in range(len(self._section.columns))]
        self._say_missing(found, header)
        taken = set(found.values())
        for place, value in enumerate(row):
            if place not in taken and not is_blank(value):
                self._note_header(place, header, shown(value))

    def _say_missing(self, found: Mapping[int, int], header: int) -> None:
        for position, column in enumerate(self._section.columns):
            if position not in found and column.required:
                at = Address(self._sheet, None, header + 1, column.code)
                self._findings.add("column_missing", at, words={"label": (column.label_vi, column.label_en)})

    def _say_repeated(self, place: int, header: int, position: int, text: str) -> None:
        """A column that stands twice: a warning while both hold the same, else nobody can tell which is right."""
        column = self._section.columns[position]
        at = Address(self._sheet, f"{column_letters(place)}{header + 1}", header + 1, column.code)
        words = {"label": (column.label_vi, column.label_en)}
        first = self._places[position]
        differs = any(
            place < len(row)
            and not is_blank(row[place])
            and (first is None or first >= len(row) or row[place] != row[first])
            for row in self._grid[header + 1 :]
        )
        kind = CATALOGUE["column_repeated"]
        self._findings.add(replace(kind, severity="error") if differs else kind, at, found=text, words=words)

    def _note_header(self, place: int, header: int, text: str) -> None:
        key = fold(text)
        at = Address(self._sheet, f"{column_letters(place)}{header + 1}", header + 1)
        if (position := self._section.names.get(key)) is not None:
            self._say_repeated(place, header, position, text)
        elif key not in _ORDINALS and not key.startswith(REFERENCE_KEYS):
            self._findings.add("extra_column", at, found=text)

    def _first_data_row(self, start: int) -> int:
        """Step over rows of codes or labels, of numbers (1) (2), of units and of titles below the header's own."""
        for index in range(start, min(start + 4, len(self._grid))):
            row = self._grid[index]
            if self._is_of_labels(row) or self._is_numbering(row):
                continue
            if self._is_below_titles(row):
                if not is_unit_row(row, self._section.units):
                    self._choose_children(row, index)
                continue
            return index
        return min(start + 4, len(self._grid))

    def _is_data(self, row: Sequence[object]) -> bool:
        """Whether a row below the header is none of those that ``_first_data_row`` steps over."""
        return not (self._is_of_labels(row) or self._is_numbering(row) or self._is_below_titles(row))

    def _is_of_labels(self, row: Sequence[object]) -> bool:
        return len(self._matches(row)) >= min(2, len(self._section.columns))

    def _is_below_titles(self, row: Sequence[object]) -> bool:
        """A row of the header: no key is given, nothing is a number, and there is a text from the numbers on."""
        if float in map(type, row):
            return False
        given = [(place, value) for place, value in enumerate(row) if not is_blank(value)]
        if not given or not all(isinstance(value, str) for _, value in given) or self._is_total(row):
            return False
        keys = {self._places[position] for position in self._section.keys}
        numbers = [
            place
            for place, column in zip(self._places, self._section.columns, strict=True)
            if column.is_number and place is not None
        ]
        places = {place for place, _ in given}
        return not places & keys and bool(numbers) and any(place >= min(numbers) for place in places)

    def _choose_children(self, row: Sequence[object], index: int) -> None:
        """Below one title stand several columns: that of the month, of the year to date … Take the form's or none."""
        self._is_same_for_all = False
        taken = sorted(place for place in self._places if place is not None)
        for position, place in enumerate(self._places):
            column = self._section.columns[position]
            if place is None or not column.is_number:
                continue
            end = next((other for other in taken if other > place), len(row))
            below = [(at, key) for at, key in children(row, place, end) if at == place or self._is_untitled(at, index)]
            if len(below) > 1 or (below and is_other_measure(column, below[0][1], self.month)):
                self._places[position] = right_child(column, below, self.month)
                if self._places[position] is None:
                    at = Address(self._sheet, f"{column_letters(place)}{index + 1}", index + 1, column.code)
                    found = " | ".join(shown(row[there]) for there, _ in below)
                    words = {"label": (column.label_vi, column.label_en)}
                    self._findings.add("column_ambiguous", at, found=found, words=words)

    def _is_untitled(self, place: int, index: int) -> bool:
        """Whether the cell above is empty, as the others of a merged cell are."""
        above = self._grid[index - 1]
        return place >= len(above) or is_blank(above[place])

    def _is_numbering(self, row: Sequence[object]) -> bool:
        """``(1) (2) (3)=(1)+(2)``, ``1 2 3`` or ``A B 1 2`` from left to right, a mark in each column that was met."""
        places = sorted(place for place in self._places if place is not None)
        if not places or places[-1] >= len(row):
            return False
        marks = []
        for value in row[places[0] : places[-1] + 1]:
            mark = _COMPUTED_OF.sub(r"\1", shown(value)).strip(" ()[]").upper()
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

    def _ordinary_rows(self, start: int) -> LandedColumns:
        """The rows from ``start`` to the first gap or total, when none of their cells gives rise to a finding.

        Exactly what reading them one by one would give, several times as fast; nothing when there is any doubt.
        """
        findings, kept, counts = self._findings, len(self._findings.items), dict(self._findings.counts)
        cells = self._ordinary_cells(start)
        columns = self._read_columns(cells, start) if cells else None
        if columns is None or findings.counts != counts:
            findings.forget_since(kept, counts)
            self._first_rows = {}
            self._cells.told.clear()
            return []
        return columns

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
        totals = {text for column in cells for text in _texts(column) if may_name_total(text)}
        if totals:
            ends += [at for at, row in enumerate(body) if not totals.isdisjoint(row)]
        end = min(ends)
        return cells if end == len(body) else [column[:end] for column in cells] if end else []

    def _read_columns(self, cells: Grid, start: int) -> LandedColumns | None:
        values: list[list[Value]] = []
        count = len(cells[0])
        numbers: list[Value] = list(range(start + 1, start + count + 1))
        landed: LandedColumns = [[self._sheet] * count, numbers]
        for place, column in zip(self._places, self._section.columns, strict=True):
            of_column: list[Value] = [None] * count
            marks: list[Value] = ["blank"] * count
            if place is not None and column.is_number:
                of_column, marks = self._cells.numbers(cells[place], column, start, place)
            elif place is not None:
                of_column = self._cells.values(cells[place], column, start, place)
            values.append(of_column)
            landed += (of_column, marks) if column.is_number else (of_column,)
        of_keys = [values[position] for position in self._section.keys]
        keys = list(map(row_key, zip(*of_keys, strict=True)))
        if len(set(keys)) != count or any(None in column for column in of_keys):
            return None
        self._first_rows = dict(zip(keys, numbers, strict=True)) if start + count < len(self._grid) else {}
        for check in self._section.checks:
            if not self._holds(check, cells, values):
                for at, line in enumerate(zip(*values, strict=True), start):
                    self._check_rule(check, list(line), at)
        return landed

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
        first = self._first_rows.setdefault(row_key(key), index + 1)
        if first != index + 1:
            columns = [self._section.columns[position] for position in self._section.keys]
            labels = (", ".join(c.label_vi for c in columns), ", ".join(c.label_en for c in columns))
            at = self._at(index, self._section.keys[0])
            found = ", ".join(map(str, key))
            self._findings.add("row_repeated", at, found=found, words={"keys": labels, "first": str(first)})

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
        if not self._names_total(row):
            return False
        cells = [(p, row[place]) for p, place in enumerate(self._places) if place is not None and place < len(row)]
        keys = [value for p, value in cells if p in self._section.keys and not is_blank(value)]
        if not keys:
            return True
        said = [fold(key) if isinstance(key, str) else "" for key in keys]
        if all(word in _TOTALS for word in said):
            return True
        # "Cộng nhóm 10": a total of something, when it is not the name of a product that has its code.
        is_whole_key = len(keys) == len(self._section.keys) > 1
        return not is_whole_key and all(word in _TOTALS or _TOTAL_OF.match(word) for word in said)

    def _names_total(self, row: Sequence[object]) -> bool:
        """*Tổng cộng* anywhere, *Cộng nhóm …* before the numbers."""
        numbers = [
            place
            for place, column in zip(self._places, self._section.columns, strict=True)
            if column.is_number and place is not None
        ]
        first = min(numbers, default=len(row))
        for place, value in enumerate(row):
            if isinstance(value, str) and value:
                word = fold(value)
                if word in _TOTALS or (place < first and _TOTAL_OF.match(word) is not None):
                    return True
        return False

    def _check_totals(self, loaded: LandedColumns) -> None:
        """Each total is the sum of all rows, of those since the total above it, or of those down to the next."""
        rows = len(loaded[0]) if loaded else 0
        bounds = [0, *(count for _, count in self._totals), rows]
        for number, (index, count) in enumerate(self._totals, start=1):
            groups = [(0, rows), (0, count), (bounds[number - 1], count), (count, bounds[number + 1])]
            filled = [(first, last) for first, last in groups if first < last] or [(0, 0)]
            self._check_total(self._grid[index], index, loaded, filled)

    def _check_total(
        self, row: Sequence[object], index: int, loaded: LandedColumns, groups: list[tuple[int, int]]
    ) -> None:
        at = 2
        for position, column in enumerate(self._section.columns):
            place = self._places[position]
            if column.is_number and column.kind in _SUMMED and place is not None:
                values = loaded[at] if loaded else []
                sums = [sum((_number(value) or Decimal(0) for value in values[a:b]), Decimal(0)) for a, b in groups]
                self._compare_total(row[place] if place < len(row) else None, index, position, sums)
            at += 2 if column.is_number else 1

    def _check_sums(self, loaded: LandedColumns) -> None:
        for row in rows_of_sums(self._section, loaded):
            index = int(str(loaded[1][row])) - 1
            at = self._at(index, self._section.keys[0])
            self._findings.add("row_is_sum", at, found=_words(self._grid[index]))

    def _compare_total(self, cell: object, index: int, position: int, sums: list[Decimal]) -> None:
        at = self._at(index, position)
        if at.cell in self._cells.lost:
            self._findings.add("total_not_read", at)
            return
        if is_blank(cell) or (isinstance(cell, str) and len(cell.strip()) == 1 and not cell.strip().isdigit()):
            return
        total, factor = _as_number(cell), self._section.columns[position].factor or Decimal(1)
        if total is not None and any(
            abs(total * factor - s) <= max(_CENT * factor, abs(s) * _CLOSE) for s in sums
        ):  # fmt: skip
            return
        words = {"total": sums[0] / factor}
        self._findings.add("total_differs", at, found=shown(cell), words=words)

    def _kind_of_words(self, row: Sequence[object], *, after_gap: bool) -> str | None:
        """What a row that is no data is told as: a note, a title among the rows, a part of the row above; else None."""
        given = self._given(row)
        if any(column.is_key and isinstance(value, str) and _PART_OF.match(fold(value)) for column, value in given):
            return "row_part_of"
        if self._is_header_again(row):
            return "header_repeated"
        if any(isinstance(value, float) or (c.is_number and _as_number(value) is not None) for c, value in given):
            return None
        if self._is_signature(row) or (after_gap and self._is_note(row)):
            return "note_below_table"
        return "title_row" if self._is_title(row) else None

    def _say_below_note(self, row: Sequence[object], index: int) -> None:
        """Rows below a note may be another table; when the first has nothing in the columns of numbers, they are."""
        kind = CATALOGUE["rows_below_note"]
        has_numbers = any(column.is_number for column, _ in self._given(row))
        is_other = self._is_signed or self._is_other or (self._has_numbers and not has_numbers)
        at = Address(self._sheet, None, index + 1)
        self._findings.add(replace(kind, severity="error") if is_other else kind, at, found=_words(row))

    @property
    def _has_numbers(self) -> bool:
        return any(column.is_number and column.required for column in self._section.columns)

    def _given(self, row: Sequence[object]) -> list[tuple[ColumnPlan, object]]:
        return [
            (column, row[place])
            for place, column in zip(self._places, self._section.columns, strict=True)
            if place is not None and place < len(row) and not is_blank(row[place])
        ]

    def _is_header_again(self, row: Sequence[object]) -> bool:
        """The header as it comes again on each page."""
        found = self._matches(row)
        return len(found) >= min(2, len(self._section.columns)) and all(
            self._places[position] == place for position, place in found.items()
        )

    def _is_signature(self, row: Sequence[object]) -> bool:
        """Who signs, where and when; behind it stand names."""
        texts = [fold(value) for value in row if isinstance(value, str) and value]
        self._is_signed = self._is_signed or any(_SIGNED.search(text) is not None for text in texts)
        return self._is_signed

    def _is_note(self, row: Sequence[object]) -> bool:
        """Below a gap or a total, a row with a word or two and no number: dates, remarks."""
        given = self._given(row)
        return len(given) <= 2 and len(given) < sum(column.required for column in self._section.columns)

    def _is_title(self, row: Sequence[object]) -> bool:
        """A row of a word or two, nothing in the columns of numbers, and no key that could be one."""
        given = self._given(row)
        if not 1 <= len(given) <= 2 or any(c.is_number or not isinstance(value, str) for c, value in given):
            return False
        texts = [(column, fold(str(value))) for column, value in given]
        keys = [(column, text) for column, text in texts if column.is_key]
        if len(given) == 2:
            return bool(keys) and _ORDINAL.match(keys[0][1]) is not None
        if not keys:
            return True
        ((column, text),) = keys
        if column.type == "code":
            return text not in column.members and not text.isdigit()
        return _NUMBERED.match(text) is not None if column.type == "text" else not any(c.isdigit() for c in text)

    def _say_not_read(self, code: str, row: Sequence[object], index: int) -> None:
        if code != "header_repeated":
            self._findings.add(code, Address(self._sheet, None, index + 1), found=_words(row))


def _words(row: Sequence[object]) -> str:
    return shown(" ".join(clean(value) for value in row if isinstance(value, str) and value))


def may_name_total(text: str) -> bool:
    """Whether a text is a total's word, or begins as one does."""
    return text[:1] not in _NO_TOTAL and _may_begin_total(text[:2]) and _is_total_word(fold(text))


@lru_cache(maxsize=4096)
def _may_begin_total(two_letters: str) -> bool:
    """Whether a text with this beginning may be a total's word; folding all of each text would cost more."""
    key = fold(two_letters)
    return len(key) < 2 or not key[0].isalpha() or key in _TOTAL_BEGINS


def _is_total_word(key: str) -> bool:
    return key in _TOTALS or _TOTAL_OF.match(key) is not None or _PART_OF.match(key) is not None


def _texts(column: Sequence[object]) -> set[str]:
    """The different texts of a column."""
    if str not in set(map(type, column)):
        return set()
    return {value for value in set(column) if type(value) is str}


def _joined(columns: LandedColumns, rows: list[LandedRow]) -> LandedColumns:
    """Columns that were read whole, and the rows below them that were read one by one."""
    if not rows:
        return columns
    below: LandedColumns = list(map(list, zip(*rows, strict=True)))
    return [[*column, *more] for column, more in zip(columns, below, strict=True)] if columns else below


def row_key(values: Iterable[Value]) -> tuple[Value, ...]:
    """By what a row's key is compared with those above: ``TÔM`` and ``Tôm`` are one product. For quick readers too."""
    return tuple([value.casefold() if isinstance(value, str) else value for value in values])


def rows_of_sums(section: SectionPlan, loaded: LandedColumns) -> list[int]:
    """Positions of rows that are the sum of all others: totals under another name, by which all counts twice.

    Takes landed columns of any table, plain or odd: whatever reads a table quickly asks it too, and leaves a table with
    such a row to the slow reading, which tells it (``row_is_sum``).
    """
    count = len(loaded[0]) if loaded else 0
    if count < _SUMMED_ROWS:
        return []
    left, at, proofs = set(range(count)), 2, [0] * count
    for column in section.columns:
        if column.is_number and column.kind in _SUMMED:
            numbers = [float(value) if isinstance(value, (int, float, str)) else None for value in loaded[at]]
            given = [number for number in numbers if number]
            total = sum(given)
            allowed = max(float(_CENT), abs(total) * float(_CLOSE))
            left = {r for r in left if (number := numbers[r]) is None or abs(2 * number - total) <= allowed}
            if not left:
                return []
            if len(given) >= _SUMMED_ROWS:
                for r in left:
                    proofs[r] += _weight(numbers[r])
        at += 2 if column.is_number else 1
    return [r for r in sorted(left) if proofs[r] >= _PROVED]


def _weight(number: float | None) -> int:
    """How much a number proves that is the sum of others: one of two digits may be so by chance."""
    significant = len(f"{number or 0:.12g}".replace(".", "").strip("0"))
    return 0 if significant < 2 else 1 if significant < _PROVED_BY_ONE else _PROVED


def _number(value: Value) -> Decimal | None:
    return None if value is None or isinstance(value, bool) else kept_number(value)


def _as_number(cell: object) -> Decimal | None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return Decimal(repr(cell))
    try:
        return parse_number(clean(str(cell)))
    except NumberError:
        return None
