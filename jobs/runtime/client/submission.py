"""Submitting: params validated, items stored in chunks, one flip to queued, and a runner to take it up."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice, zip_longest
from typing import Any

from jobs.runtime.client import ownership, quotas
from jobs.runtime.client.jobs import check_budget, check_reuse, defaults_of, job_named
from jobs.runtime.client.presets import complete_preset
from jobs.runtime.client.run_fields import check_fields, check_place
from jobs.runtime.client.runner_process import see_to_runner, store, wake_runner
from jobs.runtime.core import row_cells, settings
from jobs.runtime.core import secrets as secret_names
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import IllegalMove, NoItems, Refused
from jobs.runtime.core.people import acting_owner
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import CLUSTER, LOCAL, Event, Item, Limits, Pool, Run, RunState, Table, run_name
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.text import cell_text
from jobs.runtime.core.units import count
from jobs.runtime.home import literal_secrets
from jobs.runtime.job.definition import Job
from jobs.runtime.job.params import conceal, typed_without_secrets, validate_params
from jobs.runtime.sample.hosts import needs_sample
from jobs.runtime.store import events, runs
from jobs.runtime.store import items as items_table
from jobs.runtime.store.connection import Connection, Store
from jobs.runtime.store.run_row import JobTraits

CHUNK = 5_000
CHUNK_PAUSE = 0.002
"""Between two chunks of a submit others may write: a million items in one go would block the outcomes for 10 s."""


def submit(
    job: str,
    items: Iterable[Item],
    *,
    params: Mapping[str, Any] | None = None,
    pool: Pool | None = None,
    limits: Limits | None = None,
    table: Table | None = None,
    name: str = "",
    preset: RunPreset | None = None,
    nonce: str = "",
    reuse: Reuse | None = None,
    budget: Budget | None = None,
    schedule: str = "",
    on: str = LOCAL,
) -> Run:
    """Store a run with its items and have it run; returns it, queued: it belongs to who acts. `preset` is the one that
    its settings came from, `schedule` names the one that begins it. With `reuse`, what earlier runs have of it already
    is taken from there; at `budget` it is paused.

    The same nonce gives the same run. Raises UnknownJob, BadParams, NoItems, Refused (too many items, or a pool or
    limits beyond what is sensible), OverQuota, NotAllowed, StoreError; nothing is left of a run that was refused.
    """
    found = job_named(job)
    default_pool, default_limits = defaults_of(found)
    pool, limits = pool or default_pool, limits or default_limits
    check_fields({**vars(pool), **vars(limits)})
    check_place(on, pool)
    plain = validate_params(found, params or {})
    typed = typed_without_secrets(found, plain)
    found = found.with_params(typed)
    shown, hidden = conceal(found, plain)
    columns, budget = found.columns(typed), budget or Budget()
    check_budget(job, columns, budget)
    reuse = reuse or None
    check_reuse(found, reuse)
    table = _named(table or Table(), found)
    run = Run(
        id=secrets.token_hex(16),
        job=job,
        name=run_name(name) or table.source or found.title,
        state=RunState.SUBMITTING,
        items=0,
        params=shown,
        pool=pool,
        limits=limits,
        table=table,
        columns=columns,
        preset=None if preset is None else complete_preset(preset),
        on=on,
        clustered=on == CLUSTER,
        sample=any(map(needs_sample, secret_names.texts(shown))),
        submitted_at=time.time(),
        reuse=reuse,
        budget=budget,
        schedule=schedule,
        owner=acting_owner(),
        nonce=nonce,
    )
    traits = _traits(found)
    return _submit(run, traits if reuse is None else replace(traits, prepares=True), items, hidden)


def again(run_id: str, *, nonce: str = "") -> Run:
    """The same items with the same params, pool, limits and budget, as a new run: one that performs all of them."""
    old = ownership.own_run(run_id).run
    return submit(
        old.job,
        _items_of(old.id),
        params=full_params(old.id),
        pool=old.pool,
        limits=old.limits,
        table=old.table,
        name=old.name,
        preset=old.preset,
        budget=old.budget,
        on=old.on,
        nonce=nonce,
    )


def check_same(run_id: str, *, job: str, params: Mapping[str, Any], items: Iterable[Item]) -> None:
    """Raises Refused where a run is not one of this job with these params and items: the key that led to it was that of
    another request; IllegalMove while it is still being stored."""
    run = ownership.own_run(run_id).run
    if run.state is RunState.SUBMITTING:
        raise IllegalMove("the first request with this key is still being stored: ask again soon")
    plain = validate_params(job_named(job), params)
    same = run.job == job and full_params(run_id) == plain
    if not (same and all(a == b for a, b in zip_longest(_items_of(run.id), map(_kept, items)))):
        raise Refused(f"this key was that of another request, which started run {run.id}: take a new key")


def full_params(run_id: str) -> dict[str, Any]:
    """The params of a run, the secret ones in full: to submit them again, never to be shown."""
    run = ownership.own_run(run_id).run
    return {**run.params, **literal_secrets.read(settings.home(), run.id)}


def items(run_id: str) -> Iterator[Item]:
    """The items of a run, in order."""
    return _items_of(ownership.run(run_id).run.id)


def _submit(run: Run, traits: JobTraits, items: Iterable[Item], hidden: Mapping[str, Any]) -> Run:
    home = store()
    if run.nonce:
        with home.read() as db:
            earlier = ownership.by_nonce(db, run.nonce)
        if earlier is not None:
            return earlier.run
    chunks = _chunks(items)
    first = next(chunks, None)
    if first is None:
        raise NoItems("there is no item to run: give at least one")
    second = next(chunks, None)
    quotas.check_bytes(run.owner)
    code = see_to_runner()  # it starts, or makes way for one with the present code, while the items are stored
    with home.write() as db:
        earlier = ownership.by_nonce(db, run.nonce) if run.nonce else None
        if earlier is not None:
            return earlier.run
        quotas.check_runs(db, run.owner)
        quotas.check_items(db, run.owner, len(first))
        number = runs.add(db, replace(run, code_hash=code), traits)
        stored, sampled = _store_chunk(db, number, 0, first, run.table)
        sampled = sampled or run.sample
        literal_secrets.keep(home.home, run.id, hidden)
        if second is None:
            queued = _queue(db, number, run, stored, sampled=sampled)
    if second is not None:
        queued = _store_more(home, number, run, stored, chain([second], chunks), sampled=sampled)
    wake_runner()
    return queued


def _store_chunk(db: Connection, number: int, stored: int, chunk: list[Item], table: Table) -> tuple[int, bool]:
    """Store some items; returns how many there are now, and whether one of these needs the sample site."""
    most = settings.value("JOBS_MAX_ITEMS")
    if stored + len(chunk) > most:
        raise Refused(f"more than {most:,} items (JOBS_MAX_ITEMS): split the list, or raise the limit")
    items_table.add(db, number, stored + 1, chunk)
    runs.touch(db, number, stored + len(chunk), time.time())
    return stored + len(chunk), any(needs_sample(text) for item in chunk for text in _suspects(item.cell, table))


def _store_more(home: Store, number: int, run: Run, stored: int, chunks: Iterable[list[Item]], *, sampled: bool) -> Run:
    """Store the other items chunk by chunk, and flip the run to queued; nothing is left of it where that fails."""
    try:
        for chunk in chunks:
            time.sleep(CHUNK_PAUSE)
            with home.write() as db:
                stored, also = _store_chunk(db, number, stored, chunk, run.table)
            sampled = sampled or also
        with home.write() as db:
            return _queue(db, number, run, stored, sampled=sampled)
    except BaseException:
        with home.write() as db:
            runs.withdraw(db, number)
        raise


def _suspects(cell: str, table: Table) -> list[str]:
    """What of an item may be a URL of the sample site: looked at closely only where the text says so."""
    return row_cells.cells_of(cell, table) if ".sample" in cell.lower() else []


def _queue(db: Connection, number: int, run: Run, stored: int, *, sampled: bool) -> Run:
    at = time.time()
    if sampled:
        check_place(run.on, sample=True)
    quotas.check_runs(db, run.owner, besides=number)
    quotas.check_items(db, run.owner, stored)
    quotas.count_start(db, run.owner, stored)
    runs.queue(db, number, items=stored, sample=sampled, at=at)
    events.log(db, number, Event(at=at, kind="submitted", text=f"{count(stored, 'item')} submitted"))
    return runs.get(db, number).run


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := [_kept(item) for item in islice(iterator, CHUNK)]:
        yield chunk


def _kept(item: Item) -> Item:
    """The user's cells as they are, but for what SQLite and UTF-8 cannot hold."""
    cells = (item.cell, *item.others)
    kept = tuple(map(cell_text, cells))
    return item if kept == cells else Item(cell=kept[0], others=kept[1:])


def _traits(job: Job) -> JobTraits:
    mark = job.mark
    return JobTraits(
        prepares=job.prepares,
        costed=mark.cost is not None,
        keyed=mark.key is not None,
        grouped=mark.group is not None,
    )


def _named(table: Table, job: Job) -> Table:
    return table if table.item_column else replace(table, item_column=job.item_name)


def _items_of(run_id: str) -> Iterator[Item]:
    first = 1
    while True:
        with store().read() as db:
            found = items_table.between(db, ownership.find(db, run_id).number, first, first + CHUNK - 1)
        if not found:
            return
        yield from (item for _, item in found)
        first += CHUNK
