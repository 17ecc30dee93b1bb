"""Starts an agent and waits for its end: text as well, for the process of the cluster that an agent is given to.

What an agent is given is plain data: `boot` is the text of that module, `agent` what it reads from its standard input.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "fanout-agent-"
REMOVE_SECONDS = 2.0


def begin(given: dict, folder: Path) -> subprocess.Popen:  # type: ignore[type-arg]
    """Start an agent in its folder; it ends when its standard input does, or with the thread that has started it."""
    with (folder / "output").open("wb") as output:
        agent = subprocess.Popen(
            [sys.executable, "-c", given["boot"]], stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=folder
        )
    assert agent.stdin is not None
    with suppress(OSError):  # it has ended already, and its output says why
        agent.stdin.write(json.dumps(given["agent"]).encode() + b"\n")
        agent.stdin.flush()
    return agent


def end(agent: subprocess.Popen, folder: Path) -> str:  # type: ignore[type-arg]
    """Remove what an agent that has ended has left; returns its last words, if it ended badly."""
    assert agent.stdin is not None
    with suppress(OSError):
        agent.stdin.close()
    words = (folder / "output").read_text("utf-8", "replace").strip().splitlines()[-1:]
    remove(folder)
    os.close(held.pop(folder))
    return "".join(words)[-500:] or f"exit code {agent.returncode}" if agent.returncode else ""


def remove(folder: Path) -> None:
    """Remove a folder of an agent that has ended, although its worker, which ends too, may still write there."""
    limit = time.monotonic() + REMOVE_SECONDS
    while folder.exists() and time.monotonic() < limit:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02 if folder.exists() else 0.0)


def make_folder() -> Path:
    """A folder for an agent, held by a lock that the kernel frees; those that nobody holds any more are removed."""
    for left in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with suppress(OSError):
            if left.stat().st_uid == os.geteuid():
                remove_if_left(left)
    new = Path(tempfile.mkdtemp(prefix=f"new-{PREFIX}"))
    handle = os.open(new, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    folder = new.rename(new.with_name(new.name.removeprefix("new-")))  # seen by others only now that it is held
    held[folder] = handle
    return folder


def remove_if_left(folder: Path) -> None:
    """Remove a folder of an agent that nobody holds. Raises OSError: somebody does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(folder)
    finally:
        os.close(handle)


held: dict[Path, int] = {}


def run(given: dict) -> None:  # type: ignore[type-arg]
    """The whole life of an agent. Raises RuntimeError with its last words."""
    folder = make_folder()
    agent = begin(given, folder)
    agent.wait()
    words = end(agent, folder)
    if words:
        raise RuntimeError(words)
