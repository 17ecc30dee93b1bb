"""How a run is to be executed, as fields of a form, options of a command or parts of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from jobs.runtime.core import cluster_address, settings
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.job_terms import MOST_PROCESSES
from jobs.runtime.core.records import AUTO, CLUSTER, LOCAL, Limits, Pool
from jobs.runtime.job.form_fields import FormField

RUN_FIELDS: Mapping[str, FormField] = {
    field.name: field
    for field in (
        FormField(name="processes", input="whole", least=1, most=MOST_PROCESSES[CLUSTER], auto=True),
        FormField(name="threads", input="whole", least=1, most=1_000, auto=True),
        FormField(name="attempts", input="whole", least=1, most=100),
        FormField(name="deadline", input="number", least=0.05, most=7 * 86_400, optional=True),
        FormField(name="at_once", input="whole", least=1, most=10_000),
        FormField(name="pause", input="number", least=0, most=3_600),
    )
}
"""Each with its limits (deadline and pause in seconds), wherever its workers are: `check_place` knows more."""


def check_fields(asked: Mapping[str, float | None]) -> None:
    """Raises BadParams for a number beyond what is sensible."""
    for name, number in asked.items():
        if number is not None:
            RUN_FIELDS[name].number(number)


def pool_with(default: Pool, processes: int | None, threads: int | None) -> Pool:
    """The pool asked for, the job's default for the rest; a number of threads alone is that of one process."""
    if processes is None:
        processes = 1 if threads and default.processes == AUTO else default.processes
    return Pool(processes=processes, threads=default.threads if threads is None else threads)


def limits_with(default: Limits, given: Mapping[str, float | None]) -> Limits:
    """The limits asked for, by their names, the job's own for the rest; a deadline of None is none."""
    return replace(default, **given)  # type: ignore[arg-type]


def check_place(on: str, pool: Pool | None = None, *, sample: bool = False) -> None:
    """Raises Refused: a run cannot have its workers there, or not so many; or (`sample`) not with the sample site."""
    if on == CLUSTER:
        there = cluster_address.check(settings.value("JOBS_CLUSTER"), settings.value("JOBS_CLUSTER_CERTIFICATES"))
        if sample and not there.on_this_machine:
            raise Refused("the sample site answers on this machine alone: leave --on cluster out, or ask other pages")
    elif on != LOCAL:
        raise Refused(f"{on!r} is no place for a run: it is {LOCAL} or {CLUSTER}")
    elif pool is not None and pool.processes > MOST_PROCESSES[LOCAL]:
        raise Refused(
            f"processes: {pool.processes:,} is too large for this machine: give 1 to {MOST_PROCESSES[LOCAL]}, or have "
            f"the run on a cluster (--on cluster: 1 to {MOST_PROCESSES[CLUSTER]:,})"
        )
