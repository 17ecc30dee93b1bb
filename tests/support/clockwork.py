"""A runner's schedules over a store, with a clock and processes that the test moves."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.receivers import Receiver, ReceiverKind
from jobs.runtime.core.records import RunState
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.schedules import Firing, FiringState, ItemsSource, RunSchedule, SourceKind
from jobs.runtime.runner.firings import Errand, Firings
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import runs, schedules, tellings
from jobs.runtime.store.connection import Store
from tests.support.machine import unstored

BEGAN = 1_800_000_000.0
HOUR = 3_600.0
HOURLY = Recurrence(every=HOUR, anchor=BEGAN)


class Ended:
    """A process that was to begin runs, as the test has it end."""

    def __init__(self) -> None:
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.returncode = -9

    def wait(self) -> None:
        pass


class Clockwork:
    """A runner's firings over a store, with a clock that the test sets, and processes that the test ends."""

    def __init__(self, home: Path) -> None:
        self.now = BEGAN
        self.state = RunnerState(Store(home))
        self.started: list[tuple[Ended, Sequence[Errand]]] = []
        self.firings = Firings(self.state, lambda: self.now, self._start)

    def _start(self, errands: Sequence[Errand]) -> subprocess.Popen[bytes]:
        process = Ended()
        self.started.append((process, errands))
        return process  # type: ignore[return-value]

    def add(self, name: str = "nightly", when: Recurrence = HOURLY, *, overlap: bool = False) -> int:
        schedule = RunSchedule(
            name=name,
            owner="admin",
            settings=RunPreset(name="", job="noop"),
            source=ItemsSource(kind=SourceKind.FILE, where="/items.csv"),
            recurrence=when,
            overlap=overlap,
            made_at=self.now,
            next_at=when.after(self.now),
        )
        with self.state.store.write() as db:
            return schedules.add(db, schedule) or 0

    def to_tell(self, *receivers: Receiver, name: str = "told", due: float = BEGAN) -> int:
        """A paused schedule, of which these are to be told that no run could be begun."""
        number = self.add(name)
        with self.state.store.write() as db:
            tellings.add_receivers(db, number, receivers)
            firing = Firing(schedule=number, due=due, at=due, state=FiringState.DUE)
            schedules.note(db, firing)
            schedules.settle(db, firing, FiringState.FAILED, said="gone")
            schedules.set_enabled(db, number, False, None)
        return number

    def look(self, after: float = 0.0) -> None:
        self.now += after
        self.firings.look()

    def told(self, number: int) -> list[tuple[float, FiringState, str]]:
        """What came so far, oldest first: when it was due (seconds from the beginning), its state, what is said."""
        with self.state.store.read() as db:
            return [(one.due - BEGAN, one.state, one.said) for one in reversed(schedules.firings(db, number, 1_000))]

    def begin_run(self, number: int) -> str:
        """What the process does: submit a run, and note that."""
        with self.state.store.write() as db:
            (firing,) = [one for one in schedules.waiting(db, self.now, 100) if one.schedule == number]
            run = replace(unstored(f"{number:04d}{int(firing.due)}"), nonce=firing.nonce)
            stored = runs.add(db, run, runs.JobTraits())
            runs.queue(db, stored, items=0, sample=False, at=self.now)
            schedules.settle(db, firing, FiringState.SUBMITTED, run=run.id)
        self.started[-1][0].returncode = 0
        return run.id

    def end(self, run: str) -> None:
        with self.state.store.write() as db:
            number = runs.find(db, run).number
            runs.move(db, number, RunState.RUNNING)
            runs.move(db, number, RunState.FINISHED)


def webhook(where: str) -> Receiver:
    return Receiver(kind=ReceiverKind.WEBHOOK, where=where)


@pytest.fixture
def clockwork(home: Path) -> Iterator[Clockwork]:
    made = Clockwork(home)
    yield made
    made.state.workers.close()
    made.state.db.close()
