"""Wait as long as the item says."""

import time

from jobs import job


@job(bound="io")
def pause(seconds: float) -> float:
    if seconds:
        time.sleep(seconds)
    return seconds
