"""The processes of this very program as they live now: who started whom, their threads, their memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jobs.runtime.client.machine_status import status

PAGE, RUNNER, SAMPLE_SITE, SERVANT = "this page's server", "runner", "sample site", "helper of Python itself"


@dataclass(frozen=True, kw_only=True)
class LiveThread:
    """One thread: its number in the system, and processor seconds so far (of its own, and of the system for it)."""

    id: int
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class LiveProcess:
    """One process: its id, that of its parent, how deep it stands in the tree, what it does, its threads, and bytes.

    `resident` is what of it is in memory now, of which other processes may share a part. `parts` is its address space
    by what it is for (bytes, most of them only reserved); empty where the system does not say.
    """

    id: int
    parent: int
    depth: int
    role: str
    threads: tuple[LiveThread, ...]
    resident: int
    switches: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)


def live_processes() -> list[LiveProcess]:
    """This process, the runner and all that they have started, parents before their children."""
    now = status()
    roles = {os.getpid(): PAGE}
    if now.runner_pid:
        roles[now.runner_pid] = RUNNER
    roles |= {pid: f"worker of {job}" for pid, job, _ in now.workers}
    found: dict[int, LiveProcess] = {}
    for root in [pid for pid, role in roles.items() if role in (PAGE, RUNNER)]:
        with suppress(psutil.Error):
            found |= {process.id: process for process in _with_children(psutil.Process(root), roles, 0)}
    return list(found.values())


def _with_children(process: psutil.Process, roles: Mapping[int, str], depth: int) -> Iterator[LiveProcess]:
    with suppress(psutil.Error):  # it may end while it is looked at
        yield _process(process, roles, depth)
        for child in process.children():
            if roles.get(child.pid) != RUNNER:  # which stands by itself: it outlives the page that started it
                yield from _with_children(child, roles, depth + 1)


def _process(process: psutil.Process, roles: Mapping[int, str], depth: int) -> LiveProcess:
    with process.oneshot():
        threads = tuple(LiveThread(id=one.id, cpu_seconds=one.user_time + one.system_time) for one in process.threads())
        return LiveProcess(
            id=process.pid,
            parent=process.ppid(),
            depth=depth,
            role=roles.get(process.pid) or _role(process),
            threads=threads,
            resident=int(process.memory_info().rss),
            switches=sum(process.num_ctx_switches()),
            parts=_parts(process.pid),
        )


def _role(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    if "jobs.runtime.sample.server" in command:
        return SAMPLE_SITE
    return SERVANT if "multiprocessing" in command else process.name()


PARTS: Mapping[str, tuple[str, ...]] = {
    "code": ("VmExe", "VmLib"),
    "data, heap and the stacks of further threads": ("VmData",),
    "stack of the first thread": ("VmStk",),
}
"""What an address space is for, and the lines of /proc that say how large it is."""


def _parts(pid: int) -> dict[str, int]:
    with suppress(OSError, ValueError, KeyError):
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        known = {name: int(lines[name].split()[0]) * 1024 for names in PARTS.values() for name in names}
        return {part: sum(known[name] for name in names) for part, names in PARTS.items()}
    return {}
