"""What all benchmarks share: samples taken in turn, medians with their spread, targets, and a machine of one's own.

__main__ ─► a benchmark: run(Asked) ─► Report: lines (samples), targets (met or not), notes ─► table, or JSON
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from jobs.runtime.core.records import Run

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Set in many containers; each runner and worker would compile all it loads again, which users do not pay."""

PROJECT = Path(__file__).resolve().parents[2]
JOBS = Path(__file__).resolve().parent / "jobs"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the caller wants: how often each contender is measured, and how much smaller than stated (1: as stated)."""

    repeats: int
    scale: float = 1.0

    def size(self, stated: int) -> int:
        """A number of items, scaled."""
        return max(1, round(stated * self.scale))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One contender: its samples in `unit`, and a note (what it guarantees, mostly)."""

    what: str
    samples: Sequence[float]
    unit: str = "s"
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of its samples."""
        return statistics.median(self.samples)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A figure beside its bound; `sign` is `≥` or `≤`."""

    what: str
    value: float
    sign: str
    bound: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps the bound."""
        return self.value >= self.bound if self.sign == "≥" else self.value <= self.bound


@dataclass(kw_only=True)
class Report:
    """What a benchmark found."""

    title: str
    lines: list[Line] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def line(self, what: str, samples: Sequence[float], unit: str = "s", note: str = "") -> Line:
        """Add a line, unless there are no samples; returns it."""
        new = Line(what=what, samples=tuple(samples), unit=unit, note=note)
        self.lines.append(new)
        return new

    def at_least(self, what: str, value: float, bound: float, unit: str = "") -> None:
        """Add a target that a figure should reach."""
        self.targets.append(Target(what=what, value=value, sign="≥", bound=bound, unit=unit))

    def at_most(self, what: str, value: float, bound: float, unit: str = "") -> None:
        """Add a target that a figure should not exceed."""
        self.targets.append(Target(what=what, value=value, sign="≤", bound=bound, unit=unit))

    def missing(self, *modules: str) -> set[str]:
        """Those of the peers that are not installed, each named in a note."""
        gone = {module for module in modules if importlib.util.find_spec(module) is None}
        self.notes += [f"{name} is not installed: not measured (see tests/bench/requirements.txt)" for name in gone]
        return gone

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "title": self.title,
            "lines": [{**asdict(line), "median": line.median} for line in self.lines],
            "targets": [{**asdict(target), "met": target.met} for target in self.targets],
            "notes": self.notes,
        }

    def __str__(self) -> str:
        width = max((len(line.what) for line in self.lines), default=0) + 2
        rows = [self.title]
        for line in self.lines:
            spread = f"{_short(min(line.samples))} – {_short(line.median)} – {_short(max(line.samples))}"
            rows.append(f"  {line.what:<{width}}{spread:>26} {line.unit:<6} {line.note}".rstrip())
        for target in self.targets:
            verdict = "met" if target.met else "MISSED"
            figure = f"{_short(target.value)} {target.unit}".strip()
            rows.append(f"  {verdict}: {target.what}: {figure} ({target.sign} {_short(target.bound)} {target.unit})")
        return "\n".join(rows + [f"  note: {note}" for note in self.notes])


def _short(value: float) -> str:
    """Three figures that count, thousands grouped."""
    if value == 0 or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def in_turn(contenders: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Measure each in turn, again and again, so that noise meets all alike."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, contender in contenders.items():
            samples[name].append(contender())
    return samples


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine() -> dict[str, Any]:
    """Where this was measured."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "core_share": round(core_share(), 2),
        "load": [round(load, 1) for load in os.getloadavg()] if hasattr(os, "getloadavg") else [],
    }


def core_share(seconds: float = 0.3) -> float:
    """How much of a core a busy loop is given now: 1 on a quiet machine; figures of a busy one are to be read so."""
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        pass
    return (time.process_time() - cpu) / (time.perf_counter() - began)


