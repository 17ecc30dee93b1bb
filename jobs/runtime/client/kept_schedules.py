"""Schedules: runs that begin by themselves, kept in the store; what they begin, and why one no longer can."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from jobs.runtime.client import ownership
from jobs.runtime.client.jobs import defaults
from jobs.runtime.client.presets import check_preset, preset, settings_of_preset, with_preset
from jobs.runtime.client.receivers import check_url, checked_receivers, run_of_firing
from jobs.runtime.client.run_fields import check_place, limits_with, pool_with
from jobs.runtime.client.runner_process import ensure_runner, store
from jobs.runtime.core import program, settings
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import FanoutError, Refused, UnknownSchedule
from jobs.runtime.core.people import acting_as, acting_owner, of_owner, require_admin
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import LOCAL, Limits, Pool, Run, RunState
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.schedules import (
    Firing,
    FiringState,
    ItemsSource,
    RunSchedule,
    SourceKind,
    schedule_name,
)
from jobs.runtime.core.text import in_one_line
from jobs.runtime.store import runs
from jobs.runtime.store import schedules as schedules_table
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.schedules import KEPT

UNNAMED = "of a schedule"
COURSE = "to note what became of a schedule"


@dataclass(frozen=True, kw_only=True)
class ScheduledWork:
    """What a schedule begins now: the params, pool and limits of its run, where its workers are, the preset they came
    from (None: none), what it takes from earlier runs (None: nothing), at what it is paused, and the columns that its
    items are read from."""

    params: Mapping[str, Any]
    pool: Pool
    limits: Limits
    on: str
    preset: RunPreset | None
    reuse: Reuse | None
    budget: Budget
    column: str
    fields: Mapping[str, str]


def schedules(text: str = "", most: int = -1) -> list[RunSchedule]:
    """Schedules with this text in their names, by these, at most so many (-1: all); with why one cannot begin a run,
    where that is so (`fault`)."""
    with store().read() as db:
        found = schedules_table.listed(db, ownership.whose(), text, most)
    return [replace(one, fault=one.fault or _fault(one)) for one in found]


def schedule(name: str, owner: str = "") -> RunSchedule:
    """The schedule of this name, with why it cannot begin a run, where that is so. Here and below `owner` says whose it
    is where an admin sees several of one name; empty: one's own, or the only one. Raises UnknownSchedule."""
    with store().read() as db:
        found = _found(db, name, owner)
    return replace(found, fault=found.fault or _fault(found))


def firings(name: str, most: int = 10, owner: str = "") -> list[Firing]:
    """The last times that a schedule came, newest first."""
    with store().read() as db:
        return schedules_table.firings(db, _found(db, name, owner).number, most)


def finished_runs(name: str, most: int = 2, owner: str = "") -> list[Run]:
    """The last runs of a schedule that have finished, newest first: of the times that are kept of it."""
    finished = (one for one in firings(name, KEPT, owner) if one.run_state == RunState.FINISHED)
    return [run for one in islice(finished, most) if (run := run_of_firing(one)) is not None]


def check_schedule(schedule: RunSchedule, now: float | None = None) -> RunSchedule:
    """A schedule as it may be saved, with the time at which it comes first. Raises Refused, BadParams."""
    now, owner = time.time() if now is None else now, acting_owner()
    checked = check_preset(replace(schedule.settings, name=UNNAMED))
    kept = replace(
        schedule,
        name=schedule_name(schedule.name),
        owner=owner,
        settings=replace(checked, name=""),
        source=_checked_source(schedule, owner),
        receivers=checked_receivers(schedule.receivers, checked),
        made_at=now,
        next_at=schedule.recurrence.after(now) if schedule.enabled else None,
    )
    work = work_of(kept)
    check_place(work.on, work.pool)
    return kept


def save_schedule(schedule: RunSchedule) -> RunSchedule:
    """Keep a new schedule, and see to it that a runner lives to begin its runs. Raises Refused, BadParams."""
    kept = check_schedule(schedule)
    with store().write() as db:
        number = schedules_table.add(db, kept)
    if number is None:
        raise Refused(
            f"there is a schedule {kept.title} already: choose another name, or remove that one first "
            f"({program.NAME} schedule remove)"
        )
    ensure_runner()
    return replace(kept, number=number)


def pause_schedule(name: str, owner: str = "") -> RunSchedule:
    """Have a schedule begin no more runs; one at work goes on. Raises Refused."""
    with store().write() as db:
        found = _found(db, name, owner)
        schedules_table.set_enabled(db, found.number, False, None)
    return replace(found, enabled=False, next_at=None)


def resume_schedule(name: str, owner: str = "") -> RunSchedule:
    """Have it begin runs again, from now on: what it missed meanwhile is not made up for. Raises Refused."""
    with store().write() as db:
        found = _found(db, name, owner)
        if found.fault:
            raise Refused(f"schedule {found.title} cannot begin a run: {found.fault}")
        following = found.next_at if found.enabled else found.recurrence.after(time.time())
        schedules_table.set_enabled(db, found.number, True, following)
    ensure_runner()
    return replace(found, enabled=True, next_at=following)


def remove_schedule(name: str, owner: str = "") -> RunSchedule:
    """Forget a schedule, and return it as it was; its runs stay, and one at work goes on. Raises Refused."""
    with store().write() as db:
        found = _found(db, name, owner)
        schedules_table.remove(db, found.number)
    return found


