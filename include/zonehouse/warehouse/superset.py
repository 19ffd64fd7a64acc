"""Superset's datasets, from the data dictionary and the semantic definitions, where names and metrics are defined once.

``python -m zonehouse.warehouse.superset`` (``make docs``) writes ``include/superset/datasets``, one file a published
table, in Superset's own import format. Charts and dashboards beside them are written by hand.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from zonehouse.forms import load_catalogue
from zonehouse.intake.finding_titles import finding_titles
from zonehouse.settings import Settings
from zonehouse.warehouse.dictionary import Metric, Table, metrics, tables
from zonehouse.workbooks.words import SEVERITY, STATE

_NAMESPACE = UUID("0a3f5f5e-5f0e-5d3b-8c55-7a6f6f6e6501")
DATABASE_UUID = "7d0c4f2a-3f0e-5c1b-9a57-0e6d4a6f1a01"
_SCHEMA = "zonehouse"

# The same metric over a mart of a finer grain: what stands there for the figure and for that of a year before.
# Growth follows from the definition. tests/bi compares each with the headline's total.
_FINER: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "half_year_output": {
        "gross_output": (
            "sum(gross_output_constant_vnd_million)",
            "sum(gross_output_constant_same_period_vnd_million)",
        ),
        "net_revenue": ("sum(net_revenue_vnd_million)", "sum(net_revenue_same_period_vnd_million)"),
    },
    "half_year_export": {
        "exports": ("sum(export_usd)", "sum(export_same_period_usd)"),
        "imports": ("sum(import_usd)", "sum(import_same_period_usd)"),
    },
    "half_year_labour": {"labour": ("sum(headcount_persons)", "sum(headcount_same_period_persons)")},
    "half_year_investment": {
        "projects_valid": (
            "count(*) filter (where is_valid)",
            "count(*) filter (where same_period_is_valid)",
        ),
        "registered_capital": (
            "sum(registered_capital_vnd_million) filter (where is_valid)",
            "sum(registered_capital_same_period_vnd_million) filter (where same_period_is_valid)",
        ),
        "implemented_capital": (
            "sum(implemented_capital_vnd_million)",
            "sum(implemented_capital_same_period_vnd_million)",
        ),
    },
    "half_year_infrastructure": {
        "infrastructure_disbursed": ("sum(disbursed_vnd_million)", "sum(disbursed_same_period_vnd_million)"),
    },
}
# Counts and rates for stewards: (name, Vietnamese, English, expression). Rates of sums are as half_year_coverage has
# them, by the macro share_pct.
_RATE = "100 * cast(sum({part}) as double precision) / nullif(sum(obliged_count), 0)"
_REPORTING = (
    ("obliged", "Số báo cáo phải nộp", "Reports owed", "sum(obliged_count)"),
    ("received", "Số báo cáo đã nhận", "Reports received", "sum(received_count)"),
    ("late", "Số báo cáo nộp muộn", "Reports late", "sum(late_count)"),
    ("missing", "Số báo cáo còn thiếu", "Reports missing", "sum(missing_count)"),
    ("received_rate", "Tỷ lệ đã nhận, %", "Reporting rate, per cent", _RATE.format(part="received_count")),
    ("on_time_rate", "Tỷ lệ nộp đúng hạn, %", "On-time rate, per cent", _RATE.format(part="on_time_count")),
)
_COUNTS: Mapping[str, tuple[tuple[str, str, str, str], ...]] = {
    "half_year_reporting": _REPORTING,
    "half_year_coverage": _REPORTING,
    "half_year_submission": (
        ("files", "Số tệp", "Files", "count(*) filter (where arrival_no > 0)"),
        ("states", "Số lượng", "Number", "count(*)"),
    ),
    "half_year_finding": (("findings", "Số phát hiện", "Findings", "count(*)"),),
    "half_year_suspicion": (("values", "Số đáng ngờ", "Values in doubt", "count(*)"),),
    "half_year_trend": (
        ("month_value", "Số của tháng", "The month", "sum(value)"),
        (
            "same_month_last_year",
            "Cùng tháng năm trước",
            "Same month last year",
            "sum(same_month_last_year_value)",
        ),
    ),
}

# Codes in words, for columns whose words no form definition gives.
_Words = Mapping[str, tuple[str, str]]
_STATES: _Words = {
    **{code: (text.vi, text.en) for code, text in STATE.items()},
    "missing": ("Còn thiếu", "Missing"),
    "not_obliged": ("Không phải nộp", "Not obliged"),
}
_CODES: Mapping[str, _Words] = {
    "unit": {
        "vnd_million": ("triệu đồng", "VND million"),
        "usd": ("USD", "USD"),
        "persons": ("người", "persons"),
        "projects": ("dự án", "projects"),
        "visits": ("lượt", "visits"),
        "cells": ("chi bộ", "cells"),
        "collectives": ("tập thể", "collectives"),
        "tasks": ("đầu việc", "tasks"),
        "pct": ("%", "%"),
    },
    "vintage": {
        "estimate": ("ước tính", "estimate"),
        "revised": ("đã điều chỉnh", "revised"),
        "final": ("chính thức", "final"),
    },
    "gate_outcome": {
        "pass": ("đạt", "passed"),
        "approved": ("có cảnh báo, đã phê duyệt", "approved with warnings"),
    },
    "arrival_state": _STATES,
    "intake_state": _STATES,
    "severity": {code: (text.vi, text.en) for code, text in SEVERITY.items()},
}
_FIGURE_STATUS: _Words = {"final": ("chính thức", "final"), "provisional": ("sơ bộ", "provisional")}
_OF_FORMS = (("project_register", "status"), ("project_register", "ownership"), ("monthly_report", "category_code"))


def datasets(settings: Settings) -> dict[str, str]:
    """YAML of each dataset by its table: what the serving schema publishes.

    Raises:
        DictionaryError: a table or column has no text.
    """
    defined = _definitions(settings)
    names = {metric.name: metric for metric in metrics(settings)}
    findings = {code: (text.vi, text.en) for code, text in finding_titles(load_catalogue(settings)).items()}
    words = {
        **_CODES,
        **_words_of_forms(settings),
        "indicator_code": _indicators(settings),
        "finding_code": findings,
    }
    served = [table for table in tables(settings) if not table.name.startswith("public_")]
    return {table.name: _yaml(table, _metrics(table.name, defined, names), words) for table in served}


def write_datasets(settings: Settings) -> list[Path]:
    """Write them; the files."""
    folder = settings.project_root / "include" / "superset" / "datasets"
    written = []
    for name, text in datasets(settings).items():
        written.append(folder / f"{name}.yaml")
        written[-1].write_text(text, encoding="utf-8")
    for path in set(folder.glob("*.yaml")) - set(written):
        path.unlink()
    return written


def _words_of_forms(settings: Settings) -> dict[str, _Words]:
    forms = load_catalogue(settings).forms
    found: dict[str, _Words] = {"form_code": {form.code: (form.title.vi, form.title.en) for form in forms}}
    for form in forms:
        for column in (column for section in form.sections for column in section.columns):
            if (form.code, column.code) in _OF_FORMS and column.codes:
                found[column.code] = {one.code: (one.vi, one.en) for one in column.codes}
    return found


def _indicators(settings: Settings) -> _Words:
    with (settings.dbt_project / "seeds" / "headline_indicator.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["label_vi"], row["label_en"]) for row in csv.DictReader(file)}


def _definitions(settings: Settings) -> dict[str, str]:
    """The headline's metrics as SQL over ``half_year_headline``, by name."""
    measures: dict[str, str] = {}
    found: dict[str, str] = {}
    for path in sorted((settings.dbt_project / "semantics").glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for model in content.get("semantic_models", ()):
            measures |= {one["name"]: f"{one['agg']}({one['expr']})" for one in model["measures"]}
        for one in content.get("metrics", ()):
            given = one["type_params"]
            found[one["name"]] = measures[given["measure"]] if one["type"] == "simple" else given["expr"]
    return {name: _expanded(expression, found) for name, expression in found.items()}


def _expanded(expression: str, known: Mapping[str, str]) -> str:
    """A derived metric with the metrics it names put in."""
    if "sum(" in expression:
        return expression
    return re.sub(r"[a-z_]+", lambda word: known.get(word[0], word[0]), expression)


def _metrics(table: str, defined: Mapping[str, str], names: Mapping[str, Metric]) -> list[dict[str, str | None]]:
    if table == "half_year_headline":
        return [_metric(names[name], expression) for name, expression in defined.items()]
    made = []
    for name, (value, before) in _FINER.get(table, {}).items():
        # As the semantic definitions have it; of counts, too, which PostgreSQL would divide as whole numbers.
        growth = f"100.0 * ({value} - {before}) / nullif({before}, 0)"
        for one, expression in ((name, value), (f"{name}_before", before), (f"{name}_growth", growth)):
            made.append(_metric(names[one], expression))
    for name, vietnamese, english, expression in _COUNTS.get(table, ()):
        made.append(_metric(Metric(name, vietnamese, english, english), expression))
    return made


def _metric(metric: Metric, expression: str) -> dict[str, str | None]:
    return {
        "metric_name": metric.name,
        "verbose_name": f"{metric.vietnamese} / {metric.english}",
        "metric_type": None,
        "expression": expression,
        "description": _plain(metric.description),
        "d3format": None,
        "warning_text": None,
    }


def _yaml(table: Table, given: list[dict[str, str | None]], words: Mapping[str, _Words]) -> str:
    content: dict[str, Any] = {
        "table_name": table.name,
        "main_dttm_col": None,
        "description": f"{table.vietnamese}. / {_plain(table.english)}",
        "offset": 0,
        "cache_timeout": None,
        "schema": _SCHEMA,
        "catalog": None,
        "sql": None,
        "filter_select_enabled": True,
        "uuid": str(uuid5(_NAMESPACE, table.name)),
        "metrics": given,
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": _short(column.vietnamese),
                "is_dttm": False,
                "is_active": True,
                "type": _type(column.kind),
                "groupby": True,
                "filterable": True,
                "description": f"{column.vietnamese} / {_plain(column.english)}",
            }
            for column in table.columns
        ]
        + list(_in_words(table, words)),
        "version": "1.0.0",
        "database_uuid": DATABASE_UUID,
    }
    head = "# Written by `make docs` from the data dictionary and dbt_project/semantics: change those, not this file.\n"
    return head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000)


