"""The pool: start worker processes, feed them, watch them, kill them, keep them warm.

`WorkerPool.wait` sleeps on all sockets and process sentinels at once and says what has come and who has died. Where a
worker runs is its launcher's affair: on this machine (`local_process`), or elsewhere.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.runtime.core import errors
from jobs.runtime.core.records import LOCAL
from jobs.runtime.core.text import stored_text
from jobs.runtime.home import print_files, worker_logs
from jobs.runtime.runner.pool.local_process import launch
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.worker import messages

MAX_BYTES_OUT = 1 << 20
RECALL_SECONDS = 0.001
KEEP_WARM = 60.0
FEWEST_ELASTIC = 2
"""A worker of one slot has it in its main thread, and cannot have more."""

Launch = Callable[[str, int], WorkerProcess]
"""Starts a worker of a job with so many slots. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class PoolEvents:
    """What one wait brought: messages by worker, and the workers that have died (the last they said among those)."""

    messages: list[tuple[WorkerHandle, messages.Heard]]
    died: list[WorkerHandle]
    rung: bool


class WorkerPool:
    """All worker processes of a runner. `home` is where their logs go, `memory` what each may allocate (bytes);
    `left_printed` is what the items of an earlier runner's workers had printed."""

    def __init__(self, home: Path, memory: int) -> None:
        self.home, self.memory = home, memory
        self.all: set[WorkerHandle] = set()
        self.warm: list[WorkerHandle] = []
        self.launchers: dict[str, Launch] = {LOCAL: lambda job, slots: launch(job, slots, home, memory)}
        self.selector = selectors.DefaultSelector()
        self.left_printed = print_files.read_all(home)
        worker_logs.clear(home)

    def watch_bell(self, bell: int) -> None:
        """Wake from `wait` when the doorbell rings."""
        self.selector.register(bell, selectors.EVENT_READ, None)

    def unwatch_bell(self, bell: int) -> None:
        """Listen to the doorbell no more."""
        with suppress(KeyError):
            self.selector.unregister(bell)

    def take(
        self, job: str, slots: int, now: float, *, elastic: bool = False, on: str = LOCAL
    ) -> tuple[WorkerHandle, bool]:
        """A worker for this job with so many slots, by the launcher of this name, and whether it was warm already.
        Where an `elastic` pool asks, one of another size will do, the nearest; and one that such a pool has left may
        grow to what another asks for."""
        here = [kept for kept in self.warm if kept.job == job and kept.on == on]
        fitting = [kept for kept in here if _fits(kept, slots, elastic=elastic)]
        if not fitting:
            self._make_room(on)
            return self._start(job, slots, now, elastic=elastic, on=on), False
        kept = min(fitting, key=lambda kept: (not kept.ready, abs(kept.slots - slots)))
        self.warm.remove(kept)
        kept.life.resume()
        kept.elastic = elastic
        kept.resize(slots)
        return kept, kept.ready

    def _make_room(self, on: str) -> None:
        """Places elsewhere are few, and others wait for them: a worker that is kept warm there makes way."""
        kept = next((kept for kept in self.warm if kept.on == on != LOCAL), None)
        if kept is not None:
            self.kill(kept, "its place is needed")

    def release(self, kept: WorkerHandle, now: float) -> None:
        """Keep a worker warm that has nothing more to do, for the next run of its job; also one that is still starting:
        where runs are short, the pool would never be whole (tests/bench/batch.py)."""
        kept.assignment.leave()
        kept.life.keep_warm(now)
        if not (kept.out or kept.life.retiring or kept.life.dead):
            self.warm.append(kept)
        else:
            self.kill(kept, "its run is over")

    def discard_cold(self, now: float) -> None:
        """End the workers that nobody has needed for a minute."""
        for kept in [kept for kept in self.warm if now - (kept.life.warm_since or now) > KEEP_WARM]:
            self.kill(kept, "not needed any more")

    def kill(self, doomed: WorkerHandle, why: str, *, at_fault: bool = False) -> None:
        """Kill a worker and its process group at once; `wait` says when it is gone. `at_fault`: by its own doing, so
        what it was busy with is blamed as for a death."""
        doomed.life.doom(why, at_fault=at_fault)
        if doomed in self.warm:
            self.warm.remove(doomed)
        doomed.process.kill()

    def send(self, to: WorkerHandle, message: messages.ToWorker) -> None:
        """Put a message on its way; what the pipe does not take now follows when it does."""
        if not to.life.dead:
            to.process.send(message)
            self._watch(to)

    def give(self, to: WorkerHandle, entries: list[Entry]) -> None:
        """Send items; their tickets count up from the worker's last."""
        first = to.assignment.give(entries)
        self.send(to, messages.Perform(first=first, items=[_queued(entry) for entry in entries]))

    def recall(self, workers: Iterable[WorkerHandle]) -> list[Entry]:
        """Take back what has not started, without an answer: it works while a C call holds the GIL."""
        chosen = list(workers)
        for worker in chosen:
            worker.process.revoke(worker.assignment.recall())
        if any(worker.out for worker in chosen):
            time.sleep(RECALL_SECONDS)
        return [
            entry for worker in chosen for entry in worker.assignment.unstarted(worker.process.taken_when_revoked())
        ]

    def wait(self, timeout: float) -> PoolEvents:
        """Sleep until a worker says something or dies, the doorbell rings, or the time is up."""
        heard: list[tuple[WorkerHandle, messages.Heard]] = []
        ended: dict[WorkerHandle, None] = {}
        rung = False
        for key, mask in self.selector.select(max(0.0, timeout)):
            speaker = key.data
            if speaker is None:
                rung = True
            elif callable(speaker):
                speaker()
            elif key.fileobj is speaker.process.pipe:
                if mask & selectors.EVENT_WRITE:
                    speaker.process.flush()
                    self._watch(speaker)
                if mask & selectors.EVENT_READ and not self._read(speaker, heard):
                    ended[speaker] = None
            else:
                ended[speaker] = None
        return PoolEvents(messages=heard, died=[gone for gone in ended if self._gone(gone, heard)], rung=rung)

    def missed(self) -> PoolEvents:
        """What `wait` could not hear of: workers that have died while something that an item had forked holds their
        pipe and their sentinel."""
        heard: list[tuple[WorkerHandle, messages.Heard]] = []
        ended = [gone for gone in self.all if gone.process.has_ended()]
        return PoolEvents(messages=heard, died=[gone for gone in ended if self._gone(gone, heard)], rung=False)

    def close(self) -> None:
        """Kill all workers and wait for them."""
        for doomed in list(self.all):
            self.kill(doomed, "the runner leaves")
        for doomed in list(self.all):
            doomed.process.reap(5)
            doomed.process.close()
        self.selector.close()

    def _start(self, job: str, slots: int, now: float, *, elastic: bool, on: str) -> WorkerHandle:
        least = max(slots, FEWEST_ELASTIC) if elastic else slots
        process = self.launchers[on](job, least)
        started = WorkerHandle(process, job, least, now, elastic=elastic, on=on)
        started.resize(slots)
        self.all.add(started)
        self.selector.register(started.process.pipe, selectors.EVENT_READ, started)
        with suppress(ValueError, OSError):  # on Windows a sentinel cannot be waited for so: its pipe's end must do
            self.selector.register(started.process.sentinel, selectors.EVENT_READ, started)
        return started

    def _watch(self, to: WorkerHandle) -> None:
        """Wait for its pipe to take more, where something is unsent."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if to.process.unsent else 0)
        if self.selector.get_key(to.process.pipe).events != wanted:
            self.selector.modify(to.process.pipe, wanted, to)

    def _read(self, speaker: WorkerHandle, heard: list[tuple[WorkerHandle, messages.Heard]]) -> bool:
        """Take what its pipe holds now; False: the pipe has ended, or what it says is nonsense."""
        try:
            for message in speaker.process.read():
                if message is None:
                    return False
                heard.append((speaker, message))
        except (OSError, errors.FrameError) as error:
            self.kill(speaker, f"its pipe broke: {error}", at_fault=True)
            return False
        return True

    def _gone(self, gone: WorkerHandle, heard: list[tuple[WorkerHandle, messages.Heard]]) -> bool:
        """Bury a worker whose process or pipe has ended, after the last it said."""
        if gone.life.dead:
            return False
        self._handle_last(gone, heard)
        if not gone.process.reap(0.05):
            self.kill(gone, gone.process.lost_why, at_fault=True)
            gone.process.reap(2)
        gone.life.die()
        for file in (gone.process.pipe, gone.process.sentinel):
            with suppress(KeyError, ValueError):
                self.selector.unregister(file)
        gone.process.close()
        self.all.discard(gone)
        if gone in self.warm:
            self.warm.remove(gone)
        return True

    def _handle_last(self, gone: WorkerHandle, heard: list[tuple[WorkerHandle, messages.Heard]]) -> None:
        """Take what is left in its pipe, as far as it can be read."""
        with suppress(OSError, errors.FrameError):
            for message in gone.process.read_rest():
                heard.append((gone, message))


def _fits(kept: WorkerHandle, slots: int, *, elastic: bool) -> bool:
    if elastic:
        return kept.slots >= FEWEST_ELASTIC
    return kept.slots == slots or (kept.elastic and kept.slots < slots)


def _queued(entry: Entry) -> messages.QueuedItem:
    return messages.QueuedItem(
        position=entry.position,
        cell=stored_text(entry.cell),
        attempt=entry.number,
        carry=entry.carry,
        earlier=entry.told,
        waited_for=entry.waited_for,
    )
