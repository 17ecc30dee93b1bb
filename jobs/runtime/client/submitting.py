"""Submitting: params validated, items stored in chunks, one flip to queued, and a runner to take it up."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from jobs.runtime import catalog as catalogue
from jobs.runtime import settings
from jobs.runtime.catalog import Catalog
from jobs.runtime.client.home import find, see_to_runner, store, wake_runner
from jobs.runtime.errors import NoItems, Refused
from jobs.runtime.fields import Field
from jobs.runtime.job import Job
from jobs.runtime.params import conceal, validate_params
from jobs.runtime.params import form_fields as fields_of
from jobs.runtime.records import Column, Event, Item, Limits, Pool, Run, RunState, Table, count, run_name
from jobs.runtime.sample_names import needs_sample
from jobs.runtime.store import commands, runs
from jobs.runtime.store import items as items_table
from jobs.runtime.store.connection import Connection, Store
from jobs.runtime.store.runs import Traits

CHUNK = 5_000
CHUNK_PAUSE = 0.002
"""Between two chunks of a submit others may write: a million items in one go would block the outcomes for 10 s."""

RUN_FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field(name="processes", input="whole", least=1, most=64),
        Field(name="threads", input="whole", least=1, most=1_000),
        Field(name="attempts", input="whole", least=1, most=100),
        Field(name="deadline", input="number", least=0.05, most=7 * 86_400, optional=True),
        Field(name="at_once", input="whole", least=1, most=10_000),
        Field(name="pause", input="number", least=0, most=3_600),
    )
}
"""How a run is to be executed, as fields: each with its limits (deadline and pause in seconds)."""

SAMPLES: Mapping[str, str] = {"factorial": "numbers.csv", "scrape": "sample_urls.csv"}


def catalog() -> Catalog:
    """The jobs there are."""
    return catalogue.find()


def form_fields(job: str) -> tuple[Field, ...]:
    """A job's params as fields of a form or options of a command."""
    return fields_of(catalog().job(job))


def columns(job: str, params: Mapping[str, Any]) -> tuple[Column, ...]:
    """The output columns of a run with these params."""
    found = catalog().job(job)
    return found.columns(validate_params(found, params))


def defaults(job: str) -> tuple[Pool, Limits]:
    """The pool and the limits of a run that does not say otherwise."""
    return _defaults(catalog().job(job))


def sample(job: str) -> Path:
    """The sample input of a job. Raises Refused: it has none."""
    catalog().job(job)
    path = settings.PROJECT / "data" / SAMPLES.get(job, f"{job}.csv")
    if not path.is_file():
        raise Refused(f"job {job} has no sample input: put one at data/{job}.csv")
    return path


def submit(
    job: str,
    items: Iterable[Item],
    *,
    params: Mapping[str, Any] | None = None,
    pool: Pool | None = None,
    limits: Limits | None = None,
    table: Table | None = None,
    name: str = "",
    nonce: str = "",
) -> Run:
    """Store a run with its items and have it run; returns it, queued.

    The same nonce gives the same run. Raises UnknownJob, BadParams, NoItems, Refused (too many items, or a pool or
    limits beyond what is sensible), StoreError; nothing is left of a run that was refused.
    """
    found = catalog().job(job)
    default_pool, default_limits = _defaults(found)
    pool, limits = pool or default_pool, limits or default_limits
    _check(pool)
    _check(limits)
    plain = validate_params(found, params or {})
    shown, secret = conceal(found, plain)
    run = Run(
        id=secrets.token_hex(16),
        job=job,
        name=run_name(name) or (table.source if table else "") or found.title,
        state=RunState.SUBMITTING,
        items=0,
        params=shown,
        pool=pool,
        limits=limits,
        table=_named(table or Table(), found),
        columns=found.columns(plain),
        submitted_at=time.time(),
        nonce=nonce,
    )
    return _submit(run, _traits(found), items, secret)


def again(run_id: str, *, nonce: str = "") -> Run:
    """The same items with the same params, pool and limits, as a new run."""
    old = find(run_id).run
    return submit(
        old.job,
        _items_of(old.id),
        params=full_params(old.id),
        pool=old.pool,
        limits=old.limits,
        table=old.table,
        name=old.name,
        nonce=nonce,
    )


def full_params(run_id: str) -> dict[str, Any]:
    """The params of a run, the secret ones in full: to submit them again, never to be shown."""
    return find(run_id).full_params


