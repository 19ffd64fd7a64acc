"""Tables that read well in a terminal and stay plain, one line a row and tabs between, when piped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


def clean(text: object) -> str:
    """A value on one line, without anything that steers a terminal: senders choose file names and cells."""
    return "" if text is None else _CONTROL.sub(" ", str(text))


def say(out: Console, line: str = "") -> None:
    """One line as it is, whatever markup a sender's text may look like."""
    out.print(Text(_CONTROL.sub(" ", line)))


def show_table(  # noqa: PLR0913, PLR0917 - what a table has
    out: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Sequence[str] = (),
    narrow: Sequence[str] = (),
    cut: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        right: columns aligned to the right and never wrapped.
        narrow: columns never wrapped.
        cut: columns kept on one line and cut with ``…`` where the terminal is too narrow (never when piped).
    """
    if not out.is_terminal:
        say(out, f"# {title}")
        for cells in (columns, *rows):
            # Not through rich, which would wrap and fold tabs.
            out.file.write("\t".join(clean(cell) for cell in cells) + "\n")
        return
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        widest = max(cell_len(clean(cells[place])) for cells in (columns, *rows))
        table.add_column(
            name,
            min_width=widest if name in {*right, *narrow} else None,
            justify="right" if name in right else "left",
            no_wrap=name in {*right, *narrow, *cut},
            overflow="ellipsis" if name in cut else "fold",
            # The others take what they need; these share the rest.
            ratio=1 if name in cut else None,
        )
    for cells in rows:
        table.add_row(*(Text(clean(cell)) for cell in cells))
    # Printed at the terminal's width: `soft_wrap` of the console would let a wide table run over the edge.
    out.print(table, soft_wrap=False)
