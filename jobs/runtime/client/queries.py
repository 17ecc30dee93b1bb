"""Reading: runs, progress, outcomes, events, what is alive. Short-lived read-only connections, paged by key."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psutil

from jobs.runtime import exports
from jobs.runtime.client.runner_process import find, log_path, store
from jobs.runtime.client.trouble import stopped, trouble
from jobs.runtime.core import settings
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.printed import PrintedAttempt
from jobs.runtime.core.records import (
    Attempt,
    Event,
    InProgress,
    ItemResult,
    Pool,
    Progress,
    Run,
    RunState,
)
from jobs.runtime.home import artifacts, cluster_state, print_files, runner_lock, worker_logs
from jobs.runtime.home.cluster_state import ClusterState
from jobs.runtime.store import attempts as attempts_table
from jobs.runtime.store import epochs, history, outcomes, result_search, schedules
from jobs.runtime.store import events as event_log
from jobs.runtime.store import printed as printed_table
from jobs.runtime.store import runs as run_table

INTERRUPTIBLE = frozenset({RunState.RUNNING, RunState.CANCELLING, RunState.QUEUED})


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is alive and what it holds: the runner (None: none), its workers as (pid, job, resident bytes), how many
    runs are in work and wait, how many items wait, bytes of disk, whether the runner is stopped (SIGSTOP), and why
    nothing goes on (`trouble`; empty: nothing is wrong), and how the `cluster` stands."""

    runner_pid: int | None
    runner_since: float | None
    workers: tuple[tuple[int, str, int], ...]
    running: int
    queued: int
    waiting: int
    store_bytes: int
    artifact_bytes: int
    home: Path
    log: Path
    runner_stopped: bool = False
    trouble: str = ""
    cluster: ClusterState = cluster_state.NONE


def run(prefix: str) -> Run:
    """The run whose id begins so. Raises UnknownRun: none does, or several do."""
    return find(prefix).run


def progress(run_id: str) -> Progress:
    """A run as it stands now."""
    with store().read() as db:
        stored = run_table.find(db, run_id)
        codes: dict[str, int] = {}
        for _, code, number in run_table.codes(db, stored.number):
            if code:
                codes[code] = codes.get(code, 0) + number
    interrupted = stored.run.state in INTERRUPTIBLE and not runner_lock.alive(settings.home())
    live = {} if stored.run.state.terminal or interrupted else stored.live
    return Progress(
        run=stored.run,
        interrupted=interrupted,
        codes=codes,
        doing=_doing(live.get("doing", ())),
        rate=live.get("rate"),
        seconds_left=live.get("seconds_left"),
        slowest_group=live.get("slowest_group", ""),
        holds=tuple((group, until, why) for group, until, why in live.get("holds", ()) if until > time.time()),
    )


_DOING = frozenset(field.name for field in fields(InProgress))


def _doing(told: Iterable[Mapping[str, Any]]) -> tuple[InProgress, ...]:
    """What is in progress, as far as this version knows its facts: the runner may be of another."""
    return tuple(InProgress(**{name: fact for name, fact in one.items() if name in _DOING}) for one in told)


def outcome_counts(run_id: str) -> list[tuple[str, str, int]]:
    """How many items of a run ended with each (state, code)."""
    with store().read() as db:
        return run_table.codes(db, run_table.named(db, run_id)[0])


def chain(run_id: str, most: int = 20) -> list[tuple[str, str]]:
    """The runs whose results the items of a run are, the nearest first: id and name, empty where one is gone."""
    found: list[tuple[str, str]] = []
    before = run(run_id).table.from_run
    while before and len(found) < most and before not in [known for known, _ in found]:
        try:
            source = run(before)
        except UnknownRun:
            return [*found, (before, "")]
        found.append((source.id, source.name))
        before = source.table.from_run
    return found


def rows(run_id: str, first: int, last: int) -> list[ItemResult]:
    """Positions, items and outcomes (None: not yet) between two positions, inclusive: whole, so that many of them may
    fill the memory (see `windows`, `short_rows`)."""
    with store().read() as db:
        return list(outcomes.rows(db, run_table.named(db, run_id)[0], first, last))


def windows(run_id: str, first: int, last: int) -> Iterator[list[ItemResult]]:
    """The same in lists of some MiB, whatever they hold, each as it is when it is taken."""
    while first <= last:
        with store().read() as db:
            window = next(outcomes.windows(db, run_table.named(db, run_id)[0], first, last), None)
        if window is None:
            return
        yield window
        first = window[-1].position + 1


def short_rows(run_id: str, first: int, last: int) -> list[ItemResult]:
    """The same for a table: long cells are cut, so that all of them together are some MiB."""
    with store().read() as db:
        return exports.short_rows(outcomes.rows(db, run_table.named(db, run_id)[0], first, last))


def newest(run_id: str, most: int = 200) -> list[ItemResult]:
    """The outcomes stored last, newest first; long cells are cut."""
    with store().read() as db:
        stored = run_table.find(db, run_id)
        return exports.short_rows(outcomes.newest(db, stored.number, most, done=stored.run.done))


def failures(run_id: str, *, code: str = "", first: int = 1, most: int = 200) -> list[ItemResult]:
    """What is not ok, of one code or all, from a position on; long cells are cut."""
    with store().read() as db:
        number = run_table.named(db, run_id)[0]
        return exports.short_rows(outcomes.failures(db, number, code=code, first=first, most=most))


def attempts(run_id: str, most: int = 10_000) -> list[Attempt]:
    """The attempts that were not final, by item."""
    with store().read() as db:
        return attempts_table.of_run(db, run_table.named(db, run_id)[0], most)


