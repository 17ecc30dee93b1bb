"""The jobs there are, found by walking the package and JOBS_PATH: each a Job, or broken with the sentence why."""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import importlib.util
import keyword
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import jobs
from jobs.runtime.catalog.code_hash import python_files_below
from jobs.runtime.catalog.import_guard import (
    Aside,
    counting_interrupts,
    descriptor_aside,
    nowhere,
    process_as_it_was,
)
from jobs.runtime.catalog.job_files import NOT_JOBS, JobFiles, readable
from jobs.runtime.core import settings
from jobs.runtime.core.errors import DefinitionError, UnknownJob
from jobs.runtime.job.context import copy_decimals
from jobs.runtime.job.definition import Job, read_job


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A job file that defines no job: its name (its path, where it could not have one of its own), one sentence why,
    and the traceback if there is one."""

    name: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The jobs by name, and the broken ones."""

    jobs: Mapping[str, Job]
    broken: Mapping[str, Broken]

    @property
    def shown(self) -> Mapping[str, Job]:
        """The jobs that lists show: all but the hidden ones."""
        return {name: job for name, job in self.jobs.items() if not job.mark.hidden}

    def job(self, name: str) -> Job:
        """The job of this name. Raises UnknownJob: there is none, or it is broken, and why."""
        if name in self.broken:
            raise UnknownJob(f"job {name} is broken: {self.broken[name].reason}")
        if name not in self.jobs:
            raise UnknownJob(f"there is no job {name!r} (there are: {', '.join(self.shown) or 'none'})")
        return self.jobs[name]


_found: dict[str, tuple[tuple[object, ...], Job | Broken]] = {}
_finding = threading.Lock()


def find() -> Catalog:
    """All jobs. A file that has changed since the last call is read again; the others are not."""
    with _finding:
        extend_path()
        there = JobFiles(jobs.__path__[:2], settings.job_folders())
        found = {readable(name): _current(name, path) for name, path in sorted(there.files.items())}
    broken = {name: entry for name, entry in found.items() if isinstance(entry, Broken)}
    return Catalog(
        jobs={name: entry for name, entry in found.items() if isinstance(entry, Job)},
        broken=broken | {path: Broken(name=path, reason=reason) for path, reason in there.passed_over.items()},
    )


def find_job(name: str) -> Job:
    """The job of this name; the others' files are not looked at. Raises UnknownJob: there is none, or it is broken."""
    with _finding:
        extend_path()
        path = JobFiles(jobs.__path__[:2], settings.job_folders()).files.get(name)
        found = None if path is None else _current(name, path)
    return found if isinstance(found, Job) else find().job(name)


def load(name: str) -> Job:
    """One job, importing no other. Raises UnknownJob, DefinitionError or whatever its module raises."""
    extend_path()
    if name in NOT_JOBS:
        raise UnknownJob(f"there is no job {name!r}")
    return _read(name)


def extend_path() -> None:
    """Let the package find the jobs in JOBS_PATH as it is now, after its own."""
    jobs.__path__[:] = settings.job_path(jobs.__path__[0])


def _current(name: str, path: Path) -> Job | Broken:
    stamp = _stamp(path)
    known = _found.get(name)
    if known is not None and known[0] == stamp:
        return known[1]
    if known is not None:
        _forget(name, path)
    entry = _try(name)
    _found[name] = (stamp, entry)
    return entry


def _stamp(path: Path) -> tuple[object, ...]:
    """The times and sizes of a job's files: what changes when one of them does."""
    if path.is_dir():
        return path, *python_files_below(str(path))
    try:
        status = path.stat()
    except OSError:  # gone since it was listed, or a link to nothing
        return ()
    return path, status.st_mtime_ns, status.st_size


def _python_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _forget(name: str, path: Path) -> None:
    for file in _python_files(path):
        # Python takes its compiled file for fresh when the second and the size are the same: an edit may be both.
        with contextlib.suppress(OSError):  # where it may not be written, whoever changed the file keeps it in order
            Path(importlib.util.cache_from_source(str(file))).unlink()
    for module in [key for key in sys.modules if f"{key}.".startswith(f"jobs.{name}.")]:
        del sys.modules[module]


def _try(name: str) -> Job | Broken:
    presses: list[int] = []
    try:
        with descriptor_aside(), process_as_it_was(), counting_interrupts(presses):  # nor of decimals and variables
            return contextvars.copy_context().run(_read_aside, name)
    except (DefinitionError, UnknownJob) as error:
        return Broken(name=name, reason=str(error))
    except SyntaxError as error:
        place = f"{Path(error.filename or name).name}, line {error.lineno or 1}"
        return Broken(name=name, reason=f"{place}: {error.msg}", detail=traceback.format_exc())
    except BaseException as error:  # the author's code, at import: SystemExit and its like among them
        if presses:
            raise KeyboardInterrupt from None
        return Broken(name=name, reason=_why(error), detail=traceback.format_exc())


def _read_aside(name: str) -> Job:
    copy_decimals()
    return _read(name)


def _why(error: BaseException) -> str:
    words = " ".join(str(error).split())
    if isinstance(error, TypeError) and words.startswith("job() "):
        return f'{words}: write @job(bound="io") or @job(bound="cpu") above the function'
    return (
        f"importing it raised {type(error).__name__}: {words}"
        if words
        else f"importing it raised {type(error).__name__}"
    )


def _read(name: str) -> Job:
    _check_name(name)
    importlib.invalidate_caches()
    with contextlib.redirect_stdout(cast(IO[str], Aside(sys.stderr or nowhere()))):
        module = importlib.import_module(f"jobs.{name}")
    job = read_job(name, module)
    if job.params:
        from jobs.runtime.job.params import form_fields  # pydantic costs 190 ms: only where there are params

        form_fields(job)
    return job


def _check_name(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise DefinitionError(
            f"{readable(name)} is no name for a Python module: rename the file to letters, digits and _"
        )
    if name in jobs.__all__:
        raise DefinitionError(f"{name} is one of the names that jobs import from jobs: rename the file")
