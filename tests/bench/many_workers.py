"""What does an item cost the runner's loop with a thousand workers, beside ten?

The workers are one process that performs nothing: it has a pipe for each and speaks the protocol, and an item takes so
long that as many come a second whatever the number of workers. Measured is the processor time of the thread that the
runner's loop has, from when a quarter of the items was given out, to workers that all are there, until most are.
"""

from __future__ import annotations

import contextlib
import heapq
import random
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from jobs.runtime.core import settings
from jobs.runtime.core.records import Item, Limits, Pool
from jobs.runtime.home.runner_lock import RunnerLock
from jobs.runtime.runner.loop import Runner
from jobs.runtime.runner.pool import os_process
from jobs.runtime.runner.pool.outbox import Outbox
from jobs.runtime.store.connection import Store
from jobs.runtime.worker import messages, protocol
from tests.bench import harness

FEW, MANY, THREADS = 10, 1_000, 16
ITEMS, A_SECOND = 200_000, 15_000
MOST_TIMES = 1.2


def run(asked: harness.Asked) -> harness.Report:
    """Both numbers in turn."""
    report = harness.Report(
        title=f"the runner's loop, some {A_SECOND:,} no-op items a second, {THREADS} slots a worker"
    )
    items = asked.size(ITEMS)
    found = harness.in_turn(
        {number: partial(_microseconds, number, items) for number in (FEW, MANY)},  # type: ignore[arg-type]
        asked.repeats,
    )
    few, many = (
        report.line(f"processor time an item, {number:,} workers", samples, "µs") for number, samples in found.items()
    )
    report.at_most("of its cost at ten", many.median / few.median, MOST_TIMES, "×")
    return report


