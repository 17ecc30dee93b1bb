"""The process beside the runner that has agents started and hears of their end, by whichever engine the cluster has.

    runner ─ lines of JSON ─ main ─ Engine: ProcessEngine, DaskEngine ─ … ─ starter ─ agent

To it: `engine` at first (where it is), then `start` (a number, with what the agent is given) and `stop`. From it:
`ended` (a number, and why) and `trouble` (a sentence; it ends). What agents and runner say to each other passes it by.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from jobs.runtime.core import process_limits

LOOK_SECONDS = 0.05
FACTS_SECONDS = 2.0


class Engine(Protocol):
    """What has agents started on the machines of a cluster."""

    def start(self, number: int, given: dict[str, Any]) -> None:
        """Have an agent started as soon as there is a place for it; lower numbers go first. `given`: see `starter`."""

    def stop(self, number: int) -> None:
        """Start it no more; one that has started ends by itself, with its connection."""

    def ended(self) -> list[tuple[int, str]]:
        """The agents that have ended since this was asked last, each with why (empty: as it should)."""

    def facts(self) -> dict[str, Any]:
        """What is known of the cluster now: `dashboard` (an address), `places` (how many agents there may be at once).
        Raises OSError."""

    def close(self) -> None:
        """Start nothing more."""


def main() -> int:
    """The whole life of the process: as long as the runner keeps its standard input open."""
    process_limits.follow_parent(os.getppid())
    lines = _Lines()
    first = lines.next(None)
    if first is None:
        return 0
    try:
        engine = _open(first["engine"])
        _serve(engine, lines)
    except (OSError, RuntimeError, ImportError, ValueError) as error:
        _say(trouble=" ".join(str(error).split())[:500] or type(error).__name__)
        return 1
    return 0


def _open(words: dict[str, Any]) -> Engine:
    if words["scheme"] == "processes":
        from jobs.runtime.runner.cluster.process_engine import ProcessEngine

        return ProcessEngine(words["count"], words["tls"])
    from jobs.runtime.runner.cluster.dask_engine import DaskEngine

    return DaskEngine(words["address"], words["tls"])


def _serve(engine: Engine, lines: _Lines) -> None:
    boot = (Path(__file__).parent / "boot.py").read_text("utf-8")
    known, next_look = None, 0.0
    while not lines.ended:
        if time.monotonic() >= next_look:
            known, before = engine.facts(), known
            next_look = time.monotonic() + FACTS_SECONDS
            if known != before:
                _say(facts=known)
        line = lines.next(LOOK_SECONDS)
        if line is not None and "start" in line:
            engine.start(line["start"], {"boot": boot, "agent": line["agent"]})
        elif line is not None:
            engine.stop(line["stop"])
        for number, why in engine.ended():
            _say(ended=number, why=why)
    engine.close()


class _Lines:
    """What the runner says, line by line; `ended`: it is gone."""

    def __init__(self) -> None:
        self.ended = False
        self._unread = b""

    def next(self, seconds: float | None) -> dict[str, Any] | None:
        """The next line, waiting so long at most (None: until there is one or the end)."""
        while b"\n" not in self._unread and not self.ended:
            if not select.select([0], [], [], seconds)[0]:
                return None
            found = os.read(0, 1 << 16)
            self.ended = not found
            self._unread += found
        line, _, self._unread = self._unread.partition(b"\n")
        return dict(json.loads(line)) if line else None


def _say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
