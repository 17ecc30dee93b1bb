"""What an owner may have at most, by the JOBS_QUOTA_ settings: none of them holds for the local admin."""

from __future__ import annotations

import time

from jobs.runtime.client.runner_process import store
from jobs.runtime.core import settings
from jobs.runtime.core.errors import OverQuota
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.units import count, size
from jobs.runtime.home import artifacts
from jobs.runtime.store import quotas
from jobs.runtime.store.connection import Connection

DAY = 86_400


def check_bytes(owner: str) -> None:
    """Raises OverQuota: what the runs of this owner take on the disk is as much as they may already. The store is
    shared, so that their part of it is reckoned by their part of all items."""
    most = settings.value("JOBS_QUOTA_BYTES")
    if not most or owner == OWNER:
        return
    here = store()
    with here.read() as db:
        share, ids = quotas.runs_of(db, owner)
    taken = int(here.size() * share) + sum(artifacts.size(here.home, run) for run in ids)
    if taken >= most:
        raise OverQuota(
            f"the runs of {owner} take {size(taken)}, and each owner may keep {size(most)} (JOBS_QUOTA_BYTES): "
            "delete some, or ask an admin for more"
        )


def check_runs(db: Connection, owner: str, besides: int = 0) -> None:
    """Raises OverQuota: with one run more this owner has more at work or waiting than they may. `besides` is the number
    of a run that does not count."""
    most = settings.value("JOBS_QUOTA_RUNS")
    has = quotas.runs_not_over(db, owner, besides) if most and owner != OWNER else 0
    if most and has >= most:
        raise OverQuota(
            f"{owner} has {count(has, 'run')} that {'is' if has == 1 else 'are'} not over, and each owner may have "
            f"{most:,} (JOBS_QUOTA_RUNS): wait until one is over, or cancel one"
        )


def check_reopening(db: Connection, number: int) -> None:
    """The same where a run that is over is to go on. Raises OverQuota, UnknownRun."""
    if settings.value("JOBS_QUOTA_RUNS"):
        check_runs(db, quotas.owner_of(db, number), besides=number)


def check_items(db: Connection, owner: str, items: int) -> None:
    """Raises OverQuota: with so many items more this owner starts more today (by UTC) than they may."""
    most = settings.value("JOBS_QUOTA_ITEMS")
    if not most or owner == OWNER:
        return
    before = quotas.items_started(db, owner, today())
    if before + items > most:
        left = max(0, most - before)
        raise OverQuota(
            f"{owner} has started {count(before, 'item')} today, and each owner may start {most:,} a day "
            f"(JOBS_QUOTA_ITEMS): start at most {left:,} now, and the others after midnight UTC"
        )


def count_start(db: Connection, owner: str, items: int) -> None:
    """Note that so many items were started now."""
    quotas.count_items(db, owner, today(), items)


def today() -> int:
    """The day, by UTC."""
    return int(time.time()) // DAY
