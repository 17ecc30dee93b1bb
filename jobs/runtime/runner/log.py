"""The runner's own words, for its log file: the standard library's logging, to standard output."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

from jobs.runtime.core.text import visible

_LOG = logging.getLogger("fanout.runner")


class _Lines(logging.StreamHandler):  # type: ignore[type-arg]
    """Lines on standard output, wherever that leads now; where none can be written (a full disk, a pipe that nobody
    reads), none."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        with suppress(OSError, ValueError):
            sys.stdout.write(f"{self.format(record)}\n")
            sys.stdout.flush()


def _configure() -> None:
    lines = _Lines()
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    _LOG.addHandler(lines)
    _LOG.setLevel(logging.INFO)
    _LOG.propagate = False


_configure()


def say(text: str) -> None:
    """A line of the runner's log."""
    _LOG.info("%s", visible(text))
