"""Sheets filled in from one template: what they have in common is looked at once, then only compared.

A *frame* is everything of a sheet but its figures: titles, headers, where the columns stand. It is remembered of a
workbook of which there was nothing to be said, and serves those of the same month. A sheet of a known frame is read by
whole columns, and only when each is as plain as can be; with any doubt it is read as if it were the first
(``zonehouse.intake.table``), which is slower and says why. Both ways give the same
(``tests/unit/test_intake_frames.py``). Runs in the reader process; imports nothing heavy.
"""

from __future__ import annotations

import math
import operator
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import repeat

from zonehouse.intake.cells import DASHES, TOO_LARGE, Value, are_plain, tidied_code
from zonehouse.intake.mending import MendedText, Mender
from zonehouse.intake.plan import CheckPlan, ColumnPlan, SectionPlan
from zonehouse.intake.table import Floats, Grid, LandedColumns, may_name_total, row_key, rows_of_sums
from zonehouse.intake.text import fold

_LOW, _HIGH = math.nextafter(-TOO_LARGE, 0), math.nextafter(TOO_LARGE, 0)
_EXACT = 2.0**47  # below it a product with a factor and a million is off by less than a tenth, and sums are exact
_MILLION = 1e6
_WORD = re.compile(r"[^\W\d_]{2}")
_MARKS: dict[object, str] = {"": "blank", "x": "not_applicable", "X": "not_applicable"}
_MARKS.update(dict.fromkeys(DASHES, "dash"))
_FLOATS = frozenset((float,))
_FLOATS_AND_MARKS = frozenset((float, str))

Column = list[Value] | Floats


