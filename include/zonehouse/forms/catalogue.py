"""Loading form definitions and the reference code lists that they name."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from zonehouse.forms.model import Column, Form, Section

DEFINITIONS = Path(__file__).parent / "definitions"


class FormDefinitionError(ValueError):
    """A form definition that cannot be used: names the file and every place in it that is wrong."""


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


def load_catalogue(seeds: Path, definitions: Path = DEFINITIONS) -> FormCatalogue:
    """Read every ``*.yml`` below ``definitions`` and every code list (CSV with code, label_vi, label_en) in ``seeds``.

    Raises:
        FormDefinitionError: a file breaks the schema, or names a code list that does not exist.
    """
    forms = tuple(_load_form(path) for path in sorted(definitions.glob("*.yml")))
    names = {column.code_list for form in forms for section in form.sections for column in section.columns}
    code_lists = {name: _load_code_list(seeds / f"{name}.csv") for name in sorted(n for n in names if n)}
    return FormCatalogue(forms, code_lists)


def _load_form(path: Path) -> Form:
    try:
        return Form.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise FormDefinitionError(f"{path.name}: not valid YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'form'}: {e['msg']}" for e in error.errors())
        raise FormDefinitionError(f"{path.name}: {places}") from error


def _load_code_list(path: Path) -> dict[str, CodeEntry]:
    if not path.is_file():
        raise FormDefinitionError(
            f"a form names the code list {path.stem}, and there is no {path.name} in {path.parent}"
        )
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: CodeEntry(row["code"], row["label_vi"], row["label_en"]) for row in csv.DictReader(lines)}
