"""Who is at fault when a worker dies or hangs: an answer names its item, a death does not.

What has not started goes back without blame. One busy slot names the culprit; of several, the stack that faulthandler
printed may; else all of them are tried again alone, and only what fails alone is blamed. What is done and was not heard
of is suspect too: its answer may be what the worker could not send.
"""

from __future__ import annotations

import re
import signal

from jobs.runtime import confine
from jobs.runtime.board import Busy
from jobs.runtime.runner.active import ActiveRun, Stamps
from jobs.runtime.schedule import Entry
from jobs.runtime.worker import BROKEN_THREAD
from jobs.runtime.worker_process import WorkerProcess
from jobs.runtime.workers import Workers

GRACE = 1.0
"""Seconds past its deadline that an item may still take to answer."""

PONG_SECONDS = 0.4
"""A worker that does not answer a ping within this holds the GIL in one call."""

MIN_GAIN = 0.05
"""CPU seconds since the ping below which no thread is called the holder of the GIL."""

STOPPED_SECONDS = 1.0
SILENT_SECONDS = 5.0
"""A worker that is done with an item, has nothing else to do and has not answered for so long never will."""

_NO_MEMORY = ("annot allocate memory", "overflow in mpz type", "bad_alloc")
_STACK = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


def bury(run: ActiveRun, dead: WorkerProcess, now: float) -> str:
    """Give back what a dead worker held, each item with the blame that is its due; returns how it died, in words."""
    how, taken = manner_of_death(dead), dead.board.highest_taken()
    busy = _taken_out(dead, dead.board.busy())
    done = _taken_out(dead, dead.board.last())
    innocent = bool(dead.killed_why) and not dead.at_fault
    for ticket, entry in reversed(dead.out.items()):
        run.schedule.back(entry, now) if innocent or ticket > taken else run.suspect(entry, now)
    dead.out.clear()
    run.untidy = True
    if innocent:
        for _, entry in [*busy, *done]:
            run.schedule.back(entry, now)
        return how
    suspects = busy or done
    culprit = _culprit(dead, suspects)
    for place, entry in suspects:
        if culprit is None or entry is culprit:
            _convict(run, dead, place, entry, how, alone=culprit is not None, now=now)
        else:
            run.schedule.back(entry, now)
    for _, entry in done if busy else ():
        run.suspect(entry, now)
    return how


def _taken_out(dead: WorkerProcess, places: list[Busy]) -> list[tuple[Busy, Entry]]:
    """The items in these places that were out, taken out."""
    return [(place, dead.out.pop(place.ticket)) for place in places if place.ticket in dead.out]


def manner_of_death(dead: WorkerProcess) -> str:
    """How a worker ended: `killed by SIGSEGV`, `exited with code 3`, or why the runner killed it."""
    if dead.killed_why:
        return f"was ended: {dead.killed_why}"
    code = dead.process.exitcode
    if code is not None and code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"exited with code {code}"


def check_deadlines(run: ActiveRun, worker: WorkerProcess, workers: Workers, now: float) -> None:
    """Kill a worker that has an item out past its deadline and grace, or that is stopped; blame who is at fault."""
    if worker.dead or worker.killed_why or _is_stopped(run, worker, workers, now):
        return
    _heed_pong(worker, now)
    busy = [place for place in worker.board.busy() if place.ticket in worker.out]
    if busy:
        worker.silent_since = None
    elif _is_silent(worker, now):
        _end(run, worker, workers, "it was done with an item, and its answer did not come", at_fault=True)
        return
    overdue = _overdue(run, worker, busy, now)
    if not overdue:
        return
    if len(busy) == 1:
        _time_out(run, worker, overdue, workers, now)
    elif worker.pinged_at is None:
        worker.pinged_at, worker.ponged_at = now, None
        worker.cpu_then = {place.native: confine.thread_cpu(worker.pid, place.native) for place in busy}
        workers.send(worker, "ping", 1)
    elif worker.ponged_at is not None:
        _time_out(run, worker, overdue, workers, now)
    elif now - worker.pinged_at > PONG_SECONDS:
        _judge_holder(run, worker, overdue, workers, now, holder=_gaining(worker, busy))


def _is_stopped(run: ActiveRun, worker: WorkerProcess, workers: Workers, now: float) -> bool:
    """Kill a worker that has been stopped for a while; a debugger or profiler stops one for an instant."""
    if not confine.stopped(worker.pid):
        worker.stopped_since = None
    elif worker.stopped_since is None:
        worker.stopped_since = now
    elif now - worker.stopped_since > STOPPED_SECONDS:
        _end(run, worker, workers, "it was stopped (SIGSTOP)", at_fault=True)
    return worker.stopped_since is not None


