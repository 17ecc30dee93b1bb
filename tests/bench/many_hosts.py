"""A server that is many hosts, on addresses of the loopback: `python -m tests.bench.many_hosts N SILENT REFUSING W`.

Of every hundred hosts so many accept a connection and say nothing, so many refuse it, and the others answer after 0.3 s
(`W` 0), or after a time that is log-normal around 0.4 s. Prints its port and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import random
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import harness
from tests.bench.site import NOT_FOUND, answer, small

BYTES = 2_000
FIXED, MEDIAN = 0.3, 0.4


def address(host: int) -> str:
    """The address of a host (from 0)."""
    return f"127.{1 + host // 62_500}.{host // 250 % 250}.{1 + host % 250}"


def kind(host: int, silent: int, refusing: int) -> str:
    """What a host does, spread evenly over all of them."""
    place = host * 37 % 100
    return "silent" if place < silent else "refusing" if place < silent + refusing else "answering"


def urls(port: int, number: int, hosts: int) -> list[str]:
    """So many URLs, the hosts in turn."""
    return [f"http://{address(n % hosts)}:{port}/page-{n // hosts}" for n in range(number)]


@contextmanager
def started(hosts: int, silent: int, refusing: int, spread: float) -> Iterator[int]:
    """The server in a process of its own; its port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.many_hosts", *map(str, (hosts, silent, refusing, spread))],
        cwd=harness.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="ascii",
    )
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.communicate()


class Host(asyncio.Protocol):
    """One connection to a host that answers, or to one that is silent."""

    def __init__(self, seconds: float | None, page: bytes) -> None:
        self.seconds, self.page, self.received = seconds, page, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.seconds is None:
            return
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            said = NOT_FOUND if b" /robots.txt " in head else self.page
            asyncio.get_running_loop().call_later(self.seconds, self.transport.write, said)


async def serve(hosts: int, silent: int, refusing: int, spread: float) -> None:
    """Serve until standard input ends."""
    loop, chance, page = asyncio.get_running_loop(), random.Random(7), answer(small(BYTES))
    port = 0
    for host in range(hosts):
        what = kind(host, silent, refusing)
        seconds = FIXED if not spread else MEDIAN * chance.lognormvariate(0, spread)
        if what == "refusing":
            continue
        listener = socket.create_server((address(host), port), backlog=64)
        port = listener.getsockname()[1]
        wait = None if what == "silent" else seconds
        await loop.create_server(lambda wait=wait: Host(wait, page), sock=listener)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve(*map(int, sys.argv[1:4]), float(sys.argv[4])))
