"""What is alive, what waits, what is on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import log_path, store
from jobs.runtime.client.trouble import stopped, trouble
from jobs.runtime.core import settings
from jobs.runtime.core.people import acting_owner
from jobs.runtime.core.records import RunState
from jobs.runtime.home import artifacts, cluster_state, runner_lock, worker_logs
from jobs.runtime.home.cluster_state import ClusterState
from jobs.runtime.store import epochs, history, schedule_times
from jobs.runtime.store import runs as run_table

if TYPE_CHECKING:
    import psutil


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


def status(patience: float = 0.0) -> Status:
    """What is alive, what waits, what is on the disk, whosever that is; `patience` as for `trouble`. Raises NotAllowed
    where nobody has signed in."""
    acting_owner()
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
    """How many of one's runs are in each state, none included, and how many items they have."""
    with store().read() as db:
        found = run_table.tallies(db, ownership.readers())
    return {str(state): found.get(state, (0, 0)) for state in RunState if state is not RunState.SUBMITTING}


def unattended() -> bool:
    """Whether there is work to go on with, and no live runner: asked at every drawing of a page, it must be quick."""
    if runner_lock.alive(settings.home()):
        return False
    with store().read() as db:
        states = (RunState.RUNNING, RunState.CANCELLING, RunState.QUEUED)
        return history.counted(db, states=states, job="", text="") > 0 or schedule_times.at_work(db)


def _workers_of(runner: int) -> tuple[tuple[int, str, int], ...]:
    """The live children of the runner that have a worker's log, which is named after job and process."""
    logs = (path.stem.rpartition("-") for path in (settings.home() / worker_logs.FOLDER).glob("*.log"))
    jobs = {int(pid): job for job, _, pid in logs if pid.isdigit()}
    import psutil  # as much as twenty of our modules: only where processes are looked at

    try:
        children = psutil.Process(runner).children()
    except psutil.Error:
        return ()
    return tuple((child.pid, jobs[child.pid], _resident_size(child)) for child in children if child.pid in jobs)


def _resident_size(process: psutil.Process) -> int:
    """Bytes of a process in memory; 0: it has ended."""
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
