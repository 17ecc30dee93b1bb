"""The items of a schedule, read anew: of a file, of a URL, of the results of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from jobs.runtime import client, inputs, reader
from jobs.runtime.client.kept_schedules import ScheduledWork
from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadInput, ItemError
from jobs.runtime.core.result_filter import ResultFilter
from jobs.runtime.core.schedules import RunSchedule, SourceKind
from jobs.runtime.inputs import Preflight
from jobs.runtime.job.definition import Job
from jobs.web.linked_list import fetch

MOST_SHOWN = 200


def read_source(schedule: RunSchedule, work: ScheduledWork) -> Preflight:
    """What its source holds now, for its job. Raises Refused, BadInput, NoItems, BadSecret."""
    job = client.job_for(schedule.job, work.params)
    if schedule.source.kind is SourceKind.RUN:
        found = _results(schedule, work, job)
    elif schedule.source.kind is SourceKind.FILE:
        path = client.file_of(schedule)
        found = _table(path.name, path, schedule, work, job)
    else:
        found = _of_url(schedule, work, job)
    if found.why_unbound:
        raise BadInput(f"{schedule.source}: {found.why_unbound}")
    return found


def _results(schedule: RunSchedule, work: ScheduledWork, job: Job) -> Preflight:
    options = dict(schedule.source.options)
    source = reader.ResultSource(
        run=schedule.source.where,
        wanted=ResultFilter(state=options.get("only", "")),
        where=tuple((name, text) for name, text in options.get("where", ())),
        explode=options.get("explode", ""),
    )
    return reader.read_results(source, job=job, column=work.column, binding=work.fields)


def _of_url(schedule: RunSchedule, work: ScheduledWork, job: Job) -> Preflight:
    """A table that is fetched, as jobs ask servers: through the guard. Of secrets in its URL nothing is told."""
    where = schedule.source.where
    values = {name: secrets.lookup(name) for name in secrets.names_in(where)}
    hidden = secrets.blotter((value, secrets.placeholder(name)) for name, value in values.items())
    try:
        content = fetch(secrets.fill(where, values.__getitem__), accept="text/csv, */*;q=0.5")
    except ItemError as error:
        raise BadInput(f"{where[:MOST_SHOWN]}: {hidden.text(str(error))}") from None
    found = _table(_name_of(where), content, schedule, work, job)
    return replace(found, table=replace(found.table, source=where[:MOST_SHOWN]))


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    return PurePosixPath(parts.path).name or parts.netloc


def _table(name: str, content: object, schedule: RunSchedule, work: ScheduledWork, job: Job) -> Preflight:
    options = dict(schedule.source.options)
    return reader.read_apart(
        content,  # type: ignore[arg-type]
        name=name,
        job=job.name,
        column=work.column,
        sheet=options.get("sheet", ""),
        options=inputs.ReadOptions(
            delimiter=options.get("delimiter"), header=options.get("header"), encoding=options.get("encoding", "")
        ),
        binding=work.fields,
        params=client.shown_params(job.name, work.params) if job.mark.fields else None,
        sitemaps=options.get("sitemaps", False),
        limits=reader.UPLOAD if isinstance(content, bytes) or schedule.on_page else reader.FILE,
    )
