"""Write a file as the item says: to its end, until it hangs, or until it raises."""

import time
from collections.abc import Iterator

from typing_extensions import TypedDict

from jobs import Artifact, job


class Row(TypedDict):
    file: Artifact


def chunks(text: str) -> Iterator[bytes]:
    yield b"begun" * 1_000_000
    if text == "hang":
        time.sleep(600)
    if text == "raise":
        raise RuntimeError("no more")


@job(bound="io")
def writer(text: str) -> Row:
    return {"file": Artifact("text.txt", chunks(text))}
