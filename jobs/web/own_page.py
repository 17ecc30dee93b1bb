"""Fanout's own page: it is never fetched, even where this machine may be reached."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from pathlib import PurePath

from jobs.web.addresses import Address, own_addresses

KNOWN_SECONDS = 30
"""So long an answer is kept: looking through all processes takes some 20 ms."""


def is_own_page(address: Address, port: int) -> bool:
    """Whether Fanout's page is served at this address and port."""
    return (address.is_loopback or address in own_addresses()) and _is_page(
        port, int(time.monotonic() // KNOWN_SECONDS)
    )


def is_page(command: Sequence[str]) -> bool:
    """Whether these words start the page: `fanout …`, `python -m jobs page …`, `streamlit run streamlit_app.py …`."""
    programs = {PurePath(word).stem.lower() for word in command[:2]}
    return "fanout" in programs or "jobs page" in " ".join(command[1:4]) or "streamlit_app.py" in " ".join(command)


@functools.lru_cache(maxsize=256)
def _is_page(port: int, _moment: int) -> bool:
    import psutil  # 15 ms: not where jobs are only listed

    try:
        listeners = {
            sock.pid
            for sock in psutil.net_connections("tcp")
            if sock.status == psutil.CONN_LISTEN and sock.laddr and sock.laddr.port == port and sock.pid
        }
        return any(is_page(psutil.Process(pid).cmdline()) for pid in listeners)
    except psutil.Error:  # gone meanwhile, or not ours to look at
        return False