def machine_line() -> str:
    """The same in one line."""
    found = machine()
    load = " ".join(map(str, found["load"])) or "not known"
    share = f"a busy loop gets {found['core_share']:.0%} of a core"
    return f"{found['cores']} cores, Python {found['python']}, {found['system']}, load average {load}; {share}"


@contextlib.contextmanager
def home(**settings: str) -> Iterator[Path]:
    """A JOBS_HOME of one's own, with the jobs of the benchmarks; its runner is ended after, by its process id."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder) / "home"
        before = dict(os.environ)
        os.environ.update({"JOBS_HOME": str(place), "JOBS_PATH": str(JOBS), "JOBS_IDLE": "120", **settings})
        try:
            yield place
        finally:
            end_runner()
            os.environ.clear()
            os.environ.update(before)


@contextlib.contextmanager
def page_server() -> Iterator[tuple[int, int]]:
    """The real server: its port and its process id."""
    port = free_port()
    options = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_listener(port)
        yield port, server.pid
    finally:
        os.kill(server.pid, signal.SIGTERM)
        server.wait(20)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_listener(port: int) -> None:
    """Wait until somebody listens on a port."""
    limit = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > limit:
            raise RuntimeError("the page's server did not come up within a minute")
        time.sleep(0.05)


def runner_pid() -> int | None:
    """The process id of the runner of the present home."""
    from jobs.runtime import client

    return client.status().runner_pid


def processes_of_runner() -> list[psutil.Process]:
    """The runner of the present home and its workers."""
    runner = psutil.Process(runner_pid())
    return [runner, *runner.children(recursive=True)]


def processor_seconds(processes: Sequence[psutil.Process]) -> float:
    """Processor seconds used so far; to a millionth where the kernel tells (/proc/PID/schedstat), else to a tick."""
    threads = [Path(f"/proc/{process.pid}/task/{thread.id}") for process in processes for thread in process.threads()]
    if not threads or not (threads[0] / "schedstat").exists():
        return sum(sum(process.cpu_times()[:2]) for process in processes)
    return sum(int((thread / "schedstat").read_text("ascii").split()[0]) for thread in threads) / 1e9


def end_runner() -> None:
    """End the runner of the present home, if one lives, and wait until it is gone."""
    from jobs.runtime import client
    from jobs.runtime.core import settings
    from jobs.runtime.home import runner_lock

    if not runner_lock.alive(settings.home()):
        return
    pid = runner_pid()
    if pid is not None and not client.stop_runner(15):
        os.kill(pid, signal.SIGKILL)
    while runner_lock.alive(settings.home()):
        time.sleep(0.01)


def perform(job: str, cells: Sequence[str], *, processes: int, threads: int, look: float = 0.002, **limits: Any) -> Run:
    """Submit and wait until the run has ended, looking every `look` seconds. Returns the run; every item must be ok,
    but for so many that are to fail (`failed`)."""
    from jobs.runtime import client
    from jobs.runtime.core.records import Item, Limits, Pool

    params, on, failed = limits.pop("params", {}), limits.pop("on", "local"), limits.pop("failed", 0)
    asked = {"attempts": 1, "deadline": None, "at_once": None, "pause": 0.0, **limits}
    run = client.submit(
        job,
        [Item(cell=cell) for cell in cells],
        params=params,
        pool=Pool(processes=processes, threads=threads),
        limits=Limits(**asked),
        on=on,
    )
    ended = client.wait(run.id, step=look)
    if (ended.ok, ended.failed) != (len(cells) - failed, failed):
        why = [event.text for event in client.events(run.id, 5)]
        codes = client.progress(run.id).codes
        raise RuntimeError(f"{ended.ok} of {len(cells)} items are ok ({codes}); {why}")
    return ended


def in_process(module: str, *arguments: object) -> Any:
    """Run `python -m module arguments` in a process of its own; what it prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=1_800,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"python -m {module} {' '.join(map(str, arguments))} failed: {done.stderr[-2_000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
