"""Attempt one item: read the cell, call the job's function, time it, catch what it raises. Runs in a worker's slot and
never raises."""

from __future__ import annotations

import copy
import json
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic, thread_time
from typing import Any

import msgspec

from jobs.runtime.core.errors import ItemError, TryLater, UnencodableError
from jobs.runtime.core.job_terms import Column
from jobs.runtime.core.pace_report import MAX_WORDS, PaceReport
from jobs.runtime.core.secrets import NOTHING, Blotter, with_used
from jobs.runtime.core.text import as_text, clean
from jobs.runtime.job import context
from jobs.runtime.job.definition import Job
from jobs.runtime.job.items import read_item
from jobs.runtime.worker import error_text, output
from jobs.runtime.worker.messages import (
    MAX_CARRY,
    MAX_CODE,
    MAX_DETAIL,
    MAX_ERROR,
    MAX_GROUP,
    MAX_KEPT,
    AttemptOutcome,
    Later,
)
from jobs.runtime.worker.row_encoding import Keep, encode_row
from jobs.runtime.worker.run_params import may_change

MAX_LATER = 24 * 3600.0
"""An item is put off for at most so many seconds."""


class AttemptResult(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome with its stamps (time.monotonic()), its CPU seconds, and what was learnt of the group.

    `clock` is where the CPU seconds of the slot's thread stood at its end.
    """

    outcome: AttemptOutcome
    started: float
    finished: float
    cpu: float
    clock: float
    pace: PaceReport | None
    requests: int = 0
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job with the params of one run, ready to perform its items."""

    job: Job
    keywords: Mapping[str, Any]
    columns: tuple[Column, ...]
    secrets: Blotter = NOTHING

    def own_keywords(self) -> Mapping[str, Any]:
        """The params as one item gets them: of what it could change, a copy of its own."""
        mutable = self._mutable
        return {**self.keywords, **copy.deepcopy(mutable)} if mutable else self.keywords

    @cached_property
    def _mutable(self) -> dict[str, Any]:
        return {name: value for name, value in self.keywords.items() if may_change(value)}


def perform(work: Work, cell: str, here: context.Context, keep: Keep, clock: float | None = None) -> AttemptResult:
    """One attempt at one item, in the calling thread.

    `clock`: the thread's CPU seconds (time.thread_time()) from which on they are this item's; None: from now on. A slot
    gives those at the end of its item before: a look costs 2 µs (tests/bench/noop.py), so that it has one an item.
    """
    clock = thread_time() if clock is None else clock
    started = monotonic()
    context.enter(here)
    output.begin()
    try:
        outcome = context.by_itself(context.variables(), lambda: _attempt(work, cell, here, keep))
        _end_output()
    finally:
        context.enter(None)
    secrets = with_used(work.secrets)
    if secrets:
        outcome = _blotted(outcome, secrets)
        here.paces = secrets.plain(here.paces)
    ended = thread_time()
    return AttemptResult(
        outcome=outcome,
        started=started,
        finished=monotonic(),
        cpu=max(0.0, ended - clock + here.cpu),
        clock=ended,
        pace=_pace(here.paces) if here.paces else None,
        requests=here.requests,
        bytes=here.octets,
    )


def _end_output() -> None:
    try:
        output.end()
    except Exception:  # a stream that the job has put in the place of standard output
        traceback.print_exc(file=sys.__stderr__)


def _attempt(work: Work, cell: str, here: context.Context, keep: Keep) -> AttemptOutcome:
    try:
        item = read_item(work.job, cell)
        returned = work.job.function(item, **work.own_keywords())
        kept = _kept_facts(here.kept) if here.kept else ""
        if isinstance(returned, context.Unchanged) and here.renew is not None:
            return AttemptOutcome(kind="ok", code=_code(returned.code), row=here.renew(), kept=kept, unchanged=True)
        told: list[str] = []
        row = encode_row(work.columns, returned, scalar=work.job.scalar, keep=keep, told=told)
        detail = "\n".join(dict.fromkeys(told))[:MAX_DETAIL]
        return AttemptOutcome(
            kind="ok",
            code=row.code,
            row=row.text,
            error=row.cut and _short(row.cut, NOTHING),
            detail=detail,
            kept=kept,
        )
    except BaseException as error:  # the author's function: whatever it raises is this item's outcome
        return failure(error, work.secrets, lambda row: _partial(work, row, keep))


def _kept_facts(facts: Mapping[str, Any]) -> str:
    """What a later run is to know, as JSON; nothing where it is no plain data, or too long."""
    try:
        text = json.dumps(facts, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""
    return clean(text) if len(text) <= MAX_KEPT else ""


def _pace(said: Mapping[str, Any]) -> PaceReport:
    cut: dict[str, Any] = {name: words[:MAX_WORDS] if isinstance(words, str) else words for name, words in said.items()}
    return PaceReport(**cut)


def _blotted(outcome: AttemptOutcome, secrets: Blotter) -> AttemptOutcome:
    row = outcome.row and secrets.json(outcome.row)
    kept = outcome.kept and secrets.json(outcome.kept)
    kept = kept if len(kept) <= MAX_KEPT else ""  # a part of JSON is none
    return msgspec.structs.replace(outcome, code=secrets.text(outcome.code)[:MAX_CODE], row=row, kept=kept)


def failure(
    error: BaseException, secrets: Blotter = NOTHING, partial: Callable[[Any], str | None] = lambda _row: None
) -> AttemptOutcome:
    """The outcome of an attempt, or of a hook, that raised this; without the secrets, before anything is cut."""
    try:
        return _failure(error, with_used(secrets), partial)
    except BaseException as why:  # the author's exception: it may lack its words, or raise when asked for them
        words = f"{type(error).__name__}, which cannot say what it is ({type(why).__name__})"
        detail = clean(with_used(secrets).text(error_text.calls_of(error)))[-MAX_DETAIL:]
        said = _short(error_text.with_notes(error, words), with_used(secrets))
        return AttemptOutcome(kind="failed", code="bug", error=said, detail=detail)


def _failure(error: BaseException, secrets: Blotter, partial: Callable[[Any], str | None]) -> AttemptOutcome:
    if isinstance(error, TryLater):
        return _later(error, secrets, partial)
    if isinstance(error, ItemError):
        return AttemptOutcome(
            kind="failed",
            code=_code(error.code),
            error=_short(error_text.with_notes(error, as_text(error.message)), secrets),
            detail=clean(secrets.text(as_text(error.detail)))[:MAX_DETAIL],
            row=partial(error.row),
        )
    if isinstance(error, MemoryError):
        return AttemptOutcome(kind="memory", code="out_of_memory", error="needs more memory than a worker may have")
    if isinstance(error, UnencodableError):
        return AttemptOutcome(kind="failed", code="unencodable", error=_short(str(error), secrets))
    detail = clean(secrets.text(error_text.traceback_of(error)))[-MAX_DETAIL:]
    return AttemptOutcome(kind="failed", code="bug", error=_short(error_text.words(error), secrets), detail=detail)


def _code(code: Any) -> str:
    """A job's code in one line; that of a bug where it gave none."""
    return " ".join(clean(as_text("" if code is None else code)).split())[:MAX_CODE] or "bug"


def _later(error: TryLater, secrets: Blotter, partial: Callable[[Any], str | None]) -> AttemptOutcome:
    try:
        carry = None if error.carry is None else json.dumps(error.carry)
    except (TypeError, ValueError, RecursionError) as why:
        return AttemptOutcome(
            kind="failed", code="unencodable", error=_short(f"what TryLater carries is not plain data: {why}", secrets)
        )
    if carry is not None and len(carry) > MAX_CARRY:
        words = f"what TryLater carries has {len(carry):,} characters (at most {MAX_CARRY:,})"
        return AttemptOutcome(kind="failed", code="unencodable", error=words)
    group = None if error.group is None else clean(secrets.text(as_text(error.group)))[:MAX_GROUP]
    seconds = float(error.seconds)
    return AttemptOutcome(
        kind="failed",
        code=_code(error.code),
        error=_short(error_text.with_notes(error, as_text(error.message)), secrets),
        detail=clean(secrets.text(as_text(error.detail)))[:MAX_DETAIL],
        row=partial(error.row),
        later=Later(seconds=min(MAX_LATER, seconds) if 0 <= seconds < math.inf else 0.0, group=group, carry=carry),
    )


def _partial(work: Work, row: Any, keep: Keep) -> str | None:
    """The columns a failure knows all the same; nothing when they cannot be stored."""
    if row is None:
        return None
    try:
        return encode_row(work.columns, row, scalar=False, keep=keep).text
    except (UnencodableError, MemoryError):
        return None


def _short(text: str, secrets: Blotter) -> str:
    text = clean(secrets.text(text))
    return text if len(text) <= MAX_ERROR else f"{text[: MAX_ERROR - 1]}…"
