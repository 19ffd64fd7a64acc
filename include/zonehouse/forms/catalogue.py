"""Loading form definitions and the reference code lists that they name."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zonehouse.forms.definition import Definition, FormDefinitionError, load_definition
from zonehouse.forms.model import Column, Form, Section
from zonehouse.forms.versions import check_versions
from zonehouse.settings import Settings

DEFINITIONS = Path(__file__).parent / "definitions"


@dataclass(frozen=True)
class CodeEntry:
    """One member of a code list."""

    code: str
    label_vi: str
    label_en: str

    @property
    def choice(self) -> str:
        """What a drop-down offers and the reader takes: the Vietnamese label, after a code that people know."""
        return f"{self.code} – {self.label_vi}" if self.code.isdigit() or self.code.isupper() else self.label_vi


@dataclass(frozen=True)
class FormCatalogue:
    """All form versions, and the code lists they refer to (list name → code → entry)."""

    forms: tuple[Form, ...]
    code_lists: Mapping[str, Mapping[str, CodeEntry]]

    def find(self, code: str, version: str) -> Form | None:
        """The form version, or None when there is none such."""
        return next((form for form in self.forms if form.code == code and form.version == version), None)

    def versions(self, code: str) -> tuple[Form, ...]:
        """The versions of a form in the order they came into force."""
        return tuple(form for form in self.forms if form.code == code)

    def codes_of(self, column: Column) -> Mapping[str, CodeEntry]:
        """The members that a code column may take."""
        if column.codes:
            return {entry.code: CodeEntry(entry.code, entry.vi, entry.en) for entry in column.codes}
        return self.code_lists[column.code_list] if column.code_list else {}

    def datasets(self) -> Iterator[tuple[str, str, list[Section]]]:
        """Each landing dataset: form code, section code, that section in every version of the form."""
        found: dict[tuple[str, str], list[Section]] = {}
        for form in self.forms:
            for section in form.sections:
                found.setdefault((form.code, section.code), []).append(section)
        for (form_code, section_code), sections in sorted(found.items()):
            yield form_code, section_code, sections


def load_catalogue(settings: Settings) -> FormCatalogue:
    """The forms of the product and of the authority (``settings.forms``), with the code lists they name.

    Raises:
        FormDefinitionError: a definition cannot be used; names file, place, what was found and what was expected.
    """
    own = settings.forms
    if own is not None and not own.is_dir():
        raise FormDefinitionError(
            f"ZONEHOUSE_FORMS: found {own}, expected a folder with the authority's form definitions"
        )
    return read_catalogue([DEFINITIONS, *([own] if own else [])], [settings.seeds, *([own / "lists"] if own else [])])


def read_catalogue(folders: Sequence[Path], list_folders: Sequence[Path]) -> FormCatalogue:
    """Read every ``*.yml`` of ``folders`` and the code lists (CSV with code, label_vi, label_en) that they name.

    A definition of a later folder takes the place of an earlier folder's one of the same form and version. A code list
    must be in one of ``list_folders`` only.

    Raises:
        FormDefinitionError: as in ``load_catalogue``.
    """
    chosen: dict[tuple[str, str], Definition] = {}
    for folder in folders:
        for definition in _definitions(folder):
            chosen[definition.form.code, definition.form.version] = definition
    definitions = sorted(chosen.values(), key=lambda d: (d.form.code, d.form.valid_from, d.form.version))
    check_versions(definitions)
    named = {
        column.code_list: definition.path
        for definition in definitions
        for section in definition.form.sections
        for column in section.columns
        if column.code_list
    }
    lists = {name: _load_code_list(name, path, list_folders) for name, path in sorted(named.items())}
    return FormCatalogue(tuple(definition.form for definition in definitions), lists)


def _definitions(folder: Path) -> Iterator[Definition]:
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.glob("*.yml")):
        definition = load_definition(path)
        key = (definition.form.code, definition.form.version)
        if (other := found.setdefault(key, path)) != path:
            raise FormDefinitionError(
                f"{path}: form {key[0]} version {key[1]} stands in {other.name} too; expected one file a version"
            )
        yield definition


def _load_code_list(name: str, form: Path, folders: Sequence[Path]) -> dict[str, CodeEntry]:
    paths = [path for folder in folders if (path := folder / f"{name}.csv").is_file()]
    if len(paths) != 1:
        found = " and ".join(map(str, paths)) or "none"
        raise FormDefinitionError(
            f"{form}: code_list {name}: found {found}, expected one {name}.csv in {' or '.join(map(str, folders))}"
        )
    with paths[0].open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if missing := sorted({"code", "label_vi", "label_en"} - set(reader.fieldnames or ())):
            raise FormDefinitionError(f"{paths[0]}: column missing: {', '.join(missing)}")
        return {row["code"]: CodeEntry(row["code"], row["label_vi"], row["label_en"]) for row in reader}
