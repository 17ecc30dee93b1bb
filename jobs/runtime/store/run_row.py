"""A row of the table of runs as records; or, where that cannot be, the reason."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.runtime.core.budget import Budget, Spent
from jobs.runtime.core.errors import DamagedRun
from jobs.runtime.core.presets import HOW, RunPreset, of_plain
from jobs.runtime.core.records import LOCAL, Column, Limits, Pool, Run, RunState, Table
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.store.connection import Connection

_TEXTS = (
    "id job name state params source source_columns columns traits error code_hash live preset reuse budget schedule "
    "owner"
).split()
_COUNTS = (
    "items ok failed cancelled processes threads peak_processes peak_threads attempts prepared sample pinned "
    "reused indexed spent_requests spent_bytes numbered unnumbered clustered"
).split()
_NUMBERS = "spent_total coded_at pause submitted_at paused_seconds item_seconds cpu_seconds".split()
_NUMBERS_OR_NONE = "deadline at_once started_at ended_at paused_since cancel_asked_at cancel_seconds".split()
_FIELDS: Mapping[str, tuple[tuple[type, ...], bool]] = {
    **dict.fromkeys(_TEXTS, ((str,), False)),
    **dict.fromkeys(_COUNTS, ((int,), False)),
    **dict.fromkeys(_NUMBERS, ((int, float), False)),
    **dict.fromkeys(_NUMBERS_OR_NONE, ((int, float), True)),
    "nonce": ((str,), True),
}
"""Each field with its types, and whether it may be empty."""


@dataclass(frozen=True, kw_only=True)
class JobTraits:
    """What the machine must know of a run's job without importing it."""

    prepares: bool = False
    costed: bool = False
    keyed: bool = False
    grouped: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A run with what only the machine needs: its number in the store, its job's traits, how far it is prepared."""

    number: int
    run: Run
    traits: JobTraits
    prepared: int
    cancel_asked_at: float | None
    live: Mapping[str, Any]


def stored(row: Any) -> StoredRun:
    """A row of the table as records. Raises DamagedRun."""
    try:
        _check(row)
        return _stored(row)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise DamagedRun(row["number"], row["id"], str(error)[:300]) from error


def fetched(db: Connection, query: str, values: Sequence[Any]) -> list[Any]:
    """Rows of the table; bytes in them that are no UTF-8 are shown as U+FFFD, which else would be an error."""
    before, db.text_factory = db.text_factory, _lenient
    try:
        return db.execute(query, values).fetchall()
    finally:
        db.text_factory = before


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _check(row: Any) -> None:
    """Raises ValueError for a field of another type than the machine has written: SQLite keeps whatever it is given."""
    for name, (types, empty) in _FIELDS.items():
        value = row[name]
        if not (isinstance(value, types) or (empty and value is None)) or value in (math.inf, -math.inf):
            raise ValueError(f"its {name} is {str(value)[:40]!r}")
    for name in _COUNTS:
        if row[name] < (name == "attempts"):
            raise ValueError(f"its {name} is {row[name]}")
    if not (row["id"].isascii() and row["id"].isalnum()):
        raise ValueError("it has no id")


def _stored(row: Any) -> StoredRun:
    table, traits = _object(row["source_columns"]), JobTraits(**_object(row["traits"]))
    run = Run(
        id=row["id"],
        job=row["job"],
        name=row["name"],
        state=RunState(row["state"]),
        items=row["items"],
        ok=row["ok"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        params=_object(row["params"]),
        pool=Pool(processes=row["processes"], threads=row["threads"]),
        peak=_peak(row["peak_processes"], row["peak_threads"]),
        limits=Limits(attempts=row["attempts"], deadline=row["deadline"], at_once=row["at_once"], pause=row["pause"]),
        table=Table(
            source=row["source"],
            columns=tuple(table["columns"]),
            item_column=table["item_column"],
            notes=tuple(table["notes"]),
            fields=dict(table.get("fields", {})),
            from_run=str(table.get("from_run", "")),
        ),
        columns=tuple(Column(**column) for column in _list(row["columns"])),
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        paused_since=row["paused_since"],
        paused_seconds=row["paused_seconds"],
        cancel_seconds=row["cancel_seconds"],
        item_seconds=row["item_seconds"],
        cpu_seconds=row["cpu_seconds"],
        error=row["error"],
        code_hash=row["code_hash"],
        sample=bool(row["sample"]),
        pinned=bool(row["pinned"]),
        preset=_preset(row["preset"]),
        reuse=Reuse(**_object(row["reuse"])) if row["reuse"] else None,
        reused=row["reused"],
        budget=Budget(**_object(row["budget"])) if row["budget"] else Budget(),
        spent=Spent(
            requests=row["spent_requests"],
            bytes=row["spent_bytes"],
            total=row["spent_total"],
            numbered=row["numbered"],
            unnumbered=row["unnumbered"],
        ),
        keyed=traits.keyed,
        schedule=row["schedule"],
        owner=row["owner"],
        on=row["place"],
        clustered=bool(row["clustered"]),
        nonce=row["nonce"] or "",
    )
    return StoredRun(
        number=row["number"],
        run=run,
        traits=traits,
        prepared=row["prepared"],
        cancel_asked_at=row["cancel_asked_at"],
        live=_object(row["live"] or "{}"),
    )


def _preset(text: str) -> RunPreset | None:
    preset = of_plain(_object(text)) if text else None
    if preset is not None and preset.how.keys() != HOW.keys():
        raise ValueError("the preset it came from is not complete")
    return preset and replace(preset, on=preset.on or LOCAL)  # kept before presets said where


def _peak(processes: int, threads: int) -> Pool | None:
    return Pool(processes=processes, threads=threads) if processes else None


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError(f"an object was expected, not {text[:40]!r}")
    return found


def _list(text: str) -> list[Any]:
    found = json.loads(text)
    if not isinstance(found, list):
        raise TypeError(f"a list was expected, not {text[:40]!r}")
    return found
