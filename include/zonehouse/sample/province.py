"""The specification of a synthetic province: everything particular about it, read from YAML.

The generator knows forms, seasons and how workbooks look; a specification says which zones, enterprises and totals.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from zonehouse.periods import HalfYear, Month

MonthText = Annotated[Month, BeforeValidator(lambda value: value if isinstance(value, Month) else Month.parse(value))]
HalfText = Annotated[
    HalfYear, BeforeValidator(lambda value: value if isinstance(value, HalfYear) else HalfYear.parse(value))
]
Ownership = Literal["domestic", "fdi"]
Status = Literal["in_procedure", "building", "operating", "terminated"]
RejectedKind = Literal["wrong_check_digit", "missing_sheet", "text_for_number", "not_a_workbook"]


class ProvinceError(ValueError):
    """A specification that cannot be used: names the file and every place in it that is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Authority(_Strict):
    """The authority as it enters the register."""

    code: str
    name_vi: str = Field(pattern=r"\(dữ liệu giả lập\)$", description="says that it is synthetic")
    name_en: str
    province_code: str
    province_name: str
    valid_from: date


class Zone(_Strict):
    """A row of the register's zones; a zone may have several, each from another date."""

    code: str
    name_vi: str
    name_en: str
    area_ha: float
    leasable_area_ha: float
    leased_area_ha: float
    established_on: date
    area_source: str
    valid_from: date


class Names(_Strict):
    """What enterprise names are made of: legal form, the profile's business, marker, word."""

    marker: str = Field(min_length=1, description="stands in every name, so that none can be a real company's")
    legal_forms: dict[Ownership, tuple[str, ...]]
    words: tuple[str, ...]


class Product(_Strict):
    """A product of a profile; ``price`` is VND million a unit at constant prices."""

    name: str
    unit: str
    price: float = Field(gt=0)


class Trade(_Strict):
    """Exports or imports: share of output at current prices, HS chapters and markets with weights."""

    share: float = Field(ge=0)
    hs: dict[str, float]
    markets: dict[str, float]


class Profile(_Strict):
    """A kind of business. Medians of an enterprise; months' seasons are relative, any scale."""

    vsic: str
    business: str
    factory: str
    products: tuple[Product, ...]
    exports: Trade
    imports: Trade
    output_vnd_million: float = Field(gt=0, description="a month, constant prices")
    price_ratio: float = Field(gt=0, description="current to constant prices in the first calibrated month")
    headcount: int = Field(gt=0)
    women_share: float = Field(ge=0, le=1)
    local_share: float = Field(ge=0, le=0.97)
    income_vnd_million: float = Field(gt=0, description="of a production worker, a month")
    capital_vnd_million: float = Field(gt=0)
    season: tuple[float, ...] = Field(min_length=12, max_length=12)


class ProjectGroup(_Strict):
    """``count`` projects alike. ``status`` is the one that began in a month between the two of ``since``."""

    group: str
    profile: str
    zone: str
    ownership: Ownership
    status: Status
    count: int = Field(ge=1)
    since: tuple[MonthText, MonthText]
    currency: str | None = Field(default=None, description="of the certificates; else by ownership")
    held_by: str | None = Field(default=None, description="a second project of enterprises of that group")
    behind_schedule_from: MonthText | None = None


class OwnershipChange(_Strict):
    """An enterprise whose group's ownership dates from ``month``; before it was ``before``."""

    month: MonthText
    before: Ownership


class Events(_Strict):
    """Changes drawn among the enterprises and projects, one for each entry."""

    renamed: tuple[MonthText, ...] = ()
    ownership_changed: tuple[OwnershipChange, ...] = ()
    certificate_adjusted: tuple[MonthText, ...] = ()


class Calibration(_Strict):
    """Totals that the accepted reports must add up to."""

    gross_output_vnd_million: dict[HalfText, float] = {}
    exports_usd: dict[HalfText, float] = {}
    labour_persons: dict[MonthText, int] = {}
    registered_capital_vnd_million: dict[MonthText, float] = Field(default={}, max_length=1)


class Arrival(_Strict):
    """Days of the following month between which reports arrive that are not late."""

    first_day: int = Field(ge=2, le=28)
    last_day: int = Field(ge=6, le=28)


class Amended(_Strict):
    """A version with other figures came first; the true one ``days_later``."""

    kind: Literal["amended"]
    month: MonthText
    days_later: int = Field(ge=1)


class Duplicate(_Strict):
    """The same bytes again, under another name, ``days_later``."""

    kind: Literal["duplicate"]
    month: MonthText
    days_later: int = Field(ge=0)


class Rejected(_Strict):
    """A file that must be rejected, and ``days_later`` a good one of the same enterprise."""

    kind: RejectedKind
    month: MonthText
    days_later: int = Field(ge=1, le=3)


