"""Reading: runs, progress, outcomes, events. Short-lived read-only connections, paged by key."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from jobs.runtime import exports
from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import settings
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.people import acting
from jobs.runtime.core.printed import PrintedAttempt
from jobs.runtime.core.records import (
    Attempt,
    Event,
    InProgress,
    ItemResult,
    Progress,
    Run,
    RunState,
)
from jobs.runtime.home import artifacts, print_files, runner_lock
from jobs.runtime.store import attempts as attempts_table
from jobs.runtime.store import events as event_log
from jobs.runtime.store import history, outcomes, result_search
from jobs.runtime.store import printed as printed_table
from jobs.runtime.store import runs as run_table

INTERRUPTIBLE = frozenset({RunState.RUNNING, RunState.CANCELLING})


def run(prefix: str) -> Run:
    """The run whose id begins so. Raises UnknownRun: none does, or several do."""
    return ownership.run(prefix).run


def progress(run_id: str) -> Progress:
    """A run as it stands now."""
    with store().read() as db:
        stored = ownership.find(db, run_id)
        codes: dict[str, int] = {}
        for _, code, number in run_table.codes(db, stored.number):
            if code:
                codes[code] = codes.get(code, 0) + number
    interrupted = stored.run.state in INTERRUPTIBLE and not runner_lock.alive(settings.home())
    live = {} if stored.run.state.terminal or interrupted else stored.live
    return Progress(
        run=stored.run,
        interrupted=interrupted,
        codes=codes,
        doing=_doing(live.get("doing", ())),
        rate=live.get("rate"),
        seconds_left=live.get("seconds_left"),
        slowest_group=live.get("slowest_group", ""),
        holds=tuple((group, until, why) for group, until, why in live.get("holds", ()) if until > time.time()),
    )


_DOING = frozenset(field.name for field in fields(InProgress))


def _doing(told: Iterable[Mapping[str, Any]]) -> tuple[InProgress, ...]:
    """What is in progress, as far as this version knows its facts: the runner may be of another."""
    return tuple(InProgress(**{name: fact for name, fact in one.items() if name in _DOING}) for one in told)


def outcome_counts(run_id: str) -> list[tuple[str, str, int]]:
    """How many items of a run ended with each (state, code)."""
    with store().read() as db:
        return run_table.codes(db, ownership.named(db, run_id)[0])


def chain(run_id: str, most: int = 20) -> list[tuple[str, str]]:
    """The runs whose results the items of a run are, the nearest first: id and name, empty where one is gone; none for
    who came by a link, which leads to no other."""
    found: list[tuple[str, str]] = []
    last = run(run_id)
    before = "" if acting().shared else last.table.from_run
    while before and len(found) < most and before not in [known for known, _ in found]:
        try:
            source = run(before)
        except UnknownRun:
            return [*found, (before, "")]
        found.append((source.id, source.name))
        before = source.table.from_run
    return found


def rows(run_id: str, first: int, last: int) -> list[ItemResult]:
    """Positions, items and outcomes (None: not yet) between two positions, inclusive: whole, so that many of them may
    fill the memory (see `windows`, `short_rows`)."""
    with store().read() as db:
        return list(outcomes.rows(db, ownership.named(db, run_id)[0], first, last))


def windows(run_id: str, first: int, last: int) -> Iterator[list[ItemResult]]:
    """The same in lists of some MiB, whatever they hold, each as it is when it is taken."""
    while first <= last:
        with store().read() as db:
            window = next(outcomes.windows(db, ownership.named(db, run_id)[0], first, last), None)
        if window is None:
            return
        yield window
        first = window[-1].position + 1


def short_rows(run_id: str, first: int, last: int) -> list[ItemResult]:
    """The same for a table: long cells are cut, so that all of them together are some MiB."""
    with store().read() as db:
        return exports.short_rows(outcomes.rows(db, ownership.named(db, run_id)[0], first, last))


def newest(run_id: str, most: int = 200) -> list[ItemResult]:
    """The outcomes stored last, newest first; long cells are cut."""
    with store().read() as db:
        stored = ownership.find(db, run_id)
        return exports.short_rows(outcomes.newest(db, stored.number, most, done=stored.run.done))


def failures(run_id: str, *, code: str = "", first: int = 1, most: int = 200) -> list[ItemResult]:
    """What is not ok, of one code or all, from a position on; long cells are cut."""
    with store().read() as db:
        number = ownership.named(db, run_id)[0]
        return exports.short_rows(outcomes.failures(db, number, code=code, first=first, most=most))


def attempts(run_id: str, most: int = 10_000) -> list[Attempt]:
    """The attempts that were not final, by item."""
    with store().read() as db:
        return attempts_table.of_run(db, ownership.named(db, run_id)[0], most)


def attempts_of(run_id: str, position: int) -> list[Attempt]:
    """The attempts at one item that were not final, oldest first."""
    with store().read() as db:
        return attempts_table.of_item(db, ownership.named(db, run_id)[0], position)


def printed(run_id: str, position: int) -> list[PrintedAttempt]:
    """What the attempts at one item printed, oldest first; of a duplicate, what the item printed that it equals; of one
    that runs, what it has printed so far."""
    with store().read() as db:
        number, run = ownership.named(db, run_id)
        found = list(outcomes.rows(db, number, position, position))
        kept = [one for group in printed_table.of_results(db, number, found) for one in group]
    if all(outcome is not None for _, _, outcome in found):
        return kept
    told = {(one.attempt, one.printed) for one in kept}
    now = print_files.of_item(settings.home(), run, position)
    return kept + [
        PrintedAttempt(attempt=heading.attempt, lost=False, printed=printed)
        for heading, printed in now
        if (heading.attempt, printed) not in told
    ]


def events(run_id: str, most: int = 500) -> list[Event]:
    """The log of a run, newest first."""
    with store().read() as db:
        return event_log.events(db, ownership.named(db, run_id)[0], most)


def events_of(run_id: str, kind: str) -> list[Event]:
    """All lines of one kind in the log of a run, oldest first."""
    with store().read() as db:
        return event_log.events_of(db, ownership.named(db, run_id)[0], kind)


def sample_rows(run_id: str, most: int) -> Iterator[list[ItemResult]]:
    """At most so many items that have an outcome, spread evenly over all (all, if they are no more), in lists
    of some MiB."""
    with store().read() as db:
        number = ownership.named(db, run_id)[0]
        yield from result_search.windows_at(db, number, outcomes.spread(db, number, most))


def artifact(run_id: str, reference: str) -> Path:
    """The file behind a reference in a `file` column. Raises Refused: it is not there."""
    path = artifacts.resolve(settings.home(), ownership.run(run_id).run.id, reference)
    if path is None:
        raise Refused("the file is not there any more, or belongs to another run")
    return path


def sizes(run_id: str) -> int:
    """About how many bytes deleting a run gives back: its files, and its share of the store by items."""
    here = store()
    with here.read() as db:
        number, name = ownership.named(db, run_id)
        share = history.share_of_items(db, number)
    return artifacts.size(settings.home(), name) + int(here.size() * share)