def _in_words(table: Table, words: Mapping[str, _Words]) -> Iterator[dict[str, Any]]:
    """A calculated column ``<column>_text`` beside each column of codes."""
    has_labels = any(column.name == "label_vi" for column in table.columns)
    for column in table.columns:
        is_figure = column.name == "status" and any(one.name == "through_month" for one in table.columns)
        said = _FIGURE_STATUS if is_figure else words.get(column.name)
        if said is None or (column.name == "indicator_code" and has_labels):
            continue
        cases = " ".join(
            f"when '{code}' then '{_typeset(vi if vi == en else f'{vi} / {en}')}'" for code, (vi, en) in said.items()
        )
        yield {
            "column_name": f"{column.name}_text",
            "verbose_name": _short(column.vietnamese),
            "is_dttm": False,
            "is_active": True,
            "type": "TEXT",
            "groupby": True,
            "filterable": True,
            "expression": f"case {column.name} {cases} else {column.name} end",
            "description": f"{column.name} in words",
        }


def _typeset(text: str) -> str:
    """With a printer's apostrophe, which needs no escape inside a text of SQL."""
    return text.replace("'", "’")


def _short(text: str) -> str:
    """What stands above a column: the text without its explanation."""
    return re.split(r" \(|, như ", text)[0]


def _plain(text: str) -> str:
    """A text of the dictionary without Markdown's escapes."""
    return re.sub(r"\\+([|<])", r"\1", text)


def _type(kind: str) -> str | None:
    """As the serving schema has it; None where the dictionary does not tell."""
    if not kind:
        return None
    return {"varchar": "TEXT", "double": "DOUBLE PRECISION"}.get(kind, kind.upper().replace("DECIMAL", "NUMERIC"))


if __name__ == "__main__":
    write_datasets(Settings())
