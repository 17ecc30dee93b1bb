"""Why nothing goes on now, in one sentence that names who is in the way, and what to do about it."""

from __future__ import annotations

import time
from pathlib import Path

from jobs.runtime.client.runner_process import store
from jobs.runtime.core import lock_holder, settings
from jobs.runtime.home import runner_lock
from jobs.runtime.store import epochs
from jobs.runtime.store.connection import FILE, LONG_SECONDS, written_by

LOOK_SECONDS = 0.05

_writing: dict[Path, tuple[tuple[int, int], float]] = {}
"""By home: who was writing its store (the process, and when anything was last written), and since when (monotonic)."""


def trouble(patience: float = 0.0) -> str:
    """Why the runner can store nothing, stands still or cannot start, or nobody can write; empty: nothing is wrong.

    Whether another process writes for long is known after 2 s of looks, or by looking for so long (`patience`, s).
    """
    home, runner = settings.home(), _runner()
    told = _halted(runner) or _unstored(home) if runner_lock.alive(home) else _kept_out(home, runner)
    return told or _written(home, runner, patience)


def stopped() -> bool:
    """Whether the live runner is stopped (SIGSTOP, say)."""
    return runner_lock.alive(settings.home()) and bool(_halted(_runner()))


def _runner() -> int:
    """The process of the runner that took over last; 0: there was none."""
    with store().read() as db:
        return epochs.runner(db).pid or 0


def _halted(runner: int) -> str:
    found = lock_holder.process(runner)
    if not runner or not found.stopped:
        return ""
    return f"the runner (process {runner}) is stopped, and nothing goes on: {found.remedy}, and the next one takes over"


def _unstored(home: Path) -> str:
    """What the live runner says of its store."""
    told = runner_lock.trouble(home)
    return f"nothing can be stored now, so nothing more starts: {told}. It goes on by itself" if told else ""


def _kept_out(home: Path, runner: int) -> str:
    """That somebody who is no runner, or one that is stopped, holds the lock of the home."""
    lock = home / runner_lock.LOCK
    holder = lock_holder.holder_of(lock)
    if holder is None or ((holder.pid == runner or _is_runner(holder.pid)) and not holder.stopped):
        return ""
    return f"{holder} holds {lock} and is no runner that works, so none can start: {holder.remedy}"


def _is_runner(pid: int) -> bool:
    """Whether a process is a runner: one that is starting or leaving, as this one is none that works."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[1:4] == [b"-m", b"jobs", b"runner"]


def _written(home: Path, runner: int, patience: float) -> str:
    """That another process has been writing for long."""
    limit = time.monotonic() + patience
    while True:
        holder = lock_holder.holder_of(home / f"{FILE}-shm", byte=lock_holder.WAL_WRITER)
        if holder is None or holder.pid == runner:
            _writing.pop(home, None)
            return ""
        sign, now = (holder.pid, _last_written(home)), time.monotonic()
        before, since = _writing.get(home, (None, now))
        if before != sign:
            _writing[home], since = (sign, now), now
        if now - since >= LONG_SECONDS:
            return f"nothing can be stored now: {written_by(holder, home / FILE)}. It goes on by itself"
        if now >= limit:
            return ""
        time.sleep(LOOK_SECONDS)


def _last_written(home: Path) -> int:
    try:
        return (home / f"{FILE}-wal").stat().st_mtime_ns
    except OSError:
        return 0
