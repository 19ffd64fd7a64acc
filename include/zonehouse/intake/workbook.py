"""One workbook: from its bytes to rows and findings. Runs in the reader process; imports nothing heavy."""

from __future__ import annotations

import calendar
import io
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import islice
from string import ascii_uppercase
from typing import Any, Protocol

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from zonehouse.intake.cells import CellReader, Value, is_blank
from zonehouse.intake.cross import check_sections
from zonehouse.intake.findings import CATALOGUE, NOWHERE, Address, Findings
from zonehouse.intake.frames import SectionFrame, blanked
from zonehouse.intake.guard import Inspection, Refused, inspect
from zonehouse.intake.headers import CoverLabels, Labels, month_in_title
from zonehouse.intake.looks import PLAIN, Looks
from zonehouse.intake.mending import Mender
from zonehouse.intake.plan import ColumnPlan, FormPlan, Limits, ReaderPlan, SectionPlan, UnitWords
from zonehouse.intake.sent import COVER_PLACES, NAME_FIELD, SHEET_KEYS
from zonehouse.intake.sheetparts import column_number
from zonehouse.intake.table import Grid, LandedColumns, TableReader, first_rows
from zonehouse.intake.text import clean, column_letters, fold, shown
from zonehouse.intake.units import contradicts, noted_units
from zonehouse.intake.vietnamese import spellings

# So far the days of a report may lie from those of its month: books that close on the 14th, or some days late.
EARLY, LATE = timedelta(days=17), timedelta(days=5)
USUAL_DAYS = (26, 33)
COVER_ROWS, COVER_COLUMNS = 60, 20
COVER_GAP = 4  # a merged label cell hides up to so many cells between it and its value
_IDENTITY = ("form_code", "form_version", "authority_code", "reporting_unit_code", "period_month")

_PLACES = json.JSONEncoder(separators=(",", ":"))
_NEW_ERROR = re.compile(r"#[^\s']+")
_COPY = re.compile(r"\s*\(\d{1,2}\)$")
_SHEET_NUMBER = re.compile(r"^(?:bieu|bang|phu luc|mau|trang|sheet)?\s*(?:so\s*)?\d{1,2}(?:\.\d)?\s*[.:)_-]+\s*")

Reading = dict[str, Any]


def read_workbook(data: bytes, name: str, received_on: str, plan: ReaderPlan) -> Reading:
    """``read_columns`` with rows for columns: sheet, 1-based row, then each column's value (a number's mark behind)."""
    reading = read_columns(data, name, received_on, plan)
    rows = {code: [list(row) for row in zip(*columns, strict=True)] for code, columns in reading["sections"].items()}
    return reading | {"sections": rows}


def read_columns(data: bytes, name: str, received_on: str, plan: ReaderPlan) -> Reading:
    """Guard, read and check one workbook.

    Args:
        data: the file's bytes.
        name: its original name; only the extension counts.
        received_on: ISO day; a period after its month is an error.
        plan: the forms and limits.

    Returns:
        Plain data: the identity on the cover (None where unknown), ``period_start``, ``period_end``, ``sections``
        (code → landed columns, none unless no error was found), ``column_places`` (JSON text: section → column code →
        letters; of the cover its sheet and whole cells), ``findings`` and ``counts`` by severity.
    """
    findings = Findings(plan.limits.findings)
    reading: Reading = dict.fromkeys((*_IDENTITY, "period_start", "period_end", "column_places")) | {"sections": {}}
    try:
        _read(_open(data, name, plan, findings), received_on, plan, reading, findings)
    except Refused as refused:
        findings.add(refused.code, refused.at or NOWHERE, found=refused.found, words=refused.words)
    if findings.counts["error"]:
        reading["sections"] = {}
    findings.close()
    return reading | {"findings": findings.items, "counts": findings.counts}


def _open(data: bytes, name: str, plan: ReaderPlan, findings: Findings) -> Book:
    inspection = inspect(data, name, plan.limits)
    if not name.lower().endswith(inspection.content):
        findings.add("extension_differs", found=name[-40:], words={"content": inspection.content})
    if inspection.content == ".csv":
        from zonehouse.intake.csvbook import CsvBook, CsvNames  # few files are of this kind

        book = CsvBook(data, CsvNames.of(plan.forms), plan.limits)
        findings.add("csv_read", found=book.told)
        return book
    return _Workbook(inspection.looked_at or data, inspection, plan.limits)


