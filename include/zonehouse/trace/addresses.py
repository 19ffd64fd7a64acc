"""Cell addresses: the letters of a file's columns, as the register holds them, put before the row's number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import pyarrow.dataset as ds

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.intake.register import register_folder
from zonehouse.intake.schema import REGISTER
from zonehouse.intake.text import fold
from zonehouse.settings import Settings
from zonehouse.trace.published import Contribution

_Places = Mapping[str, Mapping[str, str]]


class Place(Protocol):
    """Where a value stands; ``sheet_name`` and ``row_number`` may be unknown."""

    @property
    def submission_id(self) -> str: ...
    @property
    def sheet_name(self) -> str | None: ...
    @property
    def row_number(self) -> int | None: ...
    @property
    def column_code(self) -> str: ...


def with_addresses(settings: Settings, cells: Sequence[Contribution]) -> list[Contribution]:
    """The same cells with their address (``D7``) where the register knows it; older landings hold no letters."""
    return [replace(cell, cell=at) for cell, at in zip(cells, addresses(settings, cells), strict=True)]


def addresses(settings: Settings, places: Sequence[Place]) -> list[str | None]:
    """The address (``D7``) of each place; None where the register does not know the column's letters."""
    placed = _registered_places(settings, sorted({place.submission_id for place in places})) if places else {}
    if not placed:
        return [None] * len(places)
    catalogue = load_catalogue(settings)
    return [_address(place, placed, catalogue) for place in places]


def _registered_places(settings: Settings, submission_ids: Sequence[str]) -> dict[str, tuple[str, _Places]]:
    """Submission → its form and, by section and column, the letters."""
    folder = register_folder(settings)
    if not folder.is_dir():
        return {}
    where = ds.field("submission_id").isin(list(submission_ids)) & ds.field("column_places").is_valid()
    columns = ["submission_id", "form_code", "column_places"]
    table = ds.dataset(folder, schema=REGISTER, format="parquet").to_table(columns=columns, filter=where)
    return {
        line["submission_id"]: (line["form_code"] or "", json.loads(line["column_places"]))
        for line in table.to_pylist()
    }


def _address(place: Place, placed: Mapping[str, tuple[str, _Places]], catalogue: FormCatalogue) -> str | None:
    form_code, places = placed.get(place.submission_id, ("", {}))
    column, sheet_name = place.column_code, place.sheet_name
    if not sheet_name or place.row_number is None:
        return None
    found = {section: columns[column] for section, columns in places.items() if column in columns}
    if len(found) > 1:
        # Sections of a form may share a column; then the sheet's name tells which it is.
        named = _sections_named(catalogue, form_code, sheet_name)
        found = {section: letters for section, letters in found.items() if section in named}
    letters = set(found.values())
    return f"{letters.pop()}{place.row_number}" if len(letters) == 1 else None


def _sections_named(catalogue: FormCatalogue, form_code: str, sheet_name: str) -> set[str]:
    return {
        section.code
        for form in catalogue.versions(form_code)
        for section in form.sections
        if fold(sheet_name) in {fold(name) for name in (section.sheet.code, section.sheet.vi, section.sheet.en)}
    }
