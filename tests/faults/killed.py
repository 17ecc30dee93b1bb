"""Be a runner, or submit, and die by SIGKILL at a named instant: `python -m tests.faults.killed INSTANT`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from jobs.runtime import client, runner
from jobs.runtime.core import settings
from jobs.runtime.core.records import Item
from jobs.runtime.home import artifacts, runner_lock
from jobs.runtime.runner import command_handler, dispatch, loop, preparation
from jobs.runtime.store import commands, connection, epochs, items, outcomes, retries, reuse, runs


def die_at(instant: str) -> None:
    """Run the named instant in a process of its own, which must end by SIGKILL."""
    command = [sys.executable, "-m", "tests.faults.killed", instant]
    ended = subprocess.run(command, cwd=settings.PROJECT, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(module: Any, name: str, *, call: int = 1) -> None:
    """Die when a function is called for the so-manieth time, before it does anything."""
    _wrap(module, name, call, die)


def after(module: Any, name: str, *, call: int = 1) -> None:
    """Die when a function has done its work for the so-manieth time."""

    def finish(original: Callable[..., Any], *args: Any, **more: Any) -> None:
        original(*args, **more)
        die()

    _wrap(module, name, call, finish)


def _wrap(module: Any, name: str, call: int, last: Callable[..., Any]) -> None:
    original, left = getattr(module, name), [call]

    def counted(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        return last(original, *args, **more) if left[0] == 0 else original(*args, **more)

    setattr(module, name, counted)


def submit_and_die() -> None:
    after(items, "add", call=3)
    client.submit("act", [Item(cell="ok") for _ in range(20_000)])


def migrate_and_die() -> None:
    after(connection, "_version", call=2)
    client.runs()


def take_by_batches() -> None:
    preparation.STORED_AT_ONCE = preparation.BATCH


def reopen_by_twos() -> None:
    command_handler.REOPEN_STEP = 2


def full() -> None:
    """A store that may hold no more than so many pages, until there is a file `room` beside it."""
    original = connection.transaction

    @contextlib.contextmanager
    def limited(db: Any) -> Iterator[Any]:
        pages = 2**30 if (settings.home() / "room").exists() else 200
        db.execute(f"PRAGMA max_page_count = {pages}")
        with original(db) as inner:
            yield inner

    connection.transaction = limited
    sys.exit(runner.main(["--idle", "1"]))


def err() -> None:
    """A defect in the runner's loop."""

    def defect(*_: Any, **__: Any) -> None:
        raise RuntimeError("a defect")

    dispatch.take_back = loop.dispatch = defect  # type: ignore[assignment]
    sys.exit(0 if runner.main(["--idle", "1"]) == runner_lock.CRASHED else 5)


def jump(seconds: float) -> None:
    """The wall clock jumps, in the midst of a run, and goes on from there."""
    original, began = time.time, time.monotonic()
    time.time = lambda: original() + (seconds if time.monotonic() - began > 0.5 else 0.0)  # type: ignore[assignment]
    sys.exit(runner.main(["--idle", "1"]))


INSTANTS: dict[str, Callable[[], object]] = {
    "before a row is written": lambda: (before(outcomes, "add", call=4), runner.main(["--idle", "5"])),
    "between row and counters": lambda: (before(outcomes, "_count", call=4), runner.main(["--idle", "5"])),
    "after the counters": lambda: (after(outcomes, "count_codes", call=4), runner.main(["--idle", "5"])),
    "while claiming": lambda: (after(runs, "change", call=1), runner.main(["--idle", "5"])),
    "before entering": lambda: (before(epochs, "take_over"), runner.main([])),
    "after entering": lambda: (before(loop.Runner, "_listen"), runner.main([])),
    "while preparing": lambda: (after(items, "plan", call=2), runner.main([])),
    "at the end of preparing": lambda: (before(preparation.Preparation, "committed"), runner.main([])),
    "while taking earlier rows": lambda: (take_by_batches(), after(reuse, "take", call=2), runner.main([])),
    "between their files and their rows": lambda: (take_by_batches(), before(reuse, "take", call=2), runner.main([])),
    "while earlier items are made findable": lambda: (after(reuse.Indexing, "step"), runner.main([])),
    "while finishing": lambda: (before(runs, "end_pause"), runner.main([])),
    "with a command not yet answered": lambda: (before(commands, "done"), runner.main([])),
    "with a cancel just answered": lambda: (before(command_handler.CommandHandler, "_stop"), runner.main([])),
    "with a deletion just answered": lambda: (before(command_handler.CommandHandler, "delete"), runner.main([])),
    "while cancelling": lambda: (after(outcomes, "cancel_rest"), runner.main([])),
    "while reopening": lambda: (after(retries, "reopen"), runner.main([])),
    "between two steps of reopening": lambda: (reopen_by_twos(), before(retries, "reopen", call=2), runner.main([])),
    "in a later step of reopening": lambda: (reopen_by_twos(), after(retries, "reopen", call=2), runner.main([])),
    "at the end of reopening": lambda: (reopen_by_twos(), after(retries, "end"), runner.main([])),
    "while deleting": lambda: (after(items, "remove"), runner.main([])),
    "before the files are deleted": lambda: (before(artifacts, "remove"), runner.main([])),
    "before the run is deleted": lambda: (before(runs, "delete_row"), runner.main([])),
    "with a full store": full,
    "while submitting": submit_and_die,
    "while migrating": migrate_and_die,
    "with an error of its own": err,
    "with a clock that jumps by 3600 s": partial(jump, 3600),
    "with a clock that jumps by -3600 s": partial(jump, -3600),
}

if __name__ == "__main__":
    INSTANTS[sys.argv[1]]()
