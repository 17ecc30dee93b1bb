"""How long a run will take, and how large its pool will become, by what earlier runs of its job did."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from jobs.runtime.client import ownership
from jobs.runtime.client.queries import events_of
from jobs.runtime.client.runner_process import store
from jobs.runtime.core.records import Pool, Run
from jobs.runtime.store import history


def estimate(job: str, number: int, pool: Pool) -> float | None:
    """Seconds that so many items will take, by one's own finished runs of this job; None: nothing is known."""
    past = [old for old in _finished(job) if old.done_itself and old.item_seconds > 0]
    if not past:
        return None
    same = [old for old in past if old.pool == pool]
    if same and not pool.slots and number:
        like = min(same, key=lambda old: abs(math.log(old.done_itself / number)))
        changes = [(event.at, event.facts) for event in reversed(events_of(like.id, "resized"))]
        return _while_it_changes(like, [(at, facts["slots"], facts.get("before", 0)) for at, facts in changes], number)
    if same:
        each = sum(old.seconds(0) for old in same) / sum(old.done_itself for old in same)
        return each * number
    each = sum(old.item_seconds for old in past) / sum(old.done_itself for old in past)
    slots = pool.slots or max(old.most_slots for old in past) or 1
    return each * number / min(slots, number or 1)


def last_peak(job: str) -> Pool | None:
    """The most that ran in the last finished run of this job whose pool found its own size; None: there is none."""
    return next((old.peak for old in _finished(job) if old.peak is not None), None)


def _finished(job: str) -> list[Run]:
    with store().read() as db:
        return history.finished(db, job, ownership.readers())


def _while_it_changes(like: Run, changes: Iterable[tuple[float, int, int]], number: int) -> float:
    """Seconds of so many items in a pool that takes the sizes that one like it took when it did (each change: Unix
    seconds, slots after and before), keeps the last one, and does as much with each slot."""
    wall, found = like.seconds(0), sorted(changes)
    first = (found[0][2] or found[0][1]) if found else like.most_slots or 1
    steps = [(0.0, first), *((min(wall, max(0.0, at - like.submitted_at)), slots) for at, slots, _ in found)]
    lasted = [(begin, end, slots) for (begin, slots), (end, _) in pairwise([*steps, (wall, 0)])]
    left = sum((end - begin) * slots for begin, end, slots in lasted) * number / like.done_itself
    for begin, end, slots in lasted:
        if left <= (end - begin) * slots:
            return max(like.item_seconds / like.done_itself, begin + left / slots)
        left -= (end - begin) * slots
    return wall + left / lasted[-1][2]
