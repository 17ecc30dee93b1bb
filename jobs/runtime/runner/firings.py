"""Schedules as they come: each time is noted and the next one found, and a process begins the run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count as count_from
from math import ceil, inf

from jobs.runtime.core import settings
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.receivers import MOST_TELLINGS, DeliveryAttempt, OpenTarget, Telling
from jobs.runtime.core.schedules import DueSchedule, Firing, FiringState
from jobs.runtime.core.units import count, duration
from jobs.runtime.runner.log import say
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import schedule_times, schedules, tellings
from jobs.runtime.store.connection import Connection

AT_ONCE = 500
"""Schedules that are looked at in one transaction: some 30 ms."""

MOST_PROCESSES, MOST_EACH = 4, 25
"""Processes that begin runs at once, and how much one of them is given."""

MOST_TELLERS, MOST_DOUBTFUL = 4, 2
"""Processes that tell receivers at once, each of one server; and of those the ones whose server has not taken
something: the others are free for who answers."""

MOST_TRIES, PAUSE_SECONDS = 3, 5.0
"""How often a run is tried to be begun where the process ends over it, and the pause after the first time; after the
second it is four times as long."""

LATE_SECONDS = 60.0
"""A time that is noticed later than that was missed: no runner lived, or the machine slept."""

MOST_COUNTED = 100
"""Times since a missed one that are counted: each takes up to 0.1 ms, for each schedule that comes at once."""


Errand = Firing | Telling
"""What a process is given: a time whose run is to be begun, or what a receiver is to be told."""


def start(errands: Sequence[Errand]) -> subprocess.Popen[bytes]:
    """Start a process that begins the runs of these, or tells the receivers; it ends with this one."""
    named = [":".join(map(repr, one.key)) for one in errands]
    return subprocess.Popen(
        [sys.executable, "-m", "jobs.runtime.firing.main", str(os.getpid()), *named],
        cwd=settings.PROJECT,
        env=settings.handed_on(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


class Firings:
    """The schedules of a store, and the processes that begin their runs. `clock` tells Unix seconds: schedules go by
    the clock on the wall, also where that is set."""

    def __init__(
        self,
        state: RunnerState,
        clock: Callable[[], float] = time.time,
        start: Callable[[Sequence[Errand]], subprocess.Popen[bytes]] = start,
    ) -> None:
        self.state, self.clock, self.start = state, clock, start
        self.processes: dict[subprocess.Popen[bytes], Sequence[Errand]] = {}
        self._servers: dict[subprocess.Popen[bytes], str] = {}
        self._turns, self._turn = count_from(1), dict[str, int]()
        """Which server was told how lately, of those that have not been told all."""
        self.staying = False
        self._next_at: float | None = None

    @property
    def seconds_left(self) -> float:
        """Seconds until the next schedule comes."""
        return inf if self._next_at is None else max(0.0, self._next_at - self.clock())

    def look(self) -> None:
        """Note what has come, and have it begun. Raises BusyError."""
        self._note_ended()
        while self._note_come(self.clock()):
            pass
        self._begin()
        self._tell()
        self._next_at = schedule_times.next_time(self.state.db)
        busy = bool(self.processes or tellings.waiting(self.state.db, inf, 1))
        self.staying = busy or self._next_at is not None or schedule_times.at_work(self.state.db)

    def close(self) -> None:
        """End the processes; what they were to begin stays due."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()
        self._servers.clear()

    def _note_come(self, moment: float) -> bool:
        """Note some schedules that have come; whether there may be more."""
        come = schedules.come(self.state.db, moment, AT_ONCE)
        if come:
            self.state.write(partial(_note, come=come, moment=moment))
        return len(come) == AT_ONCE

    def _begin(self) -> None:
        """Share the runs that are to be begun among a few processes."""
        at_it = [errands for process, errands in self.processes.items() if process not in self._servers]
        room = MOST_PROCESSES - len(at_it)
        if room <= 0:
            return
        given = {one.key for errands in at_it for one in errands}
        found = schedules.waiting(self.state.db, self.clock(), len(given) + room * MOST_EACH)
        left = [one for one in found if one.key not in given]
        each = ceil(len(left) / room)
        for first in range(0, len(left), each or 1):
            errands = left[first : first + each]
            self.processes[self.start(errands)] = errands

    def _tell(self) -> None:
        """Have receivers told, by one process for each server: who does not answer holds up no other, and no run."""
        now = self.clock()
        if len(self._servers) >= MOST_TELLERS or not tellings.waiting(self.state.db, now, 1):
            return
        found = defaultdict[str, list[OpenTarget]](list)
        for target in tellings.targets(self.state.db, now):
            found[target.server].append(target)
        self._turn = {server: turn for server, turn in self._turn.items() if server in found}
        doubtful = {server for server, there in found.items() if any(one.failed for one in there)}
        at_it = set(self._servers.values())
        for server in sorted(found, key=lambda server: (server in doubtful, self._turn.get(server, 0))):
            waits = [one for one in found[server] if one.waits]
            if len(at_it) >= MOST_TELLERS:
                return
            if not waits or server in at_it or (server in doubtful and len(at_it & doubtful) >= MOST_DOUBTFUL):
                continue
            errands = tellings.waiting(self.state.db, now, MOST_EACH, waits[:MOST_EACH])
            process = self.start(errands)
            self.processes[process], self._servers[process] = errands, server
            self._turn[server] = next(self._turns)
            at_it.add(server)

    def _note_ended(self) -> None:
        for process in [process for process in self.processes if process.poll() is not None]:
            errands = self.processes.pop(process)
            self._servers.pop(process, None)
            if process.returncode:
                self.state.write(partial(_note_death, errands=errands, code=process.returncode, at=self.clock()))


