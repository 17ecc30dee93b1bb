"""All runs and presets of a home as one file, and back: a ZIP of a snapshot of the store and of the artifacts of its
runs.

Secrets that were given as they are stay at home: a backup holds their names at most.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.runtime import exports
from jobs.runtime.client.kept_schedules import count_schedules
from jobs.runtime.client.listing import count_runs
from jobs.runtime.client.presets import count_presets
from jobs.runtime.client.runner_process import stop_runner, store
from jobs.runtime.core import home_folder, private_files, settings
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import require_admin
from jobs.runtime.core.records import RunState
from jobs.runtime.home import artifacts
from jobs.runtime.home.runner_lock import RunnerLock
from jobs.runtime.store import runs, snapshot

MANIFEST, FORMAT = "fanout-backup.json", 1
CHUNK = 2**20
REST, LOOK_SECONDS = 4.0, 0.2
"""How much longer than it works a backup rests while runs go on, and how often it looks whether any does."""

PATIENCE = 12.0
"""Seconds that a restore waits for a runner to leave the home."""

_ARTIFACT = re.compile(rf"{artifacts.FOLDER}/([0-9a-z]{{1,64}})/([A-Za-z0-9_-][A-Za-z0-9._-]{{0,199}})")
"""Names that a worker gives: what a backup holds under others is never written."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a backup holds: how many runs and files, and the bytes they take where they lie unpacked."""

    runs: int
    files: int
    size: int


def backup(out: Path) -> Kept:
    """Write all runs, as they are at this moment, to a file: whole or not at all, for its owner alone. Runs go on
    meanwhile. Raises Refused, NotAllowed, StoreError."""
    require_admin("a backup")
    with exports.opened(out) as stream, _beside(out) as copy:
        if hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), private_files.FILE_MODE)
        rest = _Rest()
        ids = snapshot.take(store(), copy, rest.take)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            about = {"format": FORMAT, "made_at": time.time(), "runs": len(ids)}
            archive.writestr(MANIFEST, json.dumps(about))
            size = exports.pack(archive, copy, home_folder.STORE, rest.take)
            sizes = [size for run in ids for size in _packed(archive, _files(run), rest)]
        return Kept(runs=len(ids), files=len(sizes), size=size + sum(sizes))


class _Rest:
    """What a backup leaves to runs that go on: it rests four times as long as it works. (To be nice is not enough:
    Linux shares the processors among sessions first, and the runner has one of its own.)"""

    def __init__(self) -> None:
        self._store, self._looked = store(), -LOOK_SECONDS
        self._since = time.monotonic()
        self._share = 0.0

    def take(self) -> None:
        """Rest for what was done since the last rest."""
        now = time.monotonic()
        if now >= self._looked + LOOK_SECONDS:
            with self._store.read() as db:
                self._share = REST if runs.in_state(db, RunState.RUNNING) else 0.0
            self._looked = now
        time.sleep(self._share * (now - self._since))
        self._since = time.monotonic()


def restore(file: Path) -> Kept:
    """Bring the runs of a backup into this home, which has none yet; what was not over is paused. The store comes last:
    after a restore that was cut short, the home has no runs still. Raises Refused, NotAllowed, StoreError."""
    require_admin("a restore")
    with _opened(file) as archive:
        if what := _what_is_there():
            raise Refused(f"{settings.home()} has {what} already: set JOBS_HOME to a new folder, and restore there")
        stop_runner(PATIENCE)
        lock = RunnerLock(settings.home())
        if not lock.take(PATIENCE):
            raise Refused(f"a runner works in {settings.home()}: try again when it has left")
        try:
            return _restore(archive)
        finally:
            lock.leave()


def _what_is_there() -> str:
    """What a home has that a restore would take away; empty: nothing."""
    there = {"runs": count_runs(), "presets": count_presets(), "schedules": count_schedules()[0]}
    return next((what for what, number in there.items() if number), "")


def _restore(archive: zipfile.ZipFile) -> Kept:
    home, size, files = settings.home(), 0, 0
    for entry in archive.infolist():
        if found := _ARTIFACT.fullmatch(entry.filename):
            size += _extract(archive, entry, (artifacts.FOLDER, found[1]), found[2])
            files += 1
    part = f"{home_folder.STORE}.part"
    size += _extract(archive, archive.getinfo(home_folder.STORE), (), part)
    number = snapshot.adopt(home / part, time.time())
    if _what_is_there():
        raise Refused(f"runs were started in {home} meanwhile: set JOBS_HOME to a new folder, and restore there")
    with private_files.held(home) as folder:
        for ending in ("-wal", "-shm"):
            folder.remove(home_folder.STORE + ending)
        folder.replace(part, home_folder.STORE)
    return Kept(runs=number, files=files, size=size)


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """An empty file beside another, for us alone and for a while; a store may leave a log beside it."""
    path = out.resolve().with_name(f".{out.name}.{secrets.token_hex(4)}.store")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, private_files.FILE_MODE))
        yield path
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                path.with_name(path.name + ending).unlink()


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """A backup to be read. Raises Refused for what is none, is cut or damaged, or of a newer Fanout."""
    try:
        with zipfile.ZipFile(file) as archive:
            made = json.loads(archive.read(MANIFEST))["format"]
            if made > FORMAT:
                raise Refused(f"{file} was written by a newer Fanout: update this one")
            yield archive
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, TypeError, zlib.error) as error:
        raise Refused(f"{file} is no backup of Fanout, or is damaged ({error})") from error


def _files(run: str) -> list[Path]:
    """The whole artifacts of a run."""
    with suppress(FileNotFoundError):
        there = artifacts.folder(settings.home(), run).iterdir()
        return sorted(path for path in there if not path.name.endswith(artifacts.PART))
    return []


def _packed(archive: zipfile.ZipFile, paths: list[Path], rest: _Rest) -> Iterator[int]:
    """Pack artifacts, but for those that were deleted meanwhile; the bytes of each."""
    for path in paths:
        with suppress(FileNotFoundError):
            yield exports.pack(archive, path, f"{artifacts.FOLDER}/{path.parent.name}/{path.name}", rest.take)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, names: tuple[str, ...], name: str) -> int:
    """Write an entry to a file of the home, on the disk; returns its bytes."""
    with (
        archive.open(entry) as packed,
        private_files.held(settings.home(), *names, make=True) as folder,
        os.fdopen(folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file,
    ):
        shutil.copyfileobj(packed, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
    return entry.file_size