class Late(_Strict):
    """A report received ``days_after_due``."""

    kind: Literal["late"]
    month: MonthText
    days_after_due: int = Field(ge=1)


class Missed(_Strict):
    """A report that never came."""

    kind: Literal["missed"]
    month: MonthText


class Doubtful(_Strict):
    """A report with a required figure left blank: accepted with a warning."""

    kind: Literal["doubtful"]
    month: MonthText


Quirk = Annotated[Amended | Duplicate | Rejected | Late | Missed | Doubtful, Field(discriminator="kind")]


class Work(_Strict):
    """An infrastructure work: allocation by year, disbursement by half-year (VND million)."""

    code: str
    name: str
    zone: str
    allocated: dict[int, float]
    disbursed: dict[HalfText, float]


class Contact(_Strict):
    """Visits of investors on a day."""

    day: date
    country: str
    sector: str | None = None
    visits: int = Field(ge=1)


class Organisation(_Strict):
    """An organisation figure: a ``flow`` is zero where no value is given, a ``level`` holds until the next value."""

    kind: Literal["flow", "level"]
    values: dict[MonthText, float]

    def at(self, month: Month) -> float | None:
        """The month's value; None when a level is not known yet."""
        if self.kind == "flow":
            return self.values.get(month, 0)
        known = [given for given in self.values if given <= month]
        return self.values[max(known)] if known else None


class Province(_Strict):
    """The whole specification."""

    authority: Authority
    tax_code_prefix: str = Field(pattern=r"^\d{2}$", description="best one that no tax office issues")
    names: Names
    zones: tuple[Zone, ...]
    profiles: dict[str, Profile]
    projects: tuple[ProjectGroup, ...]
    events: Events = Events()
    currency_of: dict[Ownership, str]
    rates: dict[str, dict[int, float]] = Field(description="VND for a unit, by year: certificates, and USD for trade")
    price_drift: float = Field(default=0.03, description="yearly growth of current to constant prices")
    calibration: Calibration
    arrival: Arrival
    register_months: tuple[MonthText, ...]
    text_number_enterprises: int = Field(default=0, ge=0, description="how many write numbers as Vietnamese text")
    quirks: tuple[Quirk, ...] = ()
    works: tuple[Work, ...] = ()
    contacts: tuple[Contact, ...] = ()
    organisation: dict[str, Organisation] = {}
    annual_plan: dict[int, dict[str, float]] = {}

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        zones = {zone.code for zone in self.zones}
        holders = {group.group for group in self.projects if group.held_by is None}
        currencies = {group.currency for group in self.projects if group.currency} | set(self.currency_of.values())
        wrong = [f"profile {g.profile} of group {g.group}" for g in self.projects if g.profile not in self.profiles]
        wrong += [f"zone {g.zone} of group {g.group}" for g in self.projects if g.zone not in zones]
        wrong += [f"holder {g.held_by} of {g.group}" for g in self.projects if g.held_by and g.held_by not in holders]
        wrong += [f"zone {work.zone} of work {work.code}" for work in self.works if work.zone not in zones]
        wrong += [f"rates of {currency}" for currency in sorted(currencies | {"USD"}) if currency not in self.rates]
        if wrong:
            raise ValueError(f"no such thing: {', '.join(wrong)}")
        repeated = [name for name, count in Counter(g.group for g in self.projects).items() if count > 1]
        if repeated:
            raise ValueError(f"group given twice: {', '.join(repeated)}")
        return self

    @model_validator(mode="after")
    def _names_suffice(self) -> Self:
        holders = sum(group.count for group in self.projects if group.held_by is None)
        needed = holders + len(self.events.renamed)
        if len(set(self.names.words)) < needed:
            raise ValueError(f"names.words: {needed} different ones needed, {len(set(self.names.words))} given")
        return self

    @model_validator(mode="after")
    def _stocks_are_reported(self) -> Self:
        ends = [q.month for q in self.quirks if q.kind == "missed" and q.month == q.month.half_year.last_month]
        if ends:
            raise ValueError(
                f"quirks: {ends[0]} cannot be missed: headcount of a half-year is taken in its last month, so the "
                "calibrated total would lack an enterprise"
            )
        return self


def load_province(path: Path) -> Province:
    """Read a specification.

    Raises:
        ProvinceError: the file is missing, is no YAML, or breaks the schema; every place is named.
    """
    try:
        return Province.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ProvinceError(f"there is no province specification {path}") from error
    except yaml.YAMLError as error:
        raise ProvinceError(f"{path.name}: not valid YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'province'}: {e['msg']}" for e in error.errors())
        raise ProvinceError(f"{path.name}: {places}") from error
