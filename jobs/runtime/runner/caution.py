"""A run at which runners died again and again: taken up one item at a time, so that the item that does it is known.

A death of a runner is nobody's attempt; but an item that kills its own parents would end one runner after the other.
What is tried alone is noted before it is sent; three deaths alone convict, since one may have come from outside. A run
that does not come on at all, and no item of which does it, is failed after as many deaths again.
"""

from __future__ import annotations

import time

from jobs.runtime.core.records import Event, ItemState
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import events, outcomes
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.outcomes import OutcomeRow

MAX_DEATHS = 3
STEADY = 64
"""After so many items one at a time, all are taken up together again."""


def inherit(state: RunnerState, run: ActiveRun) -> None:
    """Take up a run that was in work when an earlier runner ended; where that one died, it counts."""
    latest = events.events(state.db, run.number, 1)
    if latest and latest[0].kind == "left":
        return
    state.write_with_retry(lambda db: _log(state, db, run, "interrupted", "its runner died", done=run.run.done))
    if events.count_since(state.db, run.number, "interrupted", "steady") < MAX_DEATHS:
        return
    position, times = events.repeated(state.db, run.number, "alone", "position", "steady")
    if times >= MAX_DEATHS and _fail(state, run, position):
        return
    run.cautious = True
    _, deaths = events.repeated(state.db, run.number, "interrupted", "done", "steady")
    if not times and deaths >= 2 * MAX_DEATHS:
        run.failure = f"its runner died {deaths} times in a row, before any item of it was tried"


def dispatch(state: RunnerState, run: ActiveRun, now: float) -> None:
    """Send one item, when the outcome of the one before is stored."""
    worker = next((worker for worker in run.workers if worker.ready), None)
    if worker is None or not run.idle or run.buffers or run.feed is None:
        return
    run.schedule.wake(now)
    run.feed.fill(state.db, hungry=True)
    run.schedule.all_read = run.feed.read_through
    entry = run.schedule.take_alone(now) or run.schedule.take(now)
    if entry is None:
        return
    position, text = entry.position, f"item {entry.position} is tried alone: runners died while several were out"
    try:
        state.write(lambda db: _log(state, db, run, "alone", text, position=position))
    except BaseException:
        run.schedule.back(entry, now)
        raise
    state.workers.give(worker, [entry])
    run.vacancies.alone = worker
    run.tried_alone += 1
    if run.tried_alone >= STEADY:
        run.cautious = False
        run.log("steady", f"{STEADY} items were tried alone: all are taken up together again")


def leave(state: RunnerState) -> None:
    """Note in the runs in work that their runner leaves of its own will."""
    for run in list(state.active.values()):
        _log_leaving(state, run)


def _log_leaving(state: RunnerState, run: ActiveRun) -> None:
    state.write_with_retry(lambda db: _log(state, db, run, "left", "its runner leaves; the next goes on"))


def _fail(state: RunnerState, run: ActiveRun, position: int) -> bool:
    """Fail the item that was tried alone when the last runner died; False: it has an outcome."""
    error = f"the runner died each time it was tried, {MAX_DEATHS} times when nothing else was"
    row = OutcomeRow(position, ItemState.FAILED, "worker_lost", error, "", None, 1)

    def store(db: Connection) -> bool:
        new = outcomes.add(db, run.number, [row], duplicates=run.stored.traits.keyed)
        if new:
            _log(state, db, run, "steady", f"item {position} ends its runner: it is failed, and the others go on")
        return bool(new)

    if not state.write_with_retry(store):
        return False
    run.left -= 1
    return True


def _log(state: RunnerState, db: Connection, run: ActiveRun, kind: str, text: str, **facts: int) -> None:
    events.log(db, run.number, Event(at=state.unix(time.monotonic()), kind=kind, text=text, facts=facts))
