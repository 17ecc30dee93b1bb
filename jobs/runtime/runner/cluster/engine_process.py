"""The process that knows the cluster's engine, beside the runner: told which agents there should be, it says which have
ended. It is started again when it has ended, and told again."""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jobs.runtime.core import settings
from jobs.runtime.runner.pool.outbox import Outbox

MODULE = "jobs.runtime.runner.cluster.engine"
AGAIN_SECONDS = 2.0
LEAVE_SECONDS = 5.0


class EngineProcess:
    """`words`: what it is started with; `selector`: what the runner waits with, which never waits for this process to
    read; `said`: is told each line of it, as plain data."""

    def __init__(
        self, words: dict[str, Any], selector: selectors.BaseSelector, said: Callable[[dict[str, Any]], None]
    ) -> None:
        self._words, self._selector, self._said = words, selector, said
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: socket.socket | None = None
        self._outbox: Outbox | None = None
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

    def look(self, now: float) -> None:
        """Start it where it is wanted and is not there. Raises OSError."""
        if self._process is not None or not self._wanted or now - self._begun_at < AGAIN_SECONDS:
            return
        self._begun_at = now
        pipe, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", MODULE],
                    cwd=settings.PROJECT,
                    env=settings.handed_on(),
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                )
            except OSError:
                pipe.close()
                raise
        pipe.setblocking(False)
        self._pipe, self._outbox = pipe, Outbox(pipe)
        self._selector.register(pipe, selectors.EVENT_READ, self._serve)
        self._tell(self._words)
        for number, agent in self._wanted.items():
            self._tell({"start": number, "agent": agent})

    def _tell(self, words: dict[str, Any]) -> None:
        if self._outbox is not None:
            self._outbox.put(json.dumps(words).encode() + b"\n")
            self._watch()

    def _watch(self) -> None:
        assert self._pipe is not None
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outbox else 0)
        self._selector.modify(self._pipe, wanted, self._serve)

    def _serve(self) -> None:
        """Send it what waits, and take in what it says."""
        assert self._pipe is not None
        assert self._outbox is not None
        self._outbox.flush()
        self._watch()
        try:
            found = self._pipe.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            found = b""
        *lines, self._unread = (self._unread + found).split(b"\n")
        for line in lines:
            with suppress(ValueError):
                self._said(json.loads(line))
        if not found:
            self._end()

    def _end(self) -> None:
        process, self._process, self._unread = self._process, None, b""
        self._outbox = None
        if self._pipe is not None:
            with suppress(KeyError, ValueError):
                self._selector.unregister(self._pipe)
            self._pipe.close()
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End it, and with it what it has asked the cluster for."""
        if self._process is not None and self._pipe is not None:
            with suppress(OSError):
                self._pipe.shutdown(socket.SHUT_WR)
            limit = time.monotonic() + LEAVE_SECONDS
            while self._process.poll() is None and time.monotonic() < limit:
                time.sleep(0.01)
        self._end()
