"""The data dictionary of what is published, in Vietnamese and English, from dbt's own texts and one file of Vietnamese.

``python -m zonehouse.warehouse.dictionary`` prints ``docs/dictionary.md``. Only the project's files are read: no
warehouse, no dbt run.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from zonehouse.publish.history import SUMMARY_COMMENTS, TRIANGLE_COMMENTS, VINTAGE_COMMENTS, VINTAGE_HEADLINE
from zonehouse.publish.public import COMMENTS as PUBLIC_COMMENTS
from zonehouse.publish.public import PUBLIC_COLUMNS
from zonehouse.publish.release_table import RELEASE_COMMENTS
from zonehouse.publish.revision import COMMENTS as REVISION_COMMENTS
from zonehouse.settings import Settings

_DOC = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)
_REFERENCE = re.compile(r"^\{\{ doc\('(\w+)'\) \}\}$")


class DictionaryError(ValueError):
    """A text is missing: says which, and where it goes."""


@dataclass(frozen=True)
class Column:
    """A column as readers find it; ``kind`` is empty where the table is no dbt mart."""

    name: str
    kind: str
    unit: str
    vietnamese: str
    english: str


@dataclass(frozen=True)
class Table:
    """A published table with its columns in order."""

    name: str
    vietnamese: str
    english: str
    columns: Sequence[Column]


@dataclass(frozen=True)
class Metric:
    """A metric of the semantic definitions, with the names that people are shown."""

    name: str
    vietnamese: str
    english: str
    description: str


def tables(settings: Settings) -> list[Table]:
    """Every published table: the marts, what is told of releases, and the public ones.

    Raises:
        DictionaryError: a table or column has no Vietnamese text, or no English one.
    """
    words = yaml.safe_load((settings.dbt_project / "dictionary.vi.yml").read_text(encoding="utf-8"))
    found = list(_marts(settings, words))
    english = {column.name: column.english for table in found for column in table.columns}
    others: dict[str, tuple[str, Mapping[str, str]]] = {
        "release": ("The current releases.", RELEASE_COMMENTS),
        "release_history": ("All releases ever made.", RELEASE_COMMENTS),
        "headline_vintage": (
            "The headline as each release told it.",
            {**dict.fromkeys(VINTAGE_HEADLINE, ""), **VINTAGE_COMMENTS},
        ),
        "release_revision": (
            "Figures that a release changed against the one before.",
            REVISION_COMMENTS["release_revision"],
        ),
        "release_revision_cause": (
            "What each submission added before and adds now.",
            REVISION_COMMENTS["release_revision_cause"],
        ),
        "revision_triangle": ("A figure through the releases of its half-year.", TRIANGLE_COMMENTS),
        "revision_summary": ("Mean and largest revision of an indicator.", SUMMARY_COMMENTS),
        **{name: (text, dict.fromkeys(columns, "")) for name, (text, columns) in PUBLIC_COLUMNS.items()},
    }
    known = {**english, **RELEASE_COMMENTS, **TRIANGLE_COMMENTS, **SUMMARY_COMMENTS, **VINTAGE_COMMENTS}
    known |= PUBLIC_COMMENTS
    known |= {name: text for comments in REVISION_COMMENTS.values() for name, text in comments.items()} | english
    for name, (text, comments) in others.items():
        columns = [_column(name, column, "", own or known.get(column, ""), words) for column, own in comments.items()]
        found.append(Table(name, _vietnamese(words["tables"], name, name), text, columns))
    return found


def metrics(settings: Settings) -> list[Metric]:
    """The metrics of the semantic definitions: each is defined there, once."""
    with (settings.dbt_project / "seeds" / "headline_indicator.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["code"]: row["label_vi"] for row in csv.DictReader(file)}
    found = []
    for path in sorted((settings.dbt_project / "semantics").glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for one in content.get("metrics", []):
            base, ending = re.fullmatch(r"(\w+?)(_growth|_before)?", one["name"]).groups()  # type: ignore[union-attr]
            vietnamese = labels.get(base, "") + {"_growth": ", tăng, giảm so với cùng kỳ", "_before": ", cùng kỳ"}.get(
                ending, ""
            )
            found.append(
                Metric(one["name"], vietnamese, one.get("label", one["name"]), _line(one.get("description", "")))
            )
    return found


def page(settings: Settings) -> str:
    """The dictionary as Markdown."""
    parts = [
        "# Từ điển dữ liệu / Data dictionary",
        "",
        "Các bảng nằm trong `published/marts.duckdb` (và PostgreSQL, Parquet); các bảng `public_*` nằm trong",
        "`published/public/`. Số liệu chưa làm tròn; ô trống (NULL) là chưa có số liệu, khác với số 0.",
        "",
        "Written by `make docs` from the marts' YAML, `models/columns.md` and `dictionary.vi.yml`: change those, not",
        "this page. Amounts are unrounded; NULL is unknown, not zero.",
        "",
        "## Chỉ tiêu / Metrics",
        "",
        "Each is defined once, in `dbt_project/semantics`.",
        "",
        "| metric | Tiếng Việt | English | |",
        "|---|---|---|---|",
    ]
    parts += [f"| `{m.name}` | {m.vietnamese} | {m.english} | {m.description} |" for m in metrics(settings)]
    for table in tables(settings):
        parts += [
            "",
            f"## {table.name}",
            "",
            f"{table.vietnamese}. / {table.english}",
            "",
            "| column | type | đơn vị / unit | Tiếng Việt | English |",
            "|---|---|---|---|---|",
        ]
        parts += [f"| `{c.name}` | {c.kind} | {c.unit} | {c.vietnamese} | {c.english} |" for c in table.columns]
    return "\n".join(parts) + "\n"


def _marts(settings: Settings, words: Mapping[str, Any]) -> Iterator[Table]:
    models = settings.dbt_project / "models"
    texts = dict(_DOC.findall((models / "columns.md").read_text(encoding="utf-8")))
    for path in sorted((models / "marts").glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            columns = [
                _column(model["name"], one["name"], one["data_type"], _english(one["description"], texts), words)
                for one in model["columns"]
            ]
            vietnamese = _vietnamese(words["tables"], model["name"], model["name"])
            yield Table(model["name"], vietnamese, _line(model["description"]), columns)


def _column(table: str, name: str, kind: str, english: str, words: Mapping[str, Any]) -> Column:
    if not english:
        raise DictionaryError(f"column {table}.{name} has no English text: describe it where the table is defined")
    vietnamese = _of_column(words, name, table)
    return Column(name, kind, _unit(name, words["units"]), vietnamese, _line(english))


def _of_column(words: Mapping[str, Any], name: str, table: str) -> str:
    """The text of the name itself, or of its base with what the ending says."""
    if name in words["columns"]:
        return str(words["columns"][name])
    for ending, text in words["endings"].items():
        for base in (
            one for one in words["columns"] if ending in name and _stem(one) == _stem(name.replace(ending, ""))
        ):
            return str(text).format(words["columns"][base])
    return _vietnamese(words["columns"], name, f"{table}.{name}")


def _stem(name: str) -> str:
    """A name without its unit: growth of ``export_usd`` is ``export_growth_pct``."""
    return re.sub(r"_(vnd_million|usd|persons|pct)$", "", name)


def _vietnamese(texts: Mapping[str, str], name: str, told: str) -> str:
    if not texts.get(name):
        raise DictionaryError(f"{told} has no Vietnamese text: add it to dbt_project/dictionary.vi.yml")
    return texts[name]


def _unit(name: str, units: Mapping[str, str]) -> str:
    """By the ending of the name, the longest first; amounts without one have their unit in column ``unit``."""
    for ending in sorted(units, key=len, reverse=True):
        if name.endswith(f"_{ending}"):
            return units[ending]
    return "theo cột unit" if name == "value" or name.endswith("_value") else ""


def _english(description: str, texts: Mapping[str, str]) -> str:
    reference = _REFERENCE.match(description.strip())
    return texts.get(reference.group(1), "") if reference else description


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


if __name__ == "__main__":
    sys.stdout.write(page(Settings()))
