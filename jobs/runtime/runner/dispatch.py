"""Which worker gets the next items of a run: free slots first, spread over the workers; then, where items are quick, a
few more behind them; and what must be tried alone goes to a worker that has nothing else."""

from __future__ import annotations

from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.pool.pool import MAX_BYTES_OUT, WorkerPool
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.store import reuse
from jobs.runtime.store.connection import Connection

STRANDED_SECONDS = 0.03
"""What waits behind the slots of a worker that has said nothing for so long is taken back: 4 times its depth."""

MAX_SERVED = 50_000

Shares = dict[WorkerHandle, list[Entry]]


def dispatch(run: ActiveRun, db: Connection, workers: WorkerPool, now: float) -> bool:
    """Send what may start now; returns whether there is more to read before it is known what may start."""
    assert run.feed is not None
    run.schedule.wake(now)
    _free_stranded(run, workers, now)
    run.feed.fill(db, hungry=False)
    run.schedule.all_read = run.feed.read_through
    able = _try_suspects(run, [worker for worker in run.vacancies.open if _can_take(worker)], workers, now)
    shares: Shares = {worker: [] for worker in able}
    free = _fill_slots(run, shares, now)
    reading = free > 0 and not run.feed.exhausted and run.feed.fill(db, hungry=True)
    if not free and len(run.schedule) > run.autosize.size.slots:  # the last ones wait for whichever slot is free first
        _fill_depth(run, shares, now)
    for worker, entries in shares.items():
        if entries:
            run.given += len(entries)
            _give(run, db, workers, worker, entries)
            run.vacancies.deep[worker] = None
        if len(worker.out) >= worker.assignment.depth(worker.process.round_trip):
            run.vacancies.open.pop(worker, None)
    return reading


def _can_take(worker: WorkerHandle) -> bool:
    return worker.ready and worker.process.unsent < MAX_BYTES_OUT


def _give(run: ActiveRun, db: Connection, workers: WorkerPool, worker: WorkerHandle, entries: list[Entry]) -> None:
    """Send items; what earlier runs have of them is read only now, and not kept."""
    asking = [entry for entry in entries if entry.earlier is not None]
    for entry in asking:
        entry.told = reuse.told(db, *entry.earlier, run.run.code_hash) if entry.earlier is not None else None
    workers.give(worker, entries)
    for entry in asking:
        entry.told = None


def take_back(run: ActiveRun, workers: WorkerPool, now: float) -> None:
    """Take back everything that has not started."""
    run.schedule.wake(now)
    _recall(run, [worker for worker in run.workers if not worker.assignment.recalled], workers, now)


def stranded(run: ActiveRun) -> bool:
    """Whether anything waits behind the slots of a worker."""
    deep = run.vacancies.deep
    return any(len(worker.out) > worker.assignment.slots and not worker.assignment.recalled for worker in deep)


def _fill_slots(run: ActiveRun, shares: Shares, now: float) -> int:
    """One item for each free slot, in turn over the workers; returns how many slots stay free."""
    free = {worker: worker.assignment.free_slots() for worker in shares}
    while any(free.values()):
        for worker, slots in free.items():
            if slots == 0:
                continue
            entry = run.schedule.take(now)
            if entry is None:
                return sum(free.values())
            chosen = _familiar(run, entry, free) or worker
            shares[chosen].append(entry)
            free[chosen] -= 1
    return 0


def _familiar(run: ActiveRun, entry: Entry, free: dict[WorkerHandle, int]) -> WorkerHandle | None:
    """The worker that served the item's group last (its connections are open), where it has a free slot."""
    if not entry.group or len(run.workers) == 1:
        return None
    last = run.served.get(entry.group)
    chosen = last if last is not None and free.get(last, 0) > 0 else None
    if chosen is None:
        if len(run.served) > MAX_SERVED:
            run.served.clear()
        run.served[entry.group] = max(free, key=lambda worker: free[worker])
        return run.served[entry.group]
    return chosen


def _fill_depth(run: ActiveRun, shares: Shares, now: float) -> None:
    for worker, entries in shares.items():
        for _ in range(worker.assignment.depth(worker.process.round_trip) - len(worker.out) - len(entries)):
            entry = run.schedule.take(now)
            if entry is None:
                return
            entries.append(entry)


def _try_suspects(run: ActiveRun, able: list[WorkerHandle], workers: WorkerPool, now: float) -> list[WorkerHandle]:
    """Keep one worker for what must be tried alone, while there is any; returns the others."""
    alone = run.vacancies.alone
    if alone is not None and not (_can_take(alone) and any(entry.alone for entry in alone.out.values())):
        alone = run.vacancies.alone = None
    if alone is not None or not run.schedule.suspects(now):
        return [worker for worker in able if worker is not alone]
    chosen = min(filter(_can_take, run.workers), key=lambda worker: _suited_to_suspects(run, worker), default=None)
    if chosen is None:
        return able
    if chosen.out:
        _recall(run, [chosen], workers, now)
    else:
        entry = run.schedule.take_alone(now)
        if entry is not None:
            workers.give(chosen, [entry])
            run.vacancies.alone = chosen
    return [worker for worker in able if worker is not chosen]


def _suited_to_suspects(run: ActiveRun, worker: WorkerHandle) -> tuple[int, int]:
    """The least on a machine that has lost the fewest workers, so that an item is lost with three machines, where there
    are as many, before it is blamed; then with the least out."""
    return run.lost_on[worker.process.machine], len(worker.out)


def _free_stranded(run: ActiveRun, workers: WorkerPool, now: float) -> None:
    """A long item must hold nobody up: what waits behind it goes back to the schedule."""
    deep = run.vacancies.deep
    for worker in [worker for worker in deep if len(worker.out) <= worker.assignment.slots]:
        del deep[worker]
    stuck = [
        worker
        for worker in deep
        if not worker.assignment.recalled
        and now - worker.assignment.last_heard > STRANDED_SECONDS + worker.process.round_trip
    ]
    _recall(run, stuck, workers, now)


def _recall(run: ActiveRun, chosen: list[WorkerHandle], workers: WorkerPool, now: float) -> None:
    for entry in reversed(workers.recall(chosen)):
        run.schedule.back(entry, now)
    run.vacancies.changed(chosen)
