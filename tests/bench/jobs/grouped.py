"""Wait as long as the item says, gently with its group: `GROUP SECONDS`."""

import time

from jobs import job


def group(text: str) -> str:
    return text.partition(" ")[0]


@job(bound="io", group=group)
def grouped(text: str) -> float:
    seconds = float(text.partition(" ")[2] or 0)
    if seconds:
        time.sleep(seconds)
    return seconds
