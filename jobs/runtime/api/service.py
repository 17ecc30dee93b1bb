"""What all requests to one server share: how many threads they may have, whom they know, what they counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import anyio
from anyio import to_thread

from jobs.runtime import client
from jobs.runtime.api.live import SeenRun, SharedLooks, see_run
from jobs.runtime.api.places import Places
from jobs.runtime.api.problems import SOON, Problem
from jobs.runtime.core import program
from jobs.runtime.core.access import Caller
from jobs.runtime.core.errors import BadToken

READERS, WORKERS = 8, 4
"""Threads for short looks into the store, and for what takes long or much memory: submits, checks, exports."""

MOST_LOOKS, MOST_WORKS = 400, 16
"""That may wait for a thread of either kind."""

MOST_STREAMS, STREAMS_EACH = 500, 300
"""Requests that wait for the end of a run, or hear of its progress, at a time; and those of one token."""

MOST_BODIES, BODIES_EACH = 100, 50
"""Bodies that arrive, or wait for a thread, at a time: each is on the disk meanwhile, but for 64 KiB."""

MOST_DOWNLOADS, DOWNLOADS_EACH = 50, 25
"""Files that are written and sent at a time."""

KNOWN_SECONDS = 1.0
"""So long a token is known without a look: a revoked one may be used for as long."""

FRESH_SECONDS, STALE_SECONDS = 0.2, 1.0
"""Of how far a run is: what this server itself has done to it is seen at once."""

Found = TypeVar("Found")


class Service:
    """The shared state of one application."""

    def __init__(self) -> None:
        self._readers, self._places, self._workers = (anyio.CapacityLimiter(n) for n in (READERS, WORKERS, WORKERS))
        self._callers: SharedLooks[Caller] = SharedLooks(
            lambda token: self.look(partial(client.caller, token)), fresh=KNOWN_SECONDS, stale=KNOWN_SECONDS
        )
        self.live: SharedLooks[SeenRun] = SharedLooks(
            lambda run_id: self.look(partial(see_run, run_id)), fresh=FRESH_SECONDS, stale=STALE_SECONDS
        )
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.streams = Places("requests wait", most=MOST_STREAMS, each=STREAMS_EACH)
        self.bodies = Places("requests are on their way", most=MOST_BODIES, each=BODIES_EACH)
        self.downloads = Places("files are on their way", most=MOST_DOWNLOADS, each=DOWNLOADS_EACH)
        self.stopping = False

    async def look(self, function: Callable[[], Found]) -> Found:
        """Do something short with the store, in a thread. Raises Problem: too many wait."""
        _check_queue(self._readers, MOST_LOOKS)
        return await to_thread.run_sync(function, limiter=self._readers)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among the few that may hold a body in memory and have something long done. Raises Problem: too many
        wait."""
        _check_queue(self._places, MOST_WORKS)
        async with self._places:
            yield

    async def work(self, function: Callable[[], Found]) -> Found:
        """Do something long, in a thread; who calls this has a place."""
        return await to_thread.run_sync(function, limiter=self._workers)

    async def caller(self, authorization: list[str]) -> Caller:
        """Who asks. Raises BadToken."""
        kind, _, text = (authorization or [""])[0].partition(" ")
        text = text.strip()
        if len(authorization) != 1 or kind.lower() != "bearer" or not text:
            made = f"{program.NAME} token new NAME makes one"
            raise BadToken(f"a token is needed here, in the header Authorization: Bearer TOKEN ({made})")
        return await self._callers.see(text)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answer."""
        self.answers[method, route, status] += 1
        self.seconds[method, route] += seconds


def _check_queue(limiter: anyio.CapacityLimiter, most: int) -> None:
    if limiter.statistics().tasks_waiting >= most:
        raise Problem(503, "too much is asked at once: ask again soon", code="busy", headers=SOON)