class _Sheet(Protocol):
    @property
    def name(self) -> str: ...


class Book(Protocol):
    """What is read of an open file; a sheet's ``name`` is its own, whatever it is matched by."""

    @property
    def sheets(self) -> Sequence[_Sheet]: ...
    @property
    def hidden(self) -> Collection[str]: ...
    @property
    def epoch_1904(self) -> bool: ...
    @property
    def is_text(self) -> bool: ...
    @property
    def mender(self) -> Mender: ...

    def title(self, name: str) -> str: ...
    def grid(self, name: str) -> Grid: ...
    def lost(self, name: str) -> dict[str, str]: ...
    def looks(self, name: str) -> Looks: ...


class _Workbook:
    """The open workbook: its sheets by match key, each read at most once."""

    is_text = False

    def __init__(self, data: bytes, inspection: Inspection, limits: Limits) -> None:
        self.mender = Mender()
        self.inspection = inspection
        self.epoch_1904 = inspection.epoch_1904
        self._limits = limits
        self._book = _guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))
        self.sheets = [meta for meta in self._book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        if len(self.sheets) > limits.sheets:
            raise Refused("unsafe_archive", f"{len(self.sheets)} sheets")
        self.hidden = {meta.name for meta in self.sheets if meta.visible != SheetVisibleEnum.Visible}
        self._grids: dict[str, Grid] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of all its sheets."""
        return tuple(meta.name for meta in self.sheets)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is hidden in it, lost, or shown otherwise than stored."""
        seen = self.inspection
        return not (self.hidden or seen.lost or seen.looks or self.epoch_1904)

    def title(self, name: str) -> str:
        """By what the sheet is matched."""
        return name

    def grid(self, name: str) -> Grid:
        """All rows of a sheet from A1 on, so that indices are addresses."""
        if name not in self._grids:
            try:
                sheet = _guarded(lambda: self._book.get_sheet_by_name(name))
            except Refused as refused:
                raise self._placed(refused, name) from refused
            cells = sheet.total_height * sheet.total_width
            if cells > self._limits.cells:
                found = f"{name}: {sheet.total_height} x {sheet.total_width}"
                raise Refused("sheet_too_large", found, limit=self._limits.cells)
            self._grids[name] = _guarded(lambda: sheet.to_python(skip_empty_area=False))
        return self._grids[name]

    def _placed(self, refused: Refused, name: str) -> Refused:
        """The parser refuses a sheet for an error of a later Excel (``#SPILL!``) and does not say where it stands."""
        errors = [cell for cell, code in self.lost(name).items() if code == "cell_error"]
        error = _NEW_ERROR.search(refused.found or "")
        if error is None or not errors:
            return refused
        placed = Refused("cell_error", f"{error[0]} ({', '.join(errors)})"[:200])
        placed.at = Address(name, errors[0], int(errors[0].lstrip(ascii_uppercase)))
        return placed

    def lost(self, name: str) -> dict[str, str]:
        return self.inspection.lost.get(name, {})

    def looks(self, name: str) -> Looks:
        """How the sender saw the sheet."""
        return self.inspection.looks.get(name, PLAIN)


def _guarded(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the parser returns
    try:
        return call()
    except PasswordError as error:
        raise Refused("encrypted_workbook") from error
    except (CalamineError, ValueError, OSError, KeyError) as error:
        raise Refused("unreadable_workbook", shown(error)) from error


def _read(book: Book, received_on: str, plan: ReaderPlan, reading: Reading, findings: Findings) -> None:
    if isinstance(book, _Workbook) and (known := _known_template(book, plan)) is not None:
        _read_known(book, known, received_on, plan, reading, findings)
        return
    cover = _find_cover(book, plan)
    if cover is None:
        findings.add("cover_missing")
        return
    form = _find_form(cover, plan, reading, findings)
    if form is None:
        return
    values = _read_cover(book, cover, form, plan.limits, findings)
    reading["authority_code"] = values.get("authority_code")
    reading["reporting_unit_code"] = values.get(form.unit_field)
    reading |= _period(cover, form, values, received_on, findings)
    used = {cover.sheet}
    places = {COVER_PLACES: _cover_places(cover, form, values.get(NAME_FIELD))}
    shapes: dict[str, SectionFrame | None] = {}
    _check_other_covers(book, cover, form, findings)
    _say_of_cover(cover, form, reading.get("period_month"), findings)
    for section in form.sections:
        name = _section_sheet(book, section, findings)
        if name is None:
            _missing_sheet(section, findings)
        else:
            used.add(name)
            table = _table_reader(book, section, name, plan.limits, findings)
            table.month = reading.get("period_month")
            reading["sections"][section.code] = columns = table.columns()
            places[section.code] = table.letters()
            shapes[section.code] = _section_frame(section, name, book.grid(name), table)
            _say_hidden(book, section, name, columns, places[section.code], findings)
    reading["column_places"] = _PLACES.encode(places)
    check_sections(form, reading["sections"], places, findings)
    _other_sheets(book, used, findings)
    if isinstance(book, _Workbook) and not findings.total and shapes and None not in shapes.values():
        sections = {code: shape for code, shape in shapes.items() if shape is not None}
        fields = _fields_given(cover, form)
        said = blanked(cover.grid, list(fields.values()))
        of_sections = {code: letters for code, letters in places.items() if code != COVER_PLACES}
        _remember(book, _Template(cover, form, fields, said, sections, of_sections), plan)


# Templates that were met before


_TEMPLATE_FIELDS = frozenset(("form_code", "form_version", "period_month"))
_MOST_TEMPLATES = 64  # of a reader's memory; a workbook may hold anything
_LARGEST_TEMPLATE = 20_000  # characters


@dataclass(frozen=True)
class _Template:
    """A workbook of which there was nothing to be said, for those that differ from it in their values alone.

    ``fields``: the cells of the cover (row, column) that hold values, by the position of the field in the form, but for
    those that tell the form and the month; ``said``: all else of the cover, which has None in these.
    """

    cover: _Cover
    form: FormPlan
    fields: Mapping[int, tuple[int, int]]
    said: Grid
    sections: Mapping[str, SectionFrame]
    places: Mapping[str, Mapping[str, str]]  # of the columns of its sections

    @cached_property
    def places_told(self) -> str:
        """``places`` as JSON text."""
        return _PLACES.encode(self.places)

    @property
    def size(self) -> int:
        grids = [self.said, *(section.head for section in self.sections.values())]
        return sum(len(value) for grid in grids for row in grid for value in row if isinstance(value, str))

    def fits(self, book: _Workbook, names: Collection[str]) -> bool:
        """Whether all but the values is the same, and the cover has none of its ``names`` for a value, nor a unit."""
        grid = book.grid(self.cover.sheet)
        if [len(row) for row in grid] != [len(row) for row in self.said]:
            return False
        if blanked(grid, list(self.fields.values())) != self.said:
            return False
        if not all(section.fits(book.grid(section.sheet)) for section in self.sections.values()):
            return False
        columns = self.form.unit_columns
        units = columns[0].units if columns else UnitWords()
        given = [grid[row][column] for row, column in self.fields.values()]
        return all(_is_value(value, names, units) for value in given)


def _is_value(value: object, names: Collection[str], units: UnitWords) -> bool:
    """Whether what stands where a value is expected says nothing else."""
    if not isinstance(value, str) or value.isdigit():
        return not is_blank(value)
    is_said = fold(value) in names or month_in_title(value) is not None or bool(noted_units(value, units)[0])
    return not is_blank(value) and not is_said


def _section_frame(section: SectionPlan, name: str, grid: Grid, table: TableReader) -> SectionFrame | None:
    shape = table.shape()
    return None if shape is None else SectionFrame(section, name, list(grid[: shape[0]]), shape[1])


def _remember(book: _Workbook, template: _Template, plan: ReaderPlan) -> None:
    """Only where each sheet was found by its name alone, whatever it holds, and is seen as it is."""
    cover, form = template.cover, template.form
    named = [_named(book, section.sheet_names) for section in form.sections]
    is_first = _named(book, plan.cover_sheets)[:1] == [cover.sheet] == _named(book, form.cover_sheets)
    if not book.is_plain or not is_first or cover.repeated or any(len(names) > 1 for names in named):
        return
    if template.size > _LARGEST_TEMPLATE or (cover.has_odd and not _has_plain_labels(template)):
        return
    if sum(map(len, plan.templates.values())) >= _MOST_TEMPLATES:
        plan.templates.clear()
    plan.templates.setdefault(book.names, []).insert(0, template)


def _has_plain_labels(template: _Template) -> bool:
    """Whether odd labels were looked for in vain, and cannot be seen in what stands alone behind a label."""
    odd, names = template.cover.odd(template.form), template.form.cover_names
    if odd.found or odd.mended:
        return False
    for row, column in template.fields.values():
        said = [(place, value) for place, value in enumerate(template.said[row]) if not is_blank(value)]
        if len(said) != 1 or said[0][0] > column or not isinstance(said[0][1], str) or fold(said[0][1]) not in names:
            return False
    return True


def _fields_given(cover: _Cover, form: FormPlan) -> dict[int, tuple[int, int]]:
    """Position of a field → its cell (row, column), but for those that tell the form and the month."""
    places = {position: cover.value(form, position) for position in range(len(form.cover_fields))}
    return {
        position: place[1:]
        for position, place in places.items()
        if place and not is_blank(place[0]) and form.cover_fields[position].code not in _TEMPLATE_FIELDS
    }


def _known_template(book: _Workbook, plan: ReaderPlan) -> _Template | None:
    templates: list[_Template] = plan.templates.get(book.names, []) if book.is_plain else []
    with suppress(Refused):  # a sheet that cannot be read is told of when it is that sheet's turn
        return next((known for known in templates if known.fits(book, plan.cover_names)), None)
    return None


def _read_known(  # noqa: PLR0913, PLR0917 - as for any other workbook, and its template
    book: _Workbook, template: _Template, received_on: str, plan: ReaderPlan, reading: Reading, findings: Findings
) -> None:
    """A workbook whose cover differs from a known one in its values alone."""
    form = template.form
    cover = template.cover.again(form, book.grid(template.cover.sheet), template.fields)
    reading["form_code"], reading["form_version"] = form.code, form.version
    values = _read_cover(book, cover, form, plan.limits, findings)
    reading["authority_code"] = values.get("authority_code")
    reading["reporting_unit_code"] = values.get(form.unit_field)
    reading |= _period(cover, form, values, received_on, findings)
    places = template.places
    for code, section in template.sections.items():
        columns = section.columns(book.grid(section.sheet), plan.limits.text_length)
        if columns is None:
            table = _table_reader(book, section.plan, section.sheet, plan.limits, findings)
            table.month = reading.get("period_month")
            columns = table.columns()
            places = {**places, code: table.letters()}
        reading["sections"][code] = columns
    of_cover = _PLACES.encode({COVER_PLACES: _cover_places(cover, form, values.get(NAME_FIELD))})
    told = template.places_told if places == template.places else _PLACES.encode(places)
    reading["column_places"] = f"{of_cover[:-1]},{told[1:]}"
    check_sections(form, reading["sections"], places, findings)


# The cover


class _Cover:
    """The labels of a cover sheet and where they stand."""

    def __init__(self, sheet: str, grid: Grid, names: frozenset[str], mender: Mender) -> None:
        self.sheet = sheet
        self.names = names  # match keys of the labels of every form's cover
        self._mender = mender
        self._odd: dict[tuple[str, str], CoverLabels] = {}
        self.grid = grid
        self.labels: dict[str, tuple[int, int]] = {}
        self.repeated: list[tuple[str, int, int]] = []  # labels that stand there again
        self._values: dict[tuple[str, str, int], tuple[object, int, int] | None] = {}
        for row, cells in first_rows(grid, COVER_ROWS):
            for column, value in enumerate(cells[:COVER_COLUMNS]):
                if isinstance(value, str) and value:
                    place = row, column
                    if self.labels.setdefault(key := fold(value), place) != place and key in names:
                        self.repeated.append((key, row, column))

    def value(self, form: FormPlan, position: int) -> tuple[object, int, int] | None:
        """The value of a field and its place (0-based row and column); None when its label is not there."""
        asked = (form.code, form.version, position)
        if asked not in self._values:
            self._values[asked] = self._value(form, position)
        return self._values[asked]

    def _value(self, form: FormPlan, position: int) -> tuple[object, int, int] | None:
        for key in form.cover_keys[position]:
            if key in self.labels:
                return self._near(*self.labels[key])
        if (odd := self.odd(form).found.get(position)) is not None:
            row, column, inside = odd
            return self._near(row, column) if inside is None else (inside, row, column)
        return None

    def again(self, form: FormPlan, grid: Grid, fields: Mapping[int, tuple[int, int]]) -> _Cover:
        """The same cover with the values that ``grid`` has in these cells."""
        cover = _Cover.__new__(_Cover)
        cover.__dict__ |= self.__dict__
        cover.grid = grid
        cover._values = {**self._values}
        for position, (row, column) in fields.items():
            cover._values[form.code, form.version, position] = (grid[row][column], row, column)
        return cover

    @property
    def has_odd(self) -> bool:
        """Whether odd labels had to be looked for."""
        return bool(self._odd)

    def odd(self, form: FormPlan) -> CoverLabels:
        """Labels that do not stand there as the form has them; looked for once, when one is missing."""
        key = (form.code, form.version)
        if key not in self._odd:
            tax_codes = [p for p, field in enumerate(form.cover_fields) if field.type == "tax_code"]
            names = {**form.cover_names, "mst": tax_codes[0]} if tax_codes else form.cover_names
            labels = Labels(names, ())
            self._odd[key] = CoverLabels(first_rows(self.grid, COVER_ROWS), COVER_COLUMNS, labels)
            for _, _, _, encoding in self._odd[key].mended:
                self._mender.prove(encoding)
        return self._odd[key]

    def _near(self, row: int, label: int) -> tuple[object, int, int]:
        """To the right of its label; below it on a cover where no label has anything to its right."""
        beside = self._beside(row, label)
        if not is_blank(beside[0]) or not self._is_below or row + 1 >= len(self.grid):
            return beside
        below = self.grid[row + 1]
        value = below[label] if label < len(below) else None
        is_label = isinstance(value, str) and fold(value) in self.names
        return beside if is_blank(value) or is_label else (value, row + 1, label)

    @cached_property
    def _is_below(self) -> bool:
        places = [place for key, place in self.labels.items() if key in self.names]
        return len(places) > 1 and all(is_blank(self._beside(*place)[0]) for place in places)

    def _beside(self, row: int, label: int) -> tuple[object, int, int]:
        cells = self.grid[row]
        for column in range(label + 1, min(label + 1 + COVER_GAP, len(cells))):
            value = cells[column]
            if not is_blank(value):
                is_label = isinstance(value, str) and fold(value) in self.names
                return (None, row, label + 1) if is_label else (value, row, column)
        return None, row, label + 1

    def values_again(self, form: FormPlan) -> list[tuple[int, tuple[object, int, int]]]:
        """The fields whose label stands there once more, with another value behind it."""
        others = []
        for key, row, column in self.repeated:
            position = form.cover_names.get(key)
            first = None if position is None else self.value(form, position)
            if position is None or first is None:
                continue
            value = self._beside(row, column)
            if not is_blank(value[0]) and fold(shown(value[0])) != fold(shown(first[0])):
                others.append((position, value))
        return others

    def at(self, row: int, column: int, code: str) -> Address:
        return Address(self.sheet, f"{column_letters(column)}{row + 1}", row + 1, code)


def _find_cover(book: Book, plan: ReaderPlan) -> _Cover | None:
    """The sheet named as a form's cover that has the form's code; failing that, any sheet that has it."""
    named = _named(book, plan.cover_sheets)
    others = [meta.name for meta in book.sheets if meta.name not in named]
    odd: list[_Cover] = []
    for name in (*named, *others):
        cover = _Cover(name, book.grid(name), plan.cover_names, book.mender)
        if not plan.form_code_names.isdisjoint(cover.labels):
            return cover
        odd.append(cover)
    return next((cover for cover in odd if _has_odd_code(cover, plan)), None)


def _has_odd_code(cover: _Cover, plan: ReaderPlan) -> bool:
    return any(cover.value(form, form.cover_positions["form_code"]) is not None for form in plan.forms)


def _find_form(cover: _Cover, plan: ReaderPlan, reading: Reading, findings: Findings) -> FormPlan | None:
    code, code_at = _cover_text(cover, plan, "form_code")
    candidates = [form for form in plan.forms if code is not None and fold(form.code) == fold(code)]
    if not candidates:
        forms = ", ".join(dict.fromkeys(form.code for form in plan.forms))
        findings.add("form_unknown", code_at, found=code, words={"forms": forms})
        return None
    reading["form_code"] = candidates[0].code
    version, version_at = _cover_text(cover, plan, "form_version")
    form = next((form for form in candidates if version is not None and fold(form.version) == fold(version)), None)
    if form is None:
        words = {"form": candidates[0].code, "versions": ", ".join(form.version for form in candidates)}
        findings.add("form_version_unknown", version_at, found=version, words=words)
        return None
    reading["form_version"] = form.version
    return form


def _cover_text(cover: _Cover, plan: ReaderPlan, code: str) -> tuple[str | None, Address]:
    for form in plan.forms:
        if (place := cover.value(form, form.cover_positions[code])) is not None:
            value, row, column = place
            return None if is_blank(value) else clean(shown(value)), cover.at(row, column, code)
    return None, Address(cover.sheet, column=code)


def _read_cover(book: Book, cover: _Cover, form: FormPlan, limits: Limits, findings: Findings) -> dict[str, Value]:
    cells = CellReader(
        findings,
        cover.sheet,
        epoch_1904=book.epoch_1904,
        lost=book.lost(cover.sheet),
        formats=book.looks(cover.sheet).formats,
        text_length=limits.text_length,
        is_text=book.is_text,
        mender=book.mender,
    )
    values: dict[str, Value] = {}
    for position, field in enumerate(form.cover_fields):
        place = cover.value(form, position)
        if place is None or is_blank(place[0]):
            _missing_value(cover, field, place, book.lost(cover.sheet), findings)
        elif field.code not in ("form_code", "form_version"):
            value, row, column = place
            values[field.code] = (
                cells.number(value, field, row, column)[0]
                if field.is_number
                else cells.value(value, field, row, column)
            )
    return values


def _check_other_covers(book: Book, cover: _Cover, form: FormPlan, findings: Findings) -> None:
    """A second cover, or a second label, that says something else: nobody can tell of which month the figures are."""
    for position, (again, row, column) in cover.values_again(form):
        if (field := form.cover_fields[position]).is_key:
            words = {"other": f"{cover.sheet}!{_field_at(cover, form, field.code).cell}"}
            findings.add("cover_repeated", cover.at(row, column, field.code), found=shown(again), words=words)
    for name in _named(book, form.cover_sheets):
        if name == cover.sheet:
            continue
        other = _Cover(name, book.grid(name), cover.names, book.mender)
        for position, field in enumerate(form.cover_fields):
            first, second = cover.value(form, position), other.value(form, position)
            if field.is_key and second and not is_blank(second[0]) and (first is None or first[0] != second[0]):
                at = other.at(second[1], second[2], field.code)
                findings.add("cover_repeated", at, found=shown(second[0]), words={"other": cover.sheet})
                break


def _say_of_cover(cover: _Cover, form: FormPlan, month: str | None, findings: Findings) -> None:
    """What a cover says beside its fields: labels in an old encoding, a month, and a unit for the whole workbook."""
    for row, column, text, encoding in cover.odd(form).mended[:1] if cover.has_odd else ():
        findings.add("text_converted", cover.at(row, column, ""), found=text, words={"encoding": encoding})
    columns = form.unit_columns
    units = columns[0].units if columns else UnitWords()
    for row, cells in first_rows(cover.grid, COVER_ROWS):
        for place, value in enumerate(cells[:COVER_COLUMNS]):
            if not isinstance(value, str) or not value or fold(value) in form.cover_names:
                continue
            named = month_in_title(value) if month else None
            if named is not None and named != month:
                at = cover.at(row, place, "period_month")
                findings.add("month_stated_differs", at, found=shown(value), words={"month": month})
            found, _ = noted_units(value, units)
            if not found:
                continue
            others = ((c, unit) for c in columns if (unit := contradicts(c, found, is_explicit=True)) is not None)
            for told, other in islice(others, 1):
                words = {"label": (told.label_vi, told.label_en), "other": other.code}
                findings.add("unit_differs", cover.at(row, place, told.code), found=shown(value), words=words)


def _missing_value(
    cover: _Cover, field: ColumnPlan, place: tuple[object, int, int] | None, lost: dict[str, str], findings: Findings
) -> None:
    if not (lost or field.required):
        return
    at = Address(cover.sheet, column=field.code) if place is None else cover.at(place[1], place[2], field.code)
    words = {"label": (field.label_vi, field.label_en)}
    if at.cell in lost:
        findings.add(lost[at.cell], at, words=words)
    elif field.required:
        kind = CATALOGUE["cover_value_missing"]
        findings.add(kind if field.is_key else replace(kind, severity="warning"), at, words=words)


def _period(cover: _Cover, form: FormPlan, values: dict[str, Value], received_on: str, findings: Findings) -> Reading:
    """The reference month and its days, checked; texts ``YYYY-MM`` and ISO days compare as they stand."""
    month = values.get("period_month")
    if not isinstance(month, str):
        return {}
    year, number = map(int, month.split("-"))
    start = str(values.get("period_start") or f"{month}-01")
    end = str(values.get("period_end") or f"{month}-{calendar.monthrange(year, number)[1]:02d}")
    at = _field_at(cover, form, "period_month")
    if not _within(month, form.valid_from, form.valid_to):
        valid = {"version": form.version, "valid": f"{form.valid_from} – {form.valid_to or '…'}"}
        accepted = _within(month, form.accepted_from, form.accepted_until)
        findings.add("form_not_in_force" if accepted else "period_outside_form", at, found=month, words=valid)
    if month > received_on[:7]:
        findings.add("period_in_future", at, found=month, words={"month": received_on[:7]})
    if values.get("period_start") is None and values.get("period_end") is None:
        _doubt_day(cover, form, received_on, findings)
    if end < start:
        findings.add(
            "period_dates_reversed",
            _field_at(cover, form, "period_end"),
            found=end,
            words={"start": date.fromisoformat(start)},
        )
    else:
        for code, kind, found, words in odd_days(month, date.fromisoformat(start), date.fromisoformat(end)):
            findings.add(kind, _field_at(cover, form, code), found=found, words=words)
    return {"period_month": month, "period_start": start, "period_end": end}


def _doubt_day(cover: _Cover, form: FormPlan, received_on: str, findings: Findings) -> None:
    """Excel may take ``1/5/2016`` for the 5th of January: an error when the other reading is the month that is due."""
    place = cover.value(form, form.cover_positions["period_month"])
    if place is None or not isinstance(day := place[0], date) or not 1 < day.day <= 12 or day.day == day.month:
        return
    month, other = f"{day:%Y-%m}", f"{day:%Y}-{day.day:02d}"
    due = f"{date.fromisoformat(received_on).replace(day=1) - timedelta(days=1):%Y-%m}"
    if other > received_on[:7] or month == due:
        return
    kind = CATALOGUE["month_from_day"]
    at = cover.at(place[1], place[2], "period_month")
    words = {"month": month, "other": other}
    findings.add(replace(kind, severity="error") if other == due else kind, at, found=shown(day), words=words)


def _within(month: str, first: str, last: str | None) -> bool:
    return first <= month and (last is None or month <= last)


def odd_days(month: str, start: date, end: date) -> list[tuple[str, str, str, Mapping[str, object]]]:
    """What is odd about the days of a report: cover field, finding, found and its words.

    Books may close on another day than the month's last, the 14th say, but the days must be those of the month.
    """
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    if (start, end) == (first, last):
        return []
    allowed = {"period_start": (start, first - EARLY, last), "period_end": (end, last - EARLY, last + LATE)}
    wrong: list[tuple[str, str, str, Mapping[str, object]]] = [
        (
            code,
            "period_days_elsewhere",
            day.isoformat(),
            {"month": month, "earliest": earliest, "latest": latest},
        )
        for code, (day, earliest, latest) in allowed.items()
        if not earliest <= day <= latest
    ]
    usual = USUAL_DAYS[0] <= (end - start).days + 1 <= USUAL_DAYS[1]
    kind = "period_days_shifted" if usual else "period_days_unusual"
    words = {"first": first, "last": last}
    return wrong or [("period_start", kind, f"{start} – {end}", words)]


def _cover_places(cover: _Cover, form: FormPlan, name: Value) -> dict[str, str]:
    """Where the fields of the identity stand: the sheet, and the cell of each; and the name of the reporting unit."""
    codes = ("authority_code", form.unit_field, "period_month", *([NAME_FIELD] if isinstance(name, str) else []))
    cells = {code: _field_at(cover, form, code).cell for code in codes}
    told = {"name": name} if isinstance(name, str) else {}
    return {"sheet": cover.sheet} | {code: cell for code, cell in cells.items() if cell is not None} | told


def _field_at(cover: _Cover, form: FormPlan, code: str) -> Address:
    position = form.cover_positions.get(code)
    place = None if position is None else cover.value(form, position)
    return NOWHERE if place is None else cover.at(place[1], place[2], code)


# Sections


def _section_sheet(book: Book, section: SectionPlan, findings: Findings) -> str | None:
    """The sheet named by a section's code or label: one with rows before others, a visible one before a hidden one."""
    found = _named(book, section.sheet_names) or _in_other_encodings(book, section)
    if len(found) < 2:
        return found[0] if found else None
    found.sort(key=lambda name: name in book.hidden)
    filled = [name for name in found if _has_rows(book, section, name)]
    if len(filled) > 1:
        words = {"label": (section.sheet_label_vi, section.sheet_label_en), "other": filled[0]}
        findings.add("sheet_repeated", Address(filled[1]), found=filled[1], words=words)
    return (filled or found)[0]


def _named(book: Book, names: tuple[str, ...] | frozenset[str]) -> list[str]:
    """The sheets that have one of these names."""
    places = _places_named(tuple(book.title(meta.name) for meta in book.sheets), names)
    return [book.sheets[place].name for place in places]


@lru_cache(maxsize=128)
def _places_named(titles: tuple[str, ...], names: tuple[str, ...] | frozenset[str]) -> tuple[int, ...]:
    """Workbooks of one template have sheets of the same names."""
    return tuple(place for place, title in enumerate(titles) if _is_named(title, names))


def _is_named(title: str, names: Collection[str]) -> bool:
    """Whether a sheet has one of these names, perhaps behind a number (``Biểu 2 - Sản xuất``)."""
    return any(key in names for key in _sheet_keys(title))


@lru_cache(maxsize=1024)
def _sheet_keys(title: str) -> tuple[str, str]:
    """The match keys of a sheet's name; programs call the copy of a sheet ``SAN_XUAT (2)``."""
    key = _COPY.sub("", fold(title))
    return key, _SHEET_NUMBER.sub("", key)


def _in_other_encodings(book: Book, section: SectionPlan) -> list[str]:
    named = [(meta.name, other.text) for meta in book.sheets for other in spellings(book.title(meta.name))]
    return [name for name, text in named if _is_named(text, section.sheet_names)][:1]


def _has_rows(book: Book, section: SectionPlan, name: str) -> bool:
    unheard = Findings(0)
    return bool(TableReader(section, name, book.grid(name), unheard, CellReader(unheard, name)).columns())


def _missing_sheet(section: SectionPlan, findings: Findings) -> None:
    if section.required:
        words = {"label": (section.sheet_label_vi, section.sheet_label_en), "sheet_code": section.sheet_code}
        findings.add("sheet_missing", Address(section.sheet_code), words=words)


def _table_reader(book: Book, section: SectionPlan, name: str, limits: Limits, findings: Findings) -> TableReader:
    if name in book.hidden:
        findings.add("hidden_sheet", Address(name), found=name)
    cells = CellReader(
        findings,
        name,
        epoch_1904=book.epoch_1904,
        lost=book.lost(name),
        formats=book.looks(name).formats,
        text_length=limits.text_length,
        is_text=book.is_text,
        mender=book.mender,
    )
    return TableReader(section, name, book.grid(name), findings, cells)


def _say_hidden(  # noqa: PLR0913, PLR0917 - a sheet, what was read of it, and where
    book: Book, section: SectionPlan, name: str, columns: LandedColumns, letters: dict[str, str], findings: Findings
) -> None:
    """Rows and columns that were loaded and that nobody saw: filtered, or hidden by hand."""
    looks = book.looks(name)
    if not looks.rows and not looks.columns:
        return
    words = {"label": (section.sheet_label_vi, section.sheet_label_en)}
    loaded = [int(str(number)) for number in columns[1]] if columns else []
    if hidden := [number for number in loaded if number in looks.rows]:
        findings.add("hidden_rows", Address(name, row=hidden[0]), found=shown(_runs(hidden)), words=words)
    grid = book.grid(name)
    unseen = [
        letter
        for letter in letters.values()
        if looks.is_hidden_column(index := column_number(letter.encode()) - 1)
        and any(index < len(grid[number - 1]) and not is_blank(grid[number - 1][index]) for number in loaded)
    ]
    if unseen:
        findings.add("hidden_columns", Address(name), found=", ".join(unseen), words=words)


def _runs(numbers: Sequence[int]) -> str:
    """``3–5, 9``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def _other_sheets(book: Book, used: set[str], findings: Findings) -> None:
    for meta in book.sheets:
        if meta.name not in used and fold(book.title(meta.name)) not in SHEET_KEYS:
            findings.add(
                "hidden_sheet" if meta.name in book.hidden else "extra_sheet", Address(meta.name), found=meta.name
            )
