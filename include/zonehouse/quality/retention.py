"""Keeps the reports folder small: results stay in the landing for ever, their pages only for the latest runs."""

from __future__ import annotations

import shutil
from pathlib import Path

# Each kept run costs the index page about 10 ms for each suite; the landing keeps every result.
KEPT_RUNS = 5


def prune(reports: Path, keep: int = KEPT_RUNS) -> None:
    """Remove the stored results of all but the latest ``keep`` runs of each suite.

    They lie in ``validation_results/<suite>/<run name>/<run time>/``. Data Docs drop the pages of results that are
    gone when their index is next built.
    """
    for suite in sorted((reports / "validation_results").glob("*")):
        # Run times are written in ISO 8601 at UTC, so that they sort as text.
        runs = sorted(suite.glob("*/*"), key=lambda run: run.name, reverse=True)
        for run in runs[max(keep - 1, 0) :]:
            shutil.rmtree(run)
            if not any(run.parent.iterdir()):
                run.parent.rmdir()
