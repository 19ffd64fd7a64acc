"""What enterprises produce, export, employ and invest in a month, calibrated to the specification's totals.

Every figure is a function of specification, seed and month, so that a later month continues the same history.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from zonehouse.periods import HalfYear, Month, month_range
from zonehouse.sample.draws import draw, pick_some, spread
from zonehouse.sample.population import Enterprise, Project, product_shares
from zonehouse.sample.province import Profile, Province, Trade
from zonehouse.sample.tet import idle_share

_DEFAULT_TREND = 1.05  # yearly, of a series whose specification gives no two totals to take it from
_IDLE_EFFECT = 0.9  # a share of the orders lost to Tết is made up by overtime
_CATEGORIES = ("production", "technical", "management")
_INCOME_RATIO = {"production": 1.0, "technical": 1.6, "management": 2.9}

_K = TypeVar("_K")
Missed = frozenset[tuple[int, Month]]


@dataclass(frozen=True)
class OutputRow:
    """A product in a month: VND million, unrounded."""

    product: str
    unit: str
    quantity: float
    constant: float
    current: float
    revenue: float


@dataclass(frozen=True)
class LabourRow:
    """A category at a month's end, and its moves in the month."""

    category: str
    headcount: int
    women: int
    local: int
    foreign: int
    hires: int
    leavers: int
    income: float


