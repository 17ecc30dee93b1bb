"""Inside a worker process: one private pipe to the runner, T slots (threads) that perform items, one thread that sends.

    pipe ─► main thread ─► queue ─► slot 1 … slot T ─► queue ─► sender ─► pipe
               │                       │
               └ hooks, pings          └ cell on the board (what runs now, readable after any death)

It shares no lock with any other process, so it may be killed at any instant.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jobs.runtime import artifacts, catalog, confine, frames, settings, worker_logs
from jobs.runtime.board import Board
from jobs.runtime.context import Context
from jobs.runtime.errors import UnknownJob
from jobs.runtime.job import Job
from jobs.runtime.mark import Artifact
from jobs.runtime.perform import Answer, Work, perform
from jobs.runtime.plans import plan_items
from jobs.runtime.records import Column

MAX_ANSWERS = 512
MAX_TOGETHER = 1 << 20
"""Characters of rows in one frame, beyond which no further answer joins it: a frame must not grow with the slots."""

_DETAIL, _ROW = 4, 5

BROKEN_THREAD = 70
"""Exit code of a worker one of whose own threads has ended with an exception."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker is started with."""

    job: str
    slots: int
    home: Path
    runner: int
    memory: int


@dataclass(frozen=True, kw_only=True)
class RunTerms:
    """What all items of one run share."""

    run: str
    work: Work
    params: dict[str, Any]
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One item as a slot takes it up."""

    number: int
    terms: RunTerms
    position: int
    cell: str
    attempt: int
    carried: Any


def main(pipe: socket.socket, memory: Any, terms: Terms) -> None:
    """The whole life of a worker process."""
    confine.follow_parent(terms.runner)
    confine.own_group()
    settings.keep()
    _redirect(worker_logs.path(terms.home, terms.job, os.getpid()))
    worker = Worker(pipe, Board(memory), terms)
    if worker.load():
        worker.start()
        worker.listen()
    os._exit(0)  # threads of the job, or hung slots, must not keep the process


def _redirect(log: Path) -> None:
    """Send what jobs and libraries print, and the stacks of a crash, to the worker's own file."""
    with suppress(OSError):  # the disk is full: without a log of its own it can work all the same
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, 1)
        os.dup2(file, 2)
    faulthandler.enable(file=sys.stderr, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = _die


class _Standing(threading.Thread):
    """A slot or the sender: a worker without it would only seem to live."""


def _die(what: threading.ExceptHookArgs) -> None:
    """A thread has ended with an exception (out of memory, mostly): that of a job is the job's own affair."""
    threading.__excepthook__(what)
    if isinstance(what.thread, _Standing):
        os._exit(BROKEN_THREAD)


class Worker:
    """A process's pipe, slots and sender."""

    def __init__(self, pipe: socket.socket, board: Board, terms: Terms) -> None:
        self.pipe, self.board, self.terms, self.pid = pipe, board, terms, os.getpid()
        self.job: Job
        self.run: RunTerms
        self.todo: queue.SimpleQueue[Ticket] = queue.SimpleQueue()
        self.said: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def load(self) -> bool:
        """Import the job and what it loads for itself; say why if it cannot be."""
        try:
            doing = f"importing {self.terms.job}"
            self.job = catalog.load(self.terms.job)
            doing = f"what {self.terms.job} loads in each worker (ready)"
            if self.job.mark.ready is not None:
                self.job.mark.ready()
        except UnknownJob as error:
            self._send("broken", {"reason": str(error)})
        except BaseException as error:  # the author's module: whatever it raises is why the run cannot go on
            self._send("broken", {"reason": f"{doing} raised {type(error).__name__}: {error}"})
        else:
            return True
        return False

    def start(self) -> None:
        """Start the slots and the sender, then limit the memory (threads cannot start under a limit set before)."""
        for slot in range(1, self.terms.slots + 1):
            _Standing(target=self._perform_items, args=(slot,), name=f"slot {slot}", daemon=True).start()
        _Standing(target=self._send_answers, name="sender", daemon=True).start()
        if self.terms.memory:
            confine.limit_memory(self.terms.memory)
        self.said.put(("up", {"pid": os.getpid(), "slots": self.terms.slots}))

    def listen(self) -> None:
        """Take what the runner sends until it is gone."""
        decoder = frames.Decoder()
        while (received := frames.receive(self.pipe, decoder)) is not None:
            for kind, body in received:
                self._take(kind, body)

    def _take(self, kind: str, body: Any) -> None:
        if kind == "do":
            self._queue(body)
        elif kind == "work":
            self._begin(body)
        elif kind == "plan":
            plans = plan_items(self.run.work, self.run.params, body["cells"])
            self.said.put(("planned", {"first": body["first"], "plans": plans}))
        elif kind == "ping":
            self.said.put(("pong", body))

    def _begin(self, body: dict[str, Any]) -> None:
        """Get ready for the items of a run; where its params cannot be read any more, the run cannot go on."""
        try:
            self.run = self._terms(body)
        except BaseException as error:  # the author's types: whatever they raise is why
            reason = f"the params of the run do not fit {self.terms.job} as it is now: {error}"
            self.said.put(("broken", {"reason": " ".join(reason.split())[:1_000]}))

    def _terms(self, body: dict[str, Any]) -> RunTerms:
        columns = tuple(Column(**column) for column in body["columns"])
        work = Work(job=self.job, keywords=_keywords(self.job, body["params"]), columns=columns)
        return RunTerms(run=body["run"], work=work, params=body["params"], deadline=body["deadline"])

    def _queue(self, body: dict[str, Any]) -> None:
        for number, (position, cell, attempt, carried) in enumerate(body["items"], body["first"]):
            self.todo.put(Ticket(number, self.run, position, cell, attempt, carried))

    def _perform_items(self, slot: int) -> None:
        self.board.introduce(slot, threading.get_ident(), threading.get_native_id())
        clock = time.thread_time()
        while True:
            ticket = self.todo.get()
            self.board.begin(slot, ticket.number, time.monotonic_ns())
            if ticket.number <= self.board.revoked:
                self.said.put(("back", ticket.number))
            else:
                answer = self._perform(slot, ticket, clock)
                self._end_in_fork()
                clock = answer.clock
                self.said.put(("out", _fields(ticket.number, slot, answer)))
            self.board.finish(slot)

    def _perform(self, slot: int, ticket: Ticket, clock: float) -> Answer:
        deadline = ticket.terms.deadline
        here = Context(
            deadline=float("inf") if deadline is None else time.monotonic() + deadline,
            carried=None if ticket.carried is None else json.loads(ticket.carried),
            attempt=ticket.attempt,
            report=partial(self.board.report, slot),
            moved=partial(self.board.introduce, slot),
        )
        return perform(ticket.terms.work, ticket.cell, here, partial(self._keep, ticket), clock)

    def _end_in_fork(self) -> None:
        """Where the item has forked, and this is its child: end, since it has no say here, and no file to write."""
        if os.getpid() != self.pid:
            os._exit(0)

    def _keep(self, ticket: Ticket, column: str, artifact: Artifact) -> str:
        self._end_in_fork()
        stem = f"{ticket.position}-{ticket.attempt}"
        files = [known.name for known in ticket.terms.work.columns if known.type == "file"]
        if len(files) > 1:  # its number, not its name: names that are told apart must not meet when made safe
            stem += f"-{files.index(column) + 1}"
        return artifacts.write(self.terms.home, ticket.terms.run, stem, artifact)

    def _send_answers(self) -> None:
        """Send whatever is ready in as few frames as there are kinds."""
        while True:
            waiting = together(self.said)
            for kind in ("out", "back"):
                bodies = [body for said, body in waiting if said == kind]
                if bodies:
                    self._send(kind, bodies)
            for kind, body in waiting:
                if kind not in ("out", "back"):
                    self._send(kind, body)

    def _send(self, kind: str, body: Any) -> None:
        try:
            self.pipe.sendall(frames.encode(kind, body))
        except OSError:
            os._exit(0)  # the runner is gone


def together(said: queue.SimpleQueue[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What is ready to be said, as much of it as should share a frame; waits for the first."""
    waiting = [said.get()]
    weight = _weight(waiting[0])
    while not said.empty() and len(waiting) < MAX_ANSWERS and weight < MAX_TOGETHER:
        waiting.append(said.get())
        weight += _weight(waiting[-1])
    return waiting


def _weight(said: tuple[str, Any]) -> int:
    """About how many characters an answer puts into a frame."""
    kind, body = said
    return len(body[_ROW] or "") + len(body[_DETAIL]) if kind == "out" else 0


def _keywords(job: Job, params: dict[str, Any]) -> dict[str, Any]:
    if not job.params:
        return {}
    from jobs.runtime.params import typed_params  # pydantic costs 190 ms: only where there are params

    return typed_params(job, params)


def _fields(ticket: int, slot: int, answer: Answer) -> list[Any]:
    verdict = answer.verdict
    return [
        *(ticket, verdict.kind, verdict.code, verdict.error, verdict.detail, verdict.row),
        *(slot, answer.started, answer.finished, answer.cpu, answer.pace, verdict.later),
    ]
