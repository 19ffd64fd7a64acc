"""The reference lists: complete, in good Vietnamese, and fit for the forms that name them."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest

from zonehouse.forms import load_catalogue
from zonehouse.settings import Settings

SEEDS = Settings().seeds
CODE_LISTS = ("vsic", "market", "hs_chapter", "currency", "organisation_indicator", "headline_indicator")
# Divisions that VSIC 2007 leaves unused, as ISIC Rev. 4 does.
UNUSED_DIVISIONS = {4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89}


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("name", CODE_LISTS)
def test_codes_are_unique_and_labelled_in_both_languages(name: str) -> None:
    found = rows(name)
    codes = [row["code"] for row in found]
    assert len(codes) == len(set(codes))
    assert all(row["code"] and row["label_vi"].strip() and row["label_en"].strip() for row in found)


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.csv")), ids=lambda path: path.name)
def test_text_is_composed_unicode_with_unix_line_ends(path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    assert "\ufeff" not in text


def test_vsic_has_every_section_and_division() -> None:
    found = rows("vsic")
    sections = [row["code"] for row in found if row["level"] == "1"]
    divisions = {row["code"]: row["parent_code"] for row in found if row["level"] == "2"}
    assert sections == list("ABCDEFGHIJKLMNOPQRSTU")
    assert set(divisions) == {f"{n:02d}" for n in range(1, 100) if n not in UNUSED_DIVISIONS}
    assert {divisions[f"{n:02d}"] for n in range(10, 34)} == {"C"}
    assert set(divisions.values()) == set(sections)


def test_vsic_names_are_the_official_ones_where_the_sample_sectors_need_them() -> None:
    labels = {row["code"]: (row["label_vi"], row["short_vi"]) for row in rows("vsic")}
    assert labels["21"] == ("Sản xuất thuốc, hoá dược và dược liệu", "dược phẩm")
    assert labels["14"] == ("Sản xuất trang phục", "may mặc")


def test_markets_are_the_iso_codes_with_one_region_each() -> None:
    found = {row["code"]: row for row in rows("market")}
    assert len(found) == 249
    assert {"TW", "HK", "MO", "NA", "VN"} <= set(found)
    assert {row["region_code"] for row in found.values()} == {"asia", "europe", "americas", "africa", "oceania"}
    assert found["JP"]["region_vi"] == "Châu Á"
    assert found["JP"]["label_vi"] == "Nhật Bản"
    labels = {(row["region_code"], row["region_vi"], row["region_en"]) for row in found.values()}
    assert len(labels) == 5


def test_hs_chapters_run_from_01_to_97() -> None:
    assert [row["code"] for row in rows("hs_chapter")] == [f"{n:02d}" for n in range(1, 98)]


def test_headline_indicators_hold_the_organisation_ones_alike() -> None:
    headline = {row["code"]: row for row in rows("headline_indicator")}
    for row in rows("organisation_indicator"):
        assert headline[row["code"]] == row
    orders = [int(row["display_order"]) for row in headline.values()]
    assert orders == sorted(set(orders))
    assert {row["kind"] for row in headline.values()} == {"stock", "flow", "latest"}


def test_rates_are_of_a_known_kind_and_say_where_they_are_from() -> None:
    found, kinds = rows("exchange_rate"), {row["code"]: int(row["preference"]) for row in rows("rate_type")}
    central = [row for row in found if row["rate_type"] == "central"]
    assert [row["period_month"] for row in central] == [f"{y}-{m:02d}" for y in (2015, 2016) for m in range(1, 13)]
    assert all(21_000 < float(row["vnd_per_unit"]) < 23_000 for row in found)
    assert all("check before legal use" in row["source"] for row in central)
    assert all(row["source"] for row in found)
    assert {row["rate_type"] for row in found} <= kinds.keys()
    assert sorted(kinds, key=lambda kind: kinds[kind])[0] == "central"


def test_the_forms_find_every_code_list_they_name() -> None:
    lists = load_catalogue(Settings()).code_lists
    assert lists["currency"]["VND"].label_vi == "Đồng Việt Nam"
    assert {"vsic", "market", "hs_chapter", "currency", "organisation_indicator", "headline_indicator"} <= set(lists)
