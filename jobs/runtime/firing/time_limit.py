"""A bound on all that a receiver may take: what asks it in turn bounds each silence alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from jobs.runtime.core.units import duration

MORE_SECONDS = 30.0
"""After that the process ends where the cut had no effect: it stands in a C call that no signal ends, as where a name
is looked up."""

STUCK = 75
"""Its exit code then: EX_TEMPFAIL of sysexits.h."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done in here is cut after so many seconds, and each second after that. Raises TimeoutError. For the main
    thread alone: it goes by a signal, which also ends the reading of an answer that comes byte by byte."""
    late = over = False
    said = f"it took longer than {duration(seconds)} in all"

    def cut(*_: object) -> None:
        nonlocal late
        if not over:
            late = True
            raise TimeoutError(said)

    last = Timer(seconds + MORE_SECONDS, os._exit, (STUCK,))
    last.daemon = True
    last.start()
    before = signal.signal(signal.SIGALRM, cut)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
        over = True
    except OSError as error:  # libraries have their own words for it
        if late:
            raise TimeoutError(said) from error
        raise
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        last.cancel()
