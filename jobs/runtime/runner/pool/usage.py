"""What the worker processes of a run used, read from the system when a run takes a worker and when the run ends:
processor time, memory, and the time in which their threads stood in line for a core. Beside it, how busy the machine
was: what is neither theirs nor the runner's is other programs'. And how many workers the system allows."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jobs.runtime.core.units import duration, size
from jobs.runtime.runner.pool import os_process
from jobs.runtime.runner.pool.autosize import PoolCaps
from jobs.runtime.worker.slot_table import MOST_SLOTS

FEWEST_SLOTS = 16
KEPT_FILES = 200
"""Files and connections that a worker keeps open whatever it does."""


@dataclass(frozen=True, kw_only=True)
class UsageBaseline:
    """Where a worker stood when a run took it: CPU seconds of all its threads and the seconds they stood in line for a
    core (None: the system does not say), and whether its memory peak began anew then. Of the machine: monotonic
    seconds, CPU seconds of all programs (None: the system does not say) and of this one."""

    cpu_seconds: float | None
    queue_seconds: float | None
    fresh_peak: bool
    at: float
    machine_seconds: float | None
    own_seconds: float


def baseline(pid: int) -> UsageBaseline:
    """Note where a worker stands that a run begins to use."""
    return UsageBaseline(
        fresh_peak=os_process.forget_peak(pid),
        cpu_seconds=os_process.process_cpu(pid),
        queue_seconds=os_process.run_queue_seconds(pid),
        at=time.monotonic(),
        machine_seconds=os_process.machine_cpu(),
        own_seconds=time.process_time(),
    )


def machine_seconds() -> float | None:
    """CPU seconds of all programs of this machine since it began; None where the system does not say."""
    return os_process.machine_cpu()


def machine_cores() -> int:
    """How many cores this machine has."""
    return os_process.cores()


def since(pid: int, begun: UsageBaseline | None) -> dict[str, Any]:
    """What a worker used since its mark: CPU seconds, seconds in line for a core, at most how many bytes; and of the
    machine since then: seconds, how many cores it has, CPU seconds of all programs and of this one. None: not known."""
    if begun is None:
        return {"worker": pid, "cpu_seconds": None, "peak_bytes": None}
    return {
        "worker": pid,
        "cpu_seconds": _less(os_process.process_cpu(pid), begun.cpu_seconds),
        "queue_seconds": _less(os_process.run_queue_seconds(pid), begun.queue_seconds),
        "peak_bytes": os_process.peak_size(pid) if begun.fresh_peak else None,
        "seconds": round(time.monotonic() - begun.at, 6),
        "cores": os_process.cores(),
        "machine_seconds": _less(os_process.machine_cpu(), begun.machine_seconds),
        "runner_seconds": round(time.process_time() - begun.own_seconds, 6),
    }


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(max(0.0, now - before), 6)


def describe(used: Sequence[dict[str, Any]]) -> str:
    """What all workers used, in words; empty when nothing is known."""
    seconds = [one["cpu_seconds"] for one in used if one["cpu_seconds"] is not None]
    peaks = [one["peak_bytes"] for one in used if one["peak_bytes"] is not None]
    parts = [f"{duration(sum(seconds))} of processor time"] if seconds else []
    parts += [f"at most {size(sum(peaks))} of memory"] if peaks else []
    return f"its workers used {' and '.join(parts)}" if parts else ""


def pool_caps() -> PoolCaps:
    """How large a pool may become on this machine."""
    return PoolCaps(processes=os.cpu_count() or 1, slots=most_slots())


def most_slots() -> int:
    """How many slots a worker may come to have, by the open files that the system allows it: three a slot beside those
    that are kept (a socket, its duplicate for the watchdog, one to spare)."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(FEWEST_SLOTS, min(MOST_SLOTS, (soft // 2 - KEPT_FILES) // 3))
    return MOST_SLOTS
