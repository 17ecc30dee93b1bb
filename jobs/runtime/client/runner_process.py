"""The present home: its store, and its runner, started when there is work."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from jobs.runtime import catalog
from jobs.runtime.core import private_files, settings
from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.home_folder import LOG
from jobs.runtime.core.people import require_admin
from jobs.runtime.core.records import RunState
from jobs.runtime.home import runner_lock
from jobs.runtime.store import commands, epochs, events, history, runs
from jobs.runtime.store.connection import Store

if TYPE_CHECKING:
    import psutil

LOG_BYTES = 5 * 2**20
PATIENCE = 12.0
"""Seconds that a new runner waits for one that is leaving: a little more than that one takes at most."""

LONG_PATIENCE = 30.0
QUICK_STARTS = 2
FIRST_WAIT, MOST_PATIENT = 1.5, 30.0
"""After two deaths at a run that does not come on, a runner starts 1.5 s after the last began, then 3, 6, at most 30:
the sixth one starts when whatever kills for ten seconds has stopped."""


def log_path() -> Path:
    """Where the runner writes what it says."""
    return settings.home() / LOG


_stores: dict[Path, Store] = {}
_children: list[tuple[Path, subprocess.Popen[bytes]]] = []
"""Runners that this process started, by home; kept so that their ends are collected."""


def store() -> Store:
    """The store of the present home; opened (and migrated) once, and again when its file is gone or another one."""
    home = settings.home()
    opened = _stores.get(home)
    if opened is None or opened.replaced:
        opened = _stores[home] = Store(home)
    return opened


def check_settings() -> None:
    """Read every setting once. Raises BadSetting for the first that cannot be read."""
    settings.check()


def ensure_runner() -> None:
    """See to it that a runner lives, and wake it: it starts in the background and leaves after an idle while.

    One that idles with older code or other settings is followed by a new one. Raises BadSetting, and StoreError when
    the last one that was started here ended with an error before it held the home.
    """
    see_to_runner()
    runner_lock.ring(settings.home())


def see_to_runner() -> str:
    """The same without waking it: for what rings later, when there is something to find. Returns the name of the
    present code where a live runner was asked for its own, to save it the same look; else an empty text."""
    settings.check()
    home = settings.home()
    if not runner_lock.alive(home):
        if (
            not _starting() and not _too_soon() and not runner_lock.alive(home)
        ):  # it may have taken over between the first two looks
            _check_last_start(home)
            _start_runner(home, patience=PATIENCE)
        return ""
    code = catalog.code_hash()
    if _outdated(code) and not _starting():
        _ask_to_leave()
        _start_runner(home, patience=LONG_PATIENCE)
    return code


def wake_runner() -> None:
    """Ring for the runner that `ensure_runner` has just seen to; start one if it has left since."""
    if not runner_lock.ring(settings.home()):
        ensure_runner()


def stop_runner(timeout: float = 15.0) -> bool:
    """Ask the live runner to finish what has started and leave; False: there is none, or it is still there."""
    require_admin("to stop the runner")
    if not runner_lock.alive(settings.home()):
        return False
    import psutil

    with store().read() as db:
        pid = epochs.runner(db).pid
    try:
        process = psutil.Process(pid)
        process.terminate()
        limit = time.monotonic() + timeout
        while _lives(process) and time.monotonic() < limit:
            time.sleep(0.01)
        return not _lives(process)
    except psutil.NoSuchProcess:
        return True


def _lives(process: psutil.Process) -> bool:
    import psutil

    for _, child in _children:
        child.poll()
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _outdated(code: str) -> bool:
    with store().read() as db:
        runner = epochs.runner(db)
        busy = history.counted(db, states=(RunState.RUNNING, RunState.CANCELLING), job="", text="")
    return not busy and (runner.code_hash != code or runner.settings != settings.of_runner())


def _starting() -> bool:
    """Whether a runner that this process started is on its way: alive, and not yet (so not any more) the runner."""
    with store().read() as db:
        latest = epochs.runner(db).pid
    home = settings.home()
    return any(of == home and child.poll() is None and child.pid != latest for of, child in _children)


def _too_soon() -> bool:
    """Whether runners die one after the other at a run in work, and the last one began a moment ago."""
    with store().read() as db:
        deaths = [
            events.repeated(db, run, "interrupted", "done", "steady")[1] for run in runs.in_state(db, RunState.RUNNING)
        ]
        began = epochs.runner(db).started_at or 0.0
    quick = max(deaths, default=0) - QUICK_STARTS
    return quick >= 0 and 0 <= time.time() - began < min(MOST_PATIENT, FIRST_WAIT * 2.0**quick)


def _check_last_start(home: Path) -> None:
    """Start no runner after another that cannot start: say why, once."""
    with store().read() as db:
        latest = epochs.runner(db).pid
    for of, child in list(_children):
        if of == home and (child.poll() or 0) > 0:
            _children.remove((of, child))
            if child.pid != latest and child.returncode != runner_lock.CRASHED:
                raise StoreError(f"the runner cannot start: {_last_words()} (see {log_path()})")


def _last_words() -> str:
    with contextlib.suppress(OSError, IndexError):
        return log_path().read_text("utf-8", "replace").strip().splitlines()[-1][:500]
    return "it said nothing"


def _start_runner(home: Path, *, patience: float) -> None:
    """Start it detached, with no pipe of ours: it outlives this process."""
    with _open_log(log_path()) as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "jobs", "runner", "--patience", str(patience)],
            cwd=settings.PROJECT,
            env=settings.handed_on(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
        )
    _children[:] = [(of, earlier) for of, earlier in _children if earlier.poll() != 0] + [(home, child)]


def _open_log(log: Path) -> IO[bytes]:
    """The log to be written on, begun anew where it has grown large. Raises StoreError."""
    try:
        private_files.make_folder(log.parent)
        file = os.fdopen(private_files.open_file(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")
        if os.fstat(file.fileno()).st_size > LOG_BYTES:
            file.truncate(0)
        return file
    except OSError as error:
        why = f"{log} cannot be written ({error.strerror})"
        raise StoreError(f"{why}: see the rights of its folder, or set JOBS_HOME") from None


def _ask_to_leave() -> None:
    with store().write() as db:
        commands.ask(db, None, "replace", {}, time.time())
    runner_lock.ring(settings.home())
