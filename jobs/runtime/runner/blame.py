"""Who is at fault when a worker dies or hangs: an answer names its item, a death does not.

What has not started goes back without blame. One busy slot names the culprit; of several, the stack that faulthandler
printed may; else all of them are tried again alone, and only what fails alone is blamed. What is done and was not heard
of is suspect too: its answer may be what the worker could not send.
"""

from __future__ import annotations

import re
import signal

from jobs.runtime.runner.active_run import ActiveRun, Stamps
from jobs.runtime.runner.pool.pool import WorkerPool
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.worker.messages import Ping
from jobs.runtime.worker.slot_table import SlotState
from jobs.runtime.worker.terms import BROKEN_THREAD

GRACE = 1.0
"""Seconds past its deadline that an item may still take to answer."""

STOPPED_SECONDS = 1.0
SILENT_SECONDS = 5.0
"""A worker that is done with an item, has nothing else to do and has not answered for so long never will."""

_NO_MEMORY = ("annot allocate memory", "overflow in mpz type", "bad_alloc")
_STACK = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


def reap(run: ActiveRun, dead: WorkerHandle, now: float) -> str:
    """Give back what a dead worker held, each item with the blame that is its due; returns how it died, in words."""
    how, taken = manner_of_death(dead), dead.process.highest_taken()
    busy = _taken_out(run, dead, dead.busy_out())
    done = _taken_out(run, dead, dead.last_out())
    innocent = bool(dead.life.killed_why) and not dead.life.at_fault
    for ticket, entry in reversed(dead.assignment.clear()):
        run.schedule.back(entry, now) if innocent or ticket > taken else run.suspect(entry, now)
    run.untidy = True
    if innocent:
        for _, entry in [*busy, *done]:
            run.schedule.back(entry, now)
        return how
    run.lost_on[dead.process.machine] += 1
    suspects = busy or done
    culprit = _culprit(dead, suspects)
    for place, entry in suspects:
        if culprit is None or entry is culprit:
            _attribute(run, dead, place, entry, how, alone=culprit is not None, now=now)
        else:
            run.schedule.back(entry, now)
    for _, entry in done if busy else ():
        run.suspect(entry, now)
    return how


def _taken_out(run: ActiveRun, dead: WorkerHandle, places: list[SlotState]) -> list[tuple[SlotState, Entry]]:
    """The items in these places, which are out no more; two slots cannot have had the same."""
    return [(place, run.take_lost(dead, place)) for place in places if place.ticket in dead.out]


def manner_of_death(dead: WorkerHandle) -> str:
    """How a worker ended: `killed by SIGSEGV`, `exited with code 3`, or why the runner killed it."""
    if dead.life.killed_why:
        return f"was ended: {dead.life.killed_why}"
    code = dead.process.exit_code
    if code is not None and code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"exited with code {code}"


def check_deadlines(run: ActiveRun, worker: WorkerHandle, workers: WorkerPool, now: float) -> None:
    """Kill a worker that has an item out past its deadline and grace, or that is stopped; blame who is at fault."""
    if worker.life.dead or worker.life.killed_why or _is_stopped(run, worker, workers, now):
        return
    worker.signs.settle(now)
    busy = worker.busy_out()
    if worker.signs.silent(not busy and bool(worker.last_out()), worker.assignment.last_heard, now) > SILENT_SECONDS:
        _end(run, worker, workers, "it was done with an item, and its answer did not come", at_fault=True)
        return
    overdue = _overdue(run, worker, busy, now)
    if not overdue:
        return
    if len(busy) == 1:
        _time_out(run, worker, overdue, workers, now)
    elif not worker.signs.pinged:
        worker.signs.ping({place.native: worker.process.cpu_of(place.native) for place in busy}, now)
        workers.send(worker, Ping())
    elif worker.signs.ponged:
        _time_out(run, worker, overdue, workers, now)
    elif worker.signs.unanswered(now):
        _blame_holder_of_the_gil(run, worker, overdue, workers, now, holder=_gaining(worker, busy))


