"""A web server for benchmarks, on the loopback: `python -m tests.bench.site [--delay MS] [--bytes N] [--hosts N]`.

It serves the corpus (any path, a page each, the same for the same path), or pages of so many bytes, after so many
milliseconds; on as many addresses (127.0.0.1, 127.0.0.2, …) as asked; prints its port and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import corpus, harness

PAGES = 120
_PATH = re.compile(rb"GET (\S+) HTTP/1.1\r\n")


@contextmanager
def started(*, delay: int = 0, size: int = 0, hosts: int = 1) -> Iterator[int]:
    """The server in a process of its own; its port."""
    options = ["--delay", str(delay), "--bytes", str(size), "--hosts", str(hosts)]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.site", *options],
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


class Connection(asyncio.Protocol):
    """One connection: requests without bodies, one after the other, kept alive."""

    def __init__(self, answers: list[bytes], delay: float) -> None:
        self.answers, self.delay, self.received = answers, delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            found = _PATH.match(head)
            answer = self.answers[zlib.crc32(found[1]) % len(self.answers)] if found else NOT_FOUND
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
            else:
                self.transport.write(answer)


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def answer(body: bytes) -> bytes:
    """A whole answer with this page."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def small(size: int) -> bytes:
    """A page of so many bytes."""
    begin, end = b"<!doctype html><title>A page</title><p>", b"</p><a href=/next>next</a>"
    return begin + b"word " * ((size - len(begin) - len(end)) // 5) + end


async def serve(answers: list[bytes], delay: float, hosts: int) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    port = 0
    for host in range(1, hosts + 1):
        listener = socket.create_server((f"127.0.0.{host}", port), backlog=512)
        port = listener.getsockname()[1]
        await loop.create_server(lambda: Connection(answers, delay), sock=listener)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    reader.add_argument("--delay", type=int, default=0, help="milliseconds before each answer")
    reader.add_argument("--bytes", type=int, default=0, help="bytes of each page; 0: the corpus")
    reader.add_argument("--hosts", type=int, default=1, help="how many addresses")
    asked = reader.parse_args()
    bodies = [small(asked.bytes)] if asked.bytes else corpus.pages(PAGES)
    asyncio.run(serve([answer(body) for body in bodies], asked.delay / 1000, asked.hosts))


if __name__ == "__main__":
    main()
