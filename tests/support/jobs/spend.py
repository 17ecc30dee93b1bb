"""Spend what the item says: requests, bytes and a cost, as in `1 500 0.25`; then wait, or fail, where it says so."""

import time
from typing import Any

from typing_extensions import TypedDict

from jobs import ItemError, TryLater, attempt, job, spent


class Row(TypedDict):
    cost: float | None
    words: str
    anything: Any


@job(bound="io", asks=True, codes={"no": "as the item said"})
def spend(text: str) -> Row:
    requests, octets, cost, *verbs = text.split()
    spent(requests=int(requests), bytes=int(octets))
    row: Row = {"cost": None if cost == "none" else float(cost), "words": text, "anything": 1}
    if "slow" in verbs:
        time.sleep(0.4)
    if "fail" in verbs:
        raise ItemError("no", "as the item said", row=dict(row))
    if "later" in verbs and attempt() == 1:
        raise TryLater(0, "no", "once more")
    return row
