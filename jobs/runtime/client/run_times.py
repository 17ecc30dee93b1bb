"""When the attempts of a run lay and how long they took, when its workers started, when it stood still."""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

from jobs.runtime.client import ownership
from jobs.runtime.client.queries import events_of
from jobs.runtime.client.runner_process import store
from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.store import attempts as attempts_table
from jobs.runtime.store import outcomes


class Span(NamedTuple):
    """One attempt on a timeline: of which item, where, when (Unix seconds), how long (seconds), how it ended, and the
    item's group (where the attempt was the last). A tuple, since there are as many as items."""

    position: int
    worker: WorkerName
    slot: int
    started_at: float
    seconds: float
    state: str
    group: str = ""


def starts(run_id: str) -> list[dict[str, Any]]:
    """The workers started for a run, newest first: its name (`worker`), `started` and `ready` (Unix seconds)."""
    ready = (event.facts for event in reversed(events_of(run_id, "worker_ready")))
    return [dict(facts) for facts in ready if "started" in facts and "ready" in facts]


def item_seconds(run_id: str, every: int = 1) -> array[float]:
    """How long the last attempts took (seconds), of about one in `every` items."""
    with store().read() as db:
        return outcomes.seconds(db, ownership.named(db, run_id)[0], every)


def pauses(run_id: str) -> list[tuple[float, float]]:
    """When a run stood still, from and until (Unix seconds), oldest first: paused, or ended until it was reopened."""
    return [(event.facts["since"], event.facts["until"]) for event in events_of(run_id, "pause")]


def last_attempts(run_id: str, most: int, every: int = 1) -> list[tuple[Any, ...]]:
    """The last attempts among `spans`, as plain tuples of the same: for who wants their columns alone, since making a
    record of each takes a third as long as reading it."""
    with store().read() as db:
        return outcomes.timed(db, ownership.named(db, run_id)[0], most, every)


def spans(run_id: str, most: int = 2_000, every: int = 1) -> list[Span]:
    """Attempts as they lie on a timeline: the last of the first `most` items, or of about one in `every` of these; and
    those before the last."""
    with store().read() as db:
        number = ownership.named(db, run_id)[0]
        found = list(map(Span._make, outcomes.timed(db, number, most, every)))
        tried = attempts_table.of_run(db, number, most) if every == 1 else []
    found += [
        Span(
            position=attempt.position,
            worker=attempt.worker,
            slot=attempt.slot or 1,
            started_at=attempt.started_at,
            seconds=attempt.seconds or 0.0,
            state=attempt.kind,
        )
        for attempt in tried
        if attempt.worker is not None and attempt.started_at is not None
    ]
    return found