def attempts_of(run_id: str, position: int) -> list[Attempt]:
    """The attempts at one item that were not final, oldest first."""
    with store().read() as db:
        return attempts_table.of_item(db, run_table.named(db, run_id)[0], position)


def printed(run_id: str, position: int) -> list[PrintedAttempt]:
    """What the attempts at one item printed, oldest first; of a duplicate, what the item printed that it equals; of one
    that runs, what it has printed so far."""
    with store().read() as db:
        number, run = run_table.named(db, run_id)
        found = list(outcomes.rows(db, number, position, position))
        kept = [one for group in printed_table.of_results(db, number, found) for one in group]
    if all(outcome is not None for _, _, outcome in found):
        return kept
    told = {(one.attempt, one.printed) for one in kept}
    now = print_files.of_item(settings.home(), run, position)
    return kept + [
        PrintedAttempt(attempt=heading.attempt, lost=False, printed=printed)
        for heading, printed in now
        if (heading.attempt, printed) not in told
    ]


def events(run_id: str, most: int = 500) -> list[Event]:
    """The log of a run, newest first."""
    with store().read() as db:
        return event_log.events(db, run_table.named(db, run_id)[0], most)


def events_of(run_id: str, kind: str) -> list[Event]:
    """All lines of one kind in the log of a run, oldest first."""
    with store().read() as db:
        return event_log.events_of(db, run_table.named(db, run_id)[0], kind)


def sample_rows(run_id: str, most: int) -> Iterator[list[ItemResult]]:
    """At most so many items that have an outcome, spread evenly over all (all, if they are no more), in lists
    of some MiB."""
    with store().read() as db:
        number = run_table.named(db, run_id)[0]
        yield from result_search.windows_at(db, number, outcomes.spread(db, number, most))


def estimate(job: str, number: int, pool: Pool) -> float | None:
    """Seconds that so many items will take, by this job's own finished runs; None: nothing is known."""
    with store().read() as db:
        past = [old for old in history.finished(db, job) if old.done_itself and old.item_seconds > 0]
    if not past:
        return None
    same = [old for old in past if old.pool == pool]
    if same:
        each = sum(old.seconds(0) for old in same) / sum(old.done_itself for old in same)
        return each * number
    each = sum(old.item_seconds for old in past) / sum(old.done_itself for old in past)
    slots = pool.slots or max(old.most_slots for old in past) or 1
    return each * number / min(slots, number or 1)


def last_peak(job: str) -> Pool | None:
    """The most that ran in the last finished run of this job whose pool found its own size; None: there is none."""
    with store().read() as db:
        return next((old.peak for old in history.finished(db, job) if old.peak is not None), None)


def status(patience: float = 0.0) -> Status:
    """What is alive, what waits, what is on the disk; `patience` as for `trouble`."""
    home = settings.home()
    here = store()
    with here.read() as db:
        runner = epochs.runner(db)
        running, under_way = run_table.tally(db, RunState.RUNNING, RunState.CANCELLING)
        queued, to_come = run_table.tally(db, RunState.QUEUED)
    lives = runner_lock.alive(home)
    return Status(
        runner_pid=runner.pid if lives else None,
        runner_since=runner.started_at if lives else None,
        workers=_workers_of(runner.pid) if lives and runner.pid else (),
        running=running,
        queued=queued,
        waiting=under_way + to_come,
        store_bytes=here.size(),
        artifact_bytes=artifacts.size(home),
        home=home,
        log=log_path(),
        runner_stopped=stopped(),
        trouble=trouble(patience),
        cluster=cluster_state.read(home) if lives else cluster_state.NONE,
    )


def tallies() -> dict[str, tuple[int, int]]:
    """How many runs are in each state, none included, and how many items they have."""
    with store().read() as db:
        found = run_table.tallies(db)
    return {str(state): found.get(state, (0, 0)) for state in RunState if state is not RunState.SUBMITTING}


def unattended() -> bool:
    """Whether there is work to go on with, and no live runner: asked at every drawing of a page, it must be quick."""
    if runner_lock.alive(settings.home()):
        return False
    with store().read() as db:
        states = (RunState.RUNNING, RunState.CANCELLING, RunState.QUEUED)
        return history.counted(db, states=states, job="", text="") > 0 or schedules.at_work(db)


def artifact(run_id: str, reference: str) -> Path:
    """The file behind a reference in a `file` column. Raises Refused: it is not there."""
    path = artifacts.resolve(settings.home(), find(run_id).run.id, reference)
    if path is None:
        raise Refused("the file is not there any more, or belongs to another run")
    return path


def sizes(run_id: str) -> int:
    """About how many bytes deleting a run gives back: its files, and its share of the store by items."""
    here = store()
    with here.read() as db:
        number, name = run_table.named(db, run_id)
        share = history.share_of_items(db, number)
    return artifacts.size(settings.home(), name) + int(here.size() * share)


def _workers_of(runner: int) -> tuple[tuple[int, str, int], ...]:
    """The live children of the runner that have a worker's log, which is named after job and process."""
    logs = (path.stem.rpartition("-") for path in (settings.home() / worker_logs.FOLDER).glob("*.log"))
    jobs = {int(pid): job for job, _, pid in logs if pid.isdigit()}
    try:
        children = psutil.Process(runner).children()
    except psutil.Error:
        return ()
    return tuple((child.pid, jobs[child.pid], _resident_size(child)) for child in children if child.pid in jobs)


def _resident_size(process: psutil.Process) -> int:
    """Bytes of a process in memory; 0: it has ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
