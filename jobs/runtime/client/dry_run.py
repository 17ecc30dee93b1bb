"""A dry run: the first item of a list alone, to see what would be done and answered before anything starts."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jobs.runtime.client.jobs import defaults, job_named
from jobs.runtime.client.submission import submit
from jobs.runtime.core.records import Item, Limits, Run, Table

NAME = "dry run"


def dry_run(job: str, items: Iterator[Item], *, params: Mapping[str, Any], limits: Limits, table: Table) -> Run:
    """Submit the first item as a run of its own, with the params that its job adds for that; returns it, queued."""
    added = job_named(job).mark.dry_run or {}
    return submit(
        job,
        islice(items, 1),
        params={**params, **added},
        pool=defaults(job)[0],
        limits=limits,
        table=table,
        name=f"{NAME} · {table.source or job}",
        nonce=secrets.token_hex(16),
    )
