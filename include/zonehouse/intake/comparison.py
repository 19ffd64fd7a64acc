"""The rules between a month and the months before it, over many submissions at once.

A section's rows become a cube: a line for each row key of a submission (or one for its whole section), thirteen months
wide, the submission's own first. What is not known is NaN; it is never zero.

Bounds, set 2026-11-24; docs/intake.md says where they come from: a month of +122 % was published (2.22 times), and Tết
may leave less than a third of one. What lies within those is business, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zonehouse.forms.model import HistoryCheck, Section
from zonehouse.intake.schema import MARK_SUFFIX

MONTHS_BACK = 12  # a whole year has each season once, and a year to date never looks further

# A unit slip is a thousand or a million times, another currency (dong for dollars) some 20,000 times; the enterprise's
# own month may be 3 times or a third of its usual one. No business grows by more than that in a month.
_THOUSAND, SLACK = 3, 3
# A month that holds the year to date is the year so far plus one month; that month is a plausible one of its own
# (0.3 to 2.5 of the usual: Tết, +122 %), and the whole is no growth that was ever real (3 times).
_MONTH_LOW, _MONTH_HIGH, _NO_GROWTH = 0.3, 2.5, 3
# With the year to date beside it equal to the month, less is enough to tell which of the two is wrong.
_SOME_GROWTH = 1.5

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass
class KeyNumbers:
    """A number for each row key ever met, so that keys are compared as numbers."""

    _numbers: dict[str, int] = field(default_factory=dict)

    def of(self, table: pa.Table, columns: Sequence[str]) -> Integers:
        parts = [table[column].cast(pa.string()).fill_null("") for column in columns]
        joined = pc.binary_join_element_wise(*parts, "\x1f").combine_chunks().dictionary_encode()
        numbers = [self._numbers.setdefault(key, len(self._numbers)) for key in joined.dictionary.to_pylist()]
        taken: Integers = np.array(numbers, np.int64)[joined.indices.to_numpy()]
        return taken


@dataclass(frozen=True)
class SectionRows:
    """A section's rows in one batch; ``slices``: where each submission's rows are, which lie together."""

    slices: Mapping[str, tuple[int, int]]
    keys: Integers
    row_numbers: Integers
    sheets: pa.ChunkedArray
    numbers: Mapping[str, Floats]

    @staticmethod
    def columns(versions: Sequence[Section]) -> list[str]:
        """The landing columns that are needed: the numbers of all versions of the section."""
        marked = [name for code in _number_codes(versions) for name in (code, code + MARK_SUFFIX)]
        return ["submission_id", "sheet_name", "row_number", *versions[0].row_key, *marked]

    @classmethod
    def of(cls, table: pa.Table, versions: Sequence[Section], keys: KeyNumbers) -> SectionRows:
        """``table`` has the columns of ``columns``; a dash is zero, a blank or ``x`` is not known."""
        runs = pc.run_end_encode(table["submission_id"].combine_chunks())
        ends = runs.run_ends.to_pylist()
        starts = [0, *ends[:-1]]
        return cls(
            slices=dict(zip(runs.values.to_pylist(), zip(starts, ends, strict=True), strict=True)),
            keys=keys.of(table, versions[0].row_key),
            row_numbers=table["row_number"].to_numpy().astype(np.int64),
            sheets=table["sheet_name"],
            numbers={code: _numbers(table, code) for code in _number_codes(versions)},
        )


def _number_codes(versions: Sequence[Section]) -> list[str]:
    return list(dict.fromkeys(c.code for section in versions for c in section.columns if c.is_number))


def _numbers(table: pa.Table, code: str) -> Floats:
    values, marks = table[code].cast(pa.float64()), table[code + MARK_SUFFIX]
    if marks.null_count < len(marks):
        values = pc.if_else(pc.equal(marks, "dash").fill_null(False), 0.0, values)
    numbers: Floats = values.to_numpy()
    return numbers


class Picked:
    """Submissions of one file: whose history they are, how many months back, and where their rows lie.

    ``wanted``: position of the submission that is asked about, months back, submission; one may have no row.
    """

    def __init__(self, rows: SectionRows, wanted: Sequence[tuple[int, int, str]]) -> None:
        places = rows.slices
        self.rows = rows
        self._taken = [(of, back, *places[name]) for of, back, name in wanted if name in places]

    def long(self) -> tuple[Integers, Integers, Integers]:
        """For each row: ``of``, ``back`` and the row's index in the file."""
        of, back, starts, ends = np.array(self._taken, np.int64).reshape(-1, 4).T
        lengths = ends - starts
        index = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
        return np.repeat(of, lengths), np.repeat(back, lengths), index


