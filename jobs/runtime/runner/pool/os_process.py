"""What the operating system says of a process, and how a process with its group is ended."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core import process_limits
from jobs.runtime.core.process_limits import said


def allow_descriptors(most: int = 16_384) -> None:
    """Let this process, and those it starts, hold as many open files and pipes as the system lets it, up to a most."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def resident_size(pid: int | str = "self") -> int | None:
    """Bytes of a process in memory; None where the system does not say."""
    return process_limits.memory_of(pid, "VmRSS:")


def peak_size(pid: int | str = "self") -> int | None:
    """The most bytes of a process that were in memory since it began, or since `forget_peak`."""
    return process_limits.memory_of(pid, "VmHWM:")


def forget_peak(pid: int) -> bool:
    """Let the peak of a process begin anew; False: the system has no such thing."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        return True
    return False


def process_cpu(pid: int) -> float | None:
    """CPU seconds of all threads of a process, in steps of a clock tick; None where the system does not say."""
    return _cpu(f"/proc/{pid}/stat")


def run_queue_seconds(pid: int) -> float | None:
    """How long all threads of a process could have run and stood in line for a core; None where the system does not say
    (https://docs.kernel.org/scheduler/sched-stats.html)."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 (names alone, in one call)
        waits = [_run_queue_nanoseconds(f"/proc/{pid}/task/{thread}/schedstat") for thread in threads]
    except OSError:
        return None
    known = [wait for wait in waits if wait is not None]
    return sum(known) / 1e9 if known else None


def _run_queue_nanoseconds(schedstat: str) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int(said(schedstat).split()[1])
    return None


def machine_cpu() -> float | None:
    """CPU seconds of all programs of this machine since it began, those taken by other machines on its cores included;
    None where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        user, nice, system, _idle, _iowait, *others = map(int, said("/proc/stat").split(maxsplit=9)[1:9])
        return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")
    with suppress(OSError):
        import psutil  # not on Linux: a runner is to be up at once

        times = psutil.cpu_times()
        return float(sum(times) - times.idle)
    return None


def cores() -> int:
    """How many cores this machine has."""
    return os.cpu_count() or 1


def ended(child: int) -> bool:
    """Whether a child of this process has ended; False where the system does not say."""
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # and its end has been heard of
        return True


def stopped(pid: int) -> bool:
    """Whether a process is stopped (SIGSTOP, or a debugger)."""
    with suppress(OSError, IndexError):
        return said(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] in ("T", "t")
    return False


def thread_cpu(pid: int, native: int) -> float | None:
    """CPU seconds of one thread of a process; None where the system does not say."""
    return _cpu(f"/proc/{pid}/task/{native}/stat")


def _cpu(stat: str) -> float | None:
    with suppress(OSError, ValueError, IndexError):
        fields = said(stat).rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return None


def kill_group(pid: int) -> None:
    """Kill a process and the group it heads."""
    kill_strays(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def kill_strays(pid: int) -> None:
    """Kill what is left of the group that a process headed."""
    if pid <= 1:
        raise ValueError(f"{pid} is no process of ours, but stands for many")
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
