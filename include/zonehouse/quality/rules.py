"""The rules behind our own expectations: what they ask of DuckDB, and how they are said. Needs no Great Expectations.

``expectations.py`` makes Expectation classes of them; the same queries give the steward the rows that failed. A query
gives the rows that break the rule; ``{batch}`` stands for the table, literal braces are doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Kwargs = Mapping[str, Any]

_BATCH = "with checked as (select * from {batch}) select "


@dataclass(frozen=True)
class Rule:
    """The query of the rows that fail, and the sentences that are shown: Vietnamese, English."""

    query: Callable[[Kwargs], str]
    sentence: Callable[[Kwargs], tuple[str, str]]

    def description(self, kwargs: Kwargs) -> str:
        """The sentences as descriptions of expectations are written."""
        return " / ".join(self.sentence(kwargs))


def query_of(expectation_type: str, kwargs: Kwargs) -> str | None:
    """The query of the rows that fail, of an expectation as it is written in a suite; None when it is no query."""
    rule = RULES.get(expectation_type)
    written = rule.query(kwargs) if rule else kwargs.get("unexpected_rows_query")
    return None if written is None else written.replace("{{", "{").replace("}}", "}")


def _in_table(kwargs: Kwargs) -> str:
    column, table = kwargs["column"], kwargs["table"]
    key = kwargs.get("key") or column
    missing = f"b.{column} not in (select r.{key} from {table} as r where r.{key} is not null)"  # noqa: S608 our own suites
    required = f"b.{column} is null or " if kwargs.get("required") else ""
    return f"{_BATCH}b.* from checked as b where {required}{missing}"


def _whole_pattern(kwargs: Kwargs) -> str:
    column, pattern = kwargs["column"], kwargs["pattern"].replace("{", "{{").replace("}", "}}").replace("'", "''")
    return f"{_BATCH}b.* from checked as b where b.{column} is null or not regexp_full_match(b.{column}, '{pattern}')"


def _parts_within(kwargs: Kwargs) -> str:
    parts = " + ".join(f"coalesce(b.{part}, 0)" for part in kwargs["parts"])
    return f"{_BATCH}b.* from checked as b where {parts} > b.{kwargs['whole']}"


def _z_score(kwargs: Kwargs) -> str:
    return (
        f"{_BATCH}b.* from checked as b"
        f" where b.magnitude_power is null and abs(b.nearest_z_score) > {float(kwargs['bound'])}"
    )


def _power_of_ten(_kwargs: Kwargs) -> str:
    return f"{_BATCH}b.* from checked as b where b.magnitude_power is not null"


def _last_year(kwargs: Kwargs) -> str:
    low, high = float(kwargs["min_ratio"]), float(kwargs["max_ratio"])
    return (
        f"{_BATCH}b.* from checked as b where b.same_month_last_year_ratio < {low}"
        f" or b.same_month_last_year_ratio > {high}"
    )


def _year_to_date(kwargs: Kwargs) -> str:
    tolerance, share = float(kwargs["tolerance"]), float(kwargs["tolerance_pct"]) / 100
    return (
        f"{_BATCH}b.* from checked as b"
        f" where abs(b.year_to_date_gap) > greatest({tolerance}, {share} * abs(b.reported_value))"
    )


def _sums_equal(kwargs: Kwargs) -> str:
    """Per key the row counts and sums of both tables; a key that only one of them has fails too."""
    keys, measures, edits = kwargs["keys"], kwargs["measures"], kwargs.get("edits_table")
    own = ", ".join(f"b.{key}" for key in keys)
    other = ", ".join(f"o.{key}" for key in keys)
    same = " and ".join(f"own.{key} is not distinct from other.{key}" for key in keys)
    given = ", ".join(f"coalesce(own.{key}, other.{key}) as {key}" for key in keys)
    where = f" where {kwargs['other_condition']}" if kwargs.get("other_condition") else ""
    own_sums = "".join(f", sum(b.{measure}) as {measure}" for measure in measures)
    expected = "coalesce(e.{0}, o.{0})" if edits else "o.{0}"
    other_sums = "".join(f", sum({expected.format(measure)}) as {measure}" for measure in measures)
    shown = "".join(f", own.{measure} as {measure}, other.{measure} as other_{measure}" for measure in measures)
    differ = "".join(f" or own.{measure} is distinct from other.{measure}" for measure in measures)
    edited, joined = _edits(edits, keys, measures) if edits else ("", "")
    return (
        "with checked as (select * from {batch}),"  # noqa: S608 our own suites
        f"{edited} own as (select {own}, count(*) as row_count{own_sums} from checked as b group by {own}),"
        f" other as (select {other}, count(*) as row_count{other_sums} from {kwargs['other_table']} as o{joined}{where}"
        f" group by {other})"
        f" select {given}, own.row_count, other.row_count as other_row_count{shown}"
        f" from own full outer join other on {same}"
        f" where own.row_count is distinct from other.row_count{differ}"
    )


def _edits(table: str, keys: Sequence[str], measures: Sequence[str]) -> tuple[str, str]:
    """The numbers that stewards put in the place of received ones, by key: the query and how it is joined."""
    keyed = ", ".join(f"r.{key}" for key in keys)
    columns = ", ".join(
        f"max(case when r.column_code = '{measure}' then r.edited_value end) as {measure}" for measure in measures
    )
    same = " and ".join(f"e.{key} = o.{key}" for key in keys)
    query = (
        f" edits as (select {keyed}, {columns} from {table} as r"  # noqa: S608 our own suites
        f" where r.state = 'active' and r.action = 'replace' group by {keyed}),"
    )
    return query, f" left join edits as e on {same}"


def _plain(vi: str, en: str) -> Callable[[Kwargs], tuple[str, str]]:
    """Sentences with the names of the arguments in braces."""

    def say(kwargs: Kwargs) -> tuple[str, str]:
        told = {name: ", ".join(value) if isinstance(value, list) else value for name, value in kwargs.items()}
        return vi.format(**told), en.format(**told)

    return say


RULES: Final[dict[str, Rule]] = {
    "expect_column_values_to_be_in_table": Rule(
        _in_table,
        _plain("Mọi giá trị của cột {column} có trong {table}", "Every value of {column} is found in {table}"),
    ),
    "expect_column_values_to_match_whole_pattern": Rule(
        _whole_pattern,
        _plain(
            "Toàn bộ giá trị của cột {column} đúng dạng {pattern}",
            "The whole value of {column} has the shape {pattern}",
        ),
    ),
    "expect_parts_to_be_within_whole": Rule(
        _parts_within,
        _plain("Tổng các cột {parts} không lớn hơn cột {whole}", "The sum of {parts} is not more than {whole}"),
    ),
    "expect_modified_z_score_to_be_within_bound": Rule(
        _z_score,
        _plain(
            "Giá trị lệch trung vị 24 tháng trước, và cùng tháng năm trước, không quá {bound} (z hiệu chỉnh theo MAD)",
            "The value lies within {bound} modified z-scores (MAD) of the median of the 24 months before, or of the "
            "same month last year",
        ),
    ),
    "expect_no_power_of_ten_against_own_history": Rule(
        _power_of_ten,
        _plain(
            "Giá trị không gấp hay kém 10ⁿ lần các tháng trước của chính doanh nghiệp",
            "The value is no power of ten times the enterprise's own earlier months",
        ),
    ),
    "expect_ratio_to_same_month_last_year_to_be_between": Rule(
        _last_year,
        _plain(
            "Giá trị bằng {min_ratio} đến {max_ratio} lần cùng tháng năm trước",
            "The value is {min_ratio} to {max_ratio} times that of the same month last year",
        ),
    ),
    "expect_year_to_date_to_grow_by_the_month": Rule(
        _year_to_date,
        _plain(
            "Luỹ kế tháng này trừ luỹ kế tháng trước bằng giá trị của tháng (sai lệch cho phép {tolerance_pct} %)",
            "This year to date less last month's is the month's value (within {tolerance_pct}%)",
        ),
    ),
    "expect_sums_to_equal_other_table": Rule(
        _sums_equal,
        _plain(
            "Số dòng và tổng {measures} theo {keys} bằng {other_table}",
            "Row counts and sums of {measures} by {keys} equal those of {other_table}",
        ),
    ),
}
