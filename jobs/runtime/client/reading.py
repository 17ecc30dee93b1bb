"""Reading: runs, progress, outcomes, events, what is alive. Short-lived read-only connections, paged by key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psutil

from jobs.runtime import artifacts, confine, presence, settings, worker_logs
from jobs.runtime.client.home import find, log_path, store
from jobs.runtime.errors import Refused
from jobs.runtime.records import Attempt, Doing, Event, Item, Outcome, Pool, Progress, Run, RunState
from jobs.runtime.store import attempts as attempts_table
from jobs.runtime.store import commands, epochs, history, outcomes
from jobs.runtime.store import runs as run_table

INTERRUPTIBLE = frozenset({RunState.RUNNING, RunState.CANCELLING, RunState.QUEUED})


@dataclass(frozen=True, kw_only=True)
class Span:
    """One attempt on a timeline: of which item, where, when (Unix seconds), how long (seconds), how it ended."""

    position: int
    worker: int
    slot: int
    started_at: float
    seconds: float
    state: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is alive and what it holds: the runner (None: none), its workers as (pid, job, resident bytes), how many
    runs are in work and wait, how many items wait, bytes of disk, and why the store cannot be written (empty: it
    can)."""

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
    trouble: str = ""


def run(prefix: str) -> Run:
    """The run whose id begins so. Raises UnknownRun: none does, or several do."""
    return find(prefix).run


def runs(
    *, state: str = "", job: str = "", text: str = "", limit: int = 50, before: tuple[float, str] | None = None
) -> list[Run]:
    """Runs, newest first, of a state, a job, and with a text in name, source or id; older than the one of which
    `before` gives (submitted_at, id)."""
    with store().read() as db:
        number = history.place(db, *before) if before else None
        found = history.listed(db, states=_states(state), job=job, text=text, limit=limit, before=number)
    return [stored.run for stored in found]


def count_runs(*, state: str = "", job: str = "", text: str = "") -> int:
    """How many runs there are of a state, a job, and with a text in name, source or id."""
    with store().read() as db:
        return history.counted(db, states=_states(state), job=job, text=text)


def progress(run_id: str) -> Progress:
    """A run as it stands now."""
    with store().read() as db:
        stored = run_table.find(db, run_id)
        codes: dict[str, int] = {}
        for _, code, number in run_table.codes(db, stored.number):
            if code:
                codes[code] = codes.get(code, 0) + number
    interrupted = stored.run.state in INTERRUPTIBLE and not presence.alive(settings.home())
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


_DOING = frozenset(field.name for field in fields(Doing))


def _doing(told: Iterable[Mapping[str, Any]]) -> tuple[Doing, ...]:
    """What is in progress, as far as this version knows its facts: the runner may be of another."""
    return tuple(Doing(**{name: fact for name, fact in one.items() if name in _DOING}) for one in told)


def rows(run_id: str, first: int, last: int) -> list[tuple[int, Item, Outcome | None]]:
    """Positions, items and outcomes (None: not yet) between two positions, inclusive."""
    with store().read() as db:
        return outcomes.rows(db, run_table.find(db, run_id).number, first, last)


@contextmanager
def snapshot(run_id: str) -> Iterator[tuple[Run, Callable[[int, int], list[tuple[int, Item, Outcome | None]]]]]:
    """A run, and `rows` over it, as they are at one moment, however long the reading takes and whatever happens to the
    run meanwhile."""
    with store().read() as db:
        stored = run_table.find(db, run_id)
        yield stored.run, lambda first, last: outcomes.rows(db, stored.number, first, last)


def newest(run_id: str, most: int = 200) -> list[tuple[int, Item, Outcome]]:
    """The outcomes stored last, newest first."""
    with store().read() as db:
        stored = run_table.find(db, run_id)
        return outcomes.newest(db, stored.number, most, done=stored.run.done)


def failures(run_id: str, *, code: str = "", first: int = 1, most: int = 200) -> list[tuple[int, Item, Outcome]]:
    """What is not ok, of one code or all, from a position on."""
    with store().read() as db:
        return outcomes.failures(db, run_table.find(db, run_id).number, code=code, first=first, most=most)


def attempts(run_id: str, most: int = 10_000) -> list[Attempt]:
    """The attempts that were not final, by item."""
    with store().read() as db:
        return attempts_table.of_run(db, run_table.find(db, run_id).number, most)


def attempts_of(run_id: str, position: int) -> list[Attempt]:
    """The attempts at one item that were not final, oldest first."""
    with store().read() as db:
        return attempts_table.of_item(db, run_table.find(db, run_id).number, position)


