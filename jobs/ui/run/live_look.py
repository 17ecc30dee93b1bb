"""A run that goes on as all see it who look at it now: read once for a moment, however many look."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from jobs.runtime import client, overview
from jobs.runtime.core.errors import DamagedRun, UnknownRun
from jobs.runtime.core.people import LOCAL_ADMIN, acting_as
from jobs.runtime.core.records import ItemResult, Progress, Run

FRESH = 0.5
"""Seconds for which a look is good: fewer than lie between two drawings, so that who looks alone sees each anew."""

NEWEST = 200
"""Rows that are shown while a run goes on."""

MOST_SECONDS = 2_000
"""Items whose seconds are read, spread over all."""


@dataclass(frozen=True, kw_only=True)
class LiveLook:
    """How far a run is, the title of its job and the kind of its items (empty and `item`: the job is not there any
    more), its newest outcomes and the seconds of items that are spread over all (neither of an ended one), and when it
    stood still (Unix seconds, from and until). `number` tells one look from all others."""

    number: int
    job_title: str
    item_kind: str
    progress: Progress
    newest: Sequence[ItemResult]
    seconds: Sequence[float]
    pauses: Sequence[tuple[float, float]]

    @property
    def run(self) -> Run:
        """The run itself."""
        return self.progress.run


def look(run_id: str, *, anew: bool = False) -> LiveLook:
    """The run of this whole id as it stood a moment ago, at most `FRESH` seconds; `anew`: as it stands now, for all
    others too. Raises UnknownRun, also where it is not for who acts; DamagedRun."""
    if anew:
        _read.clear(run_id)
    try:
        found = _read(run_id)
        client.check_seen(found.run)
    except (UnknownRun, DamagedRun):  # what was read for all says more than may be told to each
        client.run(run_id)
        raise
    return found


@st.cache_resource(ttl=FRESH, max_entries=100, show_spinner=False)
def _read(run_id: str) -> LiveLook:
    with acting_as(LOCAL_ADMIN):  # whosever it is: who looks is asked for each of them
        before = client.run(run_id)
        job = client.catalog().jobs.get(before.job)
        going_on = before.done > 0 and not before.state.terminal
        return LiveLook(
            number=next(_numbers),
            job_title=job.title if job else "",
            item_kind=job.kind.name if job else "item",
            newest=client.newest(run_id, NEWEST) if going_on else (),
            seconds=client.item_seconds(run_id, overview.stride(before.done, MOST_SECONDS)) if going_on else (),
            pauses=client.pauses(run_id),
            progress=client.progress(run_id),  # last: no fewer are counted than are there
        )


_numbers = itertools.count()
