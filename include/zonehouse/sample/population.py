"""Who is in the zones: enterprises, their projects, certificates and history, drawn from a specification."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from stdnum.vn import mst

from zonehouse.periods import Month
from zonehouse.sample.draws import day_in, draw, pick_some, spread
from zonehouse.sample.province import Profile, ProjectGroup, Province, ProvinceError, Status

Version = dict[str, Any]
_T = TypeVar("_T")

_ORDER: tuple[Status, ...] = ("in_procedure", "building", "operating", "terminated")
# Months that the state before lasted.
_LASTED: dict[Status, tuple[int, int]] = {"building": (3, 8), "operating": (10, 20), "terminated": (24, 60)}


@dataclass
class Certificate:
    """An investment certificate; capital in millions of ``currency`` after it, rate in VND a unit."""

    number: str
    on: date
    kind: str
    currency: str
    rate: float
    registered: float
    charter: float

    @property
    def registered_vnd_million(self) -> float:
        return self.registered * self.rate


@dataclass
class Project:
    """A project with its states in time order and its certificates."""

    code: str
    name: str
    group: ProjectGroup
    profile: Profile
    states: list[tuple[date, Status]]
    commitment_on: date
    certificates: list[Certificate] = field(default_factory=list)
    behind_from: date | None = None
    ownership: list[tuple[date, str]] = field(default_factory=list)

    def status(self, on: date) -> Status | None:
        """The state on a day; None before the first certificate."""
        return next((status for since, status in reversed(self.states) if since <= on), None)

    def since(self, status: Status) -> date | None:
        return next((since for since, state in self.states if state == status), None)

    def certificate(self, on: date) -> Certificate | None:
        """The last certificate of or before a day."""
        return next((c for c in reversed(self.certificates) if c.on <= on), None)

    def versions(self) -> Iterator[tuple[date, Version]]:
        """Register rows: one for each day on which something changed."""
        days = {since for since, _ in self.states} | {since for since, _ in self.ownership}
        if self.behind_from is not None:
            days.add(self.behind_from)
        for day in sorted(days):
            status = self.status(day)
            behind = self.behind_from is not None and day >= self.behind_from and status in ("in_procedure", "building")
            yield (
                day,
                {
                    "project_name": self.name,
                    "zone_code": self.group.zone,
                    "sector_code": self.profile.vsic,
                    "ownership": next(owner for since, owner in reversed(self.ownership) if since <= day),
                    "status": status,
                    "commitment_on": self.commitment_on,
                    "behind_schedule": behind,
                },
            )


@dataclass
class Enterprise:
    """An enterprise; ``names`` and ``ownership`` in time order."""

    index: int
    tax_code: str
    group: ProjectGroup
    profile: Profile
    names: list[tuple[date, str]]
    ownership: list[tuple[date, str]] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)

    @property
    def certified_on(self) -> date:
        return min(project.states[0][0] for project in self.projects)

    @property
    def building_since(self) -> date | None:
        starts = [since for project in self.projects if (since := project.since("building"))]
        return min(starts, default=None)

    @property
    def reporting_from(self) -> date | None:
        """The first day of the month in which building began: who is still in procedure owes no report."""
        started = self.building_since
        return None if started is None else started.replace(day=1)

    @property
    def reporting_to(self) -> date | None:
        """The last day of the month before the last project ended."""
        ends = [project.since("terminated") for project in self.projects]
        if any(end is None for end in ends):
            return None
        return max(end for end in ends if end is not None).replace(day=1) - timedelta(days=1)

    def name(self, on: date) -> str:
        return next((name for since, name in reversed(self.names) if since <= on), self.names[0][1])

    def reports(self, month: Month) -> bool:
        """Whether a monthly report is owed for the month."""
        starts, ends = self.reporting_from, self.reporting_to
        return starts is not None and starts <= month.first_day and (ends is None or month.last_day <= ends)

    def operates(self, month: Month) -> bool:
        """Whether one of its projects is in operation at the month's end."""
        return any(project.status(month.last_day) == "operating" for project in self.projects)

    def operating_months(self, month: Month) -> int:
        """Whole months since the first project went into operation, up to ``month``."""
        starts = [since for project in self.projects if (since := project.since("operating"))]
        return month - Month.of(min(starts))

    def versions(self) -> Iterator[tuple[date, Version]]:
        """Register rows: one for each day on which something changed."""
        days = {self.certified_on} | {since for since, _ in self.names[1:]} | {since for since, _ in self.ownership[1:]}
        ended = max((end for p in self.projects if (end := p.since("terminated"))), default=None)
        if self.building_since is not None:
            days.add(self.building_since)
        if self.reporting_to is not None and ended is not None:
            days.add(ended)
        for day in sorted(days):
            known_end = self.reporting_to if ended is not None and day >= ended else None
            yield (
                day,
                {
                    "enterprise_name": self.name(day),
                    "zone_code": self.group.zone,
                    "ownership": next(owner for since, owner in reversed(self.ownership) if since <= day),
                    "sector_code": self.profile.vsic,
                    "reporting_from": self.reporting_from
                    if self.building_since is not None and day >= self.building_since
                    else None,
                    "reporting_to": known_end,
                },
            )