@dataclass
class Economy:
    """The model of one province; ``missed`` are the reports that never come and so do not count in the totals."""

    province: Province
    seed: int
    enterprises: list[Enterprise]
    missed: Missed
    _memory: dict[tuple[str, int, Month], float] = field(default_factory=dict)

    # Output

    def output(self, enterprise: Enterprise, month: Month) -> list[OutputRow]:
        """Rows of the products made in the month; none when the enterprise is not in operation."""
        if not enterprise.operates(month):
            return []
        generator = draw(self.seed, "output rows", enterprise.index, month)
        total = self._raw_output(enterprise, month) * _between(self._output_factors, month.half_year.first_month)
        made = product_shares(enterprise.profile, draw(self.seed, "products", enterprise.index))
        shares = self._drifted(made, enterprise, month)
        by_name = {product.name: product for product in enterprise.profile.products}
        ratio = self._price_ratio(enterprise.profile, month)
        rows = []
        for name, share in shares.items():
            constant, product = total * share, by_name[name]
            current = constant * ratio * spread(generator, 0.02)
            quantity = constant / product.price * spread(generator, 0.03)
            revenue = current * generator.uniform(0.93, 1.04)
            rows.append(OutputRow(name, product.unit, quantity, constant, current, revenue))
        return rows

    def _raw_output(self, enterprise: Enterprise, month: Month) -> float:
        key = ("output", enterprise.index, month)
        if key not in self._memory:
            own = draw(self.seed, "size", enterprise.index)
            size, growth = spread(own, 0.5), own.gauss(0, 0.09)
            season = enterprise.profile.season
            self._memory[key] = (
                enterprise.profile.output_vnd_million
                * size
                * math.pow(self._output_trend + growth, self._years(month))
                * season[month.number - 1]
                / (sum(season) / 12)
                * (1 - _IDLE_EFFECT * idle_share(month))
                * min(1.0, 0.3 + 0.12 * enterprise.operating_months(month))
                * spread(draw(self.seed, "output", enterprise.index, month), 0.06)
            )
        return self._memory[key]

    def _price_ratio(self, profile: Profile, month: Month) -> float:
        return profile.price_ratio * math.pow(1 + self.province.price_drift, self._years(month))

    # Exports and imports

    def trade(self, enterprise: Enterprise, month: Month) -> dict[tuple[str, str], tuple[float, float]]:
        """(HS chapter, market) → exports and imports in USD, unrounded."""
        if not enterprise.operates(month):
            return {}
        generator = draw(self.seed, "markets", enterprise.index)
        rows: dict[tuple[str, str], tuple[float, float]] = {}
        exports = self._raw_exports(enterprise, month) * _between(self._exports_factors, month.half_year.first_month)
        for pair, share in self._trade_shares(enterprise.profile.exports, generator, enterprise, month).items():
            rows[pair] = (exports * share, 0.0)
        imports = self._raw_imports(enterprise, month)
        for pair, share in self._trade_shares(enterprise.profile.imports, generator, enterprise, month).items():
            rows[pair] = (rows.get(pair, (0.0, 0.0))[0], imports * share)
        return {key: amounts for key, amounts in rows.items() if sum(amounts) > 0}

    def _trade_shares(
        self, trade: Trade, generator: random.Random, enterprise: Enterprise, month: Month
    ) -> dict[tuple[str, str], float]:
        groups = pick_some(generator, trade.hs, generator.randint(1, 2))
        markets = pick_some(generator, trade.markets, generator.randint(2, 4))
        pairs = {(hs, market): a * b for hs, a in groups.items() for market, b in markets.items()}
        return self._drifted(pairs, enterprise, month)

    def _raw_exports(self, enterprise: Enterprise, month: Month) -> float:
        own = draw(self.seed, "export size", enterprise.index)
        share = min(0.97, enterprise.profile.exports.share * spread(own, 0.15))
        relative = self._exports_trend / self._output_trend + own.gauss(0, 0.12)
        noise = spread(draw(self.seed, "exports", enterprise.index, month), 0.12)
        return self._current_in_usd(enterprise, month) * share * math.pow(relative, self._years(month)) * noise

    def _raw_imports(self, enterprise: Enterprise, month: Month) -> float:
        noise = spread(draw(self.seed, "imports", enterprise.index, month), 0.2)
        return self._current_in_usd(enterprise, month) * enterprise.profile.imports.share * noise

    def _current_in_usd(self, enterprise: Enterprise, month: Month) -> float:
        rates = self.province.rates["USD"]
        rate = rates[min(rates, key=lambda year: (abs(year - month.year), year))]
        current = self._raw_output(enterprise, month) * self._price_ratio(enterprise.profile, month)
        return current * 1_000_000 / rate

    # Labour

    def labour(self, enterprise: Enterprise, month: Month) -> list[LabourRow]:
        """Rows of the categories with anybody in them, or who left in the month."""
        now, before = self._headcount(enterprise, month), self._headcount(enterprise, month + -1)
        return [
            self._labour_row(enterprise, month, category, now[category], before[category])
            for category in _CATEGORIES
            if now[category] or before[category]
        ]

    def _labour_row(self, enterprise: Enterprise, month: Month, category: str, now: int, before: int) -> LabourRow:
        generator = draw(self.seed, "labour", enterprise.index, month, category)
        profile = enterprise.profile
        women_share = profile.women_share if category == "production" else 0.45 * spread(generator, 0.02)
        women = min(now, round(now * women_share * spread(generator, 0.01)))
        foreign = round(now * 0.25) if category == "management" and enterprise.group.ownership == "fdi" else 0
        local = min(now - foreign, round((now - foreign) * profile.local_share * spread(generator, 0.01)))
        leavers = min(before, round(before * generator.uniform(0.008, 0.035)))
        hires = now - before + leavers
        if hires < 0:
            hires, leavers = 0, leavers - hires
        return LabourRow(
            category, now, women, local, foreign, hires, leavers, self._income(enterprise, month, category)
        )

    def _income(self, enterprise: Enterprise, month: Month, category: str) -> float:
        generator = draw(self.seed, "income", enterprise.index, month, category)
        level = enterprise.profile.income_vnd_million * spread(draw(self.seed, "pay", enterprise.index), 0.1)
        raised = 1.09 ** (month.year - self._start.year)  # minimum wages rise each January
        bonus = 1 + 1.2 * idle_share(month)  # the thirteenth month is paid before Tết
        return level * _INCOME_RATIO[category] * raised * bonus * spread(generator, 0.02)

    def _headcount(self, enterprise: Enterprise, month: Month) -> dict[str, int]:
        if not enterprise.reports(month):
            return dict.fromkeys(_CATEGORIES, 0)
        own = draw(self.seed, "staff", enterprise.index)
        if not enterprise.operates(month):
            return {"production": 0, "technical": own.randint(4, 15), "management": own.randint(2, 5)}
        total = self._raw_headcount(enterprise, month) * _between(self._labour_factors, month)
        offices = {"technical": own.uniform(0.06, 0.12), "management": own.uniform(0.015, 0.035)}
        counts = {category: max(1, round(total * share)) for category, share in offices.items()}
        left = sum(_IDLE_EFFECT * idle_share(month + step) for step in (0, -1)) * 0.07  # some never come back from Tết
        production = total * (1 - sum(offices.values())) * (1 - left)
        return {"production": max(1, round(production)), **counts}

    def _raw_headcount(self, enterprise: Enterprise, month: Month) -> float:
        own = draw(self.seed, "workers", enterprise.index)
        size, growth = spread(own, 0.3), own.gauss(0, 0.05)
        # A large producer employs more: half of the size drawn for its output.
        size *= math.sqrt(spread(draw(self.seed, "size", enterprise.index), 0.5))
        trend = math.pow(self._labour_trend + growth, self._years(month))
        ramp = min(1.0, 0.35 + 0.11 * enterprise.operating_months(month))
        noise = spread(draw(self.seed, "headcount", enterprise.index, month), 0.006)
        return enterprise.profile.headcount * size * trend * ramp * noise

    # Investment

    def invested(self, project: Project, month: Month) -> float:
        """Capital implemented in the month, VND million, unrounded; often zero."""
        status = project.status(month.last_day)
        certificate = project.certificate(month.last_day)
        if certificate is None or status not in ("building", "operating"):
            return 0.0
        generator = draw(self.seed, "invested", project.code, month)
        capital = certificate.registered_vnd_million
        if status == "building":
            return capital * 0.03 * spread(generator, 0.5) if generator.random() < 0.85 else 0.0
        return capital * generator.uniform(0.001, 0.012) if generator.random() < 0.1 else 0.0

    # Calibration

    @cached_property
    def _output_factors(self) -> dict[Month, float]:
        return self._factors(self.province.calibration.gross_output_vnd_million, self._raw_output)

    @cached_property
    def _exports_factors(self) -> dict[Month, float]:
        return self._factors(self.province.calibration.exports_usd, self._raw_exports)

    @cached_property
    def _labour_factors(self) -> dict[Month, float]:
        factors = {}
        for month, target in sorted(self.province.calibration.labour_persons.items()):
            reporting = [e for e in self.enterprises if e.reports(month)]
            building = [e for e in reporting if not e.operates(month)]
            staff = sum(sum(self._headcount(e, month).values()) for e in building)
            raw = sum(self._raw_headcount(e, month) for e in reporting if e.operates(month))
            factors[month] = (target - staff) / raw
        return factors

    def _factors(
        self, targets: Mapping[HalfYear, float], raw: Callable[[Enterprise, Month], float]
    ) -> dict[Month, float]:
        """What scales the model to each half-year's total, by the half-year's first month."""
        return {half.first_month: target / self._accepted(half, raw) for half, target in targets.items()}

    def _accepted(self, half: HalfYear, raw: Callable[[Enterprise, Month], float]) -> float:
        return sum(
            raw(enterprise, month)
            for month in month_range(half.first_month, half.last_month)
            for enterprise in self.enterprises
            if enterprise.reports(month) and enterprise.operates(month) and (enterprise.index, month) not in self.missed
        )

    @cached_property
    def _start(self) -> Month:
        calibration = self.province.calibration
        halves = [*calibration.gross_output_vnd_million, *calibration.exports_usd]
        return min((half.first_month for half in halves), default=min(self.province.register_months))

    @cached_property
    def _output_trend(self) -> float:
        return _trend({h.first_month: v for h, v in self.province.calibration.gross_output_vnd_million.items()})

    @cached_property
    def _exports_trend(self) -> float:
        return _trend({h.first_month: v for h, v in self.province.calibration.exports_usd.items()})

    @cached_property
    def _labour_trend(self) -> float:
        return _trend({month: float(value) for month, value in self.province.calibration.labour_persons.items()})

    def _years(self, month: Month) -> float:
        return (month - self._start) / 12

    def _drifted(self, shares: Mapping[_K, float], enterprise: Enterprise, month: Month) -> dict[_K, float]:
        """Shares that waver from month to month and still sum to 1."""
        moved = {
            key: share * spread(draw(self.seed, "share", enterprise.index, key, month), 0.12)
            for key, share in shares.items()
        }
        total = sum(moved.values())
        return {key: share / total for key, share in moved.items()}


def _trend(totals: Mapping[Month, float]) -> float:
    """Yearly growth factor between the first and the last total."""
    first, last = min(totals, default=None), max(totals, default=None)
    if first is None or last is None or first == last:
        return _DEFAULT_TREND
    return float((totals[last] / totals[first]) ** (12 / (last - first)))


def _between(factors: Mapping[Month, float], month: Month) -> float:
    """The factor of a month: given, else geometric between its neighbours, else that of the nearest end; 1 for none."""
    if not factors or month in factors:
        return factors.get(month, 1.0)
    before, after = (m for m in factors if m < month), (m for m in factors if m > month)
    left, right = max(before, default=None), min(after, default=None)
    if left is None or right is None:
        return factors[left or right or month]
    weight = (month - left) / (right - left)
    return float(factors[left] ** (1 - weight) * factors[right] ** weight)
