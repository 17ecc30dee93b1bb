"""What do ten thousand schedules cost the runner, and how late is the last of them noticed?"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from jobs.runtime.core import settings
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.recurrence import Recurrence, cron_line
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind
from jobs.runtime.runner.firings import Firings
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import schedules
from jobs.runtime.store.connection import Store
from tests.bench import harness

SCHEDULES = 10_000
BEGAN = 1_800_000_000.0
HOUR = 3_600
SHARE, LATE_SECONDS = 0.01, 1.0


class Clock:
    """Unix seconds, as the benchmark sets them."""

    now = BEGAN

    def __call__(self) -> float:
        return self.now


def run(asked: harness.Asked) -> harness.Report:
    """An hour of a clock that is set second by second, with half of them by cron lines; and all of them at once."""
    number = asked.size(SCHEDULES)
    report = harness.Report(title=f"{number:,} schedules: the part of the runner's loop that looks at them")
    shares, late, together, spent = [], [], [], []
    for _ in range(asked.repeats):
        with harness.home(), _made(number) as (firings, clock):
            began = time.process_time()
            for _ in range(HOUR):
                clock.now += 1
                firings.look()
            shares.append((time.process_time() - began) / HOUR * 100)
            late.append(_latest(firings))
            began = time.process_time()
            together.append(_all_at_once(firings, clock))
            spent.append(time.process_time() - began)
    share = report.line("processor time, one look a second", shares, "%", "of a core")
    latest = report.line("noticed after it was due, at most", late)
    all_of_them = report.line("all due at the same moment: until the last is noted", together)
    report.line("of that, processor time", spent)
    report.at_most("processor time", share.median, SHARE * 100, "%")
    report.at_most("noticed", latest.median, LATE_SECONDS, "s")
    report.at_most("all at once", all_of_them.median, LATE_SECONDS, "s")
    return report


@contextlib.contextmanager
def _made(number: int) -> Iterator[tuple[Firings, Clock]]:
    state, clock = RunnerState(Store(settings.home())), Clock()
    with state.store.write() as db:
        for place in range(number):
            schedules.add(db, _schedule(place))
    yield Firings(state, clock, _start), clock
    state.workers.close()
    state.db.close()


def _start(firings: Any) -> subprocess.Popen[bytes]:
    """No process: what comes stays due."""
    return _Process()  # type: ignore[return-value]


class _Process:
    def poll(self) -> None:
        """It goes on."""


def _schedule(place: int) -> RunSchedule:
    when = (
        cron_line(f"{place % 60} {place % 24} * * *", "Europe/Berlin")
        if place % 2
        else Recurrence(every=6.0 * HOUR, anchor=BEGAN + place * 7 % (6 * HOUR))
    )
    return RunSchedule(
        name=f"schedule {place}",
        owner="admin",
        settings=RunPreset(name="", job="noop"),
        source=ItemsSource(kind=SourceKind.FILE, where="/items.csv"),
        recurrence=when,
        overlap=True,
        made_at=BEGAN,
        next_at=when.after(BEGAN),
    )


def _latest(firings: Firings) -> float:
    rows = firings.state.db.execute("SELECT max(at - due) FROM firings").fetchone()
    return float(rows[0])


def _all_at_once(firings: Firings, clock: Clock) -> float:
    with firings.state.store.write() as db:
        db.execute("UPDATE schedules SET next_at = ?", (clock.now + 1,))
    clock.now += 1
    began = time.perf_counter()
    firings.look()
    return time.perf_counter() - began
