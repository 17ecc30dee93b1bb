"""How the cluster of the live runner stands, as the runner writes it down for whoever asks: a file that it removes when
it leaves, and that counts for a few seconds."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import held, open_file

FILE = "cluster.json"
FRESH_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class MachineState:
    """A machine with workers of ours: how many, their bytes in memory, and the seconds of a word there and back.
    `aside`: for how many seconds it is not used, since workers there were lost or did not start; `why` the last was."""

    machine: str
    workers: int
    bytes: int
    round_trip: float
    aside: float = 0.0
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """Its address (empty: there is none in use), how many workers wait for a place, why it cannot be reached (empty: it
    can), where its dashboard is (empty: nowhere), and the machines."""

    address: str = ""
    waiting: int = 0
    trouble: str = ""
    dashboard: str = ""
    machines: tuple[MachineState, ...] = ()


NONE = ClusterState()
"""There is no cluster in use."""


def write(home: Path, state: ClusterState) -> None:
    """Write it down, as far as the disk lets us."""
    text = json.dumps({"at": time.time(), **asdict(state)})
    with suppress(OSError, StoreError), held(home) as folder:
        part = f"{FILE}.part"
        with os.fdopen(folder.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8") as file:
            file.write(text)
        folder.replace(part, FILE)


def read(home: Path) -> ClusterState:
    """What was written last, if that is not long ago."""
    with suppress(OSError, StoreError, ValueError, TypeError, KeyError):
        with os.fdopen(open_file(home / FILE, os.O_RDONLY), encoding="utf-8") as file:
            found = json.load(file)
        if abs(time.time() - found.pop("at")) <= FRESH_SECONDS:
            machines = tuple(MachineState(**machine) for machine in found.pop("machines"))
            return ClusterState(**found, machines=machines)
    return NONE


def remove(home: Path) -> None:
    """It is not in use any more."""
    with suppress(OSError, StoreError), held(home) as folder:
        folder.remove(FILE)
