"""Folders and files that are their owner's alone, from the first byte on and whatever the umask, with nothing behind a
link: what lies in JOBS_HOME is made, opened and removed here.

A folder is held open while names are looked up in it, so that whoever swaps a path meanwhile gains nothing.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
_ABOVE_MODE = 0o755
"""At most: who may write to the folder above could put another one in our folder's place."""

OTHERS = 0o077
"""The rights of everybody but the owner."""

_NO_LINK, _NO_WAIT = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)
_NO_LINKS = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}
"""What says that a file can have no second name, or no further one."""

_HELD = os.open in os.supports_dir_fd
"""Whether names can be looked up in a folder that is held open (not on Windows)."""


class Folder:
    """A folder of ours that is held open. Its methods take bare names; what they raise is an OSError, or a StoreError
    that names what is not ours, or is a link."""

    def __init__(self, path: Path, handle: int | None) -> None:
        self.path, self.handle = path, handle

    def folder(self, name: str, *, make: bool = False) -> Folder:
        """A folder in this one; with `make`, made where there is none."""
        if make:
            with suppress(FileExistsError):
                os.mkdir(self._known(name), FOLDER_MODE, dir_fd=self.handle)
        return Folder(self.path / name, _held(self._known(name), self.path / name, self.handle))

    def open(self, name: str, flags: int) -> int:
        """A descriptor of a file in it; with O_CREAT, made for us alone. Never that of what a link leads to, nor of
        what is no ordinary file (a FIFO would have us wait)."""
        path = self.path / name
        handle = _opened(self._known(name), path, flags | _NO_WAIT, self.handle)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise StoreError(f"{path} is no ordinary file: {REMEDY}")
            if flags & os.O_CREAT:
                _close_to_others(handle)
            if _HELD:
                os.set_blocking(handle, True)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def open_fifo(self, name: str, flags: int) -> int:
        """A descriptor of a FIFO in it, which never waits."""
        return _opened(self._known(name), self.path / name, flags | _NO_WAIT, self.handle)

    def names(self) -> list[str]:
        """The names in it."""
        return os.listdir(self.path if self.handle is None else self.handle)  # noqa: PTH208 (of what is held)

    def status(self, name: str) -> os.stat_result | None:
        """What a name is, itself and not what it leads to; None: there is none."""
        with suppress(FileNotFoundError):
            return os.stat(self._known(name), dir_fd=self.handle, follow_symlinks=False)
        return None

    def replace(self, name: str, target: str) -> None:
        """Give a file its final name."""
        os.replace(self._known(name), self._known(target), src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def link(self, name: str, folder: Folder, target: str) -> None:
        """Give a file in it a second name in another folder; where there can be none, make a copy. Raises OSError."""
        found = self.status(name)
        if found is None or not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path / name))
        try:
            os.link(
                *(self._known(name), folder._known(target)),
                src_dir_fd=self.handle,
                dst_dir_fd=folder.handle,
                follow_symlinks=False,
            )
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._copy(name, folder, target)

    def _copy(self, name: str, folder: Folder, target: str) -> None:
        part = f"{target}.{os.getpid()}.part"
        written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with (
            os.fdopen(self.open(name, os.O_RDONLY), "rb") as source,
            os.fdopen(folder.open(part, written), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy, 2**20)
            copy.flush()
            os.fsync(copy.fileno())
        folder.replace(part, target)

    def remove(self, name: str) -> None:
        """Remove a file, or a link (never what it leads to); nothing where there is none."""
        with suppress(FileNotFoundError):
            os.unlink(self._known(name), dir_fd=self.handle)

    def remove_folder(self, name: str) -> None:
        """Remove a folder in it with its files and folders, as far as the disk lets us; of a link, the link."""
        with suppress(OSError, StoreError):
            with opened(self.folder(name)) as doomed:
                for inner in doomed.names():
                    found = doomed.status(inner)
                    with suppress(OSError):
                        if found is not None and stat.S_ISDIR(found.st_mode):
                            doomed.remove_folder(inner)
                        else:
                            doomed.remove(inner)
            os.rmdir(self._known(name), dir_fd=self.handle)
            return
        with suppress(OSError):
            self.remove(name)

    def tighten(self, name: str) -> None:
        """Take the rights of others away from a file or a folder in it, never from what a link leads to."""
        found = self.status(name)
        if found is not None and found.st_mode & OTHERS and not stat.S_ISLNK(found.st_mode):
            with suppress(PermissionError):  # a file system that keeps no rights
                os.chmod(self._known(name), stat.S_IMODE(found.st_mode) & ~OTHERS, dir_fd=self.handle)

    def close(self) -> None:
        """Hold it no longer."""
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None

    def _known(self, name: str) -> str:
        if name in ("", ".", "..") or "/" in name or os.sep in name or "\0" in name:
            raise StoreError(f"{name[:80]!r} is no name of a file in {self.path}")
        return name if self.handle is not None else str(self.path / name)


@contextmanager
def opened(folder: Folder) -> Iterator[Folder]:
    """Hold a folder for a while."""
    try:
        yield folder
    finally:
        folder.close()


@contextmanager
def held(path: Path, *names: str, make: bool = False) -> Iterator[Folder]:
    """Hold the folder at `path`, or below it by these names, each of them ours and no link. With `make`, those below
    are made where they are not. Raises OSError, StoreError."""
    folder = Folder(path, _held(path, path, None))
    try:
        for name in names:
            inner = folder.folder(name, make=make)
            folder.close()
            folder = inner
        yield folder
    finally:
        folder.close()


def make_folder(path: Path) -> None:
    """Make a folder for us alone where there is none, and those above it for us to write. Raises OSError."""
    missing = [above for above in path.parents if not above.exists()]
    for above in reversed(missing):
        with suppress(FileExistsError):
            above.mkdir(_ABOVE_MODE)
    with suppress(FileExistsError):
        path.mkdir(FOLDER_MODE)
        path.chmod(FOLDER_MODE)  # a umask may have taken more


def open_file(path: Path, flags: int) -> int:
    """As `Folder.open`, of a file whose folder is ours."""
    with held(path.parent) as folder:
        return folder.open(path.name, flags)


def _held(known: str | Path, path: Path, within: int | None) -> int | None:
    """A descriptor of a folder of ours that is no link; None where the system holds none."""
    return _opened(known, path, os.O_RDONLY | os.O_DIRECTORY, within) if _HELD else None


def _opened(known: str | Path, path: Path, flags: int, within: int | None) -> int:
    """A descriptor of what is ours and no link. Raises OSError with the path, StoreError."""
    try:
        handle = os.open(known, flags | _NO_LINK, FILE_MODE, dir_fd=within)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and path.is_symlink():
            raise StoreError(f"{path} is a symbolic link, and may lead anywhere: {REMEDY}") from None
        error.filename = str(path)
        raise
    try:
        check_owner(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def _close_to_others(handle: int) -> None:
    """The owner's rights and no others, also where the umask took some of them, or the file is an old one."""
    if _HELD and stat.S_IMODE(os.fstat(handle).st_mode) != FILE_MODE:
        with suppress(PermissionError):  # a file system that keeps no rights
            os.fchmod(handle, FILE_MODE)


def check_owner(path: Path, found: os.stat_result) -> None:
    """Raises StoreError where a file or folder is another user's."""
    if _HELD and found.st_uid != os.geteuid():
        raise StoreError(f"{path} belongs to {user(found.st_uid)}, not to {user(os.geteuid())}: {REMEDY}")


def user(number: int) -> str:
    """A user as people name it: `user nobody`, or `user 65534` where it has no name."""
    import pwd  # not on Windows

    with suppress(KeyError):
        return f"user {pwd.getpwuid(number).pw_name}"
    return f"user {number}"


REMEDY = "nothing was changed; remove it, or set JOBS_HOME to a folder of your own"
