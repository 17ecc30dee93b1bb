"""The process that knows the cluster's engine, beside the runner: told which agents there should be, it says which have
ended. It is started again when it has ended, and told again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jobs.runtime.core import settings

MODULE = "jobs.runtime.runner.cluster.engine"
AGAIN_SECONDS = 2.0


class EngineProcess:
    """`words`: what it is started with; `said`: is told each line of it, as plain data."""

    def __init__(self, words: dict[str, Any], said: Callable[[dict[str, Any]], None]) -> None:
        self._words, self._said = words, said
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_at = 0.0
        self._wanted: dict[int, dict[str, Any]] = {}
        self._unread = b""

    def want(self, number: int, agent: dict[str, Any]) -> None:
        """There should be an agent of this number, which is given that."""
        self._wanted[number] = agent
        self._tell({"start": number, "agent": agent})

    def drop(self, number: int) -> None:
        """It is not wanted any more."""
        if self._wanted.pop(number, None) is not None:
            self._tell({"stop": number})

    def look(self, now: float) -> int | None:
        """Start it where it is wanted and is not there; returns the descriptor to listen to, if that is new."""
        if self._process is not None or not self._wanted or now - self._begun_at < AGAIN_SECONDS:
            return None
        self._begun_at = now
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=settings.PROJECT,
            env=settings.handed_on(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._tell(self._words)
        for number, agent in self._wanted.items():
            self._tell({"start": number, "agent": agent})
        return self._process.stdout.fileno()

    def read(self) -> bool:
        """Take in what it says; False: it has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            found = os.read(self._process.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        *lines, self._unread = (self._unread + found).split(b"\n")
        for line in lines:
            with suppress(ValueError):
                self._said(json.loads(line))
        if not found:
            self._end()
        return bool(found)

    def _tell(self, words: dict[str, Any]) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):  # it has ended: its output says so
                self._process.stdin.write(json.dumps(words).encode() + b"\n")
                self._process.stdin.flush()

    def _end(self) -> None:
        process, self._process, self._unread = self._process, None, b""
        if process is not None:
            process.kill()
            process.communicate()

    def close(self) -> None:
        """End it, and with it what it has asked the cluster for."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
            self._process.stdin = None
        self._end()
