"""What must hold between the versions of a form, so that they can be read side by side into one dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from zonehouse.forms.definition import Definition, FormDefinitionError
from zonehouse.forms.model import Column, Section

# A landing column is one thing for ever; only labels, sent unit, checks and whether it is required may change.
_LASTING = ("type", "unit", "kind")


def check_versions(definitions: Sequence[Definition]) -> None:
    """Refuse versions that contradict one another.

    Args:
        definitions: sorted by form, then by the month they come into force.

    Raises:
        FormDefinitionError: names both files, the place, what was found and what was expected.
    """
    told = [
        *(line for pair in pairwise(definitions) if _same_form(*pair) for line in _wrong_months(*pair)),
        *_wrong_columns(definitions),
    ]
    if told:
        raise FormDefinitionError("\n  ".join(told))


def _same_form(one: Definition, other: Definition) -> bool:
    return one.form.code == other.form.code


def _wrong_months(earlier: Definition, later: Definition) -> Iterator[str]:
    ends, starts = earlier.form.valid_to, later.form.valid_from
    if ends is None or ends >= starts:
        yield (
            f"{earlier.path}: valid_to: found {ends or 'none'}, expected a month before {starts}, "
            f"when version {later.form.version} ({later.path.name}) comes into force"
        )
    for name in ("reporting_unit", "reporting_unit_field", "frequency"):
        was, now = getattr(earlier.form, name), getattr(later.form, name)
        if was != now:
            yield f"{later.path}: {name}: found {now}, expected {was} as in {earlier.path.name}"


def _wrong_columns(definitions: Sequence[Definition]) -> Iterator[str]:
    sections: dict[tuple[str, str], tuple[Definition, Section]] = {}
    columns: dict[tuple[str, str, str], tuple[Definition, Column]] = {}
    for definition in definitions:
        for section in definition.form.sections:
            place = (definition.form.code, section.code)
            first, known = sections.setdefault(place, (definition, section))
            if known.row_key != section.row_key:
                yield (
                    f"{definition.path}: {section.code} > row_key: found {', '.join(section.row_key)}, "
                    f"expected {', '.join(known.row_key)} as in {first.path.name}"
                )
            for column in section.columns:
                origin, same = columns.setdefault((*place, column.code), (definition, column))
                yield from _wrong_column(definition, section, column, origin, same)


def _wrong_column(
    definition: Definition, section: Section, column: Column, origin: Definition, same: Column
) -> Iterator[str]:
    for name in _LASTING:
        found, expected = getattr(column, name), getattr(same, name)
        if found != expected:
            hint = "; a column sent in another unit says so with sent_unit" if name == "unit" else ""
            yield (
                f"{definition.path}: {section.code} > {column.code} > {name}: found {found}, "
                f"expected {expected} as in {origin.path.name}{hint}"
            )
