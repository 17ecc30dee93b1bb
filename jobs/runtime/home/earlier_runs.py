"""The earlier runs whose rows another may take: of the same owner and job, with the same code and the same params."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.runtime.core.errors import BadSecret
from jobs.runtime.core.secrets import HIDDEN
from jobs.runtime.home import literal_secrets
from jobs.runtime.store import reuse
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.reuse import Source

MOST = 1_000
"""So many of them are looked at, the newest: each costs some microseconds for every item that is in none."""


def sources(
    db: Connection,
    home: Path,
    *,
    owner: str,
    job: str,
    params: Mapping[str, Any],
    hidden: Mapping[str, Any],
    code_hash: str,
    since: float,
    besides: int = 0,
) -> list[Source]:
    """Those that were not over before a time (Unix seconds), newest first, but for the run `besides`; `params` are
    those that may be shown, `hidden` the secret ones that were given as they are."""
    wanted = _canonical(params)
    found: list[Source] = []
    for source in reuse.sources(db, owner=owner, job=job, code_hash=code_hash, besides=besides, since=since):
        if _same(home, source, wanted, hidden):
            found.append(source)
        if len(found) == MOST:
            break
    return found


def _same(home: Path, source: Source, wanted: str, hidden: Mapping[str, Any]) -> bool:
    """Whether a run has these params: secrets by name have the same name, those given as they are the same value."""
    try:
        known = json.loads(source.params)
        if _canonical(known) != wanted:
            return False
        hides = HIDDEN in known.values()
        return not hides or literal_secrets.read(home, source.id) == dict(hidden)
    except (ValueError, TypeError, AttributeError, RecursionError, BadSecret):  # a row that is damaged
        return False


def _canonical(params: Mapping[str, Any]) -> str:
    return json.dumps(dict(params), sort_keys=True)
