"""Which of the holds in force concern a run: groups are shared by all runs of a job, and a run's page shows its own."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.runtime.runner.feed import Feed
from jobs.runtime.schedule import Entry, Schedule
from jobs.runtime.store.connection import Connection

Hold = tuple[str, float, str]
"""A group, the seconds that are left, and why."""


def of_run(schedule: Schedule, feed: Feed | None, out: Iterable[Entry], db: Connection, now: float) -> list[Hold]:
    """The holds of groups of which an item of the run waits in memory, is out, or is still to be read."""
    told = schedule.groups.holds(now)
    if not told or feed is None:
        return []
    groups = {group for group, _, _ in told}
    own = schedule.waiting_of(groups) | {entry.group for entry in out}
    own |= feed.to_come(db, groups - own)
    return [hold for hold in told if hold[0] in own]
