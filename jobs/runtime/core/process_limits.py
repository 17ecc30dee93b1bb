"""What a process may use, and that it ends with its parent; Linux has all of it, elsewhere what does not exist is left
out."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def follow_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, also inside a C call that holds the GIL."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(0)


def limit_memory(allowance: int) -> None:
    """Let the process allocate at most so many bytes above what it has now."""
    used = data_size()
    if used is None:
        return
    import resource  # not on Windows

    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + allowance, hard))


def limit_use(*, cpu: float | None, output: int | None) -> None:
    """So many seconds of processor time, and bytes in a file, at most (None: as much as there is), and no core dump."""
    with suppress(ImportError):
        import resource  # not on Windows

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit is an error, not a death
        for kind, most in ((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_FSIZE, output)):
            if most:
                resource.setrlimit(kind, (int(most), int(most) + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def data_size(pid: int | str = "self") -> int | None:
    """Bytes of a process's data (what RLIMIT_DATA counts); None where the system does not say."""
    return memory_of(pid, "VmData:")


def memory_of(pid: int | str, name: str) -> int | None:
    """Bytes that the system counts of a process under this name (`VmRSS:`, say); None where it does not say."""
    with suppress(OSError, ValueError, IndexError):
        return int(said(f"/proc/{pid}/status").partition(f"\n{name}")[2].split(maxsplit=1)[0]) * 1024
    return None


def said(path: str) -> str:
    """What the system says in one of its small files, of which each run asks several: by the bare calls, in half the
    time of a Path. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 8_192).decode("utf-8", "replace")
    finally:
        os.close(file)
