"""How the time of a run went by: it waited for its turn, ran, and stood still while it was paused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.runtime.core.records import Run
from jobs.runtime.core.units import duration

Pause = tuple[float, float]
"""When a run stood still, from and until, in Unix seconds."""

WORTH_TELLING = 0.1
"""Seconds below which a wait in the queue is nothing to speak of: a runner starts in so much."""


@dataclass(frozen=True, kw_only=True)
class WallTime:
    """Seconds of a run: in the queue, at work (both together are its wall time), and paused."""

    waited: float
    ran: float
    paused: float

    @property
    def even(self) -> bool:
        """Whether it ran all the time, as far as that is worth telling."""
        return self.waited < WORTH_TELLING and self.paused == 0

    def __str__(self) -> str:
        parts = [f"waited {duration(self.waited)}"] if self.waited >= WORTH_TELLING else []
        parts += [f"ran {duration(self.ran)}"] if self.ran or not parts else []
        return ", ".join(parts) + (f"; paused for {duration(self.paused)} besides" if self.paused else "")


def wall_time(run: Run, pauses: Sequence[Pause], now: float) -> WallTime:
    """How the time of a run went by until its end, or `now` (Unix seconds).

    It waits from submit until a runner takes it up; a pause within that is none of the waiting.
    """
    end = run.ended_at if run.ended_at is not None else now
    begin = run.started_at if run.started_at is not None else end
    wall = run.seconds(now)
    still = [*pauses, *([(run.paused_since, end)] if run.paused_since is not None else [])]
    waited = begin - run.submitted_at - sum(_overlap(pause, run.submitted_at, begin) for pause in still)
    waited = max(0.0, min(wall, waited))
    return WallTime(waited=waited, ran=wall - waited, paused=max(0.0, end - run.submitted_at - wall))


def _overlap(pause: Pause, begin: float, end: float) -> float:
    return max(0.0, min(pause[1], end) - max(pause[0], begin))
