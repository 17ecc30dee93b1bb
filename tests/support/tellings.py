"""Schedules that tell somebody, over a store whose runs the test says."""

from __future__ import annotations

import os
import time
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.receivers import Receiver, ReceiverKind, Telling
from jobs.runtime.core.records import Run
from jobs.runtime.core.recurrence import every
from jobs.runtime.core.schedules import Firing, FiringState, ItemsSource, RunSchedule, SourceKind
from jobs.runtime.firing import delivery
from jobs.runtime.store import schedules as schedules_table
from tests.support.processes import run_python
from tests.support.stage import Stage


def hook(url: str, **how: Any) -> Receiver:
    return Receiver(kind=ReceiverKind.WEBHOOK, where=url, **how)


def scheduled(*receivers: Receiver, **what: str) -> RunSchedule:
    """One that is kept."""
    return client.save_schedule(wanted(*receivers, **what))


def wanted(*receivers: Receiver, where: str = "https://example.org/items.csv", job: str = "factorial") -> RunSchedule:
    kind = SourceKind.URL if "://" in where else SourceKind.FILE
    return RunSchedule(
        name="nightly",
        owner="admin",
        settings=RunPreset(name="", job=job),
        source=ItemsSource(kind=kind, where=where),
        recurrence=every("1 d", time.time()),
        receivers=receivers,
    )


def came(stage: Stage, schedule: RunSchedule, run: Run | None, due: float, said: str = "") -> Firing:
    """A time of it, settled as the process does that begins its run."""
    with stage.store.write() as db:
        firing = Firing(schedule=schedule.number, due=due, at=due, state=FiringState.DUE)
        schedules_table.note(db, firing)
        state = FiringState.FAILED if run is None else FiringState.SUBMITTED
        schedules_table.settle(db, firing, state, run=run.id if run else "", said=said)
    return at(due)


def tell(firing: Firing) -> None:
    """Tell all receivers of a time that are to be told, as the process does."""
    for telling in firing.tellings:
        due = client.due_telling(*telling.key)
        if due is not None:
            delivery.tell(due)


def tell_in_a_process(firing: Firing, before: str) -> int:
    """The same by a process of its own, in which `before` is done first; the code that it ended with."""
    program = f"import sys\nfrom jobs.runtime.firing import apprise_target, main\n{before}\nmain.main(sys.argv[1:])"
    keys = [":".join(map(repr, one.key)) for one in firing.tellings]
    return run_python("-c", program, str(os.getpid()), *keys).returncode


def told(due: float = 1.0, place: int = 0) -> Telling:
    return at(due).tellings[place]


def at(due: float) -> Firing:
    return next(one for one in client.firings("nightly") if one.due == due)
