"""A run's first step, in a worker: the job's hooks over its items. One item's fault is that item's alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from jobs.runtime.errors import ItemError
from jobs.runtime.perform import Verdict, Work, failure, read_item
from jobs.runtime.rows import clean


def plan_items(work: Work, params: Mapping[str, Any], cells: Iterable[tuple[int, str]]) -> list[list[Any]]:
    """For each (position, cell): [position, code, error, detail, group, cost, key].

    With a code the item has failed already: it is none (`invalid_item`), is refused (`over_budget`), or a hook raised.
    The key is 16 bytes in hexadecimal, or None.
    """
    return [_plan(work, params, position, cell) for position, cell in cells]


def _plan(work: Work, params: Mapping[str, Any], position: int, cell: str) -> list[Any]:
    try:
        group, cost, key = _ask(work, params, cell)
    except BaseException as error:  # the author's hooks: whatever they raise is this item's outcome
        verdict: Verdict = failure(error)
        return [position, verdict.code, verdict.error, verdict.detail, "", None, None]
    return [position, "", "", "", group, cost, key]


def _ask(work: Work, params: Mapping[str, Any], cell: str) -> tuple[str, float | None, str | None]:
    mark = work.job.mark
    item = read_item(work.job, cell)
    refusal = mark.check(item, params) if mark.check else None
    if refusal:
        raise ItemError("over_budget", str(refusal))
    group = clean(str(mark.group(item)))[:500] if mark.group else ""
    cost = float(mark.cost(item, params)) if mark.cost else None
    key = _digest(str(mark.key(item))) if mark.key else None
    return group, cost, key


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
