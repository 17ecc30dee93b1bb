"""The sample site: names that end in `.sample` are a small server's on this machine, and only while this runner's own
server is proved to listen where they lead."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path

from jobs import ItemError, setting

SERVER = "jobs.runtime.sample.server"
KNOWN_SECONDS = 1.0
"""So long a proof holds: looking through all sockets takes some 20 ms."""


def sample_port(scheme: str, host: str, port: int) -> int:
    """Where the sample site's server listens now, on 127.0.0.1. Raises ItemError."""
    if scheme != "http":
        raise ItemError("connect_refused", f"the sample site speaks http only: ask for http://{host}/")
    if port != 80:
        raise ItemError("blocked_port", f"the sample site has no port {port}: leave it out")
    home = Path(setting("JOBS_HOME"))
    try:
        text = (home / "sample.port").read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        text = ""
    known = text.isdigit() and 1024 <= int(text) <= 65535
    if not (known and _is_ours(int(text), str(home), int(time.monotonic() / KNOWN_SECONDS))):
        raise ItemError("dns_not_found", f"{host} is of the sample site, which does not run (python -m jobs sample)")
    return int(text)


@functools.lru_cache(maxsize=16)
def _is_ours(port: int, home: str, _moment: int) -> bool:
    """Whether what listens at this port is the sample site of this process or its runner, and is theirs still."""
    import psutil  # 15 ms: not where jobs are only listed

    try:
        family = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        listeners = [
            psutil.Process(sock.pid)
            for sock in psutil.net_connections("tcp")
            if sock.status == psutil.CONN_LISTEN and sock.laddr and sock.laddr.port == port and sock.pid
        ]
        return len(listeners) == 1 and listeners[0].ppid() in family and _is_sample(listeners[0], home)
    except psutil.Error:  # gone meanwhile, or not ours to look at
        return False


def _is_sample(process: object, home: str) -> bool:
    """Whether a process is the sample site's server for this home, and its parent the one that started it: the parent
    of one that was left behind is another."""
    command: list[str] = process.cmdline()  # type: ignore[attr-defined]
    return command[-4:] == ["-m", SERVER, home, str(process.ppid())]  # type: ignore[attr-defined]
