"""Compact: the landing's many small files become one for each dataset and month, without a reader ever noticing.

A dataset is copied into a new generation of its folder: one file for each month of what arrived before today, the other
files by a second name. Then the two folders change places in one step of the file system. A kill before it leaves the
old generation in force, one after it the new; what is left over is removed by the next call. See ADR 0009.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from zonehouse.forms.catalogue import load_catalogue
from zonehouse.intake.register import landed_batches
from zonehouse.intake.schema import dataset_schemas
from zonehouse.intake.state import (
    Checkpoint,
    IntakeError,
    Progress,
    exchange_folders,
    intake_lock,
    is_batch_id,
    landing_alone,
    pass_by,
    sync_filesystem,
)
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

_STAMPED = re.compile(r"(\d{4})(\d{2})(\d{2})T")
_MONTH = re.compile(r"\d{4}-\d{2}")
_ROWS_A_GROUP = 40_960  # as many are in memory at a time, however much is merged


@dataclass(frozen=True)
class Compacted:
    """Datasets that got a new generation, and the files with rows that the landing had before and has now."""

    datasets: list[str]
    files_before: int
    files_after: int


def compact(
    settings: Settings, now: datetime, progress: Progress | None = None, checkpoint: Checkpoint = pass_by
) -> Compacted:
    """Merge what arrived before today into one file for each dataset and month. Safe to repeat after any kill.

    Rows, their order within a batch and their batches stay as they are: nothing is new to the warehouse afterwards.
    Files of a batch that is not landed yet stay as they are.

    Raises:
        IntakeError: the file system cannot exchange two folders in one step; nothing was changed.
    """
    today = now.astimezone(settings.zone).date()
    done, before, after = [], 0, 0
    with intake_lock(settings):
        _remove_leftovers(settings)
        landed = landed_batches(settings)
        for dataset in dataset_schemas(load_catalogue(settings)):
            folder = settings.landing / dataset
            months = _months(folder, today, landed)
            before += _file_count(folder)
            if months:
                _compact_dataset(settings, dataset, months, checkpoint)
                done.append(dataset)
                if progress is not None:
                    progress(f"compacted {dataset}: {', '.join(months)}")
            after += _file_count(folder)
    log.info("compacted", datasets=len(done), files_before=before, files_after=after)
    return Compacted(done, before, after)


def generations_folder(settings: Settings) -> Path:
    """Where a new generation is built, beside the landing; holds nothing that is needed between two calls."""
    return settings.home / "compaction"


def _remove_leftovers(settings: Settings) -> None:
    shutil.rmtree(generations_folder(settings), ignore_errors=True)


def _file_count(folder: Path) -> int:
    return sum(1 for path in folder.glob("[!._]*.parquet"))


def _months(folder: Path, today: date, landed: set[str]) -> dict[str, list[Path]]:
    """Month of arrival → the files to merge, in the order of their names, where there are several."""
    months: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("[!._]*.parquet"), key=lambda path: (not _MONTH.fullmatch(path.stem), path.name)):
        if _MONTH.fullmatch(path.stem):
            months.setdefault(path.stem, []).append(path)
        elif (match := _STAMPED.match(path.stem)) and not (is_batch_id(path.stem) and path.stem not in landed):
            year, month, day = match.groups()
            if f"{year}-{month}-{day}" < today.isoformat():
                months.setdefault(f"{year}-{month}", []).append(path)
    return {month: paths for month, paths in months.items() if len(paths) > 1}


def _compact_dataset(settings: Settings, dataset: str, months: dict[str, list[Path]], checkpoint: Checkpoint) -> None:
    folder, built = settings.landing / dataset, generations_folder(settings) / dataset
    built.mkdir(parents=True)
    for month, paths in months.items():
        _merge(paths, built / f"{month}.parquet")
        checkpoint("month_merged")
    merged = {path.name for paths in months.values() for path in paths}
    sync_filesystem(built)
    checkpoint("generation_built")
    with landing_alone(settings):
        # What was appended meanwhile is in the new generation too: nothing may be written from here on.
        for path in folder.iterdir():
            if path.name not in merged and path.name.endswith(".parquet") and not path.name.startswith("."):
                (built / path.name).hardlink_to(path)
        sync_filesystem(built)
        checkpoint("rest_linked")
        exchange_folders(built, folder)
        checkpoint("exchanged")
        sync_filesystem(folder)
    checkpoint("exchange_durable")
    shutil.rmtree(built)
    checkpoint("old_generation_removed")


def _merge(paths: Sequence[Path], target: Path) -> None:
    """One file of all rows, file by file; memory for one group of rows, however many files there are."""
    schema = pa.unify_schemas([pq.read_schema(path) for path in paths], promote_options="permissive")
    waiting: list[pa.Table] = []
    rows = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for path in paths:
            for batch in pq.ParquetFile(path).iter_batches(batch_size=_ROWS_A_GROUP):
                table = pa.Table.from_batches([batch])
                waiting.append(pa.concat_tables([schema.empty_table(), table], promote_options="permissive"))
                rows += batch.num_rows
                if rows >= _ROWS_A_GROUP:
                    writer.write_table(pa.concat_tables(waiting), row_group_size=rows)
                    waiting, rows = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=rows)
    expected = sum(pq.read_metadata(path).num_rows for path in paths)
    found = pq.read_metadata(target).num_rows
    if found != expected:
        raise IntakeError(f"merging {len(paths)} files of {target.parent.name} gave {found} rows, expected {expected}")
