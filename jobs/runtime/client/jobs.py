"""The jobs there are, and what each takes, gives and is tried with."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobs.runtime import catalog as catalogue
from jobs.runtime.catalog import Catalog
from jobs.runtime.core import budget as budgets
from jobs.runtime.core import settings
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Column, Limits, Pool
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.job.decorator import Sample
from jobs.runtime.job.definition import Job
from jobs.runtime.job.form_fields import FormField
from jobs.runtime.job.params import conceal, typed_without_secrets, validate_params
from jobs.runtime.job.params import form_fields as fields_of


def catalog() -> Catalog:
    """The jobs there are."""
    return catalogue.find()


def job_named(name: str) -> Job:
    """The job of this name, as its files are now; the others are not looked at. Raises UnknownJob."""
    return catalogue.find_job(name)


def form_fields(job: str) -> tuple[FormField, ...]:
    """A job's params as fields of a form or options of a command."""
    return fields_of(job_named(job))


def columns(job: str, params: Mapping[str, Any]) -> tuple[Column, ...]:
    """The output columns of a run with these params."""
    found = job_named(job)
    return found.columns(typed_without_secrets(found, validate_params(found, params)))


def job_for(job: str, params: Mapping[str, Any]) -> Job:
    """A job as it is for a run with these params: what it takes may depend on them. Raises UnknownJob, BadParams."""
    found = job_named(job)
    return found.with_params(typed_without_secrets(found, validate_params(found, params)))


def shown_params(job: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Params as they may be shown: complete, plain, and without the secret ones."""
    found = job_named(job)
    return conceal(found, validate_params(found, params))[0]


def check_budget(job: str, columns: Iterable[Column], budget: Budget) -> None:
    """Raises Refused for a budget that a run of this job with these columns could never reach."""
    if not budget:
        return
    budgets.check_budget(budget, {column.name: column.type for column in columns}, asks=asks(job), job=job)


def check_reuse(job: Job, reuse: Reuse | None) -> None:
    """Raises Refused where this job cannot ask whether something has changed, and is to."""
    if reuse is not None and reuse.conditional and not job.mark.conditional:
        raise Refused(f"{job.name} cannot ask whether something has changed: leave conditional out")


def asks(job: str) -> bool:
    """Whether a job asks servers, and so counts requests and bytes."""
    found = catalog().jobs.get(job)
    return found is not None and found.mark.asks


def defaults(job: str) -> tuple[Pool, Limits]:
    """The pool and the limits of a run that does not say otherwise."""
    return defaults_of(job_named(job))


def defaults_of(job: Job) -> tuple[Pool, Limits]:
    """The same, of a job that is at hand."""
    return job.default_pool(os.cpu_count() or 1), job.default_limits()


def sample(job: str, name: str = "", *, measured: bool = False) -> Path:
    """The sample input of a job, or what it is measured with. Raises Refused: it has none, or none of this name."""
    found = job_named(job)
    given = _sample_of(found, name)
    names = [given.measured] * (measured and bool(given.measured)) + [given.file or f"{job}.csv"]
    places = [folder / name for name in names for folder in (found.folder, settings.PROJECT / "data")]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise Refused(f"job {job} has no sample input: put one at {places[-2]}")
    return path


def samples(job: str) -> Mapping[str, str]:
    """The names of the samples of a job whose input is there, each with what it shows; of the only one both are empty
    texts mostly."""
    found = {}
    for given in job_named(job).mark.samples:
        with suppress(Refused):
            sample(job, given.name)
            found[given.name] = given.title
    return found


def sample_params(job: str, name: str = "") -> Mapping[str, Any]:
    """What a sample of a job is run with, unless a person says otherwise. Raises Refused: there is none such."""
    return _sample_of(job_named(job), name).params


def _sample_of(job: Job, name: str) -> Sample:
    there = {given.name: given for given in job.mark.samples}
    if not name:
        return job.mark.samples[0]
    if name not in there:
        known = f"it has {', '.join(there)}" if all(there) else "it has one alone: leave the name out"
        raise Refused(f"job {job.name} has no sample {name!r} ({known})")
    return there[name]


def few_items(jobs: Collection[str] = ()) -> Mapping[str, str]:
    """Words of a command line that give a few items, by job: of these, or of all that are shown and name some."""
    shown = catalog().shown
    asked = {name: shown[name] for name in jobs if name in shown} or shown
    return {name: job.mark.samples[0].words for name, job in asked.items() if job.mark.samples[0].words}


def joined_files(job: str) -> Mapping[str, str]:
    """The endings of files that the files of a job make one after the other, and what a run needs for each."""
    found = catalog().jobs.get(job)
    return found.mark.files.joined if found is not None else {}


def verbs_of_files() -> set[str]:
    """Other names of the command `files`, which jobs give it."""
    return {job.mark.files.verb for job in catalog().jobs.values() if job.mark.files.verb}