def _is_stopped(run: ActiveRun, worker: WorkerHandle, workers: WorkerPool, now: float) -> bool:
    """Kill a worker that has been stopped for a while; a debugger or profiler stops one for an instant."""
    seconds = worker.signs.stopped(worker.process.is_stopped(), now)
    if seconds is not None and seconds > STOPPED_SECONDS:
        _end(run, worker, workers, "it was stopped (SIGSTOP)", at_fault=True)
    return seconds is not None


def _culprit(dead: WorkerHandle, busy: list[tuple[SlotState, Entry]]) -> Entry | None:
    if len(busy) == 1:
        return busy[0][1]
    found = _STACK.search(dead.process.error_log())
    if found is None:
        return None
    ident = int(found[1], 16)
    return next((entry for place, entry in busy if place.ident == ident), None)


def _attribute(
    run: ActiveRun, dead: WorkerHandle, place: SlotState, entry: Entry, how: str, *, alone: bool, now: float
) -> None:
    if not alone:
        run.suspect(entry, now)
        return
    stamps = Stamps(dead.name, place.slot, place.started, now, 0.0)
    if _ran_out_of_memory(dead):
        error = "it needs more memory than a worker may have (JOBS_WORKER_MEMORY): its process was aborted"
        if entry.alone or dead.slots == 1:
            run.fail_item(entry, "out_of_memory", error, stamps, now)
        else:
            run.suspect(entry, now)
        return
    error = f"its worker process {how}, each time it was tried"
    run.blame(entry, "worker_lost", error, stamps, now)


def _ran_out_of_memory(dead: WorkerHandle) -> bool:
    """GMP and C++ abort where Python raises; a slot or the sender that cannot go on ends the process."""
    code, log = dead.process.exit_code, dead.process.error_log()
    aborted = code == -signal.SIGABRT and any(words in log for words in _NO_MEMORY)
    return aborted or (code == BROKEN_THREAD and "MemoryError" in log)


def _overdue(run: ActiveRun, worker: WorkerHandle, busy: list[SlotState], now: float) -> list[SlotState]:
    deadline = run.run.limits.deadline
    if deadline is None:
        return []
    limit = deadline + GRACE
    return [place for place in busy if now - place.started > limit + worker.signs.held_up(place.started)]


def _time_out(run: ActiveRun, worker: WorkerHandle, overdue: list[SlotState], workers: WorkerPool, now: float) -> None:
    deadline = run.run.limits.deadline
    for place in overdue:
        entry = run.take_lost(worker, place)
        stamps = Stamps(worker.name, place.slot, place.started, now, 0.0)
        run.fail_item(entry, "timeout", f"not done at its deadline of {deadline:g} s, and it did not stop", stamps, now)
    _end(run, worker, workers, "an item was past its deadline and did not stop")


def _end(run: ActiveRun, worker: WorkerHandle, workers: WorkerPool, why: str, *, at_fault: bool = False) -> None:
    run.log("worker_died", f"worker {worker.name} is ended and replaced: {why}", worker=worker.name)
    workers.kill(worker, why, at_fault=at_fault)


def _blame_holder_of_the_gil(
    run: ActiveRun,
    worker: WorkerHandle,
    overdue: list[SlotState],
    workers: WorkerPool,
    now: float,
    *,
    holder: SlotState | None,
) -> None:
    """One C call holds the GIL: the thread that gains CPU is the culprit, and the others are late through it."""
    if holder is None:
        for place in overdue:
            run.suspect(run.take_lost(worker, place), now)
        _end(run, worker, workers, "items were past their deadline, and it did not answer")
    elif any(place.ticket == holder.ticket for place in overdue):
        _time_out(run, worker, [holder], workers, now)


def _gaining(worker: WorkerHandle, busy: list[SlotState]) -> SlotState | None:
    """The slot whose thread used most CPU since the ping; None: the system does not say, or none did."""
    native = worker.signs.gaining([place.native for place in busy], worker.process.cpu_of)
    return next((place for place in busy if place.native == native), None)
