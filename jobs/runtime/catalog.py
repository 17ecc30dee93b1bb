"""The jobs there are, found by walking the package and JOBS_PATH: each a Job, or broken with the sentence why."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import io
import keyword
import os
import pkgutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import jobs
from jobs.runtime import settings
from jobs.runtime.errors import DefinitionError, UnknownJob
from jobs.runtime.job import Job, read_job

NOT_JOBS = frozenset({"runtime", "ui", "__main__"})


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A job file that defines no job: its name, one sentence why, and the traceback if there is one."""

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


_found: dict[str, tuple[str, Job | Broken]] = {}
_finding = threading.Lock()


def find() -> Catalog:
    """All jobs. A file that has changed since the last call is read again; the others are not."""
    with _finding:
        extend_path()
        found = {name: _current(name, path) for name, path in sorted(_job_files())}
    return Catalog(
        jobs={name: entry for name, entry in found.items() if isinstance(entry, Job)},
        broken={name: entry for name, entry in found.items() if isinstance(entry, Broken)},
    )


def load(name: str) -> Job:
    """One job, importing no other. Raises UnknownJob, DefinitionError or whatever its module raises."""
    extend_path()
    if name in NOT_JOBS:
        raise UnknownJob(f"there is no job {name!r}")
    return _read(name)


def extend_path() -> None:
    """Let the package find the jobs in JOBS_PATH, after its own."""
    own = jobs.__path__[0]
    jobs.__path__[1:] = dict.fromkeys(str(folder) for folder in settings.value("JOBS_PATH") if str(folder) != own)


def code_hash() -> str:
    """A name for the code as it stands: of every Python file of the package (pages aside) and of JOBS_PATH.

    The files are read again only when the time or size of one has changed: asked for at every submit, it must be quick.
    """
    folders = (jobs.__path__[0], *map(str, settings.value("JOBS_PATH")))
    files = tuple(found for folder in folders for found in sorted(_sources(folder, folder)))
    if files not in _hashes:
        _hashes.clear()
        _hashes[files] = _hash(files)
    return _hashes[files]


_hashes: dict[tuple[tuple[str, str, int, int], ...], str] = {}


def _hash(files: tuple[tuple[str, str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, path, *_ in files:
        digest.update(f"{name}\0".encode())
        with contextlib.suppress(OSError):
            digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def _job_files() -> Iterator[tuple[str, Path]]:
    seen: set[str] = set()
    for folder in list(jobs.__path__):
        for module in pkgutil.iter_modules([folder]):
            name = module.name
            if name in NOT_JOBS or name.startswith("_") or name in seen:
                continue
            seen.add(name)
            yield name, Path(folder, name) if module.ispkg else Path(folder, f"{name}.py")


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


def _stamp(path: Path) -> str:
    """The times and sizes of a job's files, as one text that changes when one of them does."""
    if path.is_dir():
        return str(sorted(_sources(str(path), "")))
    try:
        status = path.stat()
    except OSError:  # gone since it was listed, or a link to nothing
        return "?"
    return f"{status.st_mtime_ns}:{status.st_size}"


def _python_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _forget(name: str, path: Path) -> None:
    for file in _python_files(path):
        # Python takes its compiled file for fresh when the second and the size are the same: an edit may be both.
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
    for module in [key for key in sys.modules if f"{key}.".startswith(f"jobs.{name}.")]:
        del sys.modules[module]


def _try(name: str) -> Job | Broken:
    presses: list[int] = []
    try:
        with _counting(presses):
            return _read(name)
    except (DefinitionError, UnknownJob) as error:
        return Broken(name=name, reason=str(error))
    except SyntaxError as error:
        place = f"{Path(error.filename or name).name}, line {error.lineno or 1}"
        return Broken(name=name, reason=f"{place}: {error.msg}", detail=traceback.format_exc())
    except BaseException as error:  # the author's code, at import: SystemExit and its like among them
        if presses:
            raise KeyboardInterrupt from None
        return Broken(name=name, reason=_why(error), detail=traceback.format_exc())


@contextlib.contextmanager
def _counting(presses: list[int]) -> Iterator[None]:
    """Note each Ctrl-C in a list, beside what it does: a job may raise KeyboardInterrupt too."""
    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def press(number: int, _: object) -> None:
        presses.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
    with contextlib.redirect_stdout(cast(IO[str], _Aside(sys.stderr or _nowhere()))):
        module = importlib.import_module(f"jobs.{name}")
    job = read_job(name, module)
    if job.params:
        from jobs.runtime.params import form_fields  # pydantic costs 190 ms: only where there are params

        form_fields(job)
    return job


class _Aside:
    """Standard error, where a job expects standard output: what it prints at import is no part of anybody's output.
    Neither it nor its buffer can be closed, not even by the end of what a job wraps around them."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def buffer(self) -> Any:
        """As of a stream of text."""
        return _Aside(self._stream.buffer)

    def detach(self) -> Any:
        """As of a stream of text, which goes on."""
        return self.buffer

    def close(self) -> None:
        """As of any stream."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _nowhere() -> IO[str]:
    """What takes the place of standard error where there is none (`2>&-`)."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _check_name(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise DefinitionError(f"{name} is no name for a Python module: rename the file to letters, digits and _")
    if name in jobs.__all__:
        raise DefinitionError(f"{name} is one of the names that jobs import from jobs: rename the file")


def _sources(folder: str, top: str) -> Iterator[tuple[str, str, int, int]]:
    """(name, path, time, size) of the Python files below a folder; by scandir, ten times as quick as Path.rglob."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(".py"):
            try:
                status = entry.stat()
            except OSError:
                continue
            yield entry.path[len(top) :].lstrip(os.sep), entry.path, status.st_mtime_ns, status.st_size
        elif entry.name != "__pycache__" and entry.path[len(top) :].lstrip(os.sep) != "ui" and entry.is_dir():
            yield from _sources(entry.path, top)
