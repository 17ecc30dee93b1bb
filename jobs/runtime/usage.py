"""What the worker processes of a run used: processor time and memory, read from the system when a run takes a worker
and when the run ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.runtime import confine
from jobs.runtime.records import size


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Where a worker stood when a run took it: CPU seconds of all its threads (None: the system does not say), and
    whether its memory peak began anew then."""

    cpu_seconds: float | None
    fresh_peak: bool


def mark(pid: int) -> Mark:
    """Note where a worker stands that a run begins to use."""
    return Mark(fresh_peak=confine.forget_peak(pid), cpu_seconds=confine.process_cpu(pid))


def since(pid: int, begun: Mark | None) -> dict[str, Any]:
    """What a worker used since its mark: CPU seconds, and at most how many bytes; None: not known."""
    if begun is None:
        return {"worker": pid, "cpu_seconds": None, "peak_bytes": None}
    cpu = confine.process_cpu(pid)
    used = None if cpu is None or begun.cpu_seconds is None else round(cpu - begun.cpu_seconds, 6)
    return {
        "worker": pid,
        "cpu_seconds": used,
        "peak_bytes": confine.peak_size(pid) if begun.fresh_peak else None,
    }


def spoken(used: Sequence[dict[str, Any]]) -> str:
    """What all workers used, in words; empty when nothing is known."""
    seconds = [one["cpu_seconds"] for one in used if one["cpu_seconds"] is not None]
    peaks = [one["peak_bytes"] for one in used if one["peak_bytes"] is not None]
    parts = [f"{sum(seconds):.2f} s of processor time"] if seconds else []
    parts += [f"at most {size(sum(peaks))} of memory"] if peaks else []
    return f"its workers used {' and '.join(parts)}" if parts else ""
