"""A run of 1,000,000 no-op items: how long to submit, how large the runner, how soon after a kill, how quick a look?
And how soon is it known of 1,000,000 items which an earlier run has, where 99 % are there?

(tests/bench/groups.py asks the same where every item is in a group of its own.)
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from tests.bench import harness

ITEMS = 1_000_000
SUBMIT_SECONDS, RUNNER_BYTES, RECOVERY_SECONDS, QUERY_SECONDS, PAGE_SECONDS = 30, 300 * 10**6, 5, 0.2, 1.0
DECIDED_SECONDS = 20


def run(asked: harness.Asked) -> harness.Report:
    """The plain run."""
    items = asked.size(ITEMS)
    report = harness.Report(title=f"a run of {items:,} no-op items, 2×1")
    measure(report, "noop", map(str, range(items)), items)
    for job, cell in (("noop", "{}"), ("keyed_address", "https://site-{}.example/page")):
        _what_is_there(report, job, cell, items)
    return report


def _what_is_there(report: harness.Report, job: str, cell: str, items: int) -> None:
    """Count what is there of a list, and run it: the seconds until the first item that is new has its outcome."""
    from jobs.runtime import client
    from jobs.runtime.core.records import Item
    from jobs.runtime.core.reuse import Reuse

    known, new = items * 99 // 100, items // 100
    with harness.home():
        first = harness.perform(job, [cell.format(n) for n in range(known)], processes=2, threads=1)
        cells = [Item(cell=cell.format(n)) for n in range(known + new)]
        before = _own_size()
        began = time.perf_counter()
        there = client.already_there(job, cells, params={}, asked=Reuse())
        counted = report.line(f"{job}: counting what is there", [time.perf_counter() - began])
        grown = (_own_size() - before) / 10**6
        run = client.submit(job, cells, pool=first.pool, limits=first.limits, reuse=Reuse())
        queued = time.perf_counter()
        _until(lambda: client.run(run.id).done_itself > 0)
        took = report.line(f"{job}: from queued to the first new outcome", [time.perf_counter() - queued])
        client.wait(run.id, step=0.2)
        size = _status(harness.runner_pid(), "VmHWM") / 10**6
        report.line(f"{job}: memory of the runner, and by what the count grew", [size, grown], "MB")
        report.at_most(counted.what, counted.median, DECIDED_SECONDS, "s")
        report.at_most(took.what, took.median, DECIDED_SECONDS, "s")
        report.at_most(f"{job}: memory of the runner", size, RUNNER_BYTES / 10**6, "MB")
        ended = client.run(run.id)
        if (there.taken, ended.reused, ended.ok) != (known, known, known + new):
            raise RuntimeError(f"{there.taken:,} counted, {ended.reused:,} taken and {ended.ok:,} ok of {items:,}")


def _own_size() -> int:
    return _status(os.getpid(), "VmHWM")


def measure(report: harness.Report, job: str, cells: Iterable[str], items: int) -> harness.Report:
    """Submit, look at it in the midst, kill the runner, look on, wait for its end."""
    from jobs.runtime import client
    from jobs.runtime.core.records import Item, Limits, Pool

    with harness.home() as home:
        began = time.perf_counter()
        run = client.submit(
            job,
            (Item(cell=cell) for cell in cells),
            pool=Pool(processes=2, threads=1),
            limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
        )
        submit = report.line("submit", [time.perf_counter() - began])
        _until(lambda: client.run(run.id).done > items // 4)
        _look(report, run.id, "in the midst")
        early = _sizes()
        _until(lambda: client.run(run.id).done > items // 2)
        sizes = [_status(harness.runner_pid(), "VmHWM")]
        recovery = report.line("from the runner's kill to the next outcome", [_killed(run.id, home)])
        client.wait(run.id, step=0.2)
        sizes.append(_status(harness.runner_pid(), "VmHWM"))
        late = _sizes()
        ended = client.run(run.id)
        report.line("from queued to the last outcome", [ended.seconds(0)], note=f"{items / ended.seconds(0):,.0f}/s")
        size = report.line("the runner's greatest memory", [bytes_ / 10**6 for bytes_ in sizes], "MB")
        for what, then, now in zip(("the runner", "the larger worker"), early, late, strict=True):
            report.line(f"memory of {what}: after a quarter and at the end", [then / 10**6, now / 10**6], "MB")
        _look(report, run.id, "at its end")
        report.at_most("submit", submit.median, SUBMIT_SECONDS, "s")
        report.at_most("memory of the runner", max(size.samples), RUNNER_BYTES / 10**6, "MB")
        report.at_most("recovery", recovery.median, RECOVERY_SECONDS, "s")
        if ended.ok != items:
            raise RuntimeError(f"{ended.ok:,} of {items:,} are ok")
    return report


def _look(report: harness.Report, run_id: str, when: str) -> None:
    """Every query of the page, and the page itself."""
    from jobs.runtime import client

    items = client.run(run_id).items
    queries: dict[str, Callable[[], object]] = {
        "progress": lambda: client.progress(run_id),
        "newest 200": lambda: client.newest(run_id, 200),
        "rows at the beginning": lambda: client.rows(run_id, 1, 200),
        "rows in the middle": lambda: client.rows(run_id, items // 2, items // 2 + 199),
        "rows at the end": lambda: client.rows(run_id, items - 199, items),
        "failures": lambda: client.failures(run_id),
        "attempts": lambda: client.attempts(run_id),
        "events": lambda: client.events(run_id),
        "spans": lambda: client.spans(run_id),
        "runs": lambda: (client.runs(), client.count_runs()),
        "status": client.status,
        "sizes": lambda: client.sizes(run_id),
    }
    found = harness.in_turn({name: _timed(query) for name, query in queries.items()}, 7)
    slowest = max(found, key=lambda name: sorted(found[name])[3])
    line = report.line(f"slowest query {when}: {slowest}", [seconds * 1000 for seconds in found[slowest]], "ms")
    report.at_most(line.what, line.median, QUERY_SECONDS * 1000, "ms")
    _open("runs")  # what Streamlit and the pages import is not the run's doing
    page = report.line(f"opening its page {when}, the first time and again", [_open("run", run_id) for _ in range(3)])
    report.at_most(page.what, max(page.samples), PAGE_SECONDS, "s")


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def seconds() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return seconds


def _open(page: str, run_id: str = "") -> float:
    from streamlit.testing.v1 import AppTest

    began = time.perf_counter()
    app = AppTest.from_file(str(harness.PROJECT / "streamlit_app.py"), default_timeout=60)
    app.switch_page(f"jobs/ui/{page}/{page}.py")
    if run_id:
        app.query_params["run"] = run_id
    app.run()
    if app.exception:
        raise RuntimeError(f"the page raised {app.exception[0].message}")
    return time.perf_counter() - began


def _killed(run_id: str, home: Path) -> float:
    """Kill the runner; seconds until another has stored an outcome."""
    from jobs.runtime import client
    from jobs.runtime.home import runner_lock

    pid = harness.runner_pid()
    if pid is None or client.run(run_id).state.terminal:
        raise RuntimeError("the run has ended before its runner could be killed: take more items")
    began = time.perf_counter()
    os.kill(pid, signal.SIGKILL)
    _until(lambda: not runner_lock.alive(home))
    before = client.run(run_id).done
    client.ensure_runner()
    _until(lambda: client.run(run_id).done > before)
    return time.perf_counter() - began


def _sizes() -> tuple[int, int]:
    """Bytes in memory now: of the runner, and of its larger worker."""
    pid = harness.runner_pid()
    workers = [child for child in psutil.Process(pid).children() if "spawn_main" in " ".join(child.cmdline())]
    return _status(pid, "VmRSS"), max(_status(worker.pid, "VmRSS") for worker in workers)


def _status(pid: int | None, what: str) -> int:
    """Bytes of a process in memory: VmRSS now, VmHWM the most so far."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(what))


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)
