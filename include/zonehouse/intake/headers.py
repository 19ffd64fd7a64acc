"""Headers and labels as people arrange them; asked only when a form's own labels do not stand there as they are.

A header may lie over two or three rows (a group's title over its columns, the unit below), carry a number before or a
second language behind its label, name another unit, or be in an old encoding. A label counts only when what is left
of it is the form's own, whole. Runs in the reader process; imports nothing heavy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zonehouse.intake.plan import ColumnPlan, SectionPlan, UnitWords
from zonehouse.intake.text import clean, fold
from zonehouse.intake.units import key_of, lone_units, without_unit
from zonehouse.intake.vietnamese import spellings

DEPTH = 3
_LONGEST_TITLE = 200
_NUMBERING = re.compile(r"^\s*[([]?(?:\d{1,2}(?:\.\d{1,2})*|[ivxIVX]{1,4}|[a-zA-Z])[.)\]]+\s*(?=\S)")
_TWO_LANGUAGES = re.compile(r"\s*[/|\n]\s*|\s+[-–]\s+")
_IN_BRACKETS = re.compile(r"^(.*?)\s*[(\[]([^()\[\]]+)[)\]]\s*$", re.DOTALL)
_SAYS_YEAR_TO_DATE = re.compile(r"luy ke|cong don|tu dau nam|year to date|ytd")
_SAYS_OTHER = re.compile(
    r"luy ke|cong don|tu dau nam|year to date|ytd|cung ky|nam truoc|thang truoc|ke hoach|ty le|so sanh|plan|last|%"
    r"|(?<!\w)(?:quy|quarter|\d+ thang|ca nam|nam nay)(?!\w)|^nam \d{4}$|^\d{4}$"
)
_MONTH_NAMED = re.compile(r"(?<!\w)(?:thang|t|month)\s*\.?\s*(\d{1,2})(?!\d)")

_LONE_MONTH = re.compile(
    r"^(?:bang |so lieu |bieu )?(?:thang|thg|t|month)\s*\.?\s*(\d{1,2})(?:\s*(?:[-/.]|nam)\s*(\d{4}))?$"
)
_TITLE_MONTH = re.compile(r"^(.*?)(?<!\w)(?:thang|thg|t|month)\s*\.?\s*(\d{1,2})\s*(?:[-/.]|nam)\s*(\d{4})[\s).]*$")
# A day, a deadline, a period of several months or a month that is only compared with is not the report's month; nor is
# that of signing (Kiên Giang, tháng 6 năm 2016).
_NO_TITLE_MONTH = re.compile(
    r"(?<!\w)(?:ngay|truoc|sau|(?<!dau )tu|den|han|so voi|so sanh|cung ky|ke hoach|du kien|tham khao|ban hanh|thong tu"
    r"|quyet dinh|nghi dinh|quy)(?!\w)|\d\s*(?:thang)?\s*$|\d thang|thang \d|^(?!.*(?:bao cao|bieu|so lieu)).*,\s*$"
)

Grid = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Label:
    """What a text was found to be the label of. ``encoding``: the one it was in, empty for Unicode."""

    position: int
    encoding: str = ""


@dataclass(frozen=True)
class Header:
    """Rows ``first`` to ``last`` (0-based); column position → place; place → its whole text; labels not in Unicode."""

    first: int
    last: int
    places: dict[int, int]
    texts: dict[int, str]
    mended: list[tuple[int, int, str, str]] = field(default_factory=list)  # row, place, text, encoding
    repeated: list[tuple[int, int]] = field(default_factory=list)  # place, position


class Labels:
    """The labels of a form's columns or cover fields, matched by what is left when all else is taken off."""

    def __init__(self, names: Mapping[str, int], columns: Sequence[ColumnPlan]) -> None:
        self._names = names
        self._units = next((column.units for column in columns if column.units), UnitWords())
        self._bare: dict[str, int | None] = {}
        self._found: dict[str, Label | None] = {}
        for key, position in names.items():
            bare, units = without_unit(key, self._units)
            if units and bare not in names:
                self._bare[bare] = position if self._bare.get(bare, position) == position else None

    def is_known(self, text: str) -> bool:
        """Whether it is a label of the form as it stands."""
        return fold(text) in self._names

    def find(self, text: str) -> Label | None:
        """The label that ``text`` is, as it stands or in another encoding."""
        if text not in self._found:
            self._found[text] = self._find(text) if len(text) < 300 else None
        return self._found[text]

    def _find(self, text: str) -> Label | None:
        if (position := self._of(text)) is not None:
            return Label(position)
        found = {position: other for other in spellings(text) if (position := self._of(other.text)) is not None}
        if len(found) != 1:
            return None
        ((position, other),) = found.items()
        return Label(position, other.encoding)

    def _of(self, text: str) -> int | None:
        for spelling in (text, _NUMBERING.sub("", text)):
            if (position := self._whole(fold(spelling))) is not None:
                return position
            if (position := self._both(spelling)) is not None:
                return position
        return None

    def _whole(self, key: str) -> int | None:
        if (position := self._names.get(key)) is not None:
            return position
        if (position := self._bare.get(key)) is not None:
            return position
        bare, units = without_unit(key, self._units)
        if not units:
            return None
        return self._bare.get(bare, self._names.get(bare))

    def _both(self, text: str) -> int | None:
        """A label in both languages, each whole: ``Tên sản phẩm / Product name``, ``Mã số thuế (Tax code)``."""
        bracketed = _IN_BRACKETS.match(text)
        for parts in (_TWO_LANGUAGES.split(text), list(bracketed.groups()) if bracketed else []):
            if len(parts) == 2:
                first, second = (self._whole(fold(part)) for part in parts)
                if first is not None and first == second:
                    return first
        return None


