"""Everything a release tells the public, put together: no withheld figure follows from the sums of all its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from zonehouse.publish.disclosure import MonthAmount, month_pattern
from zonehouse.publish.public import HEADLINE, TREND, ZONE_SECTOR, write_public

# (zone, sector, enterprise, month, exports, exports of the same month a year before)
Leaf = tuple[int, int, int, int, int, int]
LEAVES = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.integers(0, 9), st.integers(1, 4),
        st.sampled_from([0, 1, 3, 10, 50, 400]), st.sampled_from([0, 2, 20, 300]),
    ),
    min_size=4,
    max_size=40,
)  # fmt: skip
PERIODS = ("current", "base")
Functional = Mapping[tuple[str, ...], int]


def release(folder: Path, leaves: Sequence[Leaf], number: int = 1, year: int = 2016) -> None:
    """The marts that the public tables are made of, holding the leaves as exports of one authority."""
    head = f"'{year}-H1-r{number:03d}' as release_id, '{year}-H1' as half_year, 'A' as authority_code"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            "create table leaf (zone varchar, sector varchar, who varchar, month integer, y0 int, y1 int)"
        )
        connection.executemany(
            "insert into leaf values (?, ?, ?, ?, ?, ?)",
            [(f"Z{zone}", f"S{sector}", f"E{who}", *rest) for zone, sector, who, *rest in leaves],
        )
        described = (
            "'exports' as indicator_code, 'x' as label_vi, 'x' as label_en, 'usd' as unit, 'flow' as indicator_kind,"
            " 10 as display_order, sum(y0)::decimal(24, 6) as value, sum(y1)::decimal(24, 6) as same_period_value,"
            " 100 * (sum(y0) - sum(y1))::double / nullif(sum(y1), 0) as growth_pct, null::decimal(24, 6) as plan_value,"
            " null::double as plan_share_pct, 100.0 as coverage_pct, 0.0 as imputed_share_pct, 'final' as status,"
            f" '{year}-04' as through_month"
        )
        marts = {
            "headline": f"select {head}, 'A' as authority_name, 'A' as authority_name_en,"
            f" coalesce(zone, 'TOTAL') as zone_code, zone as zone_name, zone as zone_name_en, {described}"
            " from leaf group by rollup (zone)",
            "export": f"select {head}, zone as zone_code, sector as sector_code, who as tax_code,"
            " sum(y0)::decimal(24, 6) as export_usd, sum(y1)::decimal(24, 6) as export_same_period_usd,"
            " null::decimal(24, 6) as import_usd, null::decimal(24, 6) as import_same_period_usd"
            " from leaf group by all",
            "trend": f"select {head}, year || '-0' || month as period_month, 'exports' as indicator_code,"
            " 'x' as label_vi, 'x' as label_en, 'usd' as unit, sum(amount)::decimal(24, 6) as value,"
            " null::decimal(24, 6) as same_month_last_year_value, null::date as tet_on,"
            " count(*) filter (where amount > 0) as contributor_count,"
            " 100.0 * sum(amount) filter (where place <= 2) / nullif(sum(amount), 0) as largest_two_share_pct"
            " from (select *, row_number() over (partition by year, month order by amount desc) as place from ("
            f"  select who, month, '{year}' as year, sum(y0) as amount from leaf group by all"
            f"  union all select who, month, '{year - 1}', sum(y1) from leaf group by all)) group by year, month",
        }
        nothing = {
            "output": "gross_output_constant_vnd_million gross_output_constant_same_period_vnd_million"
            " gross_output_current_vnd_million gross_output_current_same_period_vnd_million net_revenue_vnd_million"
            " net_revenue_same_period_vnd_million",
            "labour": "headcount_persons headcount_same_period_persons",
            "investment": "implemented_capital_vnd_million implemented_capital_same_period_vnd_million"
            " registered_capital_vnd_million registered_capital_same_period_vnd_million",
        }
        for name, columns in nothing.items():
            amounts = ", ".join(f"null::decimal(24, 6) as {column}" for column in columns.split())
            marts[name] = (
                f"select {head}, 'Z' as zone_code, 'Z' as same_period_zone_code, 'S' as sector_code, 'E' as tax_code,"
                f" true as is_valid, true as same_period_is_valid, {amounts} where false"
            )
        for name, query in marts.items():
            connection.sql(query).to_parquet(str(folder / f"half_year_{name}.parquet"))


def told_and_withheld(folder: Path, year: int = 2016) -> tuple[list[Functional], dict[tuple[str, ...], Functional]]:
    """What the public is told, and what it is not, as sums over cells and months; sums of nothing are left out."""
    told: list[Functional] = []
    withheld: dict[tuple[str, ...], Functional] = {}
    with duckdb.connect() as connection:
        true = {
            (zone, sector): amounts
            for zone, sector, *amounts in connection.execute(
                "select zone_code, sector_code, sum(export_usd), sum(export_same_period_usd)"
                f" from '{folder / 'half_year_export.parquet'}' group by all"
            ).fetchall()
        }
        headline = connection.execute(
            f"select zone_code, 'TOTAL', value, same_period_value, is_suppressed from '{folder / HEADLINE}.parquet'"
        ).fetchall()
        cells = connection.execute(
            "select zone_code, sector_code, value, same_period_value, is_suppressed"
            f" from '{folder / ZONE_SECTOR}.parquet'"
        ).fetchall()
        months = connection.execute(
            f"select public.period_month, own.value, public.value is not null from '{folder / TREND}.parquet' as public"
            f" inner join '{folder / 'half_year_trend.parquet'}' as own using (period_month)"
        ).fetchall()
    for place, period in enumerate(PERIODS):
        for zone, sector, *values, is_suppressed in (*headline, *cells):
            inner = [cell for cell in true if zone in {cell[0], "TOTAL"} and sector in {cell[1], "TOTAL"}]
            functional = {(period, *cell): 1 for cell in inner}
            if is_suppressed:
                assert values == [None, None]
                if sum(true[cell][place] or 0 for cell in inner):
                    withheld[period, zone, sector] = functional
            else:
                told.append(functional)
        own = [(month, value, is_told) for month, value, is_told in months if month.startswith(str(year - place))]
        for month, value, is_told in own:
            if is_told:
                told.append({(period, month): 1})
            elif value:
                withheld[period, month] = {(period, month): 1}
        # The months of a flow are the half-year.
        told.append({**{(period, *cell): 1 for cell in true}, **{(period, month): -1 for month, _, _ in own}})
    return told, withheld


def computable(told: Sequence[Functional], withheld: Mapping[tuple[str, ...], Functional]) -> list[tuple[str, ...]]:
    """What is withheld and yet a combination of what is told: exact elimination."""
    variables = sorted({name for one in (*told, *withheld.values()) for name in one})
    basis: list[tuple[int, list[Fraction]]] = []

    def rest_of(functional: Functional) -> list[Fraction]:
        row = [Fraction(functional.get(name, 0)) for name in variables]
        for pivot, known in basis:
            if row[pivot]:
                factor = row[pivot]
                row = [value - factor * other for value, other in zip(row, known, strict=True)]
        return row

    for functional in told:
        row = rest_of(functional)
        pivot = next((place for place, value in enumerate(row) if value), None)
        if pivot is not None:
            basis.append((pivot, [value / row[pivot] for value in row]))
    return [name for name, functional in withheld.items() if not any(rest_of(functional))]


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(LEAVES)
def test_nothing_withheld_follows_from_all_that_a_release_tells(
    tmp_path_factory: pytest.TempPathFactory, leaves: list[Leaf]
) -> None:
    folder = tmp_path_factory.mktemp("public") / "release"
    release(folder, leaves)
    assert TREND in write_public(folder, [])
    assert computable(*told_and_withheld(folder)) == []


# How the next release differs: places of leaves that are left out until it, and new amounts of others.
CHANGES = st.lists(
    st.tuples(
        st.sets(st.integers(0, 24), max_size=3), st.dictionaries(st.integers(0, 24), st.integers(1, 60), max_size=2)
    ),
    min_size=1,
    max_size=2,
)


def successive(leaves: Sequence[Leaf], changes: Sequence[tuple[set[int], dict[int, int]]]) -> list[list[Leaf]]:
    """What is known at each release: late reports come in, and some amend theirs."""
    known = list(leaves)
    stages = [[leaf for place, leaf in enumerate(known) if all(place not in late for late, _ in changes)]]
    for number, (_, amended) in enumerate(changes):
        for place, amount in amended.items():
            if place < len(known):
                known[place] = (*known[place][:4], amount, known[place][5])
        still_late = [late for late, _ in changes[number + 1 :]]
        stages.append([leaf for place, leaf in enumerate(known) if all(place not in late for late in still_late)])
    return [stage for stage in stages if stage]


def by_content(folder: Path, year: int) -> tuple[list[Functional], dict[tuple[str, ...], Functional]]:
    """As told_and_withheld, each unknown named by its year and what is in it: the same in two releases if the same."""
    told, withheld = told_and_withheld(folder, year)
    with duckdb.connect() as connection:
        contents = {
            (period, zone, sector): str(sorted(content, key=str))
            for period, column in (("current", "export_usd"), ("base", "export_same_period_usd"))
            for zone, sector, content in connection.execute(
                f"select zone_code, sector_code, list((tax_code, {column}) order by tax_code)"
                f" filter (where {column} > 0) from '{folder / 'half_year_export.parquet'}' group by all"
            ).fetchall()
            if content
        }
        contents |= {
            ("current" if month.startswith(str(year)) else "base", month): str(value)
            for month, value in connection.execute(
                f"select period_month, value from '{folder / 'half_year_trend.parquet'}' where value > 0"
            ).fetchall()
        }

    def named(functional: Functional) -> Functional:
        return {
            (str(year - (name[0] == "base")), *name[1:], contents[name]): factor
            for name, factor in functional.items()
            if name in contents
        }

    return [named(one) for one in told], {name: named(one) for name, one in withheld.items()}


def told_by_all(folders: Mapping[Path, int]) -> tuple[list[Functional], dict[tuple[str, ...], Functional]]:
    """Of releases, oldest first; one that tells the figures of an earlier one tells nothing more. Year by folder."""
    told: list[Functional] = []
    withheld: dict[tuple[str, ...], Functional] = {}
    for folder, year in folders.items():
        with duckdb.connect() as connection:
            (is_held,) = connection.execute(
                f"select bool_or(as_of_release_id <> release_id) from '{folder / HEADLINE}.parquet'"
            ).fetchone() or (False,)
        if is_held:
            continue
        now, secret = by_content(folder, year)
        # What was told before, as it is, can't be unsaid.
        withheld |= {(folder.name, *name): one for name, one in secret.items() if one and one not in told}
        told += now
    return told, withheld


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 3, 4]), min_size=9, max_size=9), st.integers(1, 50), CHANGES)
# Of Z0 × S2 there is one enterprise, and its report comes late: the total grows by it.
@example([3, 3, 1, 3, 3, 3, 0, 0, 0], 7, [({6}, {})])
def test_nothing_withheld_follows_from_all_releases_together(
    tmp_path_factory: pytest.TempPathFactory,
    enterprises: list[int],
    step: int,
    changes: list[tuple[set[int], dict[int, int]]],
) -> None:
    """Releases of a half-year with late reports and amendments, then one of next year that shows it as its base."""
    root, folders = tmp_path_factory.mktemp("public"), {}
    places = [place for place, count in enumerate(enterprises) for _ in range(count)]
    leaves: list[Leaf] = [
        (place // 3, place % 3, who, 1 + who % 2, 40 + step * who % 23, 30 + step * who % 19)
        for who, place in enumerate(places)
    ]
    stages = successive(leaves, changes)
    assume(stages)
    for number, stage in enumerate(stages, start=1):
        folder = root / f"r{number}"
        release(folder, stage, number)
        write_public(folder, list(folders), next(reversed(folders), None))
        folders[folder] = 2016
    next_year = [(zone, sector, who, month, 7 * now + 1, now) for zone, sector, who, month, now, _ in stages[-1]]
    release(root / "next", next_year, year=2017)
    write_public(root / "next", list(folders))
    folders[root / "next"] = 2017
    assert computable(*told_by_all(folders)) == []


def test_an_enterprise_alone_that_reports_late_is_not_told_by_the_difference(tmp_path: Path) -> None:
    """Z0 × S2 is one enterprise: its report is what the total grew by. The figures stay until more come."""
    first: list[Leaf] = [
        (zone, sector, 3 * sector + who, month, 100 + 7 * month + who, 90)
        for zone in (0, 1) for sector in (0, 1, 2) for who in range(3) for month in (1, 2) if (zone, sector) != (0, 2)
    ]  # fmt: skip
    late: Leaf = (0, 2, 9, 1, 40, 0)
    release(tmp_path / "r1", first)
    write_public(tmp_path / "r1", [])
    release(tmp_path / "r2", [*first, late], 2)
    write_public(tmp_path / "r2", [tmp_path / "r1"], tmp_path / "r1")

    def total(name: str) -> object:
        with duckdb.connect() as connection:
            return connection.execute(
                "select release_id, as_of_release_id, is_suppressed, value"
                f" from '{tmp_path / name / HEADLINE}.parquet' where zone_code = 'TOTAL'"
            ).fetchone()

    told = sum(leaf[4] for leaf in first)
    assert total("r1") == ("2016-H1-r001", "2016-H1-r001", False, told)
    assert total("r2") == ("2016-H1-r002", "2016-H1-r001", False, told)
    # Three more come from there: the cell is told, and no difference is of one alone.
    more: list[Leaf] = [(0, 2, 8, 1, 60, 0), (0, 2, 7, 1, 50, 0), (0, 2, 6, 1, 45, 0)]
    release(tmp_path / "r3", [*first, late, *more], 3)
    write_public(tmp_path / "r3", [tmp_path / "r1", tmp_path / "r2"], tmp_path / "r2")
    assert total("r3") == ("2016-H1-r003", "2016-H1-r003", False, told + 40 + 60 + 50 + 45)


def test_the_check_sees_a_month_that_is_the_rest() -> None:
    told = [{("m1",): 1}, {("cell",): 1}, {("cell",): 1, ("m1",): -1, ("m2",): -1}]
    assert computable(told, {("m2",): {("m2",): 1}}) == [("m2",)]
    assert computable(told[1:], {("m2",): {("m2",): 1}}) == []


AMOUNTS = st.dictionaries(
    st.integers(1, 6), st.tuples(st.sampled_from([0, 1, 5, 40, 900]), st.booleans()), min_size=2, max_size=6
)


@settings(max_examples=200, deadline=None)
@given(AMOUNTS, AMOUNTS, st.sets(st.integers(1, 6)))
def test_a_month_is_never_the_rest_of_a_total(
    now: dict[int, tuple[int, bool]], then: dict[int, tuple[int, bool]], carried: set[int]
) -> None:
    years = [
        {month: MonthAmount(Decimal(size), is_unsafe and size > 0) for month, (size, is_unsafe) in of.items()}
        for of in (now, then)
    ]
    hidden = month_pattern(years, is_summed=True, is_total_suppressed=False, carried=carried)
    for year in years:
        assert {month for month, amount in year.items() if amount.is_unsafe} <= hidden
        left = [month for month, amount in year.items() if amount.size and month not in hidden]
        for month in hidden & set(year):
            others = sum(amount.size for other, amount in year.items() if other in hidden and other != month)
            # Where nothing is left to hide it behind, the month is the total, and that is told by its own rule.
            assert not left or not year[month].size or others > 0
            assert not left or not year[month].is_unsafe or others >= year[month].size / 10
    assert carried & (set(now) | set(then)) <= hidden


def test_a_stock_hides_its_months_one_by_one_and_all_with_the_total() -> None:
    year = {1: MonthAmount(Decimal(5), is_unsafe=True), 2: MonthAmount(Decimal(9), is_unsafe=False)}
    assert month_pattern([year], is_summed=False, is_total_suppressed=False) == {1}
    assert month_pattern([year], is_summed=False, is_total_suppressed=True) == {1, 2}
