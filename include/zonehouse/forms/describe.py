"""The page ``docs/forms.md``, written from the form definitions (``make docs``)."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from zonehouse.forms.catalogue import FormCatalogue, load_catalogue
from zonehouse.forms.model import Column, Form, Section
from zonehouse.settings import Settings

_INTRODUCTION = """\
# Forms

Written from `include/zonehouse/forms/definitions/*.yml` (`make docs`); do not edit here.

A workbook has a cover sheet (a label in one cell, its value in the next cell to the right) and one sheet for each
section. A sheet is found by its code or by its label in either language; a column by its code or label, in any order,
below any number of title rows. Case, accents and spacing do not matter. A row whose key column says *Tổng cộng*, *Cộng*
or *Total* is checked against the sum and not loaded. Blank, `0`, `-` (nothing to report) and `x` (does not apply) are
four different things.
"""


def forms_page(catalogue: FormCatalogue) -> str:
    """The whole page as Markdown, ending with a newline."""
    return (
        "\n".join([_INTRODUCTION, *(line for form in catalogue.forms for line in _form_lines(form, catalogue))]) + "\n"
    )


def _form_lines(form: Form, catalogue: FormCatalogue) -> Iterator[str]:
    yield f"## `{form.code}` version {form.version}: {form.title.vi} ({form.title.en})"
    yield ""
    until = form.valid_to or "now"
    yield f"For months {form.valid_from} to {until}; one workbook for each {form.reporting_unit}"
    if form.due is not None:
        yield f"and month, due on day {form.due.day}, {form.due.months_after} month after it."
    else:
        yield "whenever it changes; each is the whole list, the latest is in force."
    yield f"Basis: {form.legal_basis.vi} ({form.legal_basis.en})."
    yield ""
    cover = form.cover
    yield f"### Cover sheet `{cover.sheet.code}` ({cover.sheet.vi} / {cover.sheet.en})"
    yield ""
    yield "| code | Vietnamese label | English label | type | required |"
    yield "|---|---|---|---|---|"
    for field in cover.fields:
        yield f"| `{field.code}` | {field.vi} | {field.en} | {field.type} | {_yes(field.required)} |"
    yield ""
    for section in form.sections:
        yield from _section_lines(section, catalogue)


def _section_lines(section: Section, catalogue: FormCatalogue) -> Iterator[str]:
    yield f"### Sheet `{section.sheet.code}` ({section.sheet.vi} / {section.sheet.en}), dataset `{section.code}`"
    yield ""
    keys = ", ".join(f"`{code}`" for code in section.row_key)
    yield f"{section.title.vi} ({section.title.en}). One row for each {keys}."
    yield ""
    yield "| code | Vietnamese label | English label | type | kind | required | values |"
    yield "|---|---|---|---|---|---|---|"
    for column in section.columns:
        yield (
            f"| `{column.code}` | {column.vi} | {column.en} | {column.type} | {column.kind} "
            f"| {_yes(column.required)} | {_values(column, catalogue)} |"
        )
    for check in section.checks:
        yield ""
        yield f"Check `{check.code}` ({check.severity}): {check.vi} ({check.en})."
    yield ""


def _values(column: Column, catalogue: FormCatalogue) -> str:
    if column.codes:
        return ", ".join(f"`{code.code}` {code.vi}" for code in column.codes)
    if column.code_list:
        return f"list `{column.code_list}` ({len(catalogue.codes_of(column))})"
    return f"≥ {column.minimum:g}" if column.minimum is not None else ""


def _yes(value: bool) -> str:
    return "yes" if value else ""


if __name__ == "__main__":
    sys.stdout.write(forms_page(load_catalogue(Settings())))