def find_header(section: SectionPlan, rows: Sequence[int], grid: Grid) -> Header | None:
    """The rows that show the most columns, the required ones first; the fewest and uppermost of equals.

    Args:
        rows: numbers of the rows that may begin a header.
    """
    labels = Labels(section.names, section.columns)
    needed = {position for position, column in enumerate(section.columns) if column.required}
    best: Header | None = None
    best_score = (0, 0)
    for first in rows:
        for depth in range(1, DEPTH + 1):
            if first + depth > len(grid) or (depth > 1 and not any(grid[first + depth - 1])):
                break
            header = _read_header(labels, grid, first, first + depth - 1)
            score = (len(needed & header.places.keys()), len(header.places))
            if score > best_score:
                best, best_score = header, score
    return best


def _read_header(labels: Labels, grid: Grid, first: int, last: int) -> Header:
    header = Header(first, last, {}, {})
    width = max(len(grid[row]) for row in range(first, last + 1))
    above: list[str] = [""] * (last - first)
    for place in range(width):
        levels = [_text_at(grid, row, place) for row in range(first, last + 1)]
        own = [text for text in levels if text]
        for level in range(last - first):  # a merged title stands over the columns to its right
            above[level] = levels[level] or above[level]
        if not own:
            above = [""] * (last - first)
            continue
        full = [text for text in (*above, levels[-1]) if text] if levels[-1] else own
        header.texts[place] = " ".join(dict.fromkeys(full))
        _add_place(header, labels, place, [full, own, own[-1:], own[:1]], grid)
    return header


def _add_place(header: Header, labels: Labels, place: int, choices: list[list[str]], grid: Grid) -> None:
    for texts in choices:
        joined = " ".join(dict.fromkeys(texts))
        label = labels.find(joined) if joined else None
        if label is None:
            continue
        if label.position in header.places:
            header.repeated.append((place, label.position))
            return
        header.places[label.position] = place
        if label.encoding:
            header.mended.append((header.first, place, joined, label.encoding))
        return