def populate(province: Province, seed: int) -> list[Enterprise]:
    """Draw all enterprises with their projects: the same for every range of months."""
    enterprises = _enterprises(province, seed)
    _projects(province, seed, enterprises)
    for enterprise in enterprises:
        _set_ownership(enterprise, enterprise.group.ownership)
    _change_ownership(province, seed, enterprises)
    _rename(province, seed, enterprises)
    _certify(province, seed, [project for enterprise in enterprises for project in enterprise.projects])
    return enterprises


def _enterprises(province: Province, seed: int) -> list[Enterprise]:
    words = list(dict.fromkeys(province.names.words))
    draw(seed, "names").shuffle(words)
    codes = _tax_codes(province.tax_code_prefix, seed)
    enterprises: list[Enterprise] = []
    for group in province.projects:
        for _ in range(group.count if group.held_by is None else 0):
            index = len(enterprises)
            profile = province.profiles[group.profile]
            form = draw(seed, "legal form", index).choice(province.names.legal_forms[group.ownership])
            name = f"{form} {profile.business} {province.names.marker} {words[index]}"
            enterprises.append(Enterprise(index, next(codes), group, profile, [(date.min, name)]))
    return enterprises


def _tax_codes(prefix: str, seed: int) -> Iterator[str]:
    """Valid codes without end, each once."""
    generator, given = draw(seed, "tax codes"), set[str]()
    while True:
        body = f"{prefix}{generator.randint(1_000_000, 9_999_999)}"
        digit = mst.calc_check_digit(body)
        if len(digit) == 1 and body not in given:  # a remainder of 0 gives 10: such a number is not issued
            given.add(body)
            yield body + digit


def _projects(province: Province, seed: int, enterprises: list[Enterprise]) -> None:
    numbers: dict[str, int] = {}
    for group in province.projects:
        holders = [e for e in enterprises if e.group.group == (group.held_by or group.group)]
        if group.held_by is not None:
            holders = draw(seed, "holders", group.group).sample(holders, group.count)
        for holder in holders:
            numbers[group.zone] = numbers.get(group.zone, 0) + 1
            code = f"{group.zone}-{numbers[group.zone]:03d}"
            holder.projects.append(_project(code, group, province, seed, holder))


def _project(code: str, group: ProjectGroup, province: Province, seed: int, holder: Enterprise) -> Project:
    generator = draw(seed, "project", code)
    profile = province.profiles[group.profile]
    states = _states(generator, group)
    known_as = holder.names[0][1].split(f" {province.names.marker} ")[-1]
    stage = " (mở rộng)" if group.held_by else ""
    name = f"{profile.factory} {province.names.marker} {known_as}{stage}"
    committed = Month.of(states[0][0]) + generator.randint(18, 30)
    behind = None
    if group.behind_schedule_from is not None:
        behind = day_in(generator, group.behind_schedule_from, group.behind_schedule_from)
        committed = min(committed, group.behind_schedule_from + -1)
    return Project(code, name, group, profile, states, committed.last_day, behind_from=behind)


def _states(generator: random.Random, group: ProjectGroup) -> list[tuple[date, Status]]:
    last = _ORDER.index(group.status)
    since = day_in(generator, *group.since)
    states: list[tuple[date, Status]] = [(since, group.status)]
    for position in range(last, 0, -1):
        before = Month.of(since) + -generator.randint(*_LASTED[_ORDER[position]])
        since = day_in(generator, before, before)
        states.insert(0, (since, _ORDER[position - 1]))
    return states


def _set_ownership(enterprise: Enterprise, ownership: str) -> None:
    enterprise.ownership = [(enterprise.certified_on, ownership)]
    for project in enterprise.projects:
        project.ownership = [(project.states[0][0], project.group.ownership)]


def _change_ownership(province: Province, seed: int, enterprises: list[Enterprise]) -> None:
    for position, change in enumerate(province.events.ownership_changed):
        generator = draw(seed, "ownership", position)
        able = [
            e
            for e in enterprises
            if len(e.projects) == 1
            and e.group.ownership != change.before
            and len(e.ownership) == 1
            and Month.of(e.certified_on) < change.month
            and e.group.status == "operating"
        ]
        chosen = _choose(generator, able, f"events.ownership_changed: {change.month}")
        day = day_in(generator, change.month, change.month)
        for owned in (chosen, chosen.projects[0]):
            owned.ownership = [(owned.ownership[0][0], change.before), (day, chosen.group.ownership)]


