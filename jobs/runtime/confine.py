"""What the operating system does for a worker: die with the runner, be killed as a group, not eat the machine.

Linux has all of it; elsewhere each step that does not exist is left out, and a worker ends when its pipe closes.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def follow_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, also inside a C call that holds the GIL."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(0)


def own_group() -> None:
    """Make this process the head of a process group, killed as one; offer it first when memory runs out."""
    if hasattr(os, "setpgid"):
        with suppress(OSError):
            os.setpgid(0, 0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def limit_memory(allowance: int) -> None:
    """Let the process allocate at most so many bytes above what it has now."""
    used = data_size()
    if used is None:
        return
    import resource  # not on Windows

    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + allowance, hard))


def allow_descriptors(most: int = 16_384) -> None:
    """Let this process, and those it starts, hold as many open files and pipes as the system lets it, up to a most."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def data_size(pid: int | str = "self") -> int | None:
    """Bytes of a process's data (what RLIMIT_DATA counts); None where the system does not say."""
    return _status(pid, "VmData:")


def resident_size(pid: int | str = "self") -> int | None:
    """Bytes of a process in memory; None where the system does not say."""
    return _status(pid, "VmRSS:")


def peak_size(pid: int | str = "self") -> int | None:
    """The most bytes of a process that were in memory since it began, or since `forget_peak`."""
    return _status(pid, "VmHWM:")


def forget_peak(pid: int) -> bool:
    """Let the peak of a process begin anew; False: the system has no such thing."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        return True
    return False


def process_cpu(pid: int) -> float | None:
    """CPU seconds of all threads of a process, in steps of a clock tick; None where the system does not say."""
    return _cpu(Path(f"/proc/{pid}/stat"))


def _status(pid: int | str, name: str) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return None


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
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    return False


def thread_cpu(pid: int, native: int) -> float | None:
    """CPU seconds of one thread of a process; None where the system does not say."""
    return _cpu(Path(f"/proc/{pid}/task/{native}/stat"))


def _cpu(stat: Path) -> float | None:
    with suppress(OSError, ValueError, IndexError):
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return None


def kill_group(pid: int) -> None:
    """Kill a process and the group it heads."""
    kill_strays(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def kill_strays(pid: int) -> None:
    """Kill what is left of the group that a process headed."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
