"""What the command line tells on an empty home: each command names the real next step."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from zonehouse.cli import app


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(tmp_path))
    return tmp_path


def test_intake_asks_for_workbooks_and_build_for_an_intake() -> None:
    taken = CliRunner().invoke(app, ["intake"])
    assert taken.exit_code == 0 and "put workbooks there" in taken.output and "zonehouse build" not in taken.output
    built = CliRunner().invoke(app, ["build"])
    assert built.exit_code == 0 and "then `zonehouse intake`" in built.output


def test_build_reads_its_argument_before_it_works(home: Path) -> None:
    result = CliRunner().invoke(app, ["build", "--half", "2016-H7"])
    assert result.exit_code == 2 and "--half" in result.output
    assert list(home.iterdir()) == []
