"""Agents as plain processes of this machine, so many at once: a cluster to try things with, which needs no package."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from jobs.runtime.runner.cluster import starter


class ProcessEngine:
    """`count`: how many agents there may be at once; `tls`: the certificates that they show, if any."""

    def __init__(self, count: int, tls: dict[str, str] | None) -> None:
        self._count, self._tls = count, tls
        self._waiting: dict[int, dict[str, Any]] = {}
        self._running: dict[int, tuple[subprocess.Popen[bytes], Path]] = {}

    def start(self, number: int, given: dict[str, Any]) -> None:
        """Start it when fewer than `count` run."""
        given["agent"]["tls"] = self._tls
        self._waiting[number] = given
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._count:
            number = min(self._waiting)
            folder = starter.make_folder()
            self._running[number] = starter.begin(self._waiting.pop(number), folder), folder

    def stop(self, number: int) -> None:
        """Start it no more."""
        self._waiting.pop(number, None)

    def ended(self) -> list[tuple[int, str]]:
        """Those that have ended, with their last words."""
        gone = [number for number, (agent, _) in self._running.items() if agent.poll() is not None]
        found = [(number, starter.end(*self._running.pop(number))) for number in gone]
        self._fill()
        return found

    def facts(self) -> dict[str, Any]:
        """How many there may be."""
        return {"places": self._count}

    def close(self) -> None:
        """End those that run."""
        for agent, _ in self._running.values():
            agent.kill()
        for agent, folder in self._running.values():
            agent.wait()
            starter.end(agent, folder)
