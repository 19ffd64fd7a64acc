"""The warehouse: DuckDB and dbt from landed Parquet to facts and frozen half-year candidates."""

from zonehouse.warehouse.candidate import (
    Candidate,
    build_candidate,
    load_candidate,
    newest_candidate,
    waiting_candidate,
)
from zonehouse.warehouse.connection import WarehouseError, connect
from zonehouse.warehouse.docs import build_docs
from zonehouse.warehouse.facts import BuildReport, Pending, build_facts, pending
from zonehouse.warehouse.questions import Obligation, obligations, obligations_of, reported_half_years
from zonehouse.warehouse.scope import export_scope
from zonehouse.warehouse.staleness import half_years_to_refresh, stale_half_years

__all__ = [
    "BuildReport",
    "Candidate",
    "Obligation",
    "Pending",
    "WarehouseError",
    "build_candidate",
    "build_docs",
    "build_facts",
    "connect",
    "export_scope",
    "half_years_to_refresh",
    "load_candidate",
    "newest_candidate",
    "obligations",
    "obligations_of",
    "pending",
    "reported_half_years",
    "stale_half_years",
    "waiting_candidate",
]
