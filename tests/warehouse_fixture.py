"""A tiny landing written by hand as Parquet, with the schemas of the landing, so that dbt runs for real without intake.

All names and figures are invented.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zonehouse.forms import load_catalogue
from zonehouse.intake.schema import dataset_schemas
from zonehouse.settings import Settings

AUTHORITY = "XX"
MILL, SHOP = "0100233488", "0314409058"
START = date(2014, 1, 1)
Rows = dict[str, list[dict[str, Any]]]

SHEETS = {
    "output": "SAN_XUAT",
    "export": "XUAT_NHAP_KHAU",
    "labour": "LAO_DONG",
    "investment": "DAU_TU",
    "project": "DU_AN",
    "certificate": "GIAY_CHUNG_NHAN",
}


@dataclass
class Landing:
    """Collects submissions of one batch after the other; ``land`` writes a batch, its register last."""

    settings: Settings
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _receipts: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0

    def submit(
        self,
        form: str,
        unit: str,
        month: str,
        rows: Rows,
        *,
        received: date,
        state: str = "accepted",
        warnings: int = 0,
        authority: str = AUTHORITY,
    ) -> str:
        """Add a submission to the batch that is being written; returns its id."""
        self._count += 1
        identity = hashlib.sha256(f"{form} {unit} {month} {self._count}".encode()).hexdigest()
        year, number = map(int, month.split("-"))
        common = {
            "submission_id": identity,
            "form_code": form,
            "form_version": "2015",
            "authority_code": authority,
            "reporting_unit_code": unit,
            "period_month": month,
            "period_start": date(year, number, 1),
            "period_end": date(year, number, monthrange(year, number)[1]),
        }
        self._receipts.append(
            {
                **common,
                "receipt_id": f"r{self._count:031d}",
                "receipt_no": len(self._receipts) + 1,
                "original_name": f"{form} {unit} {month} {self._count}.xlsx",
                "received_at": datetime.combine(received, time.min),
                "received_on": received,
                "intake_state": state,
                "error_count": 0 if state.startswith("accepted") else 1,
                "warning_count": warnings,
                "info_count": 0,
            }
        )
        if state.startswith("accepted"):
            for section, listed in rows.items():
                for position, row in enumerate(listed, start=2):
                    place = {"sheet_name": SHEETS.get(section, section.upper()), "row_number": position}
                    self._rows[f"{form}/{section}"].append({**common, **place, **row})
        return identity

    def land(self, batch_id: str) -> None:
        """Write what was added since the last call as one batch."""
        schemas = dataset_schemas(load_catalogue(self.settings))
        for dataset, schema in schemas.items():
            folder = self.settings.landing / dataset
            folder.mkdir(parents=True, exist_ok=True)
            rows = self._rows.pop(dataset, []) if dataset != "register" else self._receipts
            if rows:
                table = pa.Table.from_pylist([{**row, "batch_id": batch_id} for row in rows], schema=schema)
                pq.write_table(table, folder / f"{batch_id}.parquet")
        self._receipts = []


def report(
    output: object | None = None,
    exports: object | None = None,
    headcount: int | None = None,
    **more: list[dict[str, Any]],
) -> Rows:
    """Sections of a monthly report with one row each; amounts in VND million and USD."""
    rows: Rows = {}
    if output is not None:
        amount = Decimal(str(output))
        rows["output"] = [
            {
                "product_code": "10",
                "product_name": "Hàng",
                "gross_output_constant_vnd_million": amount,
                "gross_output_current_vnd_million": amount * 2,
                "net_revenue_vnd_million": amount * 3,
            }
        ]
    if exports is not None:
        rows["export"] = [
            {"hs_group": "16", "market_code": "JP", "export_usd": Decimal(str(exports)), "import_usd": Decimal(0)}
        ]
    if headcount is not None:
        rows["labour"] = [worker("production", headcount)]
    return {**rows, **more}


def worker(category: str, headcount: int, income: object | None = None) -> dict[str, Any]:
    """A row of the labour sheet; half are women, two come and one goes."""
    return {
        "category_code": category,
        "headcount_persons": headcount,
        "women_persons": headcount // 2,
        "hires_persons": 2,
        "leavers_persons": 1,
        "average_income_vnd_million": None if income is None else Decimal(str(income)),
    }


def authority_return(**sections: list[dict[str, Any]]) -> Rows:
    """Sections of the authority's return as they are given."""
    return dict(sections)


