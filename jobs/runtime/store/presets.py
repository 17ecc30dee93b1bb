"""Presets: settings of a job under a name, of which each owner has one."""

from __future__ import annotations

import json
from typing import Any

from jobs.runtime.core.presets import RunPreset, of_plain
from jobs.runtime.store.connection import Connection


def find(db: Connection, owner: str, name: str) -> RunPreset | None:
    """The preset of this owner and name; None: there is none."""
    row = db.execute("SELECT * FROM presets WHERE owner = ? AND name = ?", (owner, name)).fetchone()
    return None if row is None else _preset(row)


def listed(db: Connection, owner: str | None, job: str = "", name: str = "") -> list[RunPreset]:
    """The presets of an owner (None: all), of all jobs and names or of one, by their names."""
    rows = db.execute(
        """SELECT * FROM presets WHERE (owner = ?1 OR ?1 IS NULL) AND (job = ?2 OR ?2 = '') AND (name = ?3 OR ?3 = '')
           ORDER BY name, owner""",
        (owner, job, name),
    )
    return [_preset(row) for row in rows]


def put(db: Connection, preset: RunPreset) -> None:
    """Keep a preset, in the place of its owner's of this name."""
    body = json.dumps(preset.plain())
    values = (preset.owner, preset.name, preset.job, body, preset.saved_at)
    db.execute("INSERT OR REPLACE INTO presets (owner, name, job, body, saved_at) VALUES (?,?,?,?,?)", values)


def remove(db: Connection, owner: str, name: str) -> None:
    """Forget the preset of this owner and name."""
    db.execute("DELETE FROM presets WHERE owner = ? AND name = ?", (owner, name))


def count(db: Connection) -> int:
    """How many there are."""
    return int(db.execute("SELECT count(*) FROM presets").fetchone()[0])


def _preset(row: Any) -> RunPreset:
    """A row as a preset; of a damaged one its name and what is wrong, so that it can be seen and deleted."""
    try:
        return of_plain(json.loads(row["body"]), row["saved_at"], row["owner"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        fault = f"it is damaged in the store ({error}): delete it"
        return RunPreset(name=str(row["name"]), job=str(row["job"]), owner=str(row["owner"]), fault=fault)
