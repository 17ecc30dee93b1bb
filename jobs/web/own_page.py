"""Fanout's own page: it is never fetched, even where this machine may be reached."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from jobs.web.addresses import Address, own_addresses

if TYPE_CHECKING:
    import psutil

KNOWN_SECONDS = 30
"""So long an answer is kept: looking through all processes takes some 20 ms."""

_looking = threading.Lock()
"""Held while it is looked: of the slots that ask at once one looks, and the others have its answer."""


def is_own_page(address: Address, port: int) -> bool:
    """Whether Fanout's page is served at this address and port."""
    if not (address.is_loopback or address in own_addresses()):
        return False
    with _looking:
        return _is_page(port, int(time.monotonic() // KNOWN_SECONDS))


def is_page(command: Sequence[str]) -> bool:
    """Whether these words start the page: `fanout …`, `python -m jobs page …`, `streamlit run streamlit_app.py …`."""
    programs = {PurePath(word).stem.lower() for word in command[:2]}
    return "fanout" in programs or "jobs page" in " ".join(command[1:4]) or "streamlit_app.py" in " ".join(command)


@functools.lru_cache(maxsize=256)
def _is_page(port: int, _moment: int) -> bool:
    import psutil  # 15 ms: not where jobs are only listed

    # not by all sockets of the machine, which are thousands while much is fetched: a second of computing
    found = psutil.process_iter(["cmdline"])
    return any(_listens(process, port) for process in found if is_page(process.info["cmdline"] or ()))


def _listens(process: psutil.Process, port: int) -> bool:
    import psutil

    try:
        sockets = process.net_connections("tcp")
    except psutil.Error:  # gone meanwhile, or not ours to look at
        return False
    return any(sock.status == psutil.CONN_LISTEN and sock.laddr and sock.laddr.port == port for sock in sockets)
