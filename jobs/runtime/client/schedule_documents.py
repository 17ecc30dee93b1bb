"""Schedules as programs read them, and what is wrong with one."""

from __future__ import annotations

import time
from typing import Any

from typing_extensions import TypedDict

from jobs.runtime.client.kept_schedules import firings
from jobs.runtime.client.run_fields import RUN_FIELDS
from jobs.runtime.core.job_terms import number_or_auto
from jobs.runtime.core.receivers import DeliveryAttempt, Receiver, Telling, Told
from jobs.runtime.core.schedules import Firing, FiringState, RunSchedule
from jobs.runtime.core.units import moment

NEXT = 5
"""Times that are told."""


class ReceiverDocument(TypedDict):
    """One that a schedule tells, and by which rule."""

    kind: str
    where: str
    tell: str


class AttemptDocument(TypedDict):
    """One try at telling a receiver."""

    at: str | None
    why: str


class TellingDocument(TypedDict):
    """What a receiver was told of one time of a schedule."""

    to: str
    state: str
    attempts: list[AttemptDocument]


class FiringDocument(TypedDict):
    """One time at which a schedule came."""

    due: str | None
    state: str
    run: str | None
    run_state: str | None
    said: str
    told: list[TellingDocument]


class ScheduleDocument(TypedDict):
    """A schedule, as `schedule list --json` prints it."""

    name: str
    owner: str
    job: str
    preset: str | None
    params: dict[str, Any]
    run: dict[str, float | int | str | None]
    on: str | None
    source: str
    where: str
    cron: str | None
    zone: str | None
    every: float | None
    overlap: bool
    receivers: list[ReceiverDocument]
    fresh: float | None
    conditional: bool
    enabled: bool
    made_at: str | None
    next: list[str | None]
    last: FiringDocument | None
    firings: list[FiringDocument]
    fault: str


def schedule_document(schedule: RunSchedule) -> ScheduleDocument:
    """A schedule as it stands, with its next five times and its last ten."""
    there = firings(schedule.name, owner=schedule.owner) if schedule.number else []
    came = [firing_document(schedule, one) for one in there]
    when, own = schedule.recurrence, schedule.settings
    following = when.next_times(time.time(), NEXT) if schedule.enabled and not schedule.fault else []
    return {
        "name": schedule.name,
        "owner": schedule.owner,
        "job": schedule.job,
        "preset": schedule.preset or None,
        "params": dict(own.params),
        "run": {name: _number(name, value) for name, value in own.how.items()},
        "on": own.on or None,
        "source": str(schedule.source.kind),
        "where": schedule.source.where,
        "cron": when.cron or None,
        "zone": when.zone if when.cron else None,
        "every": when.every or None,
        "overlap": schedule.overlap,
        "receivers": list(map(_receiver, schedule.receivers)),
        "fresh": schedule.reuse.fresh if schedule.reuse is not None else None,
        "conditional": schedule.reuse is not None and schedule.reuse.conditional,
        "enabled": schedule.enabled,
        "made_at": moment(schedule.made_at),
        "next": list(map(moment, following)),
        "last": came[0] if came else None,
        "firings": came,
        "fault": schedule.fault,
    }


def firing_document(schedule: RunSchedule, firing: Firing) -> FiringDocument:
    """One time as programs read it."""
    return {
        "due": moment(firing.due),
        "state": str(firing.state),
        "run": firing.run or None,
        "run_state": firing.run_state or None,
        "said": firing.said,
        "told": [_telling(schedule, one) for one in firing.tellings],
    }


def schedule_troubles(schedule: RunSchedule, document: ScheduleDocument) -> list[str]:
    """What is wrong with a schedule now, in sentences: it cannot begin a run, or the last time it could not."""
    found = [f"it cannot begin a run: {schedule.fault}"] if schedule.fault else []
    found += [
        f"{telling['to']} was not told of {one['due']} "
        f"({'it is tried again' if telling['state'] == Told.DUE else 'given up'}): {telling['attempts'][-1]['why']}"
        for one in document["firings"]
        for telling in one["told"]
        if telling["attempts"] and telling["state"] != Told.SENT
    ]
    last = document["last"]
    if last is not None and last["said"] and last["said"] not in schedule.fault:
        why = "" if last["state"] == FiringState.SUBMITTED else f"no run was begun ({last['state']}): "
        found.append(f"at {last['due']} {why}{last['said']}")
    return found


def _receiver(receiver: Receiver) -> ReceiverDocument:
    return {"kind": str(receiver.kind), "where": receiver.where, "tell": receiver.spoken}


def _telling(schedule: RunSchedule, telling: Telling) -> TellingDocument:
    return {
        "to": schedule.receiver_at(telling.place),
        "state": str(telling.told),
        "attempts": list(map(_attempt, telling.attempts)),
    }


def _attempt(attempt: DeliveryAttempt) -> AttemptDocument:
    return {"at": moment(attempt.at), "why": attempt.why}


def _number(name: str, value: float | None) -> float | int | str | None:
    return value if value is None or not RUN_FIELDS[name].auto else number_or_auto(int(value))