@dataclass(frozen=True)
class Hit:
    """A broken check: where, and what the finding tells. ``row`` of a total is the one that has most of it."""

    of: int
    check: HistoryCheck
    is_total: bool
    sheet: str
    row: int
    now: float = 0.0
    usual: float = 0.0
    months: int = 0
    before: float = 0.0
    to_date: float = 0.0
    cells: int = 0


def compare(
    section: Section, checks: Sequence[HistoryCheck], picked: Sequence[Picked], month_numbers: Integers
) -> list[Hit]:
    """What breaks a check, by submission; ``month_numbers`` (1 to 12) of the submissions asked about."""
    gathered = _Gathered(section, picked, month_numbers)
    if not len(gathered.keys):
        return []
    by_row = _Cube(gathered, gathered.owners * (int(gathered.keys.max()) + 1) + gathered.keys, is_total=False)
    whole = _Cube(gathered, gathered.owners, is_total=True)
    hits: list[Hit] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        other_rows = by_row.has_other_rows()
        for check in checks:
            if check.rule == "copy_of_last_month":
                hits += by_row.copies(check, section)
                continue
            found = [] if check.compare == "total" else by_row.hits(check)
            told = {hit.of for hit in found}
            hits += found
            # A row that is no longer listed takes its year to date with it; averages do not add up.
            adds_up = check.rule != "year_to_date_difference" and section.column(str(check.column)).kind != "average"
            if check.compare == "total":
                hits += whole.hits(check)
            elif adds_up:
                hits += [hit for hit in whole.hits(check) if other_rows[hit.of] and hit.of not in told]
    return hits


class _Gathered:
    """All rows of the submissions and of the months before them, in long arrays."""

    def __init__(self, section: Section, picked: Sequence[Picked], month_numbers: Integers) -> None:
        self.month_numbers = month_numbers
        long = [one.long() for one in picked]
        self._files = [(one.rows, index) for one, (_, _, index) in zip(picked, long, strict=True)]
        self.owners: Integers = _joined([of for of, _, _ in long], np.int64)
        self.backs: Integers = _joined([back for _, back, _ in long], np.int64)
        self.keys: Integers = _joined([rows.keys[index] for rows, index in self._files], np.int64)
        self.numbers: dict[str, Floats] = {
            column.code: _joined([rows.numbers[column.code][index] for rows, index in self._files], np.float64)
            for column in section.columns
            if column.is_number
        }

    def place(self, row: int) -> tuple[str, int]:
        """Sheet and row number of the row at this index."""
        for rows, index in self._files:
            if row < len(index):
                return rows.sheets[int(index[row])].as_py(), int(rows.row_numbers[index[row]])
            row -= len(index)
        raise IndexError(row)


def _joined(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *parts])