def _microseconds(workers: int, items: int) -> float:
    from jobs.runtime import client

    with harness.home(), _others(workers, workers * THREADS / A_SECOND) as pipes:
        store, held = Store(settings.home()), RunnerLock(settings.home())
        assert held.take(0)
        runner = Runner(store, held, idle=0.0)
        numbers = count(1)
        runner.state.workers.launchers["local"] = lambda *_: Silent(next(numbers), pipes.pop())  # type: ignore
        runner.take_over()
        made = client.submit(
            "noop",
            (Item(cell="x") for _ in range(items)),
            pool=Pool(processes=1, threads=THREADS),
            limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
        )
        with store.write() as db:  # more than a run may ask for
            db.execute("UPDATE runs SET processes = ?", (workers,))
        Silent.given, Silent.marks = 0, [items // 4, items * 9 // 10]
        Silent.reached = []
        runner.run()
        runner.close()
        held.leave()
        ended = client.run(made.id)
    assert ended.ok == items, ended
    (began, first), (over, last) = Silent.reached
    return (over - began) / (last - first) * 1e6


@contextlib.contextmanager
def _others(workers: int, seconds: float) -> Iterator[list[socket.socket]]:
    """The runner's ends of the pipes of so many workers, whose items take so long."""
    os_process.allow_descriptors()
    pairs = [socket.socketpair() for _ in range(workers)]
    theirs = [there.fileno() for _, there in pairs]
    command = [sys.executable, "-m", "tests.bench.many_workers", str(seconds), *map(str, theirs)]
    process = subprocess.Popen(command, cwd=harness.PROJECT, pass_fds=theirs)
    for here, there in pairs:
        there.close()
        here.setblocking(False)
    try:
        yield [here for here, _ in pairs]
    finally:
        process.kill()
        process.wait()


class Silent:
    """A worker of that process, as the runner sees it: it never dies, and never prints."""

    sentinel = -1
    machine, round_trip, lost_why, begun_at = "", 0.0, "", 0.0
    given, marks, reached = 0, list[int](), list[tuple[float, int]]()
    """Items given to all of them; and when so many were (processor seconds of the thread), and how many exactly."""

    def __init__(self, number: int, pipe: socket.socket) -> None:
        self.pid, self.name, self.pipe = 10**9 + number, f"silent/{number}", pipe
        self._outbox, self._decoder = Outbox(pipe), protocol.runner_side()
        self._given = 0
        self.exit_code: int | None = None

    @property
    def unsent(self) -> int:
        return len(self._outbox)

    def send(self, message: messages.ToWorker) -> None:
        if isinstance(message, messages.Perform):
            self._given = message.first + len(message.items) - 1
            Silent.given += len(message.items)
            if Silent.marks and Silent.given >= Silent.marks[0]:
                Silent.marks.pop(0)
                Silent.reached.append((time.thread_time(), Silent.given))
        self._outbox.put(protocol.encode(message))

    def flush(self) -> None:
        self._outbox.flush()

    def read(self) -> Iterator[messages.Heard | None]:
        try:
            received = self.pipe.recv(protocol.READ)
        except BlockingIOError:
            return
        yield from self._decoder.feed(received)
        if not received:
            yield None

    def read_rest(self) -> Iterator[messages.Heard]:
        yield from ()

    def highest_taken(self) -> int:
        return self._given

    taken_when_revoked = highest_taken

    def busy(self) -> list[Any]:
        return []

    last = busy

    def is_stopped(self) -> bool:
        return False

    has_ended = is_stopped

    def nothing(self, *_: object) -> None:
        """It does and knows nothing of that."""

    resize = hook = printed = revoke = cpu_of = cpu = resident = begin_use = used = bound_log = discard_log = nothing

    def kill(self) -> None:
        self.exit_code = -signal.SIGKILL

    def reap(self, seconds: float) -> bool:  # noqa: ARG002
        return True

    def error_log(self) -> str:
        return ""

    def close(self) -> None:
        self.pipe.close()


# The process that is all of them


class Answering:
    """One of them, on its side of the pipe."""

    def __init__(self, pipe: socket.socket) -> None:
        self.pipe, self.decoder = pipe, protocol.worker_side()
        self.say(messages.Ready())

    def say(self, message: messages.FromWorker) -> None:
        with contextlib.suppress(OSError):
            self.pipe.sendall(protocol.encode(message))


Due = tuple[float, int, Answering, int, float]
"""When an item is over, a number that keeps the order, whose it is, its ticket, and when it began."""


def serve(seconds: float, descriptors: list[int]) -> None:
    """Answer for each item when its time is over, those of one worker that are over by then together."""
    selector, chance, order = selectors.DefaultSelector(), random.Random(7), count()
    for number in descriptors:
        worker = Answering(socket.socket(fileno=number))
        selector.register(worker.pipe, selectors.EVENT_READ, worker)
    due: list[Due] = []
    while True:
        wait = max(0.0, due[0][0] - time.monotonic()) if due else None
        for key, _ in selector.select(wait):
            worker = key.data
            received = worker.pipe.recv(protocol.READ)
            if not received:
                return
            for message in worker.decoder.feed(received):
                if isinstance(message, messages.Begin):
                    worker.say(messages.Begun())
                elif isinstance(message, messages.Prepare):
                    plans = [messages.PlannedItem(position=position) for position, _ in message.cells]
                    worker.say(messages.Prepared(plans=plans))
                elif isinstance(message, messages.Perform):
                    now = time.monotonic()
                    for ticket in range(message.first, message.first + len(message.items)):
                        at = now + seconds * chance.uniform(0.5, 1.5)
                        heapq.heappush(due, (at, next(order), worker, ticket, now))
        _answer(due)


def _answer(due: list[Due]) -> None:
    now, over = time.monotonic(), dict[Answering, list[tuple[int, float]]]()
    while due and due[0][0] <= now:
        _, _, worker, ticket, began = heapq.heappop(due)
        over.setdefault(worker, []).append((ticket, began))
    ok = messages.AttemptOutcome(kind="ok", row="{}")
    for worker, tickets in over.items():
        answers = [
            messages.Answer(ticket=ticket, slot=1, started=began, finished=now, cpu=0.0, outcome=ok, pace=None)
            for ticket, began in tickets
        ]
        worker.say(messages.Answers(answers=answers))


if __name__ == "__main__":
    os_process.allow_descriptors()
    serve(float(sys.argv[1]), list(map(int, sys.argv[2:])))
