"""Work as it comes: commands, queued runs up to the number that may be in work at once, and what an earlier runner
left."""

from __future__ import annotations

import os
import time
from functools import partial

from jobs.runtime import catalog, leftovers, presence, settings
from jobs.runtime.groups import Groups
from jobs.runtime.records import RunState, count
from jobs.runtime.runner.active import ActiveRun
from jobs.runtime.runner.closing import Closing
from jobs.runtime.runner.desk import Desk
from jobs.runtime.runner.orders import Orders
from jobs.runtime.runner.preparation import Preparation
from jobs.runtime.runner.says import say
from jobs.runtime.runner.site import SampleSite
from jobs.runtime.store import commands, reopening, runs
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.runs import Stored

SWEEP_SECONDS = 60.0
DYING_SECONDS = 2.0
"""So long the kernel may take to end the workers of a runner that was killed."""

ABANDONED_SECONDS = 600.0
"""A submit that has stored nothing for so long is given up (the wall clock of the submitting process counts)."""

KEEP_ANSWERS = 3600.0
FRESH_SECONDS = 0.5


class Claims:
    """Takes up what is asked and what waits; `leaving` runners claim nothing more."""

    def __init__(self, desk: Desk, orders: Orders) -> None:
        self.desk, self.orders = desk, orders
        self.leaving = False
        self.site = SampleSite(desk.store.home)
        self._next_sweep = 0.0
        self._leftover_looks = 2
        """The second is for those whose worker was still dying at the first."""
        self._next_leftover_look = 0.0

    def inherit(self) -> None:
        """Take up what an earlier runner left: cancels and retries half-way, and runs in work."""
        self.orders.reopening.extend(reopening.under_way(self.desk.db))
        for number in runs.in_state(self.desk.db, RunState.CANCELLING):
            self.desk.closing[number] = Closing(self._read(number), self.desk.now_unix())
        for number in runs.in_state(self.desk.db, RunState.RUNNING):
            with self.desk.about(number):
                run = self._activate(self._read(number))
                run.log("claimed", f"goes on after an interruption, under runner {os.getpid()}", runner=os.getpid())

    def look(self, now: float) -> None:
        """Take up commands and queued runs, when the bell rang or it is time."""
        if now < self.desk.next_look and not self.orders.due(now):
            return
        self.desk.next_look = now + presence.POLL
        self.orders.take(now)
        self._claim(now)
        self._end_leftovers(now)
        self._sweep(now)

    def close(self) -> None:
        """End the sample site, if it was opened."""
        self.site.close()

    def _claim(self, now: float) -> None:
        if self.leaving or not self._claimable():
            return
        self.orders.take(now)  # what was asked before these runs could be seen: to make way for another runner, say
        if self.leaving:
            return
        queued = [self._read(number) for number in self._claimable()]
        if queued:
            self._heed_code(queued)
        for stored in queued:
            with self.desk.about(stored.number):
                self.desk.write(partial(self._mark_claimed, stored=stored, at=self.desk.now_unix()))
                run = self._activate(runs.get(self.desk.db, stored.number))
                run.log("claimed", f"claimed by runner {os.getpid()}", runner=os.getpid())

    def _claimable(self) -> list[int]:
        room = max(1, settings.value("JOBS_ACTIVE_RUNS")) - len(self.desk.active)
        return runs.claimable(self.desk.db, most=max(0, room))

    def _read(self, number: int) -> Stored:
        with self.desk.about(number):
            return runs.get(self.desk.db, number)

    def _heed_code(self, queued: list[Stored]) -> None:
        """Workers that were kept warm with code that has changed since are not used again. What the files are is not
        looked up where the submit has done so a moment ago."""
        at = self.desk.now_unix()
        if all(
            stored.run.code_hash == self.desk.code_hash and 0 <= at - stored.run.submitted_at < FRESH_SECONDS
            for stored in queued
        ):
            return
        present = catalog.code_hash()
        if present != self.desk.code_hash:
            self.desk.code_hash = present
            for kept in list(self.desk.workers.shelf):
                self.desk.workers.kill(kept, "the code of the jobs has changed")

    def _mark_claimed(self, db: Connection, *, stored: Stored, at: float) -> None:
        runs.move(db, stored.number, RunState.RUNNING)
        started = stored.run.started_at or at
        runs.change(db, stored.number, started_at=started, ended_at=None, code_hash=self.desk.code_hash, error="")

    def _activate(self, stored: Stored) -> ActiveRun:
        groups = self.desk.groups.setdefault(stored.run.job, Groups())
        run = ActiveRun(stored, groups, self.desk.unix)
        self.desk.active[stored.number] = run
        if stored.run.sample:
            self._open_site(run)
        if stored.traits.prepares and stored.prepared < stored.run.items:
            self.desk.preparing[stored.number] = Preparation(run)
        else:
            run.begin(self.desk.db)
        return run

    def _open_site(self, run: ActiveRun) -> None:
        try:
            self.site.open(time.monotonic())
        except OSError as error:
            run.log("sample", f"the sample site did not start: {error.strerror or error}")

    def _end_leftovers(self, now: float) -> None:
        """At first, end what the workers of an earlier runner had started."""
        if not self._leftover_looks or now < self._next_leftover_look:
            return
        self._leftover_looks -= 1
        self._next_leftover_look = now + DYING_SECONDS
        left = leftovers.end(self.desk.store.home, self.desk.epoch)
        if left:
            what = count(len(left), "process", "processes")
            say(f"ended what the workers of an earlier runner had left behind: {what}")

    def _sweep(self, now: float) -> None:
        """Now and then: forget answered commands, remove half-submitted runs."""
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_SECONDS
        at = self.desk.now_unix()
        self.desk.write(lambda db: commands.forget(db, at - KEEP_ANSWERS))
        for number in runs.abandoned(self.desk.db, time.time() - ABANDONED_SECONDS):
            self.desk.write(partial(runs.withdraw, number=number))
            self.orders.delete(number)
