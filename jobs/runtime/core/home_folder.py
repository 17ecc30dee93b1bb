"""The folder JOBS_HOME itself: made for its owner alone, an older one tightened, a stranger's refused."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core import notices
from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import (
    FOLDER_MODE,
    OTHERS,
    REMEDY,
    Folder,
    check_owner,
    held,
    make_folder,
    opened,
)

LOG, DOORBELL = "runner.log", "runner.bell"
STORE = "store.sqlite3"
FOLDERS = ("artifacts", "workers", "secrets", "audit", "shared")
FILES = (
    *(STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}-journal"),
    *("runner.lock", DOORBELL, "runner.trouble", "runner.reserve", LOG, "sample.port"),
)
"""What a home is made of, as far as the names are known beforehand."""

_NOBODYS = ("lost+found",)
_WRITABLE = 0o022


def prepare(home: Path) -> None:
    """Make the folder, or see that it is ours alone: what others may read or write of it is closed to them, and said.

    The folder itself is closed first, so that nobody puts anything there while the rest is looked at; a subfolder after
    what is in it, so that one whose tightening was cut short is seen to again. Raises StoreError for a folder of
    another user, one that serves something else, and for links and foreign files in it; then nothing was changed but,
    at most, rights taken from others.
    """
    there = home.exists()
    try:
        make_folder(home)
        with held(home) as folder:
            _prepare(folder)
    except OSError as error:
        what = "opened" if there else "made"
        raise StoreError(f"the folder {home} cannot be {what}: {error.strerror} (JOBS_HOME names it)") from None


def _prepare(folder: Folder) -> None:
    if folder.handle is None:  # a system whose rights are other ones
        return
    mode = os.fstat(folder.handle).st_mode
    if mode & OTHERS:
        _check_purpose(folder, mode)
        with suppress(PermissionError):
            os.fchmod(folder.handle, FOLDER_MODE)
    found = {name: status for name in (*FILES, *FOLDERS) if (status := folder.status(name)) is not None}
    for name, status in found.items():
        _check(folder.path / name, status)
        _check_names(folder.path / name, status, shared=bool(mode & _WRITABLE))
    misplaced = [name for name in FILES if name in found and stat.S_ISDIR(found[name].st_mode)]
    loose = [name for name, status in found.items() if status.st_mode & OTHERS and name not in misplaced]
    for name in loose:
        _tighten(folder, name)
    if mode & OTHERS or loose:
        _say(folder)


def _check_purpose(folder: Folder, mode: int) -> None:
    """Raises StoreError for a folder that holds other things and no store: closing it would shut others out."""
    names = folder.names()
    others = [name for name in names if not name.startswith(".") and name not in (*FILES, *FOLDERS, *_NOBODYS)]
    if others and (STORE not in names or mode & stat.S_ISVTX):
        raise StoreError(
            f"{folder.path} holds other things ({', '.join(sorted(others)[:3])}) and is open to other users, which "
            "JOBS_HOME may not be: give it a folder of its own, or close that one (chmod 700)"
        )


def _check(path: Path, found: os.stat_result) -> None:
    """Raises StoreError for a link, and for what is another user's."""
    if stat.S_ISLNK(found.st_mode):
        raise StoreError(f"{path} is a symbolic link, and may lead anywhere: {REMEDY}")
    check_owner(path, found)


def _check_names(path: Path, found: os.stat_result, *, shared: bool) -> None:
    """Raises StoreError for what is no ordinary file (of a folder there, whoever opens it says so), and for a file in
    place of a folder; in a folder that others could write to also for a file with a second name, which may be anywhere.
    """
    is_folder, is_file = stat.S_ISDIR(found.st_mode), stat.S_ISREG(found.st_mode)
    if path.name in FOLDERS and not is_folder:
        raise StoreError(f"{path}: Not a directory: see the rights of its folder, or set JOBS_HOME")
    bell = path.name == DOORBELL and stat.S_ISFIFO(found.st_mode)
    if path.name in FILES and not (is_file or is_folder or bell):
        raise StoreError(f"{path} is no ordinary file: {REMEDY}")
    if shared and found.st_nlink > 1 and is_file:
        raise StoreError(f"{path} has a second name somewhere (a hard link), and others could put it there: {REMEDY}")


def _tighten(folder: Folder, name: str) -> None:
    """Take the rights of others from a file, or from a folder after all that is in it. Raises StoreError for a link in
    it, and what is not ours."""
    if stat.S_ISDIR(getattr(folder.status(name), "st_mode", 0)):
        with opened(folder.folder(name)) as inner:
            for below in inner.names():
                if (found := inner.status(below)) is not None:
                    _check(inner.path / below, found)
                    _tighten(inner, below)
    folder.tighten(name)


def _say(folder: Folder) -> None:
    """In the runner's log, and to whoever listens."""
    sentence = f"{folder.path} was open to other users of this machine: it is yours alone now"
    if os.fstat(folder.handle or 0).st_mode & OTHERS:
        sentence = (
            f"{folder.path} stays open to other users of this machine: its file system keeps no rights. "
            "Set JOBS_HOME to a folder on another one"
        )
    with suppress(OSError):
        log = folder.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}\n".encode())
        os.close(log)
    notices.say(sentence)
