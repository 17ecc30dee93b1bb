"""The runner's own words, for its log file."""

from __future__ import annotations

import time


def say(text: str) -> None:
    """A line of the runner's log."""
    print(time.strftime("%Y-%m-%d %H:%M:%S"), text, flush=True)
