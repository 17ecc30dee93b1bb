"""Wait so many seconds."""

import time

from jobs import job, progress


@job(bound="io")
def stall(seconds: float) -> float:
    """Wait, in small steps, and say so."""
    progress(0.25, "waiting")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)
    return seconds