def _rename(province: Province, seed: int, enterprises: list[Enterprise]) -> None:
    words = list(dict.fromkeys(province.names.words))
    draw(seed, "names").shuffle(words)
    spare = words[len(enterprises) :]
    for position, month in enumerate(province.events.renamed):
        generator = draw(seed, "renamed", position)
        able = [
            e for e in enterprises if len(e.names) == 1 and e.group.status == "operating" and e.operates(month + -1)
        ]
        chosen = _choose(generator, able, f"events.renamed: {month}")
        old = chosen.names[0][1]
        marker = f" {province.names.marker} "
        new = old.split(marker)[0] + marker + spare[position]
        chosen.names.append((day_in(generator, month, month), new))


def _choose(generator: random.Random, able: Sequence[_T], what: str) -> _T:
    if not able:
        raise ProvinceError(f"{what}: nobody it could happen to; add projects, or choose another month")
    return generator.choice(able)


def _certify(province: Province, seed: int, projects: list[Project]) -> None:
    for project in projects:
        project.certificates = [_certificate(province, seed, project)]
    _adjust(province, seed, projects)
    for month, target in province.calibration.registered_capital_vnd_million.items():
        _calibrate_capital(projects, month, target)
    for project in projects:
        for certificate in project.certificates:
            certificate.charter = _rounded(
                certificate.registered * draw(seed, "charter", project.code).uniform(0.2, 0.4)
            )


def _certificate(province: Province, seed: int, project: Project) -> Certificate:
    generator = draw(seed, "certificate", project.code)
    on = project.states[0][0]
    currency = project.group.currency or province.currency_of[project.group.ownership]
    rate = _rate(province, generator, currency, on)
    capital = project.profile.capital_vnd_million * spread(generator, 0.6) / rate
    number = f"{province.authority.code}-{project.code}-{on.year}"
    return Certificate(number, on, "new", currency, rate, _rounded(capital), 0.0)


def _rate(province: Province, generator: random.Random, currency: str, on: date) -> float:
    rates = province.rates[currency]
    nearest = min(rates, key=lambda year: (abs(year - on.year), year))
    rate = rates[nearest]
    return rate if rate == 1 else round(rate * generator.uniform(0.995, 1.005), 0 if rate > 1000 else 2)


def _adjust(province: Province, seed: int, projects: list[Project]) -> None:
    """The drawn capital is what the last certificate says; the first said less."""
    for position, month in enumerate(province.events.certificate_adjusted):
        generator = draw(seed, "adjusted", position)
        able = [
            p
            for p in projects
            if len(p.certificates) == 1
            and Month.of(p.states[0][0]) + 6 < month
            and p.status(month.last_day) in ("building", "operating")
        ]
        project = _choose(generator, able, f"events.certificate_adjusted: {month}")
        first = project.certificates[0]
        on = day_in(generator, month, month)
        rate = _rate(province, generator, first.currency, on)
        number = f"{first.number}/{on.year}"
        project.certificates.append(Certificate(number, on, "adjusted", first.currency, rate, first.registered, 0.0))
        first.registered = _rounded(first.registered * generator.uniform(0.55, 0.9))


def _calibrate_capital(projects: list[Project], month: Month, target: float) -> None:
    """Scale all certificates so that the last ones of the valid projects at the month's end sum to ``target``."""
    valid = [p for p in projects if p.status(month.last_day) not in (None, "terminated")]
    lasting = [certificate for p in valid if (certificate := p.certificate(month.last_day)) is not None]
    factor = target / sum(certificate.registered_vnd_million for certificate in lasting)
    for project in projects:
        for certificate in project.certificates:
            certificate.registered = _rounded(certificate.registered * factor)
    # Certificates are round numbers; what rounding moved goes to the largest one, in VND when there is one.
    in_vnd = [certificate for certificate in lasting if certificate.rate == 1] or lasting
    taker = max(in_vnd, key=lambda certificate: certificate.registered_vnd_million)
    missing = target - sum(certificate.registered_vnd_million for certificate in lasting)
    taker.registered = round(taker.registered + missing / taker.rate, 0 if taker.rate == 1 else 3)


def _rounded(amount: float) -> float:
    """As certificates are written: about four digits."""
    for limit, digits in ((10.0, 3), (100.0, 2), (10_000.0, 1)):
        if amount < limit:
            return round(amount, digits)
    return float(round(amount))


def product_shares(profile: Profile, generator: random.Random) -> dict[str, float]:
    """One to three products of the profile with shares that sum to 1."""
    return pick_some(generator, {product.name: 1.0 for product in profile.products}, generator.randint(1, 3))
