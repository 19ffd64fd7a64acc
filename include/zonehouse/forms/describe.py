"""The pages that are written from form definitions: ``docs/forms.md`` and the JSON schema for editors."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from zonehouse.forms.catalogue import FormCatalogue, load_catalogue
from zonehouse.forms.model import Column, Form, Section, SectionTotal
from zonehouse.settings import Settings

_INTRODUCTION = """\
# Forms

Written from the form definitions by `make docs` (an authority's own forms: `zonehouse forms --page`); do not edit here.
`form-definitions.md` says how to change a form or add one.

A workbook has a cover sheet (a label in one cell, its value in the next cell to the right) and one sheet for each
section. A sheet is found by its code or by its label in either language; a column by its code or label, in any order,
below any number of title rows. Case, accents and spacing do not matter. A row whose key column says *Tổng cộng*, *Cộng*
or *Total* is checked against the sum and not loaded. Blank, `0`, `-` (nothing to report) and `x` (does not apply) are
four different things.

A form may have several versions; the cover sheet says which one a workbook is. The newest is written out here, of each
earlier one what was different. A column is kept under one code and in one unit for ever; where a version asks for it in
another unit, the reader converts exactly, and the code in that version's workbooks ends with the unit that is sent.
"""


def forms_page(catalogue: FormCatalogue) -> str:
    """The whole page as Markdown, ending with a newline."""
    codes = dict.fromkeys(form.code for form in catalogue.forms)
    lines = [line for code in codes for line in _versions(catalogue.versions(code), catalogue)]
    return "\n".join([_INTRODUCTION, *lines]) + "\n"


def definition_schema() -> str:
    """The JSON schema of a definition file, for editors that complete and check YAML."""
    return json.dumps(Form.model_json_schema(), ensure_ascii=False, indent=1) + "\n"


def _versions(versions: Sequence[Form], catalogue: FormCatalogue) -> Iterator[str]:
    yield from _form_lines(versions[-1], catalogue)
    for earlier, later in reversed(list(pairwise(versions))):
        yield f"### `{earlier.code}` version {earlier.version}, {_months(earlier)}"
        yield ""
        yield f"As version {later.version}, but:"
        yield ""
        yield from _differences(earlier, later)
        yield ""


def _form_lines(form: Form, catalogue: FormCatalogue) -> Iterator[str]:
    yield f"## `{form.code}` version {form.version}: {form.title.vi} ({form.title.en})"
    yield ""
    yield f"{_months(form).capitalize()}; one workbook for each {form.reporting_unit}"
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
    if form.section_checks:
        yield "### Between the sheets"
        for check in form.section_checks:
            told = f"{_total(check.left)} {_RULES[check.rule].format(times=check.times)} {_total(check.right)}"
            within = f", within {check.tolerance_pct:g} %" if check.tolerance_pct else ""
            yield ""
            yield f"Check `{check.code}` ({check.severity}): {check.vi} ({check.en}): {told}{within}."
        yield ""
    if form.history_checks:
        yield "### Against earlier months"
        yield ""
        yield "Rules and bounds: `intake.md`."
        yield ""
        yield "| check | rule | of | severity | what is expected |"
        yield "|---|---|---|---|---|"
        for history in form.history_checks:
            of = f"{history.section}.{history.column}" if history.column else history.section
            told = f"{history.vi} ({history.en})"
            yield f"| `{history.code}` | `{history.rule}` | `{of}` | {history.severity} | {told} |"
        yield ""


def _section_lines(section: Section, catalogue: FormCatalogue) -> Iterator[str]:
    yield f"### Sheet `{section.sheet.code}` ({section.sheet.vi} / {section.sheet.en}), dataset `{section.code}`"
    yield ""
    keys = ", ".join(f"`{code}`" for code in section.row_key)
    yield f"{section.title.vi} ({section.title.en}). One row for each {keys}."
    yield ""
    yield "| code | Vietnamese label | English label | type | kind | unit | required | values |"
    yield "|---|---|---|---|---|---|---|---|"
    for column in section.columns:
        yield (
            f"| `{column.code}` | {column.vi} | {column.en} | {column.type} | {column.kind} | {_unit(column)} "
            f"| {_yes(column.required)} | {_values(column, catalogue)} |"
        )
    for check in section.checks:
        yield ""
        yield f"Check `{check.code}` ({check.severity}): {check.vi} ({check.en})."
    yield ""


_RULES = {"needs": "above zero needs", "less_or_equal": "≤", "equal": "=", "at_most_times": "≤ {times:g} ×"}


def _months(form: Form) -> str:
    until = f"to {form.valid_to}" if form.valid_to else "on"
    others = [
        *([f"from {form.accepted_from}"] if form.accepted_from else []),
        *([f"until {form.accepted_until}"] if form.accepted_until else []),
    ]
    grace = f" (accepted with a warning {' and '.join(others)})" if others else ""
    return f"for months {form.valid_from} {until}{grace}"


def _total(total: SectionTotal) -> str:
    return f"`{total.section}.{total.column}`" if total.column else f"rows of `{total.section}`"


def _unit(column: Column) -> str:
    if column.unit is None:
        return ""
    return column.unit if column.factor is None else f"sent in {column.sent_unit}, kept in {column.unit}"


def _values(column: Column, catalogue: FormCatalogue) -> str:
    if column.codes:
        return ", ".join(f"`{code.code}` {code.vi}" for code in column.codes)
    if column.code_list:
        return f"list `{column.code_list}` ({len(catalogue.codes_of(column))})"
    if column.pattern is not None:
        return f"{column.pattern.vi} ({column.pattern.en}; else {column.pattern.severity})"
    bounds = (
        ("≥", column.minimum, column.minimum_severity),
        ("≤", column.maximum, column.maximum_severity),
    )
    told = [
        f"{sign} {bound:.15g}{f' (else {severity})' if severity else ''}"
        for sign, bound, severity in bounds
        if bound is not None
    ]
    return ", ".join(told)


def _yes(value: bool) -> str:
    return "yes" if value else ""


# What was different in an earlier version

_OF_EACH = frozenset(("version", "valid_from", "valid_to", "accepted_from", "accepted_until"))


def _differences(earlier: Form, later: Form) -> Iterator[str]:
    was, now = dict(_flat(earlier)), dict(_flat(later))
    only_one = was.keys() ^ now.keys()
    for path in dict.fromkeys([*was, *now]):
        inside = any(path[:length] in only_one for length in range(1, len(path)))
        if path[0] in _OF_EACH or inside or was.get(path) == now.get(path):
            continue
        place = " > ".join(path)
        if path not in was:
            yield f"- `{place}` was not there"
        elif path not in now:
            yield f"- `{place}` was there: {was[path]}"
        else:
            yield f"- `{place}` was “{was[path]}”, later “{now[path]}”"


def _flat(form: Form) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path of codes and names → value; a column that only one of two versions has is one entry."""
    told = form.model_dump(mode="json", exclude_none=True)
    sections, against_history = told.pop("sections"), told.pop("history_checks")
    yield from _leaves((), told)
    for check in against_history:
        named = ("history_checks", check.pop("code"))
        yield named, f"{check['vi']} ({check['en']})"
        yield from _leaves(named, check)
    for section in sections:
        columns = section.pop("columns")
        place = (section.pop("code"),)
        yield place, f"{section['title']['vi']} ({section['title']['en']})"
        yield from _leaves(place, section)
        for column in columns:
            code = column.pop("code")
            yield (*place, code), f"{column['vi']} ({column['en']})"
            yield from _leaves((*place, code), column)


def _leaves(place: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves((*place, str(name)), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            coded = isinstance(inner, Mapping) and "code" in inner
            yield from _leaves((*place, str(inner["code"]) if coded else str(number)), inner)
    else:
        yield place, str(value)


if __name__ == "__main__":
    sys.stdout.write(forms_page(load_catalogue(Settings())))
