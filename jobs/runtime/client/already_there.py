"""How much of a list earlier runs have already, counted before a run begins that would take it from there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from jobs.runtime import catalog
from jobs.runtime.client.jobs import job_for
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import settings
from jobs.runtime.core.errors import ItemError
from jobs.runtime.core.people import acting_owner
from jobs.runtime.core.records import Item
from jobs.runtime.core.reuse import Reuse, key_digest
from jobs.runtime.core.text import as_text
from jobs.runtime.home import earlier_runs
from jobs.runtime.job.definition import Job
from jobs.runtime.job.items import key_of, read_item
from jobs.runtime.job.params import conceal, validate_params
from jobs.runtime.store import reuse
from jobs.runtime.store.reuse import Indexing, Source

WINDOW = 5_000
"""Items looked up at one moment of the store."""


class AlreadyThere(NamedTuple):
    """Of how many items a run would take the rows of earlier runs, and of how many it would only ask whether they have
    changed."""

    taken: int
    asked: int


def already_there(job: str, items: Iterable[Item], *, params: Mapping[str, Any], asked: Reuse) -> AlreadyThere:
    """How much of these items earlier runs have. Raises UnknownJob, BadParams."""
    found = job_for(job, params)
    since = time.time() - asked.fresh
    among = _sources(found, params, 0.0 if asked.conditional else since)
    keys = _keys(found, items) if among else iter(())
    taken = older = 0
    while window := list(islice(keys, WINDOW)):
        with store().read() as db:
            there = reuse.earlier(db, among, window)
        rows = [there[key] for key in window if key in there]
        taken += sum(row.started_at >= since for row in rows)
        older += sum(row.started_at < since and row.kept for row in rows)
    return AlreadyThere(taken, older if asked.conditional else 0)


def _sources(job: Job, params: Mapping[str, Any], since: float) -> list[Source]:
    shown, hidden = conceal(job, validate_params(job, params))
    with store().read() as db:
        among = earlier_runs.sources(
            db,
            settings.home(),
            owner=acting_owner(),
            job=job.name,
            params=shown,
            hidden=hidden,
            code_hash=catalog.code_hash(),
            since=since,
        )
    for source in among if job.mark.key is None else ():
        if not source.indexed:
            _index(source.number)
    return among


def _index(number: int) -> None:
    """Make the items of a run findable, as its job has no key: some at a time, so that others can write meanwhile."""
    indexing = Indexing(number)
    done = False
    while not done:
        with store().write() as db:
            indexing.step(db)
        done = indexing.committed()


def _keys(job: Job, items: Iterable[Item]) -> Iterator[bytes]:
    """By what each item is found; of none that cannot run, and of none that its job calls equal to no other."""
    for item in items:
        try:
            read = read_item(job, item.cell)
            key = item.cell if job.mark.key is None else key_of(job, read)
        except ItemError:
            continue
        if key is not None:
            yield key_digest(as_text(key))
