"""A run's first step, in a worker: the job's hooks over its items. One item's fault is that item's alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from jobs.runtime.errors import ItemError
from jobs.runtime.job import Job
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


def key_of(job: Job, item: Any) -> Any:
    """What equal items share; None where the job's hook gives none, or fails, as the item then will in its run.

    Raises ItemError where the hook does.
    """
    try:
        return job.mark.key(item) if job.mark.key else None
    except ItemError:
        raise
    except Exception:  # the author's hook
        return None


def _ask(work: Work, params: Mapping[str, Any], cell: str) -> tuple[str, float | None, str | None]:
    mark = work.job.mark
    item = read_item(work.job, cell)
    refusal = mark.check(item, params) if mark.check else None
    if refusal:
        raise ItemError("over_budget", str(refusal))
    group = mark.group(item) if mark.group else None
    cost = float(mark.cost(item, params)) if mark.cost else None
    key = mark.key(item) if mark.key else None
    return _words(group)[:500], cost, None if key is None else _digest(str(key))


def _words(group: Any) -> str:
    """A group's name; none where the hook gave None, which is no name that items share."""
    return "" if group is None else clean(str(group))


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
