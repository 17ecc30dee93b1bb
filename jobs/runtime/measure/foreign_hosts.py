"""Whose servers a measurement would ask: those of this machine, or a stranger's, which are no benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from jobs.runtime.core.errors import ItemError
from jobs.runtime.core.records import Item
from jobs.runtime.core.web_names import is_loopback
from jobs.runtime.job.definition import Job
from jobs.runtime.job.hook_call import hook_arguments
from jobs.runtime.job.items import read_item
from jobs.runtime.sample.hosts import needs_sample

MOST_ITEMS = 50
"""Items of a measurement that asks strangers' servers; each way asks for each once."""

HOOK_ERRORS = (ItemError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What a hook may raise for a cell that is no item."""


def asks_others(job: Job) -> bool:
    """Whether the items of a job may be asked of other people's servers: they are URLs, or it waits and must be gentle
    with what they share."""
    return job.kind.name == "URL" or (job.bound == "io" and job.mark.group is not None)


def strangers(job: Job, items: Iterable[Item]) -> int:
    """How many of these items are neither on the sample site nor on this machine."""
    if not asks_others(job):
        return 0
    return sum(1 for item in items if not is_own(group_of(job, item.cell)))


def group_of(job: Job, cell: str) -> str:
    """The group of an item, for a URL its host, as the job itself reads it; empty for what is no item, so that nobody
    is asked. The hook is pure and cheap: its author has promised that."""
    try:
        item = read_item(job, cell)
        group = job.mark.group
        if group is None:
            return urlsplit(str(item)).hostname or str(item)
        return str(group(*hook_arguments(group, item, job.values)))
    except HOOK_ERRORS:
        return ""


def is_own(host: str) -> bool:
    """Whether a host is of the sample site or this machine; an empty one is nobody's."""
    return host == "" or needs_sample(host) or is_loopback(host)