@dataclass(frozen=True)
class SectionFrame:
    """A sheet: its rows above the data, and where each column stands (None: nowhere), by position in the plan."""

    plan: SectionPlan
    sheet: str
    head: Sequence[Sequence[object]]
    places: tuple[int | None, ...]
    codes: dict[int, dict[object, str]] = field(default_factory=dict)  # column → what a cell holds → its code

    @cached_property
    def is_readable(self) -> bool:
        """Whether all its columns are of kinds that are read whole, and no row of data can have as many labels."""
        found = [column for place, column in zip(self.places, self.plan.columns, strict=True) if place is not None]
        words = [column for column in found if not column.is_number]
        kinds = all(column.type == "code" or (column.type == "text" and column.pattern is None) for column in words)
        return (
            kinds and len(found) > len(words) and all(self.places[position] is not None for position in self.plan.keys)
        )

    @cached_property
    def beside(self) -> tuple[int, ...]:
        """Places of no column."""
        return tuple(set(range(len(self.head[0]))).difference(place for place in self.places if place is not None))

    @cached_property
    def groups(self) -> tuple[_Numbers, ...]:
        """Its columns of numbers."""
        alike: dict[tuple[float, float, bool, float | None], list[int]] = {}
        for position, column in enumerate(self.plan.columns):
            if column.is_number and self.places[position] is not None:
                low = _LOW if column.minimum is None else max(_LOW, column.minimum)
                high = _HIGH if column.maximum is None else min(_HIGH, column.maximum)
                factor = None if column.factor is None else float(column.factor)
                alike.setdefault((low, high, column.type == "integer", factor), []).append(position)
        may_be_blank = {p for p, column in enumerate(self.plan.columns) if not column.required and not column.is_key}
        return tuple(_Numbers(tuple(p), frozenset(may_be_blank.intersection(p)), *kind) for kind, p in alike.items())

    @cached_property
    def words(self) -> tuple[tuple[int, int], ...]:
        """Positions and places of its other columns."""
        both = enumerate(self.places)
        return tuple((p, place) for p, place in both if place is not None and not self.plan.columns[p].is_number)

    def fits(self, grid: Grid) -> bool:
        """Whether a sheet begins with the same rows, as wide as these."""
        return grid[: len(self.head)] == self.head

    def columns(self, grid: Grid, text_length: int) -> LandedColumns | None:
        """What ``TableReader.columns`` gives when there is no finding; None when anything has to be looked at.

        ``grid`` has this frame (``fits``). Numbers come as ``array`` of floats where all are given.
        """
        start = len(self.head)
        if len(grid) == start:
            return []
        if not self.is_readable or not self._is_data(grid[start]):
            return None
        cells = list(zip(*grid[start:], strict=True))
        taken = _Taken(cells, self.places)
        if any(any(cells[place]) for place in self.beside) or not all(map(taken.take, self.groups)):
            return None
        for position, place in self.words:
            column = self.plan.columns[position]
            if column.type == "code":
                words = self._codes(cells[place], column, position)
            else:
                words = _texts(cells[place], column, text_length)
            if words is None:
                return None
            taken.values[position] = words
        return self._landed(taken, start)

    def _landed(self, taken: _Taken, start: int) -> LandedColumns | None:
        count, values = taken.count, taken.values
        landed: LandedColumns = [[self.sheet] * count, list(range(start + 1, start + count + 1))]
        for position, column in enumerate(self.plan.columns):
            landed.append(values.setdefault(position, [None] * count))
            if column.is_number:
                landed.append(taken.marks.get(position) or ["blank"] * count)
        if not self._are_different([values[position] for position in self.plan.keys], count):
            return None
        holds = all(_holds(check, values, self.plan.columns) for check in self.plan.checks)
        return landed if holds and not rows_of_sums(self.plan, landed) else None

    def _are_different(self, keys: Sequence[Column], count: int) -> bool:
        """Whether no row has the key of another (``row_key``); codes are as the list has them."""
        if all(self.plan.columns[position].type == "code" for position in self.plan.keys):
            return len(set(zip(*keys, strict=True))) == count
        return len(set(map(row_key, zip(*keys, strict=True)))) == count

    def _is_data(self, row: Sequence[object]) -> bool:
        """Surely none of the rows that a header goes on in: a number, a word, and no labels."""
        texts = [value for value in row if type(value) is str and value]
        names = self.plan.names
        return (
            float in map(type, row)
            and any(map(_WORD.search, texts))
            and sum(fold(text) in names for text in texts) < min(2, len(self.plan.columns))
        )

    def _codes(self, cells: Sequence[object], column: ColumnPlan, position: int) -> list[Value] | None:
        codes = self.codes.setdefault(position, {})
        values: list[Value] = list(map(codes.get, cells))
        if None in values:
            for at, value in enumerate(values):
                cell = cells[at]
                if value is not None:
                    continue
                if type(cell) is not str or cell not in column.known or may_name_total(cell):
                    return None
                values[at] = codes[cell] = column.known[cell]
        return values


def blanked(grid: Grid, places: Sequence[tuple[int, int]]) -> list[Sequence[object]]:
    """A grid with None in these places (row, column); rows that have none are its own."""
    rows: list[Sequence[object]] = list(grid)
    for row, column in places:
        cells = list(rows[row])
        cells[column] = None
        rows[row] = cells
    return rows


@dataclass(frozen=True)
class _Numbers:
    """Columns of numbers that have the same bounds, by position; those of whole numbers, or with a factor, apart."""

    positions: tuple[int, ...]
    may_be_blank: frozenset[int]
    low: float
    high: float
    is_integer: bool
    factor: float | None

    def plain(self, numbers: Sequence[float]) -> Floats | None:
        """Numbers that land without a word, as floats that land as they must; None when one has to be looked at."""
        # The sum is compared with itself: it is no number as soon as one of them is none.
        if not (self.low <= min(numbers) and max(numbers) <= self.high and (total := sum(numbers)) == total):
            return None
        if self.factor is not None:
            return _converted(numbers, self.factor)
        return array("d", numbers) if not self.is_integer or all(map(float.is_integer, numbers)) else None


