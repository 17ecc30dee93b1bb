"""What a worker is started with, for the runner that starts it as for itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BROKEN_THREAD = 70
"""Exit code of a worker one of whose own threads has ended with an exception."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker is started with; `files`: the home that its artifacts go to."""

    job: str
    slots: int
    home: Path
    files: Path
    runner: int
    memory: int
