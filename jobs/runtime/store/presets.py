"""Presets: settings of a job under a name, of which there is one."""

from __future__ import annotations

import json
from typing import Any

from jobs.runtime.core.presets import RunPreset, of_plain
from jobs.runtime.store.connection import Connection


def find(db: Connection, name: str) -> RunPreset | None:
    """The preset of this name; None: there is none."""
    row = db.execute("SELECT * FROM presets WHERE name = ?", (name,)).fetchone()
    return None if row is None else _preset(row)


def listed(db: Connection, job: str = "") -> list[RunPreset]:
    """All presets, or those of a job, by their names."""
    rows = db.execute("SELECT * FROM presets WHERE job = ? OR ? = '' ORDER BY name", (job, job))
    return [_preset(row) for row in rows]


def put(db: Connection, preset: RunPreset) -> None:
    """Keep a preset, in the place of one of this name."""
    body = json.dumps(preset.plain())
    values = (preset.name, preset.job, body, preset.saved_at)
    db.execute("INSERT OR REPLACE INTO presets (name, job, body, saved_at) VALUES (?,?,?,?)", values)


def remove(db: Connection, name: str) -> None:
    """Forget the preset of this name."""
    db.execute("DELETE FROM presets WHERE name = ?", (name,))


def count(db: Connection) -> int:
    """How many there are."""
    return int(db.execute("SELECT count(*) FROM presets").fetchone()[0])


def _preset(row: Any) -> RunPreset:
    """A row as a preset; of a damaged one its name and what is wrong, so that it can be seen and deleted."""
    try:
        return of_plain(json.loads(row["body"]), row["saved_at"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        fault = f"it is damaged in the store ({error}): delete it"
        return RunPreset(name=str(row["name"]), job=str(row["job"]), fault=fault)
