"""Room on the disk that is set aside, so that on a full one a run can still be deleted (or cancelled): what is asked is
noted in the store, and the deletion itself writes there before it gives anything back."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import held

FILE = "runner.reserve"
BYTES = 8 * 2**20
"""A few steps of a deletion, and the write-ahead log that they fill until it is begun anew (4 MB)."""

LEAST_FREE = 8 * BYTES
"""Where less than this is free, none of it is set aside: it would make the disk full."""


def keep(home: Path) -> None:
    """Set the room aside, where it is not and there is enough."""
    with suppress(OSError, StoreError), held(home) as folder:
        if folder.status(FILE) is None and shutil.disk_usage(home).free >= LEAST_FREE:
            file = folder.open(FILE, os.O_WRONLY | os.O_CREAT)
            try:
                _fill(file)
            except OSError:
                folder.remove(FILE)
            finally:
                os.close(file)


def release(home: Path) -> bool:
    """Give the room back; whether there was any."""
    with suppress(OSError, StoreError), held(home) as folder:
        there = folder.status(FILE) is not None
        folder.remove(FILE)
        return there
    return False


def _fill(file: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, BYTES)
    else:
        os.write(file, bytes(BYTES))