class _Taken:
    """The columns of a sheet, by position: ``values``, and of numbers ``marks``."""

    def __init__(self, cells: Sequence[Sequence[object]], places: Sequence[int | None]) -> None:
        self.count = len(cells[0])
        self.values: dict[int, Column] = {}
        self.marks: dict[int, list[Value]] = {}
        self._cells = cells
        self._places = places

    def _of(self, position: int) -> Sequence[object]:
        place = self._places[position]
        return () if place is None else self._cells[place]

    def take(self, group: _Numbers) -> bool:
        """Columns of numbers; False when a cell has to be looked at."""
        flat = [cell for position in group.positions for cell in self._of(position)]
        if set(map(type, flat)) != _FLOATS:
            return all(self._take_mixed(position, group) for position in group.positions)
        numbers = group.plain(flat)  # type: ignore[arg-type]
        if numbers is None:
            return False
        for at, position in enumerate(group.positions):
            self.values[position] = numbers[at * self.count : (at + 1) * self.count]
            self.marks[position] = [None] * self.count
        return True

    def _take_mixed(self, position: int, group: _Numbers) -> bool:
        """A column some of whose cells are blank, or hold one of the marks that stand for no number."""
        cells = self._of(position)
        if not set(map(type, cells)) <= _FLOATS_AND_MARKS or ("" in cells and position not in group.may_be_blank):
            return False
        said = [None if type(cell) is float else _MARKS.get(cell, "") for cell in cells]
        given = [cell for cell in cells if type(cell) is float]
        numbers = group.plain(given) if given else array("d")
        if "" in said or numbers is None:
            return False
        taken = iter(numbers)
        self.values[position] = [None if mark else next(taken) for mark in said] if len(given) < len(said) else numbers
        self.marks[position] = said  # type: ignore[assignment]
        return True


def _converted(numbers: Sequence[float], factor: float) -> Floats | None:
    """Numbers in the unit they are kept in, to six decimals; exact, as none may be nearly between two of them."""
    millionths = [number * factor * _MILLION for number in numbers]
    whole = list(map(round, millionths))
    if max(map(abs, millionths)) > _EXACT or max(map(abs, map(operator.sub, millionths, whole))) > 0.4:
        return None
    return array("d", map(operator.truediv, whole, repeat(_MILLION)))


def _texts(cells: Sequence[object], column: ColumnPlan, text_length: int) -> list[Value] | None:
    if set(map(type, cells)) != {str}:
        return None
    texts: list[str] = cells  # type: ignore[assignment]
    if not any(texts):
        return None if column.required or column.is_key else [None] * len(texts)
    is_as_it_stands = are_plain(texts, text_length) or all(
        _is_right(text, text_length, column.is_key) for text in texts
    )
    if not is_as_it_stands or any(map(may_name_total, texts)):
        return None
    if "" not in texts:
        return list(texts)
    return None if column.required or column.is_key else [text or None for text in texts]


@lru_cache(maxsize=4096)
def _is_right(text: str, text_length: int, is_key: bool) -> bool:
    """Whether nothing of a text is to be mended; labels of a known frame have proved no encoding."""
    is_code = is_key and tidied_code(text) is not None
    is_whole = len(text) <= text_length and not text.isspace() and not is_code
    return not text or (is_whole and Mender().text(text) == MendedText(text))


def _holds(check: CheckPlan, values: Mapping[int, Column], columns: Sequence[ColumnPlan]) -> bool:
    """Whether a rule surely holds in every row; what is not given breaks none."""
    positions = (*check.left, check.right)
    used = [values[position] for position in positions]
    if len(used) == 2 and isinstance(used[0], array) and isinstance(used[1], array):
        # Rounding keeps an order: what is not larger as it stands is not larger as it lands.
        return all(map(operator.le, *used))
    is_exact = len(used) == 2 or all(columns[position].type == "integer" for position in positions)
    return is_exact and all(_is_kept(line[:-1], line[-1]) for line in zip(*used, strict=True))


def _is_kept(left: Sequence[Value], right: Value) -> bool:
    given = [value for value in left if isinstance(value, float)]
    if not isinstance(right, float) or not given:
        return True
    return sum(given) <= right and max(map(abs, given)) < _EXACT
