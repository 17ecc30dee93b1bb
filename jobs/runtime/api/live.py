"""What is looked up in the store once for all who ask within a moment: how far runs are, and whose tokens are."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from jobs.runtime import client
from jobs.runtime.core.people import LOCAL_ADMIN, acting_as
from jobs.runtime.core.records import Run

MOST_KEPT = 1_000

Seen = TypeVar("Seen")


@dataclass(frozen=True, kw_only=True)
class SeenRun:
    """A run as it was a moment ago: the document as a program gets it, and what of it changes with the run alone."""

    run: Run
    text: str
    mark: str


def see_run(run_id: str) -> SeenRun:
    """A run as it stands, whosever it is: who asks is looked at for each of them. Raises UnknownRun, DamagedRun."""
    with acting_as(LOCAL_ADMIN):
        progress = client.progress(run_id)
        document = client.shown_run(progress)
    return SeenRun(
        run=progress.run,
        text=json.dumps(document, ensure_ascii=False),
        mark=json.dumps({**document, "seconds": 0}),
    )


class SharedLooks(Generic[Seen]):
    """Looks that are shared: an answer is good for `fresh` seconds; while the next is looked up, whoever asks meanwhile
    gets the one before, if it is no older than `stale`, and waits for it else."""

    def __init__(self, look: Callable[[str], Awaitable[Seen]], *, fresh: float, stale: float) -> None:
        self._look, self._fresh, self._stale = look, fresh, stale
        self._kept: dict[str, tuple[Seen, float]] = {}
        self._asked: dict[str, asyncio.Task[Seen]] = {}

    async def see(self, key: str) -> Seen:
        """What is known of this. Raises what the look raises."""
        kept, since = self._kept.get(key, (None, 0.0))
        age = time.monotonic() - since
        if kept is not None and age < self._fresh:
            return kept
        task = self._asked.get(key)
        if task is not None and kept is not None and age < self._stale:
            return kept
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(self._look(key))
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(task)

    def forget(self, key: str) -> None:
        """Let the next who asks look anew: this server has changed what it is about."""
        self._kept.pop(key, None)
        self._asked.pop(key, None)

    def _keep(self, key: str, done: asyncio.Task[Seen]) -> None:
        if self._asked.get(key) is not done:
            return  # forgotten meanwhile
        del self._asked[key]
        if done.cancelled() or done.exception() is not None:
            self._kept.pop(key, None)
            return
        now = time.monotonic()
        if len(self._kept) >= MOST_KEPT:
            self._kept = {name: seen for name, seen in self._kept.items() if now - seen[1] < self._stale}
        self._kept[key] = (done.result(), now)
