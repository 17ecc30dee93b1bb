"""What one item learnt about its group, as it travels from the job's `jobs.pace` to the schedule."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SECONDS = 86_400.0
"""No answer takes longer than a day, and nobody is waited for longer: what a report says beyond that is nonsense."""

MAX_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class PaceReport:
    """The arguments of `jobs.pace` (seconds, from 0 to a day; None or empty: nothing was said of it). Raises ValueError
    for seconds and words that no report has."""

    latency: float | None = None
    hold: float | None = None
    pause: float | None = None
    close: str = ""
    origin: str = ""
    why: str = ""
    error: bool | None = None
    refused: bool = False

    def __post_init__(self) -> None:
        for seconds in (self.latency, self.hold, self.pause):
            if seconds is not None and not 0 <= seconds <= MAX_SECONDS:
                raise ValueError(f"a pace of {seconds} s")
        if max(len(self.close), len(self.origin), len(self.why)) > MAX_WORDS:
            raise ValueError(f"a pace in more than {MAX_WORDS} characters")
