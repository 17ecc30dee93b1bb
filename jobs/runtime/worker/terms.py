"""What a worker is started with, for the runner that starts it as for itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BROKEN_THREAD = 70
"""Exit code of a worker one of whose own threads has ended with an exception."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker is started with."""

    job: str
    slots: int
    home: Path
    runner: int
    memory: int
