"""Which items of a run have begun what must not be done twice: a byte an item, in a file beside the run's artifacts.

It is written before, and outlives the death of any process; what an item became is the store's affair.
"""

from __future__ import annotations

import os
from pathlib import Path

from jobs.runtime.core.private_files import held
from jobs.runtime.home.artifacts import FOLDER

FILE = "begun"


def begin(home: Path, run: str, position: int, attempt: int, *, lost: bool) -> bool:
    """Note that an attempt at an item begins; whether no earlier one had begun it and ended without an outcome: its
    worker died (`lost`; this attempt is the next), or the runner (this is the same again). Raises OSError,
    StoreError."""
    before = earlier(home, run, position)
    if before and (before == attempt or (lost and before == attempt - 1)):
        return False
    note(home, run, position, attempt)
    return True


def earlier(home: Path, run: str, position: int) -> int:
    """The attempt (from 1, at most 255) that has begun it last; 0: none. Raises OSError, StoreError."""
    with held(home, FOLDER, run, make=True) as place:
        handle = place.open(FILE, os.O_RDWR | os.O_CREAT)
        try:
            found = os.pread(handle, 1, position)
        finally:
            os.close(handle)
    return found[0] if found else 0


def note(home: Path, run: str, position: int, attempt: int) -> None:
    """Note that this attempt begins it. Raises OSError, StoreError."""
    with held(home, FOLDER, run, make=True) as place:
        handle = place.open(FILE, os.O_RDWR | os.O_CREAT)
        try:
            os.pwrite(handle, bytes([min(attempt, 255)]), position)
        finally:
            os.close(handle)