def fire_now(name: str, owner: str = "") -> tuple[RunSchedule, Firing]:
    """Have a schedule begin a run now, also a paused one; returns it, and the time. Raises Refused: its run before is
    still at work."""
    with store().write() as db:
        found, now = _found(db, name, owner), time.time()
        busy = schedules_table.busy_with(db, found.number)
        if busy is not None and not found.overlap:
            which = f"its run {busy[:8]} is" if busy else "a run of it is about to begin, or"
            raise Refused(f"schedule {found.title} begins no run: {which} still at work: wait for it, or cancel it")
        firing = Firing(schedule=found.number, due=now, at=now, state=FiringState.DUE)
        schedules_table.note(db, firing)
    ensure_runner()
    return found, firing


def count_schedules() -> tuple[int, int, float | None]:
    """How many schedules one has, how many of them are enabled, and when the first of these comes."""
    with store().read() as db:
        return schedules_table.count(db, ownership.whose())


# What a process does that begins the run of a schedule


def due_firing(number: int, due: float) -> tuple[RunSchedule, Firing] | None:
    """A schedule that has come, and the time; None: it was removed."""
    require_admin(COURSE)
    with store().read() as db:
        found, firing = schedules_table.get(db, number), schedules_table.firing(db, number, due)
    return (found, firing) if found is not None and firing is not None else None


def settle_firing(firing: Firing, state: FiringState, *, run: str = "", said: str = "") -> None:
    """Note what became of it."""
    require_admin(COURSE)
    with store().write() as db:
        schedules_table.settle(db, firing, state, run=run, said=said)


def forget_half_submitted(nonce: str) -> None:
    """Withdraw a run of this nonce of which not all items were stored: whoever did that has died over it."""
    require_admin(COURSE)
    with store().write() as db:
        left = runs.by_nonce(db, nonce)
        if left is not None and left.run.state is RunState.SUBMITTING:
            runs.withdraw(db, left.number)


def work_of(schedule: RunSchedule) -> ScheduledWork:
    """What it begins now. Raises Refused where its preset or its job no longer allows that, BadParams."""
    own = schedule.settings
    with acting_as(of_owner(schedule.owner)):
        base = preset(schedule.preset, own.job) if schedule.preset else None
    pool, limits = defaults(own.job) if base is None else settings_of_preset(base)
    said: dict[str, Any] = dict(own.how)
    return ScheduledWork(
        params=dict(own.params) if base is None else with_preset(base, own.params),
        pool=pool_with(pool, said.pop("processes", None), said.pop("threads", None)),
        limits=limits_with(limits, said),
        on=own.on or (base.on if base else "") or LOCAL,
        preset=base,
        reuse=(schedule.reuse if schedule.reuse is not None else base.reuse if base else None) or None,
        budget=own.budget or (base.budget if base else own.budget),
        column=own.column or (base.column if base else ""),
        fields={**(base.fields if base else {}), **own.fields},
    )


def file_of(schedule: RunSchedule) -> Path:
    """The file that its items are read from. Raises Refused: it is not there, or none that may be read."""
    roots = settings.value("JOBS_FILES")
    try:
        path = Path(schedule.source.where).expanduser().resolve()
        there = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # a closed folder, a name that is none, nobody's home
        where, why = in_one_line(schedule.source.where)[:200], getattr(error, "strerror", None) or error
        raise Refused(f"'{where}' cannot be looked at ({why}): name another, or have it opened to this user") from None
    if roots and not any(path.is_relative_to(root) for root in roots):
        raise Refused(f"{path} is in none of the folders whose files may be read ({', '.join(map(str, roots))})")
    if not roots and schedule.on_page:
        raise Refused(
            "a schedule that is not made on the command line reads files of the folders that JOBS_FILES names: none yet"
        )
    if not there:
        raise Refused(f"{path} is not there, or is no file: put it there, or name another")
    return path


def _checked_source(schedule: RunSchedule, owner: str) -> ItemsSource:
    source = schedule.source
    if source.kind is SourceKind.RUN:
        with acting_as(of_owner(owner)):
            return replace(source, where=ownership.run(source.where).run.id)
    if source.kind is SourceKind.FILE:
        file_of(schedule)
        return replace(source, where=str(Path(source.where).expanduser().absolute()))
    check_url(source.where, "URL of a table")
    return source


def _fault(schedule: RunSchedule) -> str:
    """Why it cannot begin a run as it is; empty: it can, as far as is known without reading its source."""
    try:
        work_of(schedule)
        if schedule.source.kind is SourceKind.FILE:
            file_of(schedule)
        if schedule.source.kind is SourceKind.RUN:
            with acting_as(of_owner(schedule.owner)):
                ownership.run(schedule.source.where)
    except FanoutError as error:
        return str(error)
    return ""


def _found(db: Connection, name: str, owner: str = "") -> RunSchedule:
    there = schedules_table.named(db, ownership.whose(), schedule_name(name))
    found = ownership.chosen([one for one in there if owner in ("", one.owner)])
    if found is None:
        raise UnknownSchedule(f"there is no schedule '{in_one_line(name)}' (see: {program.NAME} schedule list)")
    return found
