"""What there is to tell of one time of a schedule: its run, and what changed since the run before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jobs.runtime import client, compare
from jobs.runtime.client import DueTelling
from jobs.runtime.compare import Difference
from jobs.runtime.core import settings
from jobs.runtime.core.errors import DamagedStore
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.core.schedules import Firing, RunSchedule
from jobs.runtime.core.units import moment

MOST_CHANGES, LONGEST = 100, 500
"""Changes that are told, and characters of a cell in them."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One time of a schedule, its run (None: none could be begun), and what changed since the last finished run (None:
    there was none, this one has not finished, or they cannot be compared, for the reason `uncompared`). `place` is that
    of the receiver."""

    schedule: RunSchedule
    firing: Firing
    place: int
    run: Run | None
    changed: Difference | None
    uncompared: str = ""


DAMAGED = "not known: what is stored of the rows is damaged"


def message_of(due: DueTelling) -> Message:
    """What is told to any receiver of this time."""
    run, earlier = due.run, due.earlier
    compared = run is not None and earlier is not None and run.state is RunState.FINISHED and run.job == earlier.job
    changed, uncompared = None, ""
    try:
        changed = _changed(earlier.id, run.id) if compared and run and earlier else None
    except (
        DamagedStore,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
    ):  # one cell of one row: the rest is told all the same
        uncompared = DAMAGED
    return Message(
        schedule=due.schedule,
        firing=due.firing,
        place=due.telling.place,
        run=run,
        changed=changed,
        uncompared=uncompared,
    )


@lru_cache(maxsize=1)
def _changed(earlier: str, run: str) -> Difference:
    """Several receivers are told of one run: it is compared once."""
    return compare.compare_runs(client.run(earlier), client.run(run), MOST_CHANGES, longest=LONGEST)


def link(page: str, query: str) -> str:
    """Where a page is reached; empty: JOBS_PAGE_URL does not say."""
    public = settings.value("JOBS_PAGE_URL")
    return f"{public}/{page}?{query}" if public else ""


def link_to_run(message: Message) -> str:
    """The page of its run; empty: there is none, or it is not known where."""
    return link("run", f"run={message.run.id}") if message.run is not None else ""


def link_to_changes(message: Message) -> str:
    """The page that compares its run with the one before; empty: there is none, or it is not known where."""
    found = message.changed
    return link("compare", f"runs={found.first.id},{found.second.id}") if found is not None else ""


def document(message: Message) -> dict[str, Any]:
    """The message as a program reads it, ready for JSON."""
    run, found = message.run, message.changed
    return {
        "schedule": message.schedule.name,
        "job": message.schedule.job,
        "due": moment(message.firing.due),
        "state": str(message.firing.state),
        "said": " ".join(filter(None, [message.firing.said, message.uncompared and f"Changed: {message.uncompared}."])),
        "run": None if run is None else client.run_document(run, client.progress(run.id).codes),
        "link": link_to_run(message) or None,
        "since": None if found is None else found.first.id,
        "rows_changed": None if found is None else found.changed,
        "changes_by_column": {} if found is None else dict(found.counts),
        "changes_in_all": 0 if found is None else found.total,
        "changes": [
            {"item": one.item, "what": one.what, "before": one.before, "after": one.after}
            for one in (found.changes if found is not None else ())
        ],
    }
