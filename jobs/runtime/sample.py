"""The sample site: sixteen hosts played by one small server process on the loopback, with realistic delays.

`http://site-1.sample/` … `http://site-16.sample/` hold a small encyclopedia (data/sample_site), and a few ordinary
mishaps. Delays are the same at every visit. Beside the pages, every host answers

    /delay/500/…       a page after exactly 500 ms (at most 60,000)
    /size/100000/…     a page of 100,000 bytes (at most 8,000,000)
    /status/418/…      a page with this status

The process writes its port to sample.port in JOBS_HOME once it listens, and leaves when its parent does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

from jobs.runtime import settings
from jobs.runtime.sample_names import PORT_FILE
from jobs.runtime.sample_pages import Answer, Site, plain

IDLE_SECONDS = 60.0
MOST_CONNECTIONS = 1_000
MOST_HEAD_BYTES = 16 * 1024
PIECE_BYTES = 64 * 1024
WATCH_SECONDS = 0.25


class Server:
    """The site over HTTP/1.1 with keep-alive. Requests have bounded heads and no bodies; the rest is turned away."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.connections: set[asyncio.Task[None]] = set()

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a new connection, unless there are too many."""
        if len(self.connections) >= MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self.connections.add(task)
        task.add_done_callback(self.connections.discard)

    async def close(self) -> None:
        """End all connections."""
        for task in self.connections:
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
        except asyncio.LimitOverrunError:
            return await _send(writer, "GET", plain(431, "the head of this request is too long"), stay=False)
        request = read_head(head)
        if request is None:
            return await _send(writer, "GET", plain(400, "this is not a request the sample site knows"), stay=False)
        answer = self.site.answer(request.method, request.host, request.path)
        await asyncio.sleep(answer.delay)
        return await _send(writer, request.method, answer, stay=request.stays)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What matters of a request's head; `stays`: the connection is for more than this one."""

    method: str
    host: str
    path: str
    stays: bool


def read_head(head: bytes) -> Request | None:
    """The head of an HTTP/1.x request; None where it is none, or asks for what the site does not do (bodies)."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[1].startswith("/") or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        return None
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return None
    wish = headers.get("connection", "" if parts[2] == "HTTP/1.1" else "close").lower()
    host = headers.get("host", "").lower().partition(":")[0].rstrip(".")
    return Request(method=parts[0], host=host, path=parts[1].partition("?")[0], stays="close" not in wish)


async def _send(writer: asyncio.StreamWriter, method: str, answer: Answer, *, stay: bool) -> bool:
    reason = HTTPStatus(answer.status).phrase if answer.status in list(HTTPStatus) else "As asked"
    headers = {
        "Date": formatdate(usegmt=True),
        "Server": "sample",
        **answer.headers,
        "Content-Length": str(len(answer.body)),
        "Connection": "keep-alive" if stay else "close",
    }
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    for start_byte in range(0, len(answer.body) if method != "HEAD" else 0, PIECE_BYTES):
        writer.write(answer.body[start_byte : start_byte + PIECE_BYTES])
        await asyncio.wait_for(writer.drain(), IDLE_SECONDS)
    await asyncio.wait_for(writer.drain(), IDLE_SECONDS)
    return stay


async def run(home: Path, parent: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent (a process id, with our standard input from it) is gone."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, over.set)
    server = Server(Site())
    listener = await asyncio.start_server(server.connect, "127.0.0.1", 0, limit=MOST_HEAD_BYTES, backlog=512)
    port = str(listener.sockets[0].getsockname()[1])
    home.mkdir(parents=True, exist_ok=True)
    _write_port(home, port)
    try:
        while not over.is_set() and not (parent and _gone(parent)):
            if home.is_dir() and not (home / PORT_FILE).exists():  # a server before us took ours for its own
                _write_port(home, port)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), WATCH_SECONDS)
    finally:
        _remove_port(home, port)
        listener.close()
        await server.close()


def _write_port(home: Path, port: str) -> None:
    temporary = home / f"{PORT_FILE}.{os.getpid()}"
    temporary.write_text(port, encoding="ascii")
    temporary.replace(home / PORT_FILE)


def _remove_port(home: Path, port: str) -> None:
    with contextlib.suppress(OSError):
        if (home / PORT_FILE).read_text(encoding="ascii") == port:
            (home / PORT_FILE).unlink()


def _gone(parent: int) -> bool:
    """Whether the parent has died: somebody else is our parent now, or the pipe from it has ended."""
    if os.getppid() != parent:
        return True
    try:
        return os.read(0, 1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def main(arguments: list[str]) -> None:
    """`python -m jobs.runtime.sample [HOME [PARENT]]`: serve; by hand, until Ctrl-C."""
    home = Path(arguments[0]) if arguments else settings.home()
    parent = int(arguments[1]) if len(arguments) > 1 else None
    if parent:
        os.set_blocking(0, False)
    asyncio.run(run(home, parent))


if __name__ == "__main__":
    main(sys.argv[1:])
