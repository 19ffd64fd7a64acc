"""A CSV file as a book: one file holds the whole form, its sheets one below the other.

A line that holds nothing but the code or label of a sheet begins that sheet; the lines before the first are the cover.
Each sheet keeps the line numbers of the file, so that ``SAN_XUAT!C14`` is the third field of line 14.
Encoding and delimiter are found by trying each: the one that reads the form's own labels is right. Runs in the reader
process; imports nothing heavy.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from zonehouse.intake.guard import Refused
from zonehouse.intake.looks import PLAIN, Looks
from zonehouse.intake.mending import ERROR_TEXTS, Mender
from zonehouse.intake.plan import FormPlan, Limits
from zonehouse.intake.text import clean, column_letters, fold
from zonehouse.intake.vietnamese import is_plausible, repaired

DELIMITERS = {";": ";", ",": ",", "\t": "tab"}
FIELD_LENGTH = 32_767  # what a spreadsheet cell may hold
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECORATION = " \t#[]=*:"

Rows = list[list[str]]


@dataclass(frozen=True)
class CsvNames:
    """Match keys: of cover sheets, of the sections' sheets, and of every label of a cover field or column."""

    covers: frozenset[str]
    sheets: frozenset[str]
    labels: frozenset[str]

    @classmethod
    def of(cls, forms: Collection[FormPlan]) -> CsvNames:
        """The names of all form versions."""
        labels = {key for form in forms for key in form.cover_names}
        labels.update(key for form in forms for section in form.sections for key in section.names)
        return cls(
            frozenset(name for form in forms for name in form.cover_sheets),
            frozenset(name for form in forms for section in form.sections for name in section.sheet_names),
            frozenset(labels),
        )


@dataclass
class CsvSheet:
    """Its rows from the file's first line on: lines of other sheets are empty. ``lost``: see ``Inspection``."""

    name: str
    grid: Rows
    lost: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CsvText:
    """A CSV file as it was read: encoding, delimiter (as people call it) and the fields of each line."""

    encoding: str
    delimiter: str
    rows: Rows


def read_csv(data: bytes, names: CsvNames, limits: Limits) -> CsvText:
    """Decode and split a file.

    Raises:
        Refused: the encoding or the delimiter cannot be told, the quotes do not match, or the file is too long.
    """
    text, encoding = _decoded(data)
    rows_by = {}
    broken: str | None = None
    for mark in DELIMITERS:
        try:
            rows_by[mark] = _split(text, mark, limits)
        except csv.Error as error:
            broken = str(error)
    scores = {mark: _score(rows, names) for mark, rows in rows_by.items()}
    best = max(scores.values(), default=0)
    if best == 0:
        raise Refused("csv_malformed", broken) if broken else Refused("csv_without_form", clean(text[:60]))
    winners = [mark for mark, score in scores.items() if score == best]
    if len(winners) > 1:
        raise Refused("csv_ambiguous", " / ".join(DELIMITERS[mark] for mark in winners))
    return CsvText(encoding, DELIMITERS[winners[0]], rows_by[winners[0]])


def sheets_of(text: CsvText, names: CsvNames) -> list[CsvSheet]:
    """The sheets of a file in their order; two of one name stay two.

    Raises:
        Refused: a line has another number of fields than the header of its table.
    """
    sheets = [CsvSheet("CSV", [])]
    for index, row in enumerate(text.rows):
        if (title := _title(row, names)) is not None:
            sheets.append(CsvSheet(title, [[] for _ in range(index + 1)]))
        else:
            sheets[-1].grid.append(row)
    if all(not any(row) for row in sheets[0].grid):
        del sheets[0]
    for sheet in sheets:
        if fold(sheet.name) in names.sheets:
            _check_widths(sheet, text.delimiter, names)
        _take_errors(sheet)
    return sheets


