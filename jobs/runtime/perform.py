"""Attempt one item: read the cell, call the job's function, time it, catch what it raises. Runs in a worker's slot and
never raises."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from jobs.runtime import context
from jobs.runtime.errors import ItemError, TryLater
from jobs.runtime.job import Job
from jobs.runtime.kinds import Kind
from jobs.runtime.records import Column
from jobs.runtime.rows import MAX_ROW_BYTES, Keep, UnencodableError, clean, encode_row

MAX_ERROR = 2_000
MAX_DETAIL = 20_000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How an attempt ended: `kind` is ok, failed, later (TryLater) or memory (MemoryError), with its words and row."""

    kind: str
    code: str = ""
    error: str = ""
    detail: str = ""
    row: str | None = None
    later: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A verdict with its stamps (time.monotonic()), its CPU seconds, and what was learnt of the group.

    `clock` is where the CPU seconds of the slot's thread stood at its end.
    """

    verdict: Verdict
    started: float
    finished: float
    cpu: float
    clock: float
    pace: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job with the params of one run, ready to perform its items."""

    job: Job
    keywords: Mapping[str, Any]
    columns: tuple[Column, ...]


def read_item(job: Job, cell: str) -> Any:
    """The item a cell stands for. Raises ItemError: `invalid_item` (or the kind's own code) with a sentence."""
    try:
        item = job.kind.read(cell)
    except ValueError as error:
        raise ItemError("invalid_item", str(error)) from None
    check = _limits(job)
    return item if check is None else check(item)


def perform(work: Work, cell: str, here: context.Context, keep: Keep, clock: float | None = None) -> Answer:
    """One attempt at one item, in the calling thread.

    `clock`: the thread's CPU seconds (time.thread_time()) from which on they are this item's; None: from now on. A slot
    gives those at the end of its item before: a look costs 2 µs (tests/bench/noop.py), so that it has one an item.
    """
    clock = time.thread_time() if clock is None else clock
    started = time.monotonic()
    context.enter(here)
    try:
        verdict = _attempt(work, cell, keep)
    finally:
        context.enter(None)
    ended = time.thread_time()
    return Answer(
        verdict=verdict,
        started=started,
        finished=time.monotonic(),
        cpu=ended - clock + here.cpu,
        clock=ended,
        pace=here.paces or None,
    )


def _attempt(work: Work, cell: str, keep: Keep) -> Verdict:
    try:
        item = read_item(work.job, cell)
        returned = work.job.function(item, **work.keywords)
        code, row = encode_row(work.columns, returned, scalar=work.job.scalar, keep=keep)
        return Verdict(kind="ok", code=code, row=row)
    except BaseException as error:  # the author's function: whatever it raises is this item's outcome
        return failure(error, lambda row: _partial(work, row, keep))


def failure(error: BaseException, partial: Callable[[Any], str | None] = lambda _row: None) -> Verdict:
    """The verdict of an attempt, or of a hook, that raised this."""
    try:
        return _verdict(error, partial)
    except BaseException as why:  # the author's exception: it may lack its words, or raise when asked for them
        words = f"{type(error).__name__}, which cannot say what it is ({type(why).__name__})"
        return Verdict(kind="failed", code="bug", error=_short(words))


def _verdict(error: BaseException, partial: Callable[[Any], str | None]) -> Verdict:
    if isinstance(error, TryLater):
        return _later(error, partial)
    if isinstance(error, ItemError):
        return Verdict(
            kind="failed",
            code=clean(str(error.code))[:64] or "bug",
            error=_short(str(error.message)),
            detail=clean(str(error.detail))[:MAX_DETAIL],
            row=partial(error.row),
        )
    if isinstance(error, MemoryError):
        return Verdict(kind="memory", code="out_of_memory", error="needs more memory than a worker may have")
    if isinstance(error, UnencodableError):
        return Verdict(kind="failed", code="unencodable", error=_short(str(error)))
    words = traceback.format_exception_only(error)[-1].strip()
    return Verdict(kind="failed", code="bug", error=_short(words), detail=_traceback(error))


def _later(error: TryLater, partial: Callable[[Any], str | None]) -> Verdict:
    try:
        carry = None if error.carry is None else json.dumps(error.carry)
    except (TypeError, ValueError) as why:
        return Verdict(kind="failed", code="unencodable", error=f"what TryLater carries is not plain data: {why}")
    if carry is not None and len(carry) > MAX_ROW_BYTES:
        words = f"what TryLater carries has {len(carry):,} characters (at most {MAX_ROW_BYTES:,})"
        return Verdict(kind="failed", code="unencodable", error=words)
    group = None if error.group is None else clean(str(error.group))[:500]
    return Verdict(
        kind="later",
        code=clean(str(error.code))[:64] or "bug",
        error=_short(str(error.message)),
        detail=clean(str(error.detail))[:MAX_DETAIL],
        row=partial(error.row),
        later={"seconds": float(error.seconds), "group": group, "carry": carry},
    )


def _partial(work: Work, row: Any, keep: Keep) -> str | None:
    """The columns a failure knows all the same; nothing when they cannot be stored."""
    if row is None:
        return None
    try:
        return encode_row(work.columns, row, scalar=False, keep=keep)[1]
    except (UnencodableError, MemoryError):
        return None


def _traceback(error: BaseException) -> str:
    try:
        text = "".join(traceback.format_exception(error, limit=-30))
    except (RecursionError, MemoryError):
        return ""
    return clean(text)[-MAX_DETAIL:]


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= MAX_ERROR else f"{text[: MAX_ERROR - 1]}…"


_checks: dict[Callable[..., Any], Callable[[Any], Any] | None] = {}


def _limits(job: Job) -> Callable[[Any], Any] | None:
    if job.function not in _checks:
        _checks[job.function] = _item_checker(job)
    return _checks[job.function]


def _item_checker(job: Job) -> Callable[[Any], Any] | None:
    extras = getattr(job.item_annotation, "__metadata__", ())
    if all(isinstance(extra, Kind) for extra in extras) and get_origin(job.item_annotation) is not Literal:
        return None
    from jobs.runtime.params import item_checker  # pydantic costs 190 ms: only where an item has limits

    return item_checker(job)
