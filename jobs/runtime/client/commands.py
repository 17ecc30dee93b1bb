"""What is asked of the runner, and its answer: cancel, pause, resume, retry, delete, rename, pin."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from jobs.runtime.client import ownership, quotas
from jobs.runtime.client.jobs import check_budget
from jobs.runtime.client.run_fields import check_place
from jobs.runtime.client.runner_process import ensure_runner, log_path, store
from jobs.runtime.client.trouble import trouble
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import FullError, IllegalMove, Refused, Unanswered
from jobs.runtime.core.records import Run, RunState, run_name
from jobs.runtime.home import reserve
from jobs.runtime.store import commands, runs
from jobs.runtime.store.connection import Connection, Store

ASK_SECONDS = 15.0
SEE_SECONDS = 1.0
"""Between two looks at whether a runner still lives, while one is waited for: it may be killed at any instant."""


def cancel(run_id: str) -> None:
    """End a run now: within 2 s nothing of it executes. Raises IllegalMove when it has ended already."""
    _ask(run_id, "cancel")


def pause(run_id: str) -> None:
    """Start nothing more of a run; what has started is finished."""
    _ask(run_id, "pause")


def resume(run_id: str, budget: Budget | None = None, *, on: str = "") -> None:
    """Go on with a paused or interrupted run; where its budget was reached, with this one, or without. `on`: with its
    workers there from now on (`local` or `cluster`; empty: where they were). Raises Refused for a budget that is spent
    already, or that could never be, and for a place that cannot be."""
    if budget or on:
        run = ownership.own_run(run_id).run
        if budget:
            check_budget(run.job, run.columns, budget)
        if on:
            check_place(on, sample=run.sample)
    body: dict[str, Any] = {**({"budget": asdict(budget)} if budget else {}), **({"on": on} if on else {})}
    _ask(run_id, "resume", **body)


def retry(run_id: str, codes: Sequence[str] = ()) -> None:
    """Reopen the failed and cancelled items of an ended run, all or those with these codes. Raises OverQuota."""
    _ask(run_id, "retry", quotas.check_reopening, codes=list(codes))


def delete(run_id: str) -> None:
    """Remove an ended run with its rows and files, or one whose row is damaged."""
    _ask(run_id, "delete")


def rename(run_id: str, text: str) -> None:
    """Give a run another name, kept as `run_name` has it. Raises Refused for one of nothing."""
    name = run_name(text)
    if not name:
        raise Refused("a run needs a name: give some text")
    _ask(run_id, "rename", name=name)


def pin(run_id: str, *, pinned: bool = True) -> None:
    """Keep a run whatever JOBS_KEEP_DAYS and JOBS_KEEP_BYTES say, or no longer."""
    _ask(run_id, "pin", pinned=pinned)


def wait(run_id: str, timeout: float | None = None, step: float = 0.05) -> Run:
    """The run once it has ended, or as it is after `timeout` seconds; None: wait as long as it takes.

    A runner that dies meanwhile is followed by another.
    """
    limit = None if timeout is None else time.monotonic() + timeout
    look = time.monotonic() + SEE_SECONDS
    here = store()
    with here.watch() as (db, version):
        number, _ = ownership.named(db, run_id)
        seen, state = version(), runs.state(db, number)
        while not state.terminal and (limit is None or time.monotonic() < limit):
            time.sleep(step)
            if version() != seen:
                seen, state = version(), runs.state(db, number)
            if time.monotonic() > look and state is not RunState.PAUSED:
                here.check_there()
                ensure_runner()
                look = time.monotonic() + SEE_SECONDS
        return runs.get(db, number).run


def _ask(run_id: str, verb: str, check: Callable[[Connection, int], None] | None = None, **body: Any) -> None:
    """Leave a command, wake the runner, wait for its answer; `check` may raise before. Raises IllegalMove with the
    runner's sentence."""
    home = store()
    with home.read() as db:
        number, _ = ownership.own_named(db, run_id)
    try:
        seq = _note(home, number, verb, body, check)
    except FullError:
        if not reserve.release(home.home):
            raise
        seq = _note(home, number, verb, body, check)
    ensure_runner()
    answer = _answer(home, seq)
    if answer is None and (why := trouble()):
        raise Unanswered(f"it is noted, and done as soon as it can be; the runner has not answered yet: {why}")
    if answer is None:
        raise Unanswered(f"the runner has not answered within {ASK_SECONDS:.0f} s: see {log_path()}")
    if answer:
        raise IllegalMove(answer)


def _note(
    home: Store, number: int, verb: str, body: dict[str, Any], check: Callable[[Connection, int], None] | None
) -> int:
    with home.write() as db:
        if check is not None:
            check(db, number)
        return commands.ask(db, number, verb, body, time.time())


def _answer(home: Store, seq: int) -> str | None:
    """What the runner answers; None: nothing in time, or it cannot store its answer."""
    limit, look = time.monotonic() + ASK_SECONDS, time.monotonic() + SEE_SECONDS
    pause_ = 0.002
    while time.monotonic() < limit:
        with home.read() as db:
            answer = commands.answer(db, seq)
        if answer is not None:
            return answer
        time.sleep(pause_)
        pause_ = min(0.05, pause_ * 1.5)
        if time.monotonic() > look:
            ensure_runner()
            if trouble():
                return None
            look = time.monotonic() + SEE_SECONDS
    return None