def _decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: by its mark, else UTF-8, else what makes Vietnamese of it."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding), {"utf-8-sig": "UTF-8 (BOM)"}.get(encoding, "UTF-16")
            except UnicodeDecodeError as error:
                raise Refused("csv_encoding", f"{encoding}: {error.reason}") from error
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    readings = {}
    for encoding, name in (("cp1258", "Windows-1258"), ("cp1252", "Windows-1252")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = unicodedata.normalize("NFC", text)  # Windows-1258 writes the tones behind their letters
        if _reads_as_vietnamese(text):
            readings[name] = text
    if len(readings) != 1:
        at = next((n for n, byte in enumerate(data) if byte > 127), 0)
        shown = data[max(0, at - 10) : at + 20].decode("latin-1")
        raise Refused("csv_encoding", " ".join(shown.split()))
    ((name, text),) = readings.items()
    return text, name


def _reads_as_vietnamese(text: str) -> bool:
    """Whether the words that are not ASCII are Vietnamese syllables, as they stand or in an old font's encoding."""
    words = list(dict.fromkeys(word for word in text.split() if not word.isascii()))[:400]
    good = sum(1 for word in words if is_plausible(word) or repaired(word) is not None)
    return good >= 0.9 * len(words)


def _split(text: str, mark: str, limits: Limits) -> Rows:
    csv.field_size_limit(FIELD_LENGTH)
    rows: Rows = []
    cells = 0
    for row in _lines(text, mark):
        cells += max(len(row), 1)
        if cells > limits.filled_cells:
            raise Refused("sheet_too_large", f"CSV: > {limits.filled_cells:,}", limit=limits.filled_cells)
        rows.append(row)
    return rows


def _lines(text: str, mark: str) -> Iterator[list[str]]:
    """The fields of each line of the file: a field that runs over lines leaves empty lines behind it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    line = 0
    for row in reader:
        # Excel names the delimiter in a first line "sep=;", which holds no data.
        yield [] if line == 0 and row and row[0].casefold().startswith("sep=") else row
        line += 1
        while line < reader.line_num:
            yield []
            line += 1


def _score(rows: Rows, names: CsvNames) -> int:
    """How many fields are labels of a form."""
    known = names.labels | names.sheets | names.covers
    count = 0
    for row in rows[:2000]:
        if len(row) < 2:
            continue
        count += sum(1 for value in row if value and _is_known(value, known))
    return count


def _is_known(value: str, known: frozenset[str]) -> bool:
    if fold(value) in known:
        return True
    other = None if value.isascii() else repaired(clean(value))
    return other is not None and fold(other.text) in known


def _title(row: list[str], names: CsvNames) -> str | None:
    """The sheet that a line begins; None for a line of data."""
    given = [value for value in row if value.strip()]
    if len(given) != 1:
        return None
    text = clean(given[0]).strip(_DECORATION)
    for spelling in (text, other.text if (other := repaired(text)) else text):
        if fold(spelling) in names.sheets or fold(spelling) in names.covers:
            return spelling
    return None


def _check_widths(sheet: CsvSheet, delimiter: str, names: CsvNames) -> None:
    """A decimal comma without quotes in a file of commas moves every field behind it: such a line is not guessed at.

    Nor is one that ends in a number two fields or more before the others: a piece is missing, perhaps digits too.
    """
    width = longest = 0
    for index, row in enumerate(sheet.grid):
        filled = len(_trimmed(row))
        if not width:
            matched = sum(1 for value in row if value and _is_known(value, names.labels))
            width = filled if matched >= 2 else 0
            longest = max(map(len, sheet.grid[index + 1 :]), default=0)
            continue
        ends_early = 2 < len(row) <= min(width, longest) - 2 and row[-1].strip()[-1:].isdigit()
        is_cut = ends_early and all(value.strip() for value in row)  # a total has nothing in the columns of texts
        if filled > width or (delimiter == "," and len(row) < width and filled > 1) or is_cut:
            found = delimiter.join(row) if len(delimiter) == 1 else " ".join(row)
            words = {"width": width, "fields": max(filled, len(row)) if filled > width else len(row)}
            raise Refused("csv_row_width", f"{sheet.name}, {index + 1}: {found}"[:200], **words)


def _trimmed(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _take_errors(sheet: CsvSheet) -> None:
    for index, row in enumerate(sheet.grid):
        for column, value in enumerate(row):
            if value[:1] == "#" and value.strip().upper() in ERROR_TEXTS:
                sheet.lost[f"{column_letters(column)}{index + 1}"] = "cell_error"
                row[column] = ""


@dataclass(frozen=True)
class _Sheet:
    name: str


class CsvBook:
    """A CSV file behind the interface of an open workbook."""

    is_text = True
    epoch_1904 = False
    hidden: frozenset[str] = frozenset()

    def __init__(self, data: bytes, names: CsvNames, limits: Limits) -> None:
        self.mender = Mender()
        text = read_csv(data, names, limits)
        self.told = f"{text.encoding}; {text.delimiter}"
        self._sheets: dict[str, CsvSheet] = {}
        self.sheets: list[_Sheet] = []
        for sheet in sheets_of(text, names):
            name = sheet.name
            while name in self._sheets:
                name += "+"
            self._sheets[name] = sheet
            self.sheets.append(_Sheet(name))

    def title(self, name: str) -> str:
        """What the line that begins the sheet says."""
        return self._sheets[name].name

    def grid(self, name: str) -> Rows:
        """The sheet's rows from the file's first line on."""
        return self._sheets[name].grid

    def looks(self, _name: str) -> Looks:
        """A text has no look of its own."""
        return PLAIN

    def lost(self, name: str) -> dict[str, str]:
        """Cells with an error of a formula."""
        return self._sheets[name].lost