class _Cube:
    """Sums by line (a row key of a submission, or its whole section) and months back."""

    def __init__(self, gathered: _Gathered, codes: Integers, *, is_total: bool) -> None:
        self._gathered = gathered
        self._is_total = is_total
        _, firsts, self._line = np.unique(codes, return_index=True, return_inverse=True)
        self._owner: Integers = gathered.owners[firsts]
        self._flat = self._line * (MONTHS_BACK + 1) + gathered.backs
        self._size = len(firsts) * (MONTHS_BACK + 1)
        self._rows = np.bincount(self._flat, minlength=self._size)
        is_there = self._rows.reshape(-1, MONTHS_BACK + 1) > 0
        self._is_now: Booleans = is_there[:, 0]
        self._is_last: Booleans = is_there[:, 1]
        self._month = gathered.month_numbers[self._owner]
        self._values: dict[str, Floats] = {}

    def values(self, code: str) -> Floats:
        """Lines × months back (0 is the month itself); NaN where nothing, or not all, is known."""
        if code not in self._values:
            numbers = self._gathered.numbers[code]
            is_known = ~np.isnan(numbers)
            sums = np.bincount(self._flat, weights=np.where(is_known, numbers, 0), minlength=self._size)
            known = np.bincount(self._flat, weights=is_known, minlength=self._size)
            is_whole = (known == self._rows) & (self._rows > 0)
            self._values[code] = np.where(is_whole, sums, np.nan).reshape(-1, MONTHS_BACK + 1)
        return self._values[code]

    def has_other_rows(self) -> Booleans:
        """By submission: whether a row came or went since last month."""
        count = len(self._gathered.month_numbers)
        differing: Booleans = np.bincount(self._owner, self._is_now != self._is_last, minlength=count) > 0
        return differing

    def hits(self, check: HistoryCheck) -> list[Hit]:
        code = str(check.column)
        values = self.values(code)
        usual, months = _usual(values)
        to_date = before = np.full(len(values), np.nan)
        if check.rule != "factor_of_thousand":
            before = self._year_so_far(check)
            to_date = self.values(check.year_to_date)[:, 0] if check.year_to_date else to_date
        of = _Measures(values[:, 0], usual, months, before, to_date, self._month)
        return [self._hit(check, int(line), of) for line in np.flatnonzero(self._is_now & _is_broken(check, of))]

    def _hit(self, check: HistoryCheck, line: int, of: _Measures) -> Hit:
        return Hit(
            int(self._owner[line]),
            check,
            self._is_total,
            *self._place(line, str(check.column)),
            now=float(of.now[line]),
            usual=float(of.usual[line]),
            months=int(of.months[line]),
            before=float(of.before[line]),
            to_date=float(of.to_date[line]),
        )

    def copies(self, check: HistoryCheck, section: Section) -> list[Hit]:
        """Submissions whose every number but the year to date is last month's."""
        numbers = [column for column in section.columns if column.is_number]
        same = self._is_now & self._is_last
        cells = np.zeros(len(same))
        for column in numbers:
            now, last = self.values(column.code)[:, 0], self.values(column.code)[:, 1]
            if column.kind != "year_to_date":
                same &= (now == last) | (np.isnan(now) & np.isnan(last))
            if column.kind == "flow":
                cells += self._is_now & (np.nan_to_num(now) != 0)
        count = len(self._gathered.month_numbers)
        differing = np.bincount(self._owner, ~same & (self._is_now | self._is_last), minlength=count)
        flows = np.bincount(self._owner, cells, minlength=count)
        hits = []
        for of in np.flatnonzero((differing == 0) & (flows >= check.minimum_cells)):
            first = int(np.flatnonzero((self._gathered.owners == of) & (self._gathered.backs == 0))[0])
            sheet, row = self._gathered.place(first)
            hits.append(Hit(int(of), check, is_total=True, sheet=sheet, row=row, cells=int(flows[of])))
        return hits

    def _year_so_far(self, check: HistoryCheck) -> Floats:
        """The year to date that was sent for last month, else the sum of the year's months when all are known."""
        values = self.values(str(check.column))
        backs = np.arange(MONTHS_BACK + 1)
        in_year = (backs > 0) & (backs < self._month[:, None])
        is_known = ~np.any(np.isnan(values) & in_year, axis=1)
        summed = np.where(is_known, np.sum(np.where(in_year, values, 0), axis=1), np.nan)
        if check.year_to_date is None:
            return summed
        sent = np.where(self._month == 1, 0.0, self.values(check.year_to_date)[:, 1])
        return sent if check.rule == "year_to_date_difference" else np.where(np.isnan(sent), summed, sent)

    def _place(self, line: int, code: str) -> tuple[str, int]:
        rows = np.flatnonzero((self._line == line) & (self._gathered.backs == 0))
        most = int(rows[np.argmax(np.nan_to_num(self._gathered.numbers[code][rows]))])
        return self._gathered.place(most)


def _usual(values: Floats) -> tuple[Floats, Integers]:
    """The median of the months before that are above zero, and how many they are."""
    earlier = values[:, 1:]
    is_given = earlier > 0
    months = is_given.sum(axis=1)
    ordered = np.sort(np.where(is_given, earlier, np.inf), axis=1)
    lines = np.arange(len(ordered))
    middle = (ordered[lines, np.maximum(months - 1, 0) // 2] + ordered[lines, np.minimum(months // 2, 11)]) / 2
    return np.where(months > 0, middle, np.nan), months


@dataclass(frozen=True)
class _Measures:
    """By line: the month, the median of the months before and how many, the year so far, the year to date as sent."""

    now: Floats
    usual: Floats
    months: Integers
    before: Floats
    to_date: Floats
    month_number: Integers


def _is_broken(check: HistoryCheck, of: _Measures) -> Booleans:
    """Comparisons with NaN are false: what is not known breaks nothing."""
    now, usual = of.now, of.usual
    is_judged = of.months >= check.minimum_months
    allowed = np.maximum(check.tolerance, check.tolerance_pct / 100 * np.abs(now))
    broken: Booleans
    if check.rule == "factor_of_thousand":
        order = np.abs(np.log10(np.where(now > 0, now, np.nan) / usual))
        broken = is_judged & (order >= _THOUSAND - np.log10(SLACK))
    elif check.rule == "year_to_date_difference":
        broken = np.abs(of.to_date - of.before - now) > allowed
    else:
        rest = now - of.before
        alone = is_judged & (now >= _NO_GROWTH * usual) & (rest >= _MONTH_LOW * usual)
        beside = (
            (np.abs(now - of.to_date) <= allowed) & (of.before > allowed) & (now >= _SOME_GROWTH * usual) & (rest >= 0)
        )
        # January is its own year to date.
        broken = (of.month_number > 1) & (alone | beside) & (rest <= _MONTH_HIGH * usual)
    return broken