def items(run_id: str) -> Iterator[Item]:
    """The items of a run, in order."""
    return _items_of(find(run_id).run.id)


def _submit(run: Run, traits: Traits, items: Iterable[Item], secret: Mapping[str, Any]) -> Run:
    home = store()
    if run.nonce:
        with home.read() as db:
            earlier = runs.by_nonce(db, run.nonce)
        if earlier is not None:
            return earlier.run
    chunks = _chunks(items)
    first = next(chunks, None)
    if first is None:
        raise NoItems("there is no item to run: give at least one")
    second = next(chunks, None)
    code = see_to_runner()  # it starts, or makes way for one with the present code, while the items are stored
    with home.write() as db:
        earlier = runs.by_nonce(db, run.nonce) if run.nonce else None
        if earlier is not None:
            return earlier.run
        number = runs.add(db, replace(run, code_hash=code), traits, secret)
        stored, sampled = _store_chunk(db, number, 0, first)
        if second is None:
            queued = _queue(db, number, stored, sampled=sampled)
    if second is not None:
        queued = _store_more(home, number, stored, chain([second], chunks), sampled=sampled)
    wake_runner()
    return queued


def _store_chunk(db: Connection, number: int, stored: int, chunk: list[Item]) -> tuple[int, bool]:
    """Store some items; returns how many there are now, and whether one of these needs the sample site."""
    most = settings.value("JOBS_MAX_ITEMS")
    if stored + len(chunk) > most:
        raise Refused(f"more than {most:,} items (JOBS_MAX_ITEMS): split the list, or raise the limit")
    items_table.add(db, number, stored + 1, chunk)
    runs.touch(db, number, stored + len(chunk), time.time())
    return stored + len(chunk), any(needs_sample(item.cell) for item in chunk)


def _store_more(home: Store, number: int, stored: int, chunks: Iterable[list[Item]], *, sampled: bool) -> Run:
    """Store the other items chunk by chunk, and flip the run to queued; nothing is left of it where that fails."""
    try:
        for chunk in chunks:
            time.sleep(CHUNK_PAUSE)
            with home.write() as db:
                stored, also = _store_chunk(db, number, stored, chunk)
            sampled = sampled or also
        with home.write() as db:
            return _queue(db, number, stored, sampled=sampled)
    except BaseException:
        with home.write() as db:
            runs.withdraw(db, number)
        raise


def _queue(db: Connection, number: int, stored: int, *, sampled: bool) -> Run:
    at = time.time()
    runs.queue(db, number, items=stored, sample=sampled, at=at)
    commands.log(db, number, Event(at=at, kind="submitted", text=f"{count(stored, 'item')} submitted"))
    return runs.get(db, number).run


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := [_storable(item) for item in islice(iterator, CHUNK)]:
        yield chunk


def _storable(item: Item) -> Item:
    """The user's cells as they are, but for what SQLite and UTF-8 cannot hold: NUL and lone surrogates."""
    cells = (item.cell, *item.others)
    if all("\0" not in cell and _encodable(cell) for cell in cells):
        return item
    return Item(cell=_replaced(item.cell), others=tuple(_replaced(cell) for cell in item.others))


def _encodable(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= character <= "\udfff" for character in cell)


def _replaced(cell: str) -> str:
    return (
        cell.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        if not _encodable(cell)
        else cell.replace("\0", "\ufffd")
    )


def _traits(job: Job) -> Traits:
    mark = job.mark
    return Traits(
        prepares=job.prepares,
        costed=mark.cost is not None,
        keyed=mark.key is not None,
        grouped=mark.group is not None,
    )


def _defaults(job: Job) -> tuple[Pool, Limits]:
    return job.default_pool(os.cpu_count() or 1), job.default_limits()


def _named(table: Table, job: Job) -> Table:
    return table if table.item_column else replace(table, item_column=job.item_name)


def _check(asked: Pool | Limits) -> None:
    """Raises BadParams for a number beyond what is sensible."""
    for name, number in vars(asked).items():
        if number is not None:
            RUN_FIELDS[name].number(number)


def _items_of(run_id: str) -> Iterator[Item]:
    first = 1
    while True:
        with store().read() as db:
            found = items_table.between(db, runs.find(db, run_id).number, first, first + CHUNK - 1)
        if not found:
            return
        yield from (item for _, item in found)
        first += CHUNK
