"""The runner's own words, for its log file."""

from __future__ import annotations

import time
from contextlib import suppress


def say(text: str) -> None:
    """A line of the runner's log; where none can be written (a full disk, a pipe that nobody reads), none."""
    with suppress(OSError, ValueError):
        print(time.strftime("%Y-%m-%d %H:%M:%S"), text, flush=True)
