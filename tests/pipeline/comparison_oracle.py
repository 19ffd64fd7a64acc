"""What ``fct_comparison`` must hold, computed again from the facts by hand: no SQL of the model is used."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

import duckdb

_FIGURES = {
    "gross_output": ("fct_output", "gross_output_constant_vnd_million"),
    "exports": ("fct_export", "export_usd"),
    "labour": ("fct_labour", "headcount_persons"),
}


@dataclass(frozen=True)
class Expected:
    """One value against its history."""

    history: int
    middle: float
    mad: float
    nearest: float
    expected: float
    suspicion: float


def by_hand(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], Expected]:
    """(tax code, month, indicator) → what is to be expected; only values with six months or more before them."""
    found = {}
    for indicator, (table, column) in _FIGURES.items():
        rows = connection.execute(
            f"select tax_code, period_month, sum({column}) from facts.{table} group by all"
        ).fetchall()
        series: dict[str, dict[int, float]] = defaultdict(dict)
        for tax_code, month, value in rows:
            series[tax_code][_index(month)] = float(value)
        for tax_code, values in series.items():
            for month, value in values.items():
                expected = _one(values, month, value)
                if expected is not None:
                    found[tax_code, f"{(month - 1) // 12}-{(month - 1) % 12 + 1:02d}", indicator] = expected
    return found


def _index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _one(values: dict[int, float], month: int, value: float) -> Expected | None:
    before = [values[earlier] for earlier in range(month - 24, month) if earlier in values]
    if len(before) < 6 or median(before) <= 0:
        return None
    middle = median(before)
    mad = median([abs(one - middle) for one in before])
    spread = max(mad, 0.05 * middle)
    comparable = [middle]
    last_year = [values[month - 12]] if month - 12 in values else []
    beside = {1: month - 11, 2: month - 13}.get((month - 1) % 12 + 1)  # Tết: January or February
    last_year += [values[beside]] if beside in values else []
    comparable += [min(last_year, key=lambda one: abs(one - value))] if last_year else []
    expected = min(comparable, key=lambda one: abs(one - value))
    nearest = 0.6745 * (value - expected) / spread
    suspicion = 1 - 3.5 / abs(nearest) if abs(nearest) > 3.5 else 0.0
    if value > 0 and abs(round(math.log10(value / expected))) >= 1 and 600 < value / expected < 1600:
        suspicion = 1.0
    return Expected(len(before), middle, mad, nearest, expected, suspicion)


def as_stored(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], Expected]:
    """The same from the model's table."""
    rows = connection.execute(
        "select tax_code, period_month, indicator_code, history_month_count, history_median, history_mad,"
        " nearest_z_score, expected_value, suspicion from facts.fct_comparison"
        " where suspicion is not null and reported_value is not null and indicator_code in (?, ?, ?)",
        list(_FIGURES),
    ).fetchall()
    return {
        (row[0], row[1], row[2]): Expected(*(float(one) if isinstance(one, Decimal) else one for one in row[3:]))
        for row in rows
    }
