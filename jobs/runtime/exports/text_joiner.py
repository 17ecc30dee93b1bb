"""Text files joined into JSON Lines: one object a file, of what its head says and its text."""

from __future__ import annotations

import json
from typing import IO, Any

FENCE = "---\n"
TEXT = "text"


def append(text: str, stream: IO[bytes]) -> None:
    """Write a file as a line: the names of its head (`name: JSON`, between two lines `---`), and `text`."""
    stream.write(json.dumps(read(text), ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def read(text: str) -> dict[str, Any]:
    """What a file says. A head that is none is text."""
    head, fence, body = text.removeprefix(FENCE).partition(f"\n{FENCE}")
    if not fence or not text.startswith(FENCE):
        return {TEXT: text}
    try:
        told = {name: json.loads(value) for name, _, value in (line.partition(": ") for line in head.split("\n"))}
    except ValueError:
        return {TEXT: text}
    return {**told, TEXT: body.strip("\n")}
