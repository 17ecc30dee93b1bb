"""The background process: claims runs, feeds workers, stores what they answer, leaves when there is nothing to do.

    doorbell, pipes, deaths, time ─► staff ─► claims, orders ─► staff ─► dispatch ─► ledger ─► (again)
                                     hears    take up           checks   sends       commits

It is the only writer of attempts and outcomes. It imports no job and performs no item: what it holds (its desk) can
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

from jobs.runtime import confine, leftovers, presence, settings
from jobs.runtime.errors import BadSetting, DamagedStore, StaleEpoch, StoreError
from jobs.runtime.presence import Presence
from jobs.runtime.runner.active import ActiveRun
from jobs.runtime.runner.claims import Claims
from jobs.runtime.runner.desk import Desk
from jobs.runtime.runner.dispatch import STRANDED_SECONDS, dispatch, stranded, take_back
from jobs.runtime.runner.ledger import Ledger
from jobs.runtime.runner.orders import Orders
from jobs.runtime.runner.says import say
from jobs.runtime.runner.site import LOOK_SECONDS
from jobs.runtime.runner.staff import Staff
from jobs.runtime.store import commands, epochs, runs
from jobs.runtime.store.connection import BusyError, Store
from jobs.runtime.workers import Heard

STOP_SECONDS = 8.0
BUSY_SECONDS = 0.01


class Runner:
    """One runner over one store. `idle` is how long it stays without work (seconds)."""

    def __init__(self, store: Store, held: Presence, *, idle: float) -> None:
        self.held, self.idle = held, idle
        self.desk = Desk(store)
        self.claims = Claims(self.desk, Orders(self.desk, self.leave_when_idle))
        self.staff = Staff(self.desk)
        self.ledger = Ledger(self.desk, held)
        self.stop_by: float | None = None
        self._busy_until = time.monotonic()

    def take_over(self) -> None:
        """Enter as the runner, and take up what an earlier one left."""
        with self.desk.store.write() as db:
            self.desk.epoch = epochs.take_over(
                db,
                pid=os.getpid(),
                started_at=self.desk.now_unix(),
                clock_offset=self.desk.offset,
                code_hash=self.desk.code_hash,
                settings=settings.of_runner(),
            )
        leftovers.mark(self.desk.store.home, self.desk.epoch)
        self._listen()
        self.claims.inherit()
        say(f"runner {os.getpid()} holds {self.desk.store.home}, epoch {self.desk.epoch}")

    def run(self) -> None:
        """Work until idle for long, or told to leave."""
        while not self._finished():
            heard = self.desk.workers.wait(self._timeout())
            now, self.desk.concerned = time.monotonic(), None
            if heard.rung:
                self.held.answer()
                self.desk.next_look = 0.0
            try:
                self._turn(heard, now)
            except BusyError:
                self.desk.next_look = now + BUSY_SECONDS
            except StaleEpoch:
                raise
            except StoreError as error:
                if isinstance(error, DamagedStore) and self.desk.concerned is not None:
                    raise  # where the rows of one run are: an error of its own, so that the others can go on
                self.ledger.cannot_store(error, now)
        say(f"runner {os.getpid()} leaves")

    def stop(self) -> None:
        """Finish what has started, take back the rest, and leave (SIGTERM)."""
        if self.stop_by is None:
            self.claims.leaving = True
            self.stop_by = time.monotonic() + STOP_SECONDS

    def leave_when_idle(self) -> None:
        """Leave as soon as nothing is in work (the code or a setting has changed): the next runner reads it anew."""
        self.idle = 0.0
        self.claims.leaving = not (self.desk.active or self.desk.closing)

    def close(self) -> None:
        """End the workers, the sample site and the connection; only then may another take over."""
        self.desk.workers.close()
        self.claims.close()
        self.desk.db.close()

    def _turn(self, heard: Heard, now: float) -> None:
        self.staff.hear(heard, now)
        self.claims.look(now)
        self.staff.check(now)
        self._dispatch(now)
        self.ledger.commit(now)

    def _dispatch(self, now: float) -> None:
        self.desk.eager = False
        if self.ledger.blocked:
            return
        self._look_for_site(now)
        for run in list(self.desk.active.values()):
            with self.desk.about(run.number):
                self._dispatch_run(run, now)

    def _look_for_site(self, now: float) -> None:
        why = self.claims.site.look(now)
        for run in self.desk.active.values() if why else ():
            if run.run.sample:
                run.log("sample", why)

    def _dispatch_run(self, run: ActiveRun, now: float) -> None:
        if self.stop_by is not None or run.pausing:
            take_back(run, self.desk.workers, now)
            self._release_if_paused(run, now)
            return
        self.staff.fill(run, now)
        preparation = self.desk.preparing.get(run.number)
        if preparation is not None:
            preparation.dispatch(self.desk.db, self.desk.workers, now)
        elif not (run.run.sample and self.claims.site.starting):
            self.desk.eager |= dispatch(run, self.desk.db, self.desk.workers, now)
            run.end_closed()

    def _release_if_paused(self, run: ActiveRun, now: float) -> None:
        if run.pausing and run.idle and not run.buffers:
            self.desk.release(run, now)

    def _finished(self) -> bool:
        now = time.monotonic()
        active = self.desk.active.values()
        if self.stop_by is not None:
            self._fall_silent()
            return now > self.stop_by or not any(run.buffers or not run.idle for run in active)
        if active or self.desk.closing or self.claims.orders.reopening:
            self._busy_until = now
            return False
        return self.claims.leaving or (now - self._busy_until > self.idle and self._nothing_came())

    def _nothing_came(self) -> bool:
        """A last look with the doorbell gone: from here on, whoever rings starts the next runner."""
        self._fall_silent()
        if not commands.waiting(self.desk.db) and not runs.claimable(self.desk.db, most=1):
            return True
        self.held.listen()
        self._listen()
        self._busy_until, self.desk.next_look = time.monotonic(), 0.0
        return False

    def _fall_silent(self) -> None:
        """Close the doorbell: who rings from now on starts the next runner, which waits until this one has left."""
        if self.held.bell is not None:
            self.desk.workers.unwatch_bell(self.held.bell)
        self.held.silence()

    def _listen(self) -> None:
        if self.held.bell is not None:
            self.desk.workers.watch_bell(self.held.bell)

    def _timeout(self) -> float:
        """How long the loop may sleep (seconds), if nothing is heard."""
        now = time.monotonic()
        if self.ledger.pending:
            return BUSY_SECONDS / 2 if self.ledger.unstored_since is not None else 0.0
        if self.desk.eager:
            return 0.0
        times = [self.desk.next_look]
        times += [self.ledger.next_close for closing in self.desk.closing.values() if not closing.waits]
        times += [self.claims.orders.next_step] if self.claims.orders.pending else []
        if self.desk.active or self.desk.closing:
            times += [self.staff.next_check, self.ledger.next_live]
            times += [at for run in self.desk.active.values() if (at := run.schedule.next_time()) is not None]
            times += [now + LOOK_SECONDS] if self.claims.site.starting else []
            times += [now + STRANDED_SECONDS for run in self.desk.active.values() if stranded(run)]
        return max(0.0, min(times) - now)


def main(arguments: list[str] | None = None) -> int:
    """`python -m jobs runner [--idle S] [--patience S]`: be the runner, unless there is one already."""
    parser = argparse.ArgumentParser(prog="python -m jobs runner", description="The background process itself.")
    parser.add_argument("--idle", type=_seconds, default=None, help="seconds without work")
    parser.add_argument("--patience", type=_seconds, default=1.0, help="seconds to wait for another to leave")
    options = parser.parse_args(arguments)
    try:
        settings.check()
        store = Store(settings.home())
    except (BadSetting, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    held = Presence(store.home)
    try:
        taken = held.take(options.patience)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}: see the rights of its folder, or set JOBS_HOME", file=sys.stderr)
        return 2
    if not taken:
        say("another runner works here already")
        return 0
    return _serve(store, held, settings.value("JOBS_IDLE") if options.idle is None else options.idle)


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 <= float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds: give 0 or more")


def _serve(store: Store, held: Presence, idle: float) -> int:
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    confine.allow_descriptors()
    runner = Runner(store, held, idle=idle)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stop())
    try:
        runner.take_over()
        runner.run()
    except StaleEpoch as error:
        say(str(error))
    except Exception as error:  # the outermost loop: say why, and leave the runs to the next runner
        say(traceback.format_exc())
        runner.ledger.confess(error)
        return presence.CRASHED if runner.desk.epoch else 1
    finally:
        held.silence()
        runner.close()
        held.leave()
    return 0
