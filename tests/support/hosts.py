"""Three hosts on this machine: a network namespace each, with a name of its own, on one bridge.

    here 10.77.0.1 ─┐
    north 10.77.0.2 ┼─ bridge, in a namespace of its own
    south 10.77.0.3 ┘

A host is a process that holds its namespaces: when it ends, the kernel removes them and the wires with them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

NAMES = ("here", "north", "south")
NETWORK = "10.77.0"
HELD = "import socket, sys; sys.argv[1:] and socket.sethostname(sys.argv[1]); print(flush=True); sys.stdin.read()"


class Missing(Exception):
    """This machine has no way to be several hosts, or none to delay what goes between them."""


class Hosts:
    """`processes`: what holds each host, and the bridge."""

    def __init__(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        self._processes = processes

    def address(self, name: str) -> str:
        return f"{NETWORK}.{NAMES.index(name) + 1}"

    def within(self, name: str, words: Sequence[str]) -> list[str]:
        """A command as it is performed on that host, by a process with the id of the one that is started."""
        return ["nsenter", "--target", str(self._processes[name].pid), "--net", "--uts", "--", *words]

    def slow_down(self, milliseconds: int, loss: str) -> None:
        """Delay all that leaves the two others by so much, and lose this share of it. Raises Missing."""
        for name in NAMES[1:]:
            words = ["tc", "qdisc", "add", "dev", "wire", "root", "netem"]
            _do(self.within(name, [*words, "delay", f"{milliseconds}ms", "loss", loss]))

    def cut(self, name: str) -> None:
        """From here on nothing reaches that host, and it reaches nobody."""
        self._set(name, "down")

    def mend(self, name: str) -> None:
        """Everything does again."""
        self._set(name, "up")

    def _set(self, name: str, state: str) -> None:
        _do(self.within("bridge", ["ip", "link", "set", f"to-{name}", state]))


@contextmanager
def started() -> Iterator[Hosts]:
    """The three, until the end. Raises Missing."""
    lacking = [tool for tool in ("ip", "unshare", "nsenter") if shutil.which(tool) is None]
    if sys.platform != "linux" or lacking or os.geteuid() != 0:
        why = f"{' and '.join(lacking)} missing" if lacking else "it takes Linux, and root"
        raise Missing(f"no network namespaces here: {why}")
    with ExitStack() as stack:
        found = {name: _hold(name, stack) for name in ("bridge", *NAMES)}
        hosts = Hosts(found)
        _do(hosts.within("bridge", ["ip", "link", "add", "bridge", "type", "bridge"]))
        _do(hosts.within("bridge", ["ip", "link", "set", "bridge", "up"]))
        for name in NAMES:
            wire = ["ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "wire"]
            _do(hosts.within("bridge", [*wire, "netns", str(found[name].pid)]))
            _do(hosts.within("bridge", ["ip", "link", "set", f"to-{name}", "master", "bridge", "up"]))
            _do(hosts.within(name, ["ip", "addr", "add", f"{hosts.address(name)}/24", "dev", "wire"]))
            for device in ("lo", "wire"):
                _do(hosts.within(name, ["ip", "link", "set", device, "up"]))
        yield hosts


def _hold(name: str, stack: ExitStack) -> subprocess.Popen[bytes]:
    """A process with namespaces of its own. Raises Missing."""
    command = ["unshare", "--net", "--uts", "--", sys.executable, "-c", HELD, name]
    held = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stack.callback(held.communicate)  # its standard input ends, and with it the process
    assert held.stdout is not None
    assert held.stderr is not None
    if not held.stdout.readline():
        raise Missing(f"no network namespaces here: {held.stderr.read().decode().strip()}")
    return held


def _do(command: Sequence[str]) -> None:
    """Raises Missing with what the command says."""
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError as error:
        raise Missing(str(error)) from error
    if done.returncode:
        words = done.stderr.strip()
        raise Missing(f"{' '.join(command[command.index('--') + 1 :])}: {words}")
