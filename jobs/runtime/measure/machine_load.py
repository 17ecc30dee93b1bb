"""What else the machine had to do during a run: how long its workers stood in line for a core, and what other programs
took, by the runner's own reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MachineLoad:
    """Seconds in which threads of the workers stood in line for a core, added up; and which share of all cores other
    programs took meanwhile: neither the workers nor the runner. None: not known."""

    queue_seconds: float | None = None
    others: float | None = None


def load_of(used: Sequence[Mapping[str, Any]]) -> MachineLoad:
    """The load during a run, by what the runner noted of each of its workers at its end (its event `used`)."""
    waits = [worker.get("queue_seconds") for worker in used]
    known = [wait for wait in waits if wait is not None]
    return MachineLoad(queue_seconds=sum(known) if known and len(known) == len(waits) else None, others=_others(used))


def _others(used: Sequence[Mapping[str, Any]]) -> float | None:
    """By the worker that was used longest: what all programs used since then, without ours, of what the cores had."""
    longest = max(used, key=lambda worker: worker.get("seconds") or 0.0, default=None)
    own = [worker.get("cpu_seconds") for worker in used]
    if longest is None or not longest.get("seconds") or longest.get("machine_seconds") is None or None in own:
        return None
    ours = sum(seconds for seconds in own if seconds is not None) + longest["runner_seconds"]
    share = (longest["machine_seconds"] - ours) / (longest["seconds"] * longest["cores"])
    return float(min(1.0, max(0.0, share)))
