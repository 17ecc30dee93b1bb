"""Items with keys and costs."""

import time
from typing import Any

from typing_extensions import TypedDict

from jobs import job


class Row(TypedDict):
    text: str
    at: float


def refuse(text: str, _params: Any) -> str | None:
    return "nine is too much" if text == "9" else None


@job(bound="cpu", key=str.lower, cost=lambda text, _params: float(len(text)), check=refuse)
def keyed(text: str) -> Row:
    if text == "fail":
        raise RuntimeError("not foreseen")
    return {"text": text, "at": time.monotonic()}
