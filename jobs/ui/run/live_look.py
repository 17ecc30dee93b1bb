"""A run that goes on as all see it who look at it now: read once for a moment, however many look."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.runtime import client, overview
from jobs.runtime.core.errors import DamagedRun, UnknownRun
from jobs.runtime.core.people import LOCAL_ADMIN, acting_as
from jobs.runtime.core.records import ItemResult, Progress, Run
from jobs.ui.run.shared_reads import SharedReads

NEWEST = 200
"""Rows that are shown while a run goes on."""

MOST_SECONDS = 2_000
"""Items whose seconds are read, spread over all."""

SHARED = 0.5
"""Seconds that a look may be old where a page is opened, or drawn as a whole, on a run that goes on."""


AT_ONCE = 0.2
"""Seconds of one drawing: what stands still is looked at once in it."""


@dataclass(frozen=True, kw_only=True)
class LiveLook:
    """How far a run is, the title of its job and the kind of its items (empty and `item`: the job is not there any
    more), its newest outcomes and the seconds of items that are spread over all (neither of an ended one), and when it
    stood still (Unix seconds, from and until). `begun` is when its reading began, by a clock that only goes on."""

    begun: float
    progress: Progress
    job_title: str
    item_kind: str
    newest: Sequence[ItemResult]
    seconds: Sequence[float]
    pauses: Sequence[tuple[float, float]]

    @property
    def run(self) -> Run:
        """The run itself."""
        return self.progress.run


def look(run_id: str, within: float = 0.0) -> LiveLook:
    """The run of this whole id as it stood at most so many seconds ago; twice as many while another asker reads it
    anew. Raises UnknownRun, also where it is not for who acts; DamagedRun."""
    now = time.monotonic()
    try:
        found = _looks.see(run_id, now - within, now - 2 * within, lambda: _read(run_id))
        client.check_seen(found.run)
    except (UnknownRun, DamagedRun):  # what was read for all says more than may be told to each
        client.run(run_id)
        raise
    return found


def still(seen: LiveLook) -> bool:
    """Whether a run that has ended is there as it was seen: with the same outcomes, under the same name."""
    try:
        now = look(seen.run.id, AT_ONCE)
    except UnknownRun:
        return False
    return (now.run, now.progress.interrupted) == (seen.run, seen.progress.interrupted)


_looks = SharedReads[LiveLook]()


def _read(run_id: str) -> tuple[float, LiveLook]:
    begun = time.monotonic()
    with acting_as(LOCAL_ADMIN):  # whosever it is: who looks is asked for each of them
        run = client.run(run_id)
        job = client.catalog().jobs.get(run.job)
        going_on = run.done > 0 and not run.state.terminal
        return begun, LiveLook(
            begun=begun,
            job_title=job.title if job else "",
            item_kind=job.kind.name if job else "item",
            newest=client.newest(run_id, NEWEST) if going_on else (),
            seconds=client.item_seconds(run_id, overview.stride(run.done, MOST_SECONDS)) if going_on else (),
            pauses=client.pauses(run_id),
            progress=client.progress(run_id),  # last: no fewer are counted than are there
        )
