"""The sample site: names that end in `.sample` are a small server's on this machine, and only while the server of
this home's runner is proved to listen where they lead."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jobs import ItemError, setting

if TYPE_CHECKING:
    import psutil

SERVER = "jobs.runtime.sample.server"
KNOWN_SECONDS = 1.0
"""So long a proof holds: looking through all sockets takes some 20 ms."""


def sample_port(scheme: str, host: str, port: int) -> int:
    """Where the sample site's server listens now, on 127.0.0.1. Raises ItemError."""
    if scheme != "http":
        raise ItemError("connect_refused", f"the sample site speaks http only: ask for http://{host}/")
    if port != 80:
        raise ItemError("blocked_port", f"the sample site has no port {port}: leave it out")
    place = Path(setting("JOBS_HOME"), "sample.port")
    try:
        text = place.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        text = ""
    known = text.isdigit() and 1024 <= int(text) <= 65535
    # an agent of a cluster on this machine has a link to the runner's
    if not (known and _is_ours(int(text), place.resolve().parent, int(time.monotonic() / KNOWN_SECONDS))):
        raise ItemError("dns_not_found", f"{host} is of the sample site, which does not run (python -m jobs sample)")
    return int(text)


@functools.lru_cache(maxsize=16)
def _is_ours(port: int, home: Path, _moment: int) -> bool:
    """Whether what listens at this port is the sample site of this home, and this user's."""
    import psutil  # 15 ms: not where jobs are only listed

    try:
        listeners = [
            psutil.Process(sock.pid)
            for sock in psutil.net_connections("tcp")
            if sock.status == psutil.CONN_LISTEN and sock.laddr and sock.laddr.port == port and sock.pid
        ]
        own = psutil.Process().username()
        return len(listeners) == 1 and listeners[0].username() == own and _is_sample(listeners[0], home)
    except psutil.Error:  # gone meanwhile, or not ours to look at
        return False


def _is_sample(process: psutil.Process, home: Path) -> bool:
    """Whether a process is the sample site's server for this home, and its parent the one that started it: the parent
    of one that was left behind is another."""
    *_, option, module, place, parent = ["", "", "", *process.cmdline()]
    return (option, module, parent) == ("-m", SERVER, str(process.ppid())) and Path(place).resolve() == home
