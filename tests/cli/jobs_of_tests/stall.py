"""Wait so many seconds."""

import time

from jobs import job


@job(bound="io")
def stall(seconds: float) -> float:
    """Wait, in small steps."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)
    return seconds
