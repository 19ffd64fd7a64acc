"""``include/superset``: what Superset imports agrees with itself, the dictionary and the semantic definitions.

That a real Superset takes it, answers and draws it is tried by ``make test-bi`` (``tests/bi``).
"""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest
import yaml

from zonehouse.settings import PROJECT_ROOT, Settings
from zonehouse.warehouse.superset import datasets

FOLDER = PROJECT_ROOT / "include" / "superset"


def _read(kind: str) -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (FOLDER / kind).glob("*.yaml")}


CHARTS, DASHBOARDS, DATASETS = _read("charts"), _read("dashboards"), _read("datasets")
BY_UUID = {dataset["uuid"]: dataset for dataset in DATASETS.values()}


def _prepare() -> Any:
    spec = importlib.util.spec_from_file_location("superset_prepare", FOLDER / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_datasets_are_those_of_the_definitions() -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "datasets").glob("*.yaml")}
    assert written == datasets(Settings()), "run `make docs`"


def test_a_metric_of_the_headline_is_that_of_the_semantic_definitions() -> None:
    semantics = yaml.safe_load((PROJECT_ROOT / "dbt_project/semantics/half_year_headline.yml").read_text("utf-8"))
    measures = {one["name"]: one["expr"] for model in semantics["semantic_models"] for one in model["measures"]}
    given = {one["metric_name"]: one for one in DATASETS["half_year_headline"]["metrics"]}
    assert list(given) == [one["name"] for one in semantics["metrics"]]
    value, before = (f"sum({measures[name]})" for name in ("exports_value", "exports_same_period"))
    assert given["exports"]["expression"] == value
    assert given["exports_growth"]["expression"] == f"100 * ({value} - {before}) / nullif({before}, 0)"
    assert given["exports"]["verbose_name"] == "Kim ngạch xuất khẩu / Exports"


def test_a_finer_dataset_tells_a_metric_in_the_same_words() -> None:
    headline = {one["metric_name"]: one for one in DATASETS["half_year_headline"]["metrics"]}
    for one in DATASETS["half_year_export"]["metrics"]:
        for said in ("verbose_name", "description"):
            assert one[said] == headline[one["metric_name"]][said]


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_a_chart_asks_what_its_dataset_has(name: str) -> None:
    chart = CHARTS[name]
    dataset = BY_UUID[chart["dataset_uuid"]]
    columns = {one["column_name"] for one in dataset["columns"]}
    known = {one["metric_name"] for one in dataset["metrics"]}
    params = chart["params"]
    (query,) = json.loads(chart["query_context"])["queries"]
    shown = params.get("all_columns") or [params[key] for key in ("x_axis",) if key in params] + params.get(
        "groupby", []
    )
    metrics = params.get("metrics") or [params[key] for key in ("metric",) if key in params]
    simple = [one for one in params["adhoc_filters"] if one["expressionType"] == "SIMPLE"]
    assert set(shown) <= columns
    assert set(metrics) <= known
    assert {one["subject"] for one in simple} <= columns
    # The query that the REST API answers is the one that the page asks.
    assert (query["columns"], query.get("metrics", [])) == (shown, metrics)
    assert [one["col"] for one in query["filters"]] == [one["subject"] for one in simple]
    assert params["viz_type"] == chart["viz_type"]
    # What a sender wrote is shown as text.
    assert params["viz_type"] != "table" or params["allow_render_html"] is False


def test_every_chart_is_on_a_dashboard_and_named_in_both_languages() -> None:
    placed = []
    for page in DASHBOARDS.values():
        nodes = [node for node in page["position"].values() if isinstance(node, dict)]
        placed += [node["meta"]["uuid"] for node in nodes if node["type"] == "CHART"]
        for row in (node for node in nodes if node["type"] == "ROW"):
            assert sum(page["position"][child]["meta"]["width"] for child in row["children"]) == 12
        assert " / " in page["dashboard_title"]
    assert sorted(placed) == sorted(chart["uuid"] for chart in CHARTS.values())
    assert all(" / " in chart["slice_name"] for chart in CHARTS.values())
    assert set(DASHBOARDS) == {"leaders", "stewards"}


def test_a_page_shows_one_half_year_of_one_authority() -> None:
    for page in DASHBOARDS.values():
        filters = page["metadata"]["native_filter_configuration"]
        assert [one["targets"][0]["column"]["name"] for one in filters] == ["half_year", "authority_code"]
        for one in filters:
            assert one["targets"][0]["datasetUuid"] in BY_UUID
            values = one["controlValues"]
            assert (values["enableEmptyFilter"], values["defaultToFirstItem"], values["multiSelect"]) == (
                True,
                True,
                False,
            )


def test_the_texts_of_codes_end_where_they_should() -> None:
    said = [one["expression"] for dataset in DATASETS.values() for one in dataset["columns"] if "expression" in one]
    assert len(said) > 20
    assert all(text.count("'") % 2 == 0 for text in said)


def test_the_database_is_read_only_and_holds_no_password() -> None:
    (database,) = _read("databases").values()
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://bi_reader@zonehouse-serving/serving"
    for forbidden in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload", "impersonate_user"):
        assert database[forbidden] is False
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    settings = (FOLDER / "superset_config.py").read_text(encoding="utf-8")
    assert 'SERVING_PLACEHOLDER = "zonehouse-serving"' in settings


def test_leaders_are_not_given_what_is_for_stewards() -> None:
    prepare = _prepare()
    bundle = prepare.read_bundle()
    seen = {name: {BY_UUID[one]["table_name"] for one in prepare.datasets_of(bundle, name)} for name in prepare.ROLES}
    assert {"half_year_headline", "release"} <= seen["leaders"]
    assert {"half_year_finding", "half_year_suspicion", "half_year_submission"} <= seen["stewards"]
    assert not seen["leaders"] & {"half_year_finding", "half_year_suspicion", "half_year_submission"}
    assert set(prepare.ROLES) == set(DASHBOARDS)


def test_the_bundle_is_in_supersets_own_format() -> None:
    metadata = yaml.safe_load((FOLDER / "metadata.yaml").read_text(encoding="utf-8"))
    assert (metadata["version"], metadata["type"]) == ("1.0.0", "assets")
    everything = [*CHARTS.values(), *DASHBOARDS.values(), *DATASETS.values(), *_read("databases").values()]
    assert all(one["version"] == "1.0.0" for one in everything)
    identities = [one["uuid"] for one in everything]
    assert len(identities) == len(set(identities))
