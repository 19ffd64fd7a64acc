"""How mature a release is: an estimate, a revised figure, or final. See ``docs/adr`` and ``docs/publishing.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

ESTIMATE, REVISED, FINAL = "estimate", "revised", "final"
_MATURITY = {ESTIMATE: 0, REVISED: 1, FINAL: 2}


@dataclass(frozen=True)
class FormCoverage:
    """What one form owed for the months that a release counts (a row of ``half_year_coverage``)."""

    is_whole_half_year: bool
    last_due_on: date
    missing_count: int


def vintage_of(published_on: date, forms: Sequence[FormCoverage]) -> str:
    """The vintage of a release of one authority, from the day of publication in the authority's own time.

    - ``estimate``: the months of the half-year are not all counted, or the last report may still come in time (it is
      not past its due day);
    - ``final``: past all due days, and nothing that was owed is missing;
    - ``revised``: past all due days, and something is still missing.

    Raises:
        ValueError: no form is given.
    """
    if not forms:
        raise ValueError("a vintage needs the coverage of at least one form")
    if not all(form.is_whole_half_year for form in forms) or published_on <= max(form.last_due_on for form in forms):
        return ESTIMATE
    return REVISED if any(form.missing_count for form in forms) else FINAL


def least_mature(vintages: Iterable[str]) -> str | None:
    """What is said of a release that holds several authorities; None when nothing is known of any."""
    return min(vintages, key=_MATURITY.__getitem__, default=None)
