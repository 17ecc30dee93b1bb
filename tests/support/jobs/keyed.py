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


def key(text: str) -> str | None:
    if text == "keyless":
        raise RuntimeError("no key")
    return None if text.startswith("alone") else text.lower()


@job(bound="cpu", key=key, cost=lambda text, _params: float(len(text)), check=refuse)
def keyed(text: str) -> Row:
    if text == "fail":
        raise RuntimeError("not foreseen")
    return {"text": text, "at": time.monotonic()}