def register(**changes: list[dict[str, Any]]) -> Rows:
    """Two zones, two enterprises, three projects; ``changes`` replace whole sections."""
    zone = {"area_ha": Decimal(50), "valid_from": START}
    enterprise = {"reporting_from": START, "valid_from": START}
    rows: Rows = {
        "authority": [
            {
                "name_vi": "Ban Thử",
                "name_en": "Trial",
                "province_code": "00",
                "province_name": "Thử",
                "valid_from": START,
            }
        ],
        "zone": [{"zone_code": "Z1", "name_vi": "Khu Một", **zone}, {"zone_code": "Z2", "name_vi": "Khu Hai", **zone}],
        "enterprise": [
            {
                "tax_code": MILL,
                "enterprise_name": "Xưởng",
                "zone_code": "Z1",
                "ownership": "domestic",
                "sector_code": "10",
                **enterprise,
            },
            {
                "tax_code": SHOP,
                "enterprise_name": "Tiệm",
                "zone_code": "Z2",
                "ownership": "fdi",
                "sector_code": "14",
                **enterprise,
            },
        ],
        "project": [
            project("P1", MILL, "Z1", "domestic", "operating", START),
            project("P2", SHOP, "Z2", "fdi", "building", START),
            project("P2", SHOP, "Z2", "fdi", "operating", date(2016, 3, 31)),
            project("P3", SHOP, "Z2", "fdi", "operating", START),
            project("P3", SHOP, "Z2", "fdi", "terminated", date(2016, 2, 1)),
        ],
        "certificate": [
            certificate("C1", "P1", START, "VND", 500, 1),
            certificate("C2", "P2", START, "USD", "1.5", 21000),
            certificate("C2a", "P2", date(2016, 3, 31), "USD", "2", 22000),
            certificate("C3", "P3", START, "VND", 70, 1),
        ],
    }
    return {**rows, **changes}


def project(code: str, tax_code: str, zone: str, ownership: str, status: str, valid_from: date) -> dict[str, Any]:
    """A row of the register's projects."""
    return {
        "project_code": code,
        "tax_code": tax_code,
        "project_name": f"Dự án {code}",
        "zone_code": zone,
        "sector_code": "10",
        "ownership": ownership,
        "status": status,
        "valid_from": valid_from,
    }


def certificate(number: str, code: str, day: date, currency: str, million: object, rate: object) -> dict[str, Any]:
    """A row of the register's certificates."""
    return {
        "certificate_no": number,
        "project_code": code,
        "certified_on": day,
        "certificate_kind": "new",
        "currency": currency,
        "registered_capital_original_million": Decimal(str(million)),
        "certificate_rate_vnd": Decimal(str(rate)),
    }


def land_history(settings: Settings) -> Landing:
    """A register, and both enterprises' reports of January to March 2015 and 2016; batches b1 and b2.

    By hand, January to March: output 2015 MILL 10+20+30, SHOP 1+2+3; 2016 MILL 11+21+31, SHOP 4+5 (March missing);
    exports of SHOP 1,000.25 each month of 2015, 2,000.50 each of 2016; headcount in March 2015 100 and 50, in March
    2016 MILL 120.
    """
    landing = Landing(settings)
    landing.submit("project_register", AUTHORITY, "2015-01", register(), received=date(2015, 1, 3))
    for year, mill, shop in ((2015, (10, 20, 30), (1, 2, 3)), (2016, (11, 21, 31), (4, 5, None))):
        for number in (1, 2, 3):
            month, received = f"{year}-{number:02d}", date(year, number + 1, 10)
            workers = 100 if year == 2015 else 120
            landing.submit(
                "monthly_report", MILL, month, report(mill[number - 1], headcount=workers), received=received
            )
            if shop[number - 1] is not None:
                exports = "1000.25" if year == 2015 else "2000.50"
                landing.submit("monthly_report", SHOP, month, report(shop[number - 1], exports, 50), received=received)
        landing.land(f"b{year - 2014}")
    return landing
