"""Work as it comes: commands, queued runs up to the number that may be in work at once, and what an earlier runner
left."""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from jobs.runtime import catalog
from jobs.runtime.core import settings
from jobs.runtime.core.records import RunState
from jobs.runtime.core.units import count
from jobs.runtime.home import artifacts, runner_lock
from jobs.runtime.runner import caution
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.cancellation import Cancellation
from jobs.runtime.runner.command_handler import CommandHandler
from jobs.runtime.runner.log import say
from jobs.runtime.runner.pool import orphans
from jobs.runtime.runner.preparation import Preparation
from jobs.runtime.runner.schedule.fair_share import next_runs
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.sample.process import SampleSite
from jobs.runtime.store import commands, printed, retries, runs, schedule_times
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.printed import NewPrinted
from jobs.runtime.store.run_row import StoredRun

if TYPE_CHECKING:
    from jobs.runtime.runner.firings import Firings

SWEEP_SECONDS = 60.0
DYING_SECONDS = 2.0
"""So long the kernel may take to end the workers of a runner that was killed."""

ABANDONED_SECONDS = 600.0
"""A submit that has stored nothing for so long is given up (the wall clock of the submitting process counts)."""

KEEP_ANSWERS = 3600.0
FRESH_SECONDS = 0.5


class Claims:
    """Takes up what is asked and what waits; `leaving` runners claim nothing more."""

    def __init__(self, state: RunnerState, command_handler: CommandHandler) -> None:
        self.state, self.command_handler = state, command_handler
        self.leaving = False
        self.site = SampleSite(state.store.home)
        self._firings: Firings | None = None
        self._next_sweep = 0.0
        self._leftover_looks = 2
        """The second is for those whose worker was still dying at the first."""
        self._next_leftover_look = 0.0

    def inherit(self) -> None:
        """Take up what an earlier runner left: cancels and retries half-way, and runs in work."""
        self.state.write_with_retry(self._store_left_printed)
        self.state.workers.left_printed.clear()
        self.command_handler.reopening.extend(retries.under_way(self.state.db))
        for number in runs.in_state(self.state.db, RunState.CANCELLING):
            self.state.cancellations[number] = Cancellation(self._read(number), self.state.now_unix())
        for number in runs.in_state(self.state.db, RunState.RUNNING):
            with self.state.attributed_to(number):
                stored = self._read(number)
                if stored.run.code_hash != self.state.code_hash:
                    self.state.write_with_retry(partial(self._mark_code, stored=stored, at=self.state.now_unix()))
                run = self._activate(self._read(number))
                run.untidy = True
                caution.inherit(self.state, run)
                run.log("claimed", f"goes on after an interruption, under runner {os.getpid()}", runner=os.getpid())

    def _store_left_printed(self, db: Connection) -> None:
        for heading, said in self.state.workers.left_printed:
            printed.add_left(db, heading.run, NewPrinted(heading.position, heading.attempt, True, said))

    def look(self, now: float) -> None:
        """Take up commands and queued runs, when the bell rang or it is time."""
        if now < self.state.next_look and not self.command_handler.due(now):
            return
        self.state.next_look = now + runner_lock.POLL
        self.command_handler.take(now)
        if not self.leaving:
            self._look_at_schedules(now)
        self._claim(now)
        self._end_leftovers(now)
        self._sweep(now)

    def close(self) -> None:
        """End the sample site, if it was opened, and the processes that begin runs."""
        self.site.close()
        if self._firings is not None:
            self._firings.close()

    @property
    def begins_runs(self) -> bool:
        """Whether a process begins runs of schedules now, or tells of them."""
        return self._firings is not None and bool(self._firings.processes)

    @property
    def staying(self) -> bool:
        """Whether a schedule is to come, or something is left of one."""
        return self._firings is not None and self._firings.staying

    def _look_at_schedules(self, now: float) -> None:
        """What knows of times and receivers is loaded where there are schedules: it makes a start longer."""
        if self._firings is None:
            if not schedule_times.are_kept(self.state.db):
                return
            from jobs.runtime.runner.firings import Firings

            self._firings = Firings(self.state)
        self._firings.look()
        self.state.next_look = now + min(runner_lock.POLL, self._firings.seconds_left)

    def _claim(self, now: float) -> None:
        if self.leaving or not self._claimable():
            return
        self.command_handler.take(now)  # asked before these runs could be seen: to make way, say
        if self.leaving:
            return
        queued = [self._read(number) for number in self._claimable()]
        if queued:
            self._apply_code(queued)
        for stored in queued:
            with self.state.attributed_to(stored.number):
                self.state.write(partial(self._mark_claimed, stored=stored, at=self.state.now_unix()))
                run = self._activate(runs.get(self.state.db, stored.number))
                run.log("claimed", f"claimed by runner {os.getpid()}", runner=os.getpid())

    def _claimable(self) -> list[int]:
        places = max(1, settings.value("JOBS_ACTIVE_RUNS"))
        at_work = Counter(run.run.owner for run in self.state.active.values())
        return next_runs(runs.claimable(self.state.db, most=places), at_work, places)

    def _read(self, number: int) -> StoredRun:
        with self.state.attributed_to(number):
            return runs.get(self.state.db, number)

    def _apply_code(self, queued: list[StoredRun]) -> None:
        """Workers that were kept warm with code that has changed since are not used again. What the files are is not
        looked up where the submit has done so a moment ago."""
        at = self.state.now_unix()
        if all(
            stored.run.code_hash == self.state.code_hash and 0 <= at - stored.run.submitted_at < FRESH_SECONDS
            for stored in queued
        ):
            return
        present = catalog.code_hash()
        if present != self.state.code_hash:
            self.state.code_hash = present
            for kept in list(self.state.workers.warm):
                self.state.workers.kill(kept, "the code of the jobs has changed")

    def _mark_claimed(self, db: Connection, *, stored: StoredRun, at: float) -> None:
        runs.move(db, stored.number, RunState.RUNNING)
        started = stored.run.started_at or at
        runs.change(db, stored.number, started_at=started, ended_at=None, error="")
        self._mark_code(db, stored=stored, at=at)

    def _mark_code(self, db: Connection, *, stored: StoredRun, at: float) -> None:
        runs.change(db, stored.number, code_hash=self.state.code_hash)
        if stored.run.done and stored.run.code_hash != self.state.code_hash:
            runs.change(db, stored.number, coded_at=at)  # what it has by now is of other code

    def _activate(self, stored: StoredRun) -> ActiveRun:
        groups = self.state.groups.setdefault(stored.run.job, Groups())
        run = ActiveRun(stored, groups, self.state.unix, self.state.pool_caps(stored.run.on), self.state.disk)
        self.state.active[stored.number] = run
        if stored.run.sample:
            self._open_site(run)
        if stored.traits.prepares and stored.prepared < stored.run.items:
            self.state.preparing[stored.number] = Preparation(run, self.state.store.home)
        else:
            run.begin(self.state.db)
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
        left = orphans.end(self.state.store.home, self.state.epoch)
        if not self._leftover_looks:  # by now those of an earlier runner write no more
            artifacts.sweep_all_parts(self.state.store.home, [worker.pid for worker in self.state.workers.all])
        if left:
            what = count(len(left), "process", "processes")
            say(f"ended what the workers of an earlier runner had left behind: {what}")

    def _sweep(self, now: float) -> None:
        """Now and then: forget answered commands, remove half-submitted runs."""
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_SECONDS
        at = self.state.now_unix()
        self.state.write(lambda db: commands.forget(db, at - KEEP_ANSWERS))
        for number in runs.abandoned(self.state.db, time.time() - ABANDONED_SECONDS):
            self.state.write(partial(runs.withdraw, number=number))
            self.command_handler.delete(number)
