"""The process that begins the runs of schedules that have come, and tells of those that are over.

`python -m jobs.runtime.firing.main PARENT NUMBER:DUE[:PLACE]…`. It may be killed at any instant: a time that was due
stays due until its run has begun, and its nonce makes that one run; so does what a receiver has not taken yet.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import NoReturn

from jobs.runtime import client
from jobs.runtime.core import process_limits
from jobs.runtime.core.channel import Channel, acting_through
from jobs.runtime.core.errors import FanoutError, Refused, StoreError
from jobs.runtime.core.people import acting_as, of_owner
from jobs.runtime.core.schedules import Firing, FiringState, RunSchedule
from jobs.runtime.firing.delivery import tell
from jobs.runtime.firing.source import read_source

MOST_WAITED = 10.0
"""Seconds that a server may let this process wait, all in all: what is left then is told by another, in its turn."""


def main(arguments: list[str]) -> NoReturn:
    """Be that process. It ends when all is done, whatever goes on in threads: one that waits for a receiver, as Apprise
    leaves them where it is cut short, would be waited for."""
    sys.excepthook = _end_with
    perform(arguments)
    sys.stderr.flush()
    os._exit(0)


def _end_with(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    sys.__excepthook__(kind, error, where)
    os._exit(1)


def perform(arguments: list[str]) -> None:
    """Begin the runs that are named, or tell the receivers, one after the other."""
    parent, *named = arguments
    process_limits.follow_parent(int(parent))
    waited = 0.0
    for one in named:
        number, due, *place = one.split(":")
        if place:
            telling = client.due_telling(int(number), float(due), int(*place)) if waited < MOST_WAITED else None
            if telling is not None:
                waited += tell(telling)
            continue
        found = client.due_firing(int(number), float(due))
        if found is not None and found[1].state is FiringState.DUE:
            _begin(*found)


def _begin(schedule: RunSchedule, firing: Firing) -> None:
    try:
        client.forget_half_submitted(firing.nonce)
        with acting_as(of_owner(schedule.owner)), acting_through(Channel.SCHEDULE, schedule.name):
            run = _submit(schedule, firing)
        client.settle_firing(firing, FiringState.SUBMITTED, run=run)
    except StoreError:
        raise  # it stays due, and is tried again
    except FanoutError as error:
        client.settle_firing(firing, FiringState.FAILED, said=str(error))


def _submit(schedule: RunSchedule, firing: Firing) -> str:
    """The id of its run."""
    if schedule.fault:
        raise Refused(schedule.fault)
    work = client.work_of(schedule)
    found = read_source(schedule, work)
    return client.submit(
        schedule.job,
        found.items_iter(),
        params=work.params,
        pool=work.pool,
        limits=work.limits,
        on=work.on,
        table=found.table,
        name=schedule.name,
        preset=work.preset,
        nonce=firing.nonce,
        reuse=work.reuse,
        budget=work.budget,
        schedule=schedule.name,
    ).id


if __name__ == "__main__":
    main(sys.argv[1:])
