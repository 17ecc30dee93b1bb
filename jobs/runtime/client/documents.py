"""Runs and items as programs read them: plain data for JSON, of one shape on the command line and in the API.

Durations are seconds, times ISO 8601 (UTC), what is not known is None.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, NotRequired, cast

from typing_extensions import TypedDict

from jobs.runtime.client.listing import Listing
from jobs.runtime.client.queries import events, progress
from jobs.runtime.core import row_cells
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import UnknownRun
from jobs.runtime.core.job_terms import WorkerName, number_or_auto
from jobs.runtime.core.records import ItemResult, ItemState, Limits, Pool, Progress, Run
from jobs.runtime.core.setting_words import preset_changes
from jobs.runtime.core.units import moment

MOST_PACES = 5


class PoolDocument(TypedDict):
    """A pool; `auto` where the run finds the number itself."""

    processes: int | str
    threads: int | str


class LimitsDocument(TypedDict):
    """What a run allows."""

    attempts: int
    deadline: float | None
    at_once: int | None
    pause: float


class BudgetDocument(TypedDict):
    """At what a run is paused; None: at nothing."""

    requests: int | None
    bytes: int | None
    column: str | None
    sum: float | None


def budget_document(budget: Budget) -> BudgetDocument:
    """A budget as it stands in documents."""
    return {
        "requests": budget.requests,
        "bytes": budget.bytes,
        "column": budget.column or None,
        "sum": budget.total,
    }


class SpentDocument(TypedDict):
    """What a run has spent itself."""

    requests: int
    bytes: int
    sum: float


class RunDocument(TypedDict):
    """A run, as `runs --json` lists it."""

    id: str
    name: str
    job: str
    state: str
    interrupted: bool
    items: int
    ok: int
    reused: int
    failed: int
    cancelled: int
    waiting: int
    seconds: float
    pool: PoolDocument
    peak_pool: PoolDocument
    on: str
    codes: dict[str, int]
    params: dict[str, Any]
    limits: LimitsDocument
    fresh: float | None
    conditional: bool
    budget: BudgetDocument
    spent: SpentDocument
    submitted_at: str | None
    started_at: str | None
    ended_at: str | None
    cancel_seconds: float | None
    item_seconds: float
    cpu_seconds: float
    columns: list[str]
    pinned: bool
    preset: str | None
    differs_from_preset: dict[str, list[str]]
    from_run: str | None
    schedule: str | None
    owner: str
    error: str
    out: NotRequired[str]


class DoingDocument(TypedDict):
    """An item in progress that says how far it is."""

    position: int
    worker: WorkerName
    slot: int
    started_at: float
    share: float | None
    phase: str


class ShownRun(RunDocument):
    """A run, as `show --json` prints it."""

    doing: list[DoingDocument]
    paces: list[str]


class RowDocument(TypedDict):
    """An item of a run with its outcome."""

    run: str
    position: int
    item: str | dict[str, str]
    others: dict[str, str]
    state: str
    code: str
    error: str
    detail: str
    row: dict[str, Any] | None
    attempts: int
    worker: WorkerName | None
    slot: int | None
    waited_seconds: float | None
    started_at: str | None
    seconds: float | None
    cpu_seconds: float | None
    duplicate_of: int | None
    reused_from: str | None


def run_document(
    run: Run, codes: Mapping[str, int], *, interrupted: bool = False, out: str = "", now: float | None = None
) -> RunDocument:
    """A run as it stands at `now` (Unix seconds)."""
    found: RunDocument = {
        "id": run.id,
        "name": run.name,
        "job": run.job,
        "state": str(run.state),
        "interrupted": interrupted,
        "items": run.items,
        "ok": run.ok,
        "reused": run.reused,
        "failed": run.failed,
        "cancelled": run.cancelled,
        "waiting": run.waiting,
        "seconds": round(run.seconds(time.time() if now is None else now), 6),
        "pool": pool_document(run.pool),
        "peak_pool": pool_document(run.peak or run.pool),
        "on": run.on,
        "codes": dict(codes),
        "params": dict(run.params),
        "limits": limits_document(run.limits),
        "fresh": run.reuse.fresh if run.reuse is not None else None,
        "conditional": run.reuse is not None and run.reuse.conditional,
        "budget": budget_document(run.budget),
        "spent": {"requests": run.spent.requests, "bytes": run.spent.bytes, "sum": run.spent.total},
        "submitted_at": moment(run.submitted_at),
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
        "cancel_seconds": run.cancel_seconds,
        "item_seconds": run.item_seconds,
        "cpu_seconds": run.cpu_seconds,
        "columns": [column.name for column in run.columns],
        "pinned": run.pinned,
        "preset": run.preset.name if run.preset else None,
        "differs_from_preset": {change.setting: [change.preset, change.run] for change in preset_changes(run)},
        "from_run": run.table.from_run or None,
        "schedule": run.schedule or None,
        "owner": run.owner,
        "error": run.error,
    }
    if out:
        found["out"] = out
    return found


def shown_run(progress: Progress) -> ShownRun:
    """A run as it stands, with what its long items say of themselves and what groups have asked for."""
    document = run_document(progress.run, progress.codes, interrupted=progress.interrupted)
    doing = [cast(DoingDocument, asdict(doing)) for doing in progress.in_progress]
    return {**document, "doing": doing, "paces": paces(progress.run.id)}


def listed_documents(found: Listing) -> Iterator[tuple[Run, RunDocument]]:
    """The runs of a listing; one that was deleted meanwhile is left out."""
    for run in found.runs:
        try:
            now = progress(run.id)
        except UnknownRun:
            continue
        yield now.run, run_document(now.run, now.codes, interrupted=now.interrupted)


def row_document(run: Run, found: ItemResult) -> RowDocument:
    """An item with its outcome, whole."""
    position, item, outcome = found
    return {
        "run": run.id,
        "position": position,
        "item": row_cells.value(item.cell, run.table),
        "others": dict(zip(row_cells.other_columns(run.table), item.others, strict=False)),
        "state": str(outcome.state if outcome else ItemState.WAITING),
        "code": outcome.code if outcome else "",
        "error": outcome.error if outcome else "",
        "detail": outcome.detail if outcome else "",
        "row": dict(outcome.row) if outcome and outcome.row is not None else None,
        "attempts": outcome.attempts if outcome else 0,
        "worker": outcome.worker if outcome else None,
        "slot": outcome.slot if outcome else None,
        "waited_seconds": outcome.waited_seconds if outcome else None,
        "started_at": moment(outcome.started_at) if outcome else None,
        "seconds": outcome.seconds if outcome else None,
        "cpu_seconds": outcome.cpu_seconds if outcome else None,
        "duplicate_of": outcome.duplicate_of if outcome else None,
        "reused_from": (outcome.reused_from or None) if outcome else None,
    }


def pool_document(pool: Pool) -> PoolDocument:
    """A pool."""
    return {"processes": number_or_auto(pool.processes), "threads": number_or_auto(pool.threads)}


def limits_document(limits: Limits) -> LimitsDocument:
    """What a run allows."""
    return {
        "attempts": limits.attempts,
        "deadline": limits.deadline,
        "at_once": limits.at_once,
        "pause": limits.pause,
    }


def paces(run_id: str) -> list[str]:
    """What groups asked for, as the log of a run has it: the newest word of each, a few of them."""
    newest: dict[Any, str] = {}
    for event in events(run_id):
        if event.kind == "hold":
            newest.setdefault(event.facts.get("group"), event.text)
    return list(newest.values())[:MOST_PACES]
