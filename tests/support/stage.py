"""A store of the test's own, with runs whose times and rows the test says: no runner, and nothing moves."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import catalog, client
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.records import Event, Item, ItemState, Limits, Pool, Run, RunState, Table
from jobs.runtime.home import runner_lock
from jobs.runtime.store import events, items, outcomes, runs
from jobs.runtime.store.connection import Store
from tests.support.processes import play_the_runner

BEGAN = 1_700_000_000.0


class Stage:
    """A home whose runner is this test."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home)
        self.presence = runner_lock.RunnerLock(home)
        play_the_runner(self.store, self.presence)

    def run(
        self,
        cells: Sequence[str],
        rows: Sequence[Mapping[str, Any] | str | None] | None = None,
        *,
        job: str = "factorial",
        pool: tuple[int, int] = (1, 1),
        params: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        owner: str = OWNER,
    ) -> Run:
        """A finished run: for each cell a row, a code (then it failed), or None (no outcome)."""
        default, own = client.defaults(job)
        run = Run(
            id=secrets.token_hex(16),
            job=job,
            name="",
            state=RunState.SUBMITTING,
            items=0,
            params=params or {},
            pool=Pool(processes=pool[0], threads=pool[1]) if pool else default,
            limits=limits or own,
            table=Table(item_column=catalog.find().job(job).item_name),
            columns=client.columns(job, {}),
            submitted_at=BEGAN,
            owner=owner,
        )
        with self.store.write() as db:
            number = runs.add(db, run, runs.JobTraits())
            items.add(db, number, 1, [Item(cell=cell) for cell in cells])
            runs.queue(db, number, items=len(cells), sample=False, at=BEGAN)
        self.end(client.run(run.id), rows or [{} for _ in cells])
        return client.run(run.id)

    def end(
        self,
        run: Run,
        rows: Sequence[Mapping[str, Any] | str | None],
        *,
        wall: float = 10.0,
        seconds: Sequence[float] = (),
        cpu: float = 0.25,
        worker: int = 4711,
        started: float | None = None,
        used: Mapping[str, Any] | None = None,
    ) -> None:
        """End a queued run: its outcomes, its wall time, each item's seconds, the start of its worker, what it used."""
        with self.store.write() as db:
            number, begin = runs.find(db, run.id).number, run.submitted_at
            runs.move(db, number, RunState.RUNNING)
            runs.change(db, number, started_at=begin)
            if started is not None:
                facts = {"worker": worker, "started": begin, "ready": begin + started}
                events.log(db, number, Event(at=begin, kind="worker_ready", text="ready", facts=facts))
            new = [
                _outcome(position, row, seconds[position - 1] if seconds else 1.0, cpu, worker, begin)
                for position, row in enumerate(rows, start=1)
                if row is not None
            ]
            outcomes.add(db, number, new, duplicates=False)
            if used is not None:
                facts = {"workers": [{"worker": worker, **used}]}
                events.log(db, number, Event(at=begin, kind="used", text="used", facts=facts))
            runs.move(db, number, RunState.FINISHED)
            runs.change(db, number, ended_at=begin + wall)


def _outcome(
    position: int, row: Mapping[str, Any] | str, seconds: float, cpu: float, worker: int, begin: float
) -> outcomes.OutcomeRow:
    if isinstance(row, str):
        return outcome_row(position, None, code=row, seconds=seconds, cpu=cpu, worker=worker, begin=begin)
    return outcome_row(position, json.dumps(row), seconds=seconds, cpu=cpu, worker=worker, begin=begin)


def outcome_row(
    position: int,
    row: str | None,
    *,
    code: str = "",
    seconds: float = 1.0,
    cpu: float = 0.25,
    worker: int = 4711,
    begin: float = BEGAN,
) -> outcomes.OutcomeRow:
    """An outcome as the runner stores it: ok with a row, or failed with a code."""
    return outcomes.OutcomeRow(
        position=position,
        state=ItemState.FAILED if code else ItemState.OK,
        code=code,
        error="no" if code else "",
        detail="",
        row=row,
        attempts=1,
        worker=worker,
        slot=1,
        waited=0.0,
        started_at=begin,
        seconds=seconds,
        cpu=cpu,
    )


@pytest.fixture
def stage(home: Path) -> Iterator[Stage]:
    """The store of this test, with no runner but the test itself."""
    here = Stage(home)
    yield here
    here.presence.leave()
