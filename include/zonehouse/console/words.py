"""Words of the console that no other part says: units of figures, and who decided when nobody did."""

from __future__ import annotations

from zonehouse.forms.model import Text

UNITS = {
    "vnd_million": Text(vi="triệu đồng", en="VND million"),
    "usd": Text(vi="USD", en="USD"),
    "pct": Text(vi="%", en="%"),
    "ha": Text(vi="ha", en="ha"),
    "persons": Text(vi="người", en="persons"),
    "projects": Text(vi="dự án", en="projects"),
    "visits": Text(vi="lượt khách", en="visits"),
    "cells": Text(vi="chi bộ", en="cells"),
    "tasks": Text(vi="việc", en="tasks"),
    "collectives": Text(vi="tập thể", en="collectives"),
}
SYSTEM = Text(vi="hệ thống", en="the system")
# What the gate and the publisher sign with in the ledger.
_SYSTEM_NAMES = frozenset(("zonehouse.quality", "zonehouse.publish"))


def unit_text(code: str | None) -> Text:
    """The unit in words; an unknown one as it is."""
    return UNITS.get(code or "", Text(vi=code or "", en=code or ""))


def is_system(name: str | None) -> bool:
    """Whether a decision was the system's and no person's."""
    return name in _SYSTEM_NAMES
