"""The file that a person names for a table: whole or not at all, with the rights of the file whose place it takes."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from jobs.runtime.core.errors import Refused

_ACL = "system.posix_acl_access"


def check_kind(out: Path) -> None:
    """Raises Refused for what is there and no ordinary file: a device, say, would be replaced by the table."""
    if out.exists() and not out.is_file():
        raise Refused(f"{out} is no ordinary file, and would be replaced: --out wants a file")


@contextmanager
def opened(out: Path) -> Iterator[IO[bytes]]:
    """A stream to a temporary file that takes the place of `out` when it is whole and on disk.

    A link stays one: what it leads to is replaced. The file keeps owner, rights and access list of the one before it,
    as far as the system lets us; a new one has those that the umask leaves. Raises Refused.
    """
    check_kind(out)
    target = out.resolve()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        before = target.stat() if target.exists() else None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(partial, flags, 0o600 if before else 0o666), "wb") as stream:
            yield stream
            stream.flush()
            if before is not None:
                _keep_rights(stream.fileno(), target, before)
            os.fsync(stream.fileno())
        partial.replace(target)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # it is not there, or the disk says no to this too
            partial.unlink()


def _keep_rights(file: int, target: Path, before: os.stat_result) -> None:
    """Give an open file the rights of another; where it must have another group, that group may do what all may."""
    mode = stat.S_IMODE(before.st_mode) & 0o777
    if hasattr(os, "fchown"):
        for owner in (before.st_uid, -1):
            with suppress(OSError):
                os.fchown(file, owner, before.st_gid)
                break
        if os.fstat(file).st_gid != before.st_gid:
            mode = (mode & ~0o070) | ((mode & 0o007) << 3 & mode)
        os.fchmod(file, mode)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(target):
                if name == _ACL or name.startswith("user."):
                    os.setxattr(file, name, os.getxattr(target, name))