def _is_silent(worker: WorkerProcess, now: float) -> bool:
    """Whether an item has been done for long without an answer: what the worker says cannot be read any more."""
    waits = any(place.ticket in worker.out for place in worker.board.last())
    if not waits or worker.silent_since is None or worker.last_heard > worker.silent_since:
        worker.silent_since = now if waits else None
    return worker.silent_since is not None and now - worker.silent_since > SILENT_SECONDS


def _culprit(dead: WorkerProcess, busy: list[tuple[Busy, Entry]]) -> Entry | None:
    if len(busy) == 1:
        return busy[0][1]
    found = _STACK.search(dead.error_log())
    if found is None:
        return None
    ident = int(found[1], 16)
    return next((entry for place, entry in busy if place.ident == ident), None)


def _convict(
    run: ActiveRun, dead: WorkerProcess, place: Busy, entry: Entry, how: str, *, alone: bool, now: float
) -> None:
    if not alone:
        run.suspect(entry, now)
        return
    stamps = Stamps(dead.pid, place.slot, place.started, now, 0.0)
    if _ran_out_of_memory(dead):
        error = "it needs more memory than a worker may have (JOBS_WORKER_MEMORY): its process was aborted"
        if entry.alone or dead.slots == 1:
            run.fail_item(entry, "out_of_memory", error, stamps, now)
        else:
            run.suspect(entry, now)
        return
    error = f"its worker process {how}, each time it was tried"
    run.blame(entry, "worker_lost", error, stamps, now)


def _ran_out_of_memory(dead: WorkerProcess) -> bool:
    """GMP and C++ abort where Python raises; a slot or the sender that cannot go on ends the process."""
    code, log = dead.process.exitcode, dead.error_log()
    aborted = code == -signal.SIGABRT and any(words in log for words in _NO_MEMORY)
    return aborted or (code == BROKEN_THREAD and "MemoryError" in log)


def _overdue(run: ActiveRun, worker: WorkerProcess, busy: list[Busy], now: float) -> list[Busy]:
    deadline = run.run.limits.deadline
    if deadline is None:
        return []
    limit = deadline + GRACE
    return [place for place in busy if now - place.started > limit + _held_up(worker, place)]


def _held_up(worker: WorkerProcess, place: Busy) -> float:
    """How long others have held the GIL while this item was in progress (seconds)."""
    return worker.starved if place.started < worker.starved_at else 0.0


def _time_out(run: ActiveRun, worker: WorkerProcess, overdue: list[Busy], workers: Workers, now: float) -> None:
    deadline = run.run.limits.deadline
    for place in overdue:
        entry = worker.out.pop(place.ticket)
        stamps = Stamps(worker.pid, place.slot, place.started, now, 0.0)
        run.fail_item(entry, "timeout", f"not done at its deadline of {deadline:g} s, and it did not stop", stamps, now)
    _end(run, worker, workers, "an item was past its deadline and did not stop")


def _end(run: ActiveRun, worker: WorkerProcess, workers: Workers, why: str, *, at_fault: bool = False) -> None:
    run.log("worker_died", f"worker {worker.pid} is ended and replaced: {why}", worker=worker.pid)
    workers.kill(worker, why, at_fault=at_fault)


def _judge_holder(
    run: ActiveRun, worker: WorkerProcess, overdue: list[Busy], workers: Workers, now: float, *, holder: Busy | None
) -> None:
    """One C call holds the GIL: the thread that gains CPU is the culprit, and the others are late through it."""
    if holder is None:
        for place in overdue:
            run.suspect(worker.out.pop(place.ticket), now)
        _end(run, worker, workers, "items were past their deadline, and it did not answer")
    elif any(place.ticket == holder.ticket for place in overdue):
        _time_out(run, worker, [holder], workers, now)


def _heed_pong(worker: WorkerProcess, now: float) -> None:
    """After a time in which one item held the GIL, the others get as much longer as they were held up."""
    if worker.pinged_at is None or worker.ponged_at is None:
        return
    held = worker.ponged_at - worker.pinged_at
    if held > PONG_SECONDS:
        worker.starved, worker.starved_at = worker.starved + held, worker.ponged_at
        worker.pinged_at = worker.ponged_at = None
    elif now - worker.ponged_at > PONG_SECONDS:
        worker.pinged_at = worker.ponged_at = None


def _gaining(worker: WorkerProcess, busy: list[Busy]) -> Busy | None:
    """The slot whose thread used most CPU since the ping; None: the system does not say, or none did."""
    most, found = MIN_GAIN, None
    for place in busy:
        before, after = worker.cpu_then.get(place.native), confine.thread_cpu(worker.pid, place.native)
        if before is not None and after is not None and after - before > most:
            most, found = after - before, place
    return found
