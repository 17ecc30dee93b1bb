"""What is asked of the runner, and its answer: cancel, pause, resume, retry, delete, rename."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from jobs.runtime.client.home import ensure_runner, find, log_path, store, trouble
from jobs.runtime.errors import FanoutError, IllegalMove, Refused
from jobs.runtime.records import Run, RunState, run_name
from jobs.runtime.store import commands, runs
from jobs.runtime.store.connection import Store

ASK_SECONDS = 15.0
SEE_SECONDS = 1.0
"""Between two looks at whether a runner still lives, while one is waited for: it may be killed at any instant."""


def cancel(run_id: str) -> None:
    """End a run now: within 2 s nothing of it executes. Raises IllegalMove when it has ended already."""
    _ask(run_id, "cancel")


def pause(run_id: str) -> None:
    """Start nothing more of a run; what has started is finished."""
    _ask(run_id, "pause")


def resume(run_id: str) -> None:
    """Go on with a paused or interrupted run."""
    _ask(run_id, "resume")


def retry(run_id: str, codes: Sequence[str] = ()) -> None:
    """Reopen the failed and cancelled items of an ended run, all or those with these codes."""
    _ask(run_id, "retry", codes=list(codes))


def delete(run_id: str) -> None:
    """Remove an ended run with its rows and files."""
    _ask(run_id, "delete")


def rename(run_id: str, text: str) -> None:
    """Give a run another name, kept as `run_name` has it. Raises Refused for one of nothing."""
    name = run_name(text)
    if not name:
        raise Refused("a run needs a name: give some text")
    _ask(run_id, "rename", name=name)


def wait(run_id: str, timeout: float | None = None, step: float = 0.05) -> Run:
    """The run once it has ended, or as it is after `timeout` seconds; None: wait as long as it takes.

    A runner that dies meanwhile is followed by another.
    """
    limit = None if timeout is None else time.monotonic() + timeout
    look = time.monotonic() + SEE_SECONDS
    with store().watch() as (db, version):
        number = runs.find(db, run_id).number
        seen, state = version(), runs.state(db, number)
        while not state.terminal and (limit is None or time.monotonic() < limit):
            time.sleep(step)
            if version() != seen:
                seen, state = version(), runs.state(db, number)
            if time.monotonic() > look and state is not RunState.PAUSED:
                ensure_runner()
                look = time.monotonic() + SEE_SECONDS
        return runs.get(db, number).run


def _ask(run_id: str, verb: str, **body: Any) -> None:
    """Leave a command, wake the runner, wait for its answer. Raises IllegalMove with the runner's sentence."""
    found, home = find(run_id), store()
    with home.write() as db:
        seq = commands.ask(db, found.number, verb, body, time.time())
    ensure_runner()
    answer = _answer(home, seq)
    if answer is None and (why := trouble()):
        raise FanoutError(f"it is noted, and done as soon as it can be stored: {why}")
    if answer is None:
        raise FanoutError(f"the runner has not answered within {ASK_SECONDS:.0f} s: see {log_path()}")
    if answer:
        raise IllegalMove(answer)


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
