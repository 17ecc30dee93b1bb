"""The local pool: start worker processes, feed them, watch them, kill them, keep them warm.

`Workers.wait` sleeps on all sockets and process sentinels at once and says what has come and who has died.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from jobs.runtime import board, confine, frames, worker, worker_logs
from jobs.runtime.schedule import Entry
from jobs.runtime.worker_process import WorkerProcess

MAX_BYTES_OUT = 1 << 20
RECALL_SECONDS = 0.001
KEEP_WARM = 60.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What one wait brought: frames by worker, and the workers that have died (their last frames among those)."""

    frames: list[tuple[WorkerProcess, str, Any]]
    died: list[WorkerProcess]
    rung: bool


class Workers:
    """All worker processes of a runner. `home` is where their logs go, `memory` what each may allocate (bytes)."""

    def __init__(self, home: Path, memory: int) -> None:
        self.home, self.memory = home, memory
        self.all: set[WorkerProcess] = set()
        self.shelf: list[WorkerProcess] = []
        self._context = board.spawn_context()
        self._selector = selectors.DefaultSelector()
        worker_logs.clear(home)

    def watch_bell(self, bell: int) -> None:
        """Wake from `wait` when the doorbell rings."""
        self._selector.register(bell, selectors.EVENT_READ, None)

    def unwatch_bell(self, bell: int) -> None:
        """Listen to the doorbell no more."""
        with suppress(KeyError):
            self._selector.unregister(bell)

    def take(self, job: str, slots: int, now: float) -> tuple[WorkerProcess, bool]:
        """A worker for this job with so many slots, and whether it was warm already."""
        fitting = [kept for kept in self.shelf if kept.job == job and kept.slots == slots]
        if not fitting:
            return self._start(job, slots, now), False
        kept = next((kept for kept in fitting if kept.ready), fitting[0])
        self.shelf.remove(kept)
        kept.shelved_at = None
        return kept, kept.ready

    def shelve(self, kept: WorkerProcess, now: float) -> None:
        """Keep a worker warm that has nothing more to do, for the next run of its job; also one that is still starting:
        where runs are short, the pool would never be whole (tests/bench/batch.py)."""
        kept.run, kept.shelved_at = None, now
        if not (kept.out or kept.retiring or kept.dead):
            self.shelf.append(kept)
        else:
            self.kill(kept, "its run is over")

    def discard_cold(self, now: float) -> None:
        """End the workers that nobody has needed for a minute."""
        for kept in [kept for kept in self.shelf if now - (kept.shelved_at or now) > KEEP_WARM]:
            self.kill(kept, "not needed any more")

    def kill(self, doomed: WorkerProcess, why: str, *, at_fault: bool = False) -> None:
        """Kill a worker and its process group at once; `wait` says when it is gone. `at_fault`: by its own doing, so
        what it was busy with is blamed as for a death."""
        doomed.at_fault = at_fault and not doomed.killed_why
        doomed.killed_why = doomed.killed_why or why
        doomed.retiring = True
        if doomed in self.shelf:
            self.shelf.remove(doomed)
        confine.kill_group(doomed.pid)

    def send(self, to: WorkerProcess, kind: str, body: Any) -> None:
        """Put a frame on its way; what the pipe does not take now follows when it does."""
        to.outbox += frames.encode(kind, body)
        self._flush(to)

    def give(self, to: WorkerProcess, entries: list[Entry]) -> None:
        """Send items; their tickets count up from the worker's last."""
        first = to.ticket
        to.ticket += len(entries)
        if not to.out:
            to.last_heard = time.monotonic()
        to.out.update(zip(range(first, to.ticket), entries, strict=True))
        body = [[entry.position, entry.cell, entry.number, entry.carry] for entry in entries]
        self.send(to, "do", {"first": first, "items": body})

    def recall(self, workers: Iterable[WorkerProcess]) -> list[tuple[WorkerProcess, Entry]]:
        """Take back what has not started, without an answer: it works while a C call holds the GIL."""
        chosen = [worker for worker in workers if worker.out]
        for worker_ in chosen:
            worker_.board.revoked = worker_.ticket - 1
        if chosen:
            time.sleep(RECALL_SECONDS)
        return [(worker_, entry) for worker_ in chosen for entry in _unstarted(worker_)]

    def wait(self, timeout: float) -> Heard:
        """Sleep until a worker says something or dies, the doorbell rings, or the time is up."""
        heard: list[tuple[WorkerProcess, str, Any]] = []
        ended: dict[WorkerProcess, None] = {}
        rung = False
        for key, mask in self._selector.select(max(0.0, timeout)):
            speaker = key.data
            if speaker is None:
                rung = True
            elif key.fileobj is speaker.pipe:
                if mask & selectors.EVENT_WRITE:
                    self._flush(speaker)
                if mask & selectors.EVENT_READ and not self._read(speaker, heard):
                    ended[speaker] = None
            else:
                ended[speaker] = None
        return Heard(frames=heard, died=[gone for gone in ended if self._gone(gone, heard)], rung=rung)

    def missed(self) -> Heard:
        """What `wait` could not hear of: workers that have died while something that an item had forked holds their
        pipe and their sentinel."""
        heard: list[tuple[WorkerProcess, str, Any]] = []
        ended = [gone for gone in self.all if confine.ended(gone.pid)]
        return Heard(frames=heard, died=[gone for gone in ended if self._gone(gone, heard)], rung=False)

    def close(self) -> None:
        """Kill all workers and wait for them."""
        for doomed in list(self.all):
            self.kill(doomed, "the runner leaves")
        for doomed in list(self.all):
            doomed.process.join(5)
            doomed.pipe.close()
        self._selector.close()

    def _start(self, job: str, slots: int, now: float) -> WorkerProcess:
        ours, theirs = socket.socketpair()
        try:
            process, memory = self._launch(job, slots, theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        started = WorkerProcess(
            process=process,
            pid=process.pid or 0,
            job=job,
            slots=slots,
            pipe=ours,
            board=board.Board(memory),
            log=worker_logs.path(self.home, job, process.pid or 0),
            started_at=now,
            last_heard=now,
        )
        self.all.add(started)
        self._selector.register(ours, selectors.EVENT_READ, started)
        with suppress(ValueError, OSError):  # on Windows a sentinel cannot be waited for so: its pipe's end must do
            self._selector.register(process.sentinel, selectors.EVENT_READ, started)
        return started

    def _launch(self, job: str, slots: int, pipe: socket.socket) -> tuple[SpawnProcess, Any]:
        memory = board.new_memory(self._context, slots)
        terms = worker.Terms(job=job, slots=slots, home=self.home, runner=os.getpid(), memory=self.memory)
        process = self._context.Process(target=worker.main, args=(pipe, memory, terms), name=f"worker of {job}")
        process.start()
        return process, memory

    def _flush(self, to: WorkerProcess) -> None:
        if to.dead:
            return
        try:
            while to.outbox:
                sent = to.pipe.send(to.outbox[: 1 << 18])
                del to.outbox[:sent]
        except BlockingIOError:
            pass
        except OSError:
            to.outbox.clear()  # it is dying: its end is heard of in `wait`
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if to.outbox else 0)
        if self._selector.get_key(to.pipe).events != wanted:
            self._selector.modify(to.pipe, wanted, to)

    def _read(self, speaker: WorkerProcess, heard: list[tuple[WorkerProcess, str, Any]]) -> bool:
        """Take what its pipe holds now; False: the pipe has ended, or what it says is nonsense."""
        try:
            received = speaker.pipe.recv(frames.READ)
            said = speaker.decoder.feed_checked(received)
        except BlockingIOError:
            return True
        except (OSError, frames.FrameError) as error:
            self.kill(speaker, f"its pipe broke: {error}", at_fault=True)
            return False
        heard += [(speaker, kind, body) for kind, body in said]
        return bool(received)

    def _gone(self, gone: WorkerProcess, heard: list[tuple[WorkerProcess, str, Any]]) -> bool:
        """Bury a worker whose process or pipe has ended, after the last it said."""
        if gone.dead:
            return False
        while self._pending(gone, heard):
            pass
        confine.kill_strays(gone.pid)
        gone.process.join(0.05)
        if gone.process.exitcode is None:
            self.kill(gone, "its pipe closed", at_fault=True)
            gone.process.join(2)
        gone.dead = True
        for file in (gone.pipe, gone.process.sentinel):
            with suppress(KeyError, ValueError):
                self._selector.unregister(file)
        gone.pipe.close()
        self.all.discard(gone)
        if gone in self.shelf:
            self.shelf.remove(gone)
        return True

    def _pending(self, gone: WorkerProcess, heard: list[tuple[WorkerProcess, str, Any]]) -> bool:
        try:
            received = gone.pipe.recv(frames.READ)
            heard += [(gone, kind, body) for kind, body in gone.decoder.feed_checked(received)]
        except (OSError, frames.FrameError):
            return False
        return bool(received)


def _unstarted(recalled: WorkerProcess) -> list[Entry]:
    """The items above the highest ticket that was taken: they never start. Those below are answered or given back."""
    taken = recalled.board.highest_taken()
    return [recalled.out.pop(ticket) for ticket in [ticket for ticket in recalled.out if ticket > taken]]