def events(run_id: str, most: int = 500) -> list[Event]:
    """The log of a run, newest first."""
    with store().read() as db:
        return commands.events(db, run_table.find(db, run_id).number, most)


def events_of(run_id: str, kind: str) -> list[Event]:
    """All lines of one kind in the log of a run, oldest first."""
    with store().read() as db:
        return commands.events_of(db, run_table.find(db, run_id).number, kind)


def starts(run_id: str) -> list[dict[str, Any]]:
    """The workers started for a run, newest first: process id (`worker`), `started` and `ready` (Unix seconds)."""
    ready = (event.facts for event in reversed(events_of(run_id, "worker_ready")))
    return [dict(facts) for facts in ready if "started" in facts and "ready" in facts]


def spans(run_id: str, most: int = 2_000) -> list[Span]:
    """Attempts as they lie on a timeline, of the first `most` items and of earlier attempts."""
    with store().read() as db:
        number = run_table.find(db, run_id).number
        timed = outcomes.timed(db, number, 1, most)
        tried = attempts_table.of_run(db, number, most)
    found = [
        Span(position=position, worker=worker, slot=slot, started_at=at, seconds=seconds, state=state)
        for position, worker, slot, at, seconds, state in timed
    ]
    found += [
        Span(
            position=attempt.position,
            worker=attempt.worker,
            slot=attempt.slot or 1,
            started_at=attempt.started_at,
            seconds=attempt.seconds or 0.0,
            state=attempt.kind,
        )
        for attempt in tried
        if attempt.worker is not None and attempt.started_at is not None
    ]
    return found


def estimate(job: str, number: int, pool: Pool) -> float | None:
    """Seconds that so many items will take, by this job's own finished runs; None: nothing is known."""
    with store().read() as db:
        past = [old for old in history.finished(db, job) if old.items and old.item_seconds > 0]
    if not past:
        return None
    same = [old for old in past if old.pool == pool]
    if same:
        each = sum(old.seconds(0) for old in same) / sum(old.items for old in same)
        return each * number
    each = sum(old.item_seconds for old in past) / sum(old.items for old in past)
    return each * number / min(pool.slots, number or 1)


def status() -> Status:
    """What is alive, what waits, what is on the disk."""
    home = settings.home()
    here = store()
    with here.read() as db:
        runner = epochs.runner(db)
        running, under_way = run_table.tally(db, RunState.RUNNING, RunState.CANCELLING)
        queued, to_come = run_table.tally(db, RunState.QUEUED)
    lives = presence.alive(home)
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
        trouble=presence.trouble(home),
    )


def unattended() -> bool:
    """Whether there is work to go on with, and no live runner: asked at every drawing of a page, it must be quick."""
    if presence.alive(settings.home()):
        return False
    with store().read() as db:
        states = (RunState.RUNNING, RunState.CANCELLING, RunState.QUEUED)
        return history.counted(db, states=states, job="", text="") > 0


def artifact(run_id: str, reference: str) -> Path:
    """The file behind a reference in a `file` column. Raises Refused: it is not there."""
    path = artifacts.resolve(settings.home(), find(run_id).run.id, reference)
    if path is None:
        raise Refused("the file is not there any more, or belongs to another run")
    return path


def sizes(run_id: str) -> int:
    """About how many bytes deleting a run gives back: its files, and its share of the store by items."""
    stored = find(run_id)
    here = store()
    with here.read() as db:
        all_items = max(1, history.total_items(db))
    return artifacts.size(settings.home(), stored.run.id) + here.size() * stored.run.items // all_items


def _workers_of(runner: int) -> tuple[tuple[int, str, int], ...]:
    """The live children of the runner that have a worker's log, which is named after job and process."""
    logs = (path.stem.rpartition("-") for path in (settings.home() / worker_logs.FOLDER).glob("*.log"))
    jobs = {int(pid): job for job, _, pid in logs if pid.isdigit()}
    try:
        children = psutil.Process(runner).children()
    except psutil.Error:
        return ()
    return tuple(
        (child.pid, jobs[child.pid], confine.resident_size(child.pid) or 0) for child in children if child.pid in jobs
    )


def _states(state: str) -> tuple[str, ...]:
    if not state:
        return ()
    try:
        return (RunState(state.lower()).value,)
    except ValueError:
        raise Refused(f"{state!r} is no state of a run (there are: {', '.join(RunState)})") from None
