"""One cell as one item of a job, within its limits; and what equal items share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_origin

from jobs.runtime.core.errors import ItemError
from jobs.runtime.job.annotations import extras_of, stands_for
from jobs.runtime.job.definition import Job
from jobs.runtime.job.hook_call import hook_arguments
from jobs.runtime.job.item_kinds import Kind


def read_item(job: Job, cell: str) -> Any:
    """The item a cell stands for. Raises ItemError: `invalid_item` (or the kind's own code) with a sentence."""
    try:
        item = job.kind.read(cell)
    except ValueError as error:
        raise ItemError("invalid_item", str(error)) from None
    check = _limits(job)
    return item if check is None else check(item)


_checks: dict[Callable[..., Any], Callable[[Any], Any] | None] = {}


def _limits(job: Job) -> Callable[[Any], Any] | None:
    if job.function not in _checks:
        _checks[job.function] = _item_checker(job)
    return _checks[job.function]


def _item_checker(job: Job) -> Callable[[Any], Any] | None:
    limits = [extra for extra in extras_of(job.item_annotation) if not isinstance(extra, Kind)]
    if not limits and get_origin(stands_for(job.item_annotation)) is not Literal:
        return None
    from jobs.runtime.job.value_limits import value_checker  # pydantic costs 190 ms: only where an item has limits

    return value_checker(job.item_name, job.item_annotation)


def key_of(job: Job, item: Any) -> Any:
    """What equal items share; None where the job's hook gives none, or fails, as the item then will in its run.

    Raises ItemError where the hook does.
    """
    try:
        return job.mark.key(*hook_arguments(job.mark.key, item, job.values)) if job.mark.key else None
    except ItemError:
        raise
    except Exception:  # the author's hook
        return None
