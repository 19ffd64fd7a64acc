"""The dbt project as parsed, kept: reading it takes seconds of each build, and changes only with its files.

The way of dbt's own documentation (programmatic invocations, reusing objects): an invocation that is given a manifest
does not parse. dbt's partial parsing does not serve here, for it begins anew whenever a variable changes, and each
build has other months.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from zonehouse.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

log = structlog.get_logger(__name__)

# The parse of this process, for other homes; named by its content, so never out of date.
_MADE_HERE: dict[str, bytes] = {}


def manifest_of(settings: Settings, parse: Callable[[], Manifest | None]) -> Manifest | None:
    """A manifest for one invocation (which changes it), from ``home/dbt/parsed`` or by ``parse``.

    None when ``parse`` gives None: the project is wrong, and the invocation itself will say how.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    key = _key(settings)
    kept = settings.home / "dbt" / "parsed" / f"{key}.msgpack"
    if (packed := _MADE_HERE.get(key)) and not kept.is_file():
        _keep(kept, packed)
    if packed := packed or _packed(kept):
        # Whatever is wrong with what is kept (cut short by a full disk, say), parsing makes it anew.
        with contextlib.suppress(Exception):
            return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    parsed = parse()
    if parsed is None:
        return None
    packed = parsed.to_msgpack(extended_mashumaro_encoder)
    _MADE_HERE.clear()
    _MADE_HERE[key] = packed
    _keep(kept, packed)
    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def _key(settings: Settings) -> str:
    """SHA-256 over what a parse reads: versions, the project's files, and the names that stand in its nodes."""
    project = settings.dbt_project
    digest = hashlib.sha256()
    for said in (version("dbt-core"), version("dbt-duckdb"), str(project), settings.warehouse.stem):
        digest.update(said.encode() + b"\0")
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        digest.update(path.relative_to(project).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _packed(kept: Path) -> bytes | None:
    try:
        return kept.read_bytes()
    except OSError:
        return None


def _keep(place: Path, packed: bytes) -> None:
    """Write beside its place and rename; what it replaces goes. A build does not fail for a cache."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for old in place.parent.iterdir():
            old.unlink()
        aside = place.with_suffix(".new")
        aside.write_bytes(packed)
        aside.replace(place)
    except OSError as error:
        log.warning("parsed_project_not_kept", path=str(place), reason=str(error))
