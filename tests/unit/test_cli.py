"""The command line in a home where steps are missing: an error, and the step that comes first."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.workbooks_support import register, take_in
from zonehouse import cli


def run(monkeypatch: pytest.MonkeyPatch, home: Path, *arguments: str) -> int:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(home))
    monkeypatch.setattr(sys, "argv", ["zonehouse", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "command",
    [
        "brief --half 2016-H1",
        "validate --half 2016-H1",
        "validate --month 2016-05",
        "publish --half 2016-H1",
        "build --half 2016-H1",
        "trace labour",
        "template --period 2016-07",
        "steward-workbook",
        "returned abcd",
    ],
)
def test_an_empty_home_names_the_real_first_step(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, *command.split()) == 1
    told = capsys.readouterr().err
    assert told.startswith("zonehouse: ") and "Traceback" not in told
    assert f"next: nothing has been received yet: put workbooks into {tmp_path / 'inbox'}" in told


def test_the_next_step_goes_on_with_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(tmp_path, {"2016-02-01/register.xlsx": register()})
    assert run(monkeypatch, tmp_path, "publish", "--half", "2016-H1") == 1
    assert "next: nothing has been built yet: run `zonehouse build --half HALF`" in capsys.readouterr().err
    assert run(monkeypatch, tmp_path, "status") == 0
    assert "next: nothing has been built yet" in capsys.readouterr().out


def test_what_stays_in_the_inbox_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "Thumbs.db").touch()
    assert run(monkeypatch, tmp_path, "intake") == 0
    assert "left in the inbox: Thumbs.db (file of the operating system)" in capsys.readouterr().out