def _text_at(grid: Grid, row: int, place: int) -> str:
    cells = grid[row]
    value = cells[place] if place < len(cells) else None
    # Lines are kept: a second language often stands on the second.
    return "\n".join(filter(None, map(clean, value.splitlines()))) if isinstance(value, str) else ""


def children(row: Sequence[object], place: int, end: int) -> list[tuple[int, str]]:
    """The texts of a row below a header's cell, from its place to the next header's."""
    found = []
    for at in range(place, min(end, len(row))):
        value = row[at]
        if isinstance(value, str) and value.strip():
            found.append((at, key_of(value)))
    return found


def right_child(column: ColumnPlan, below: list[tuple[int, str]], month: str | None) -> int | None:
    """Which of the columns below one title is the form's: that of the month, or that of the year to date."""
    if column.kind == "year_to_date":
        fitting = [place for place, key in below if _SAYS_YEAR_TO_DATE.search(key)]
    else:
        fitting = [place for place, key in below if not is_other_measure(column, key, month)]
    return fitting[0] if len(fitting) == 1 else None


def is_other_measure(column: ColumnPlan, key: str, month: str | None) -> bool:
    """Whether a text below a column's label says that its figures are others: of last year, of the plan, of a month."""
    if column.kind == "year_to_date" and _SAYS_YEAR_TO_DATE.search(key):
        return False
    named = _MONTH_NAMED.search(key)
    return _SAYS_OTHER.search(key) is not None or (
        named is not None and (not month or int(named[1]) != int(month[5:7]))
    )


def month_in_title(text: str) -> str | None:
    """``BÁO CÁO THÁNG 4 NĂM 2016`` is of ``2016-04``; None where no month ends it, or one that is not the report's."""
    if "20" not in text or len(text) > _LONGEST_TITLE:
        return None
    named = _TITLE_MONTH.match(key_of(text))
    if named is None or _NO_TITLE_MONTH.search(named[1]) or not 1 <= int(named[2]) <= 12:
        return None
    return f"{named[3]}-{int(named[2]):02d}"


def names_other_month(row: Sequence[object], month: str) -> bool:
    """Whether a row says no more than another month than that of the report: *Tháng 4*, *Tháng 04/2016*."""
    texts = [key_of(value).strip(" :.-–") for value in row if isinstance(value, str) and value.strip()]
    named = _LONE_MONTH.match(texts[0]) if len(texts) == 1 else None
    return named is not None and (int(named[1]) != int(month[5:]) or (named[2] or month[:4]) != month[:4])


def is_unit_row(row: Sequence[object], units: UnitWords) -> bool:
    """A row below the header that holds nothing but units."""
    texts = [value for value in row if value not in (None, "")]
    return bool(texts) and all(isinstance(value, str) and lone_units(key_of(value), units) for value in texts)


class CoverLabels:
    """Labels of a cover that do not stand there as they are, and values that share a cell with their label.

    ``found``: position → row, column and the value in the same cell, if there is one.
    """

    def __init__(self, rows: Iterator[tuple[int, Sequence[object]]], width: int, labels: Labels) -> None:
        self.found: dict[int, tuple[int, int, str | None]] = {}
        self.mended: list[tuple[int, int, str, str]] = []  # row, column, text, encoding
        for row, cells in rows:
            is_value = False
            for column, value in enumerate(cells[:width]):
                if not isinstance(value, str) or not value.strip():
                    continue
                is_label = labels.is_known(value)
                if not is_label and not is_value:
                    self._look(row, column, clean(value), labels)
                is_value = is_label

    def _look(self, row: int, column: int, text: str, labels: Labels) -> None:
        head, colon, tail = text.replace("：", ":").partition(":")
        for said, value in ((text, None), (head, tail.strip() or None)) if colon else ((text, None),):
            label = labels.find(said)
            if label is not None:
                if label.encoding:
                    self.mended.append((row, column, said, label.encoding))
                self.found.setdefault(label.position, (row, column, value))
                return
