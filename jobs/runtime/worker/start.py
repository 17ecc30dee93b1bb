"""The first call in a worker's process, for the runner to name: what a worker does is loaded in it alone."""

from __future__ import annotations

import socket
from typing import Any

from jobs.runtime.worker.terms import Terms


def start(pipe: socket.socket, memory: Any, terms: Terms) -> None:
    """Be a worker until the process ends."""
    from jobs.runtime.worker.main import main

    main(pipe, memory, terms)
