"""Runs in lists, newest first: those that can be read, and those whose rows are damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import store
from jobs.runtime.core.errors import DamagedRun, Refused
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.home import retention
from jobs.runtime.home.retention import Expiry
from jobs.runtime.store import history


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Some runs, newest first, and beside them the `damaged` ones; `end` is the place after which the next begin (None:
    nothing stands here)."""

    runs: tuple[Run, ...] = ()
    damaged: tuple[DamagedRun, ...] = ()
    end: int | None = None


def listing(
    *,
    state: str = "",
    job: str = "",
    text: str = "",
    apart: bool | None = None,
    limit: int = 50,
    after: int | None = None,
) -> Listing:
    """Runs of a state, a job, and with a text in name, source or id; those that follow the end of another listing. With
    `apart` only those of measurements and demonstrations, or none of them."""
    with store().read() as db:
        found = history.listed(
            db,
            states=_states(state),
            job=job,
            text=text,
            limit=limit,
            before=after,
            apart=apart,
            readers=ownership.readers(),
        )
    return Listing(
        runs=tuple(one.run for one in found if not isinstance(one, DamagedRun)),
        damaged=tuple(one for one in found if isinstance(one, DamagedRun)),
        end=found[-1].number if found else None,
    )


def runs(*, state: str = "", job: str = "", text: str = "", apart: bool | None = None, limit: int = 50) -> list[Run]:
    """The newest runs that can be read, as `listing` finds them."""
    return list(listing(state=state, job=job, text=text, apart=apart, limit=limit).runs)


def every_run(*, page: int = 100, **filters: Any) -> Iterator[Run]:
    """All runs that can be read and that `listing` finds with these filters, newest first, page by page."""
    found = listing(limit=page, **filters)
    while found.end is not None:
        yield from found.runs
        found = listing(limit=page, after=found.end, **filters)


def expiring() -> list[Expiry]:
    """Of one's own runs those that will go by themselves, the first to go first; see `retention`."""
    here, whose = store(), ownership.whose()
    with here.read() as db:
        return [one for one in retention.expiring(db, here) if whose in (None, one.run.owner)]


def full_name(prefix: str) -> str:
    """The id of the run whose id begins so (`#5`: the run of this number), also of a damaged one. Raises UnknownRun."""
    with store().read() as db:
        number, name = ownership.named(db, prefix)
    return name if name.isascii() and name.isalnum() else f"#{number}"


def count_runs(*, state: str = "", job: str = "", text: str = "", apart: bool | None = None) -> int:
    """How many runs `listing` would give without a limit."""
    with store().read() as db:
        readers = ownership.readers()
        return history.counted(db, states=_states(state), job=job, text=text, apart=apart, readers=readers)


def _states(state: str) -> tuple[str, ...]:
    if not state:
        return ()
    try:
        return (RunState(state.lower()).value,)
    except ValueError:
        raise Refused(f"{state!r} is no state of a run (there are: {', '.join(RunState)})") from None
