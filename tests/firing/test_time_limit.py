"""The bound on what a receiver may take holds also where no signal reaches it."""

from __future__ import annotations

import signal
import threading

import pytest

from jobs.runtime.firing.time_limit import STUCK, within
from tests.support.processes import run_python

STUCK_IN_C = """
import signal, threading
from jobs.runtime.firing import time_limit
time_limit.MORE_SECONDS = 0.5
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
with time_limit.within(0.1):
    threading.Event().wait(300)
"""


def test_a_process_that_no_signal_reaches_is_ended() -> None:
    """As where it stands in the look-up of a name."""
    assert run_python("-c", STUCK_IN_C).returncode == STUCK


def test_what_ends_in_time_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())

    with within(60):
        pass
    with pytest.raises(TimeoutError, match="took longer than 100 ms in all"), within(0.1):
        threading.Event().wait(30)

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