def _note(db: Connection, come: list[DueSchedule], moment: float) -> None:
    """Each of them has come: once, however often it was missed; its next time is found in the same transaction."""
    busy = schedules.all_busy(db, [one.number for one in come if not one.overlap])
    noted, following = list[Firing](), dict[int, float | None]()
    for schedule in come:
        try:
            if schedule.fault:
                raise Refused(schedule.fault)
            following[schedule.number] = schedule.recurrence.after(moment)
            noted.append(_firing(schedule, busy.get(schedule.number), moment))
        except Refused as error:
            _give_up(db, schedule.number, moment, str(error))
    schedules.note_all(db, noted)
    schedules.set_next(db, following)


def _give_up(db: Connection, number: int, moment: float, why: str) -> None:
    """It is paused: what is stored of it says no time. Its receivers stand elsewhere, and are told."""
    firing = Firing(schedule=number, due=moment, at=moment, state=FiringState.DUE)
    schedules.note(db, firing)
    schedules.settle(db, firing, FiringState.FAILED, said=f"Paused: {why}")
    schedules.set_enabled(db, number, False, None)


def _firing(schedule: DueSchedule, busy: str | None, moment: float) -> Firing:
    """The time at which it came; `busy`: its run before is at work (None: it is not)."""
    firing = partial(Firing, schedule=schedule.number, due=schedule.due, at=moment)
    said = _late(schedule, schedule.due, moment)
    if busy is None:
        return firing(state=FiringState.DUE, said=said)
    why = f"run {busy[:8]} is still at work" if busy else "the run before has not begun yet"
    return firing(state=FiringState.SKIPPED, said=f"{said} Left out: {why}.".strip())


def _late(schedule: DueSchedule, due: float, moment: float) -> str:
    """That a time was missed and is made up for now; empty: it was not."""
    if moment - due < LATE_SECONDS:
        return ""
    more = 0
    following = schedule.recurrence.after(due)
    while following is not None and following <= moment and more < MOST_COUNTED:
        more, following = more + 1, schedule.recurrence.after(following)
    others = f", and {'at least ' * (more == MOST_COUNTED)}{count(more, 'time')} more since, left out" if more else ""
    return f"Missed, and made up for {duration(moment - due)} later{others}."


def _note_death(db: Connection, errands: Sequence[Errand], code: int, at: float) -> None:
    """A process has ended before its time: that is put down to what it was at, and what comes after that waits on."""
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    say(f"the process that begins runs of schedules ended with {how}")
    for given in errands:
        if isinstance(given, Firing) and (due := schedules.firing(db, *given.key)) == given:
            _note_death_over(db, due, how, at)
            return
        if isinstance(given, Telling) and tellings.find(db, *given.key) == given:
            died = DeliveryAttempt(at=at, why=f"Its process ended with {how}.")
            tellings.note_failed(db, given, died, until=at + LATE_SECONDS, most=MOST_TELLINGS)
            return


def _note_death_over(db: Connection, firing: Firing, how: str, at: float) -> None:
    schedules.tried(db, firing, at + PAUSE_SECONDS * 4.0**firing.tries)
    if firing.tries + 1 >= MOST_TRIES:
        why = f"The process that was to begin the run ended {MOST_TRIES} times, last with {how}: see the log."
        schedules.settle(db, firing, FiringState.FAILED, said=why)
