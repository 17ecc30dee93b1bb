"""The background process: claims runs, feeds workers, stores what they answer, leaves when there is nothing to do.

    doorbell, pipes, deaths, time ─► supervisor ─► claims ─► supervisor ─► dispatch ─► group_commit ─► (again)
                                     hears         take up   checks        sends       stores

It is the only writer of attempts and outcomes. It imports no job and performs no item: what it holds (its state) can
always be rebuilt from the store, so it may be killed at any instant.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time
import traceback
from contextlib import suppress

from jobs.runtime.core import lock_holder, notices, program, settings
from jobs.runtime.core.errors import BadSetting, BusyError, DamagedStore, FullError, StaleEpoch, StoreError, StoreGone
from jobs.runtime.home import reserve, runner_lock
from jobs.runtime.home.runner_lock import RunnerLock
from jobs.runtime.runner import caution
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.claims import Claims
from jobs.runtime.runner.command_handler import CommandHandler
from jobs.runtime.runner.dispatch import STRANDED_SECONDS, dispatch, stranded, take_back
from jobs.runtime.runner.expiry import ExpiryCheck
from jobs.runtime.runner.group_commit import GroupCommit
from jobs.runtime.runner.log import say
from jobs.runtime.runner.pool import orphans, os_process
from jobs.runtime.runner.pool.pool import PoolEvents
from jobs.runtime.runner.schedule.fair_share import in_turn
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.runner.supervisor import Supervisor
from jobs.runtime.sample.process import LOOK_SECONDS
from jobs.runtime.store import commands, epochs, runs, schedule_times
from jobs.runtime.store.connection import Store

STOP_SECONDS = 8.0
BUSY_SECONDS = 0.01
HOUSEKEEPING_SECONDS = 0.5
"""Between two looks at whether the home is still that of this runner."""


class Runner:
    """One runner over one store. `idle` is how long it stays without work (seconds)."""

    def __init__(self, store: Store, held: RunnerLock, *, idle: float) -> None:
        self.held, self.idle = held, idle
        self.state = RunnerState(store)
        handler = CommandHandler(self.state, self.leave_when_idle)
        self.claims, self.expiry = Claims(self.state, handler), ExpiryCheck(self.state, handler)
        self.supervisor = Supervisor(self.state)
        self.group_commit = GroupCommit(self.state, held)
        self.stop_by: float | None = None
        self._busy_until = time.monotonic()
        self._next_housekeeping = 0.0

    def take_over(self) -> None:
        """Enter as the runner, and take up what an earlier one left."""
        self._enter()
        reserve.keep(self.state.store.home)
        orphans.mark(self.state.store.home, self.state.epoch)
        self._listen()
        self.claims.inherit()
        say(f"runner {os.getpid()} holds {self.state.store.home}, epoch {self.state.epoch}")

    def _enter(self) -> None:
        """Raise the epoch, however long another process keeps the store for itself."""
        while self.stop_by is None:
            try:
                with self.state.store.write() as db:
                    self.state.epoch = epochs.take_over(
                        db,
                        pid=os.getpid(),
                        started_at=self.state.now_unix(),
                        clock_offset=self.state.offset,
                        code_hash=self.state.code_hash,
                        settings=settings.of_runner(),
                    )
                return
            except BusyError as error:
                say(f"cannot begin: {error}")

    def run(self) -> None:
        """Work until idle for long, or told to leave."""
        while not self._finished():
            heard = self.state.workers.wait(self._timeout())
            now, self.state.concerned = time.monotonic(), None
            if heard.rung:
                self.held.answer()
                self.state.next_look = 0.0
            try:
                self._turn(heard, now)
            except BusyError:
                self.state.next_look = now + BUSY_SECONDS
                self.group_commit.another_writes(now)
            except (StaleEpoch, StoreGone):
                raise
            except StoreError as error:
                if isinstance(error, DamagedStore) and self.state.concerned is not None:
                    raise  # where the rows of one run are: an error of its own, so that the others can go on
                if isinstance(error, FullError) and self.claims.command_handler.asked:
                    reserve.release(self.state.store.home)
                self.group_commit.cannot_store(error, now)
        caution.leave(self.state)
        say(f"runner {os.getpid()} leaves")

    def stop(self) -> None:
        """Finish what has started, take back the rest, and leave (SIGTERM)."""
        if self.stop_by is None:
            self.claims.leaving = True
            self.stop_by = time.monotonic() + STOP_SECONDS

    def leave_when_idle(self) -> None:
        """Leave as soon as nothing is in work (the code or a setting has changed): the next runner reads it anew."""
        self.idle = 0.0
        self.claims.leaving = not (self.state.active or self.state.cancellations)

    def close(self, *, gone: bool = False) -> None:
        """End the workers, the sample site and the connection; only then may another take over. Where the store is
        `gone`, the connection is not closed: SQLite would remove the log of the store that lies there now."""
        self.state.workers.close()
        if self.state.cluster is not None:
            self.state.cluster.close()
        self.claims.close()
        self.state.disk.close()
        if not gone:
            self.state.db.close()

    def _housekeeping(self, now: float) -> None:
        """Whether this is still the runner of that home. Raises StoreGone, StaleEpoch."""
        if now < self._next_housekeeping:
            return
        self._next_housekeeping = now + HOUSEKEEPING_SECONDS
        if self.state.store.replaced or self.held.replaced:
            raise StoreGone(f"{self.state.store.home}, or the store or the lock in it, was deleted or replaced")
        epochs.check_epoch(self.state.db, self.state.epoch)
        if self.held.deaf:
            self._fall_silent()
            self.held.listen()
            self._listen()

    def _turn(self, heard: PoolEvents, now: float) -> None:
        self._housekeeping(now)
        self.supervisor.handle(heard, now)
        self.claims.look(now)
        self.expiry.look(now)
        self.supervisor.check(now)
        self._dispatch(now)
        self.group_commit.commit(now)

    def _dispatch(self, now: float) -> None:
        self.state.eager = False
        if self.group_commit.blocked:
            return
        self._look_for_site(now)
        for run in in_turn(list(self.state.active.values()), lambda run: run.run.owner):
            with self.state.attributed_to(run.number):
                self._dispatch_run(run, now)

    def _look_for_site(self, now: float) -> None:
        why = self.claims.site.look(now)
        for run in self.state.active.values() if why else ():
            if run.run.sample:
                run.log("sample", why)

    def _dispatch_run(self, run: ActiveRun, now: float) -> None:
        if self.stop_by is not None or run.pausing or run.should_pause:
            take_back(run, self.state.workers, now)
            self._release_if_paused(run, now)
            return
        self.supervisor.fill(run, now)
        preparation = self.state.preparing.get(run.number)
        if preparation is not None:
            preparation.dispatch(self.state.db, self.state.workers, now)
        elif run.cautious:
            caution.dispatch(self.state, run, now)
            run.end_closed()
        elif not (run.run.sample and self.claims.site.starting):
            self.state.eager |= dispatch(run, self.state.db, self.state.workers, now)
            run.end_closed()

    def _release_if_paused(self, run: ActiveRun, now: float) -> None:
        if run.pausing and run.idle and not run.buffers:
            self.state.release(run, now)

    def _finished(self) -> bool:
        now = time.monotonic()
        active = self.state.active.values()
        if self.stop_by is not None:
            self._fall_silent()
            return now > self.stop_by or not any(run.buffers or not run.idle for run in active)
        if active or self.state.cancellations or self.claims.command_handler.pending or self.claims.begins_runs:
            self._busy_until = now
            return False
        idle = now - self._busy_until > self.idle and not self.claims.staying
        return self.claims.leaving or (idle and self._nothing_came())

    def _nothing_came(self) -> bool:
        """A last look with the doorbell gone: from here on, whoever rings starts the next runner."""
        self._fall_silent()
        db = self.state.db
        if not (commands.waiting(db) or runs.claimable(db, most=1) or schedule_times.at_work(db)):
            return True
        self.held.listen()
        self._listen()
        self._busy_until, self.state.next_look = time.monotonic(), 0.0
        return False

    def _fall_silent(self) -> None:
        """Close the doorbell: who rings from now on starts the next runner, which waits until this one has left."""
        if self.held.bell is not None:
            self.state.workers.unwatch_bell(self.held.bell)
        self.held.silence()

    def _listen(self) -> None:
        if self.held.bell is not None:
            self.state.workers.watch_bell(self.held.bell)

    def _timeout(self) -> float:
        """How long the loop may sleep (seconds), if nothing is heard."""
        now = time.monotonic()
        if self.group_commit.pending:
            return BUSY_SECONDS / 2 if self.group_commit.unstored_since is not None else 0.0
        if self.state.eager:
            return 0.0
        times = [self.state.next_look]
        times += [self.group_commit.next_close for closing in self.state.cancellations.values() if not closing.waits]
        times += [self.claims.command_handler.next_step] if self.claims.command_handler.pending else []
        if self.state.active or self.state.cancellations:
            times += [self.supervisor.next_check, self.group_commit.next_live]
            times += [at for run in self.state.active.values() if (at := run.schedule.next_time()) is not None]
            times += [now + LOOK_SECONDS] if self.claims.site.starting else []
            times += [now + STRANDED_SECONDS for run in self.state.active.values() if stranded(run)]
        return max(0.0, min(times) - now)


def main(arguments: list[str] | None = None) -> int:
    """`python -m jobs runner [--idle S] [--patience S]`: be the runner, unless there is one already."""
    parser = argparse.ArgumentParser(prog=f"{program.NAME} runner", description="The background process itself.")
    parser.add_argument("--idle", type=_seconds, default=None, help="seconds without work")
    parser.add_argument("--patience", type=_seconds, default=1.0, help="seconds to wait for another to leave")
    options = parser.parse_args(arguments)
    try:
        settings.check()
        os.environ.update(settings.handed_on())
        store = Store(settings.home())
    except (BadSetting, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    held = RunnerLock(store.home)
    try:
        taken = held.take(options.patience)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}: see the rights of its folder, or set JOBS_HOME", file=sys.stderr)
        return 2
    if not taken:
        holder = lock_holder.holder_of(store.home / runner_lock.LOCK)
        say("another runner works here already" + (f": {holder}" if holder else ""))
        return 0
    notices.listen(say)
    return _serve(store, held, settings.value("JOBS_IDLE") if options.idle is None else options.idle)


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 <= float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds: give 0 or more")


def _serve(store: Store, held: RunnerLock, idle: float) -> int:
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    os_process.allow_descriptors()
    runner = Runner(store, held, idle=idle)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stop())
    gone = False
    try:
        runner.take_over()
        runner.run()
    except StaleEpoch as error:
        say(str(error))
    except StoreGone as error:
        gone = True
        say(f"{error}: runner {os.getpid()} leaves")
    except Exception as error:  # the outermost loop: say why, and leave the runs to the next runner
        say(traceback.format_exc())
        runner.group_commit.record_crash(error)
        return runner_lock.CRASHED if runner.state.epoch else 1
    finally:
        held.silence()
        runner.close(gone=gone)
        held.leave()
        if gone:
            os._exit(0)  # see `Runner.close`: an interpreter that ends closes everything
    return 0
