"""The sample site: sixteen hosts played by one small server process on the loopback, with realistic delays.

`http://site-1.sample/` … `http://site-16.sample/` hold a small encyclopedia (data/sample_site), and a few ordinary
mishaps. Delays are the same at every visit. Beside the pages, every host answers

    /delay/500/…       a page after exactly 500 ms (at most 60,000)
    /size/100000/…     a page of 100,000 bytes (at most 8,000,000)
    /status/418/…      a page with this status

`http://api.sample/` is a small API (jobs/runtime/sample/api.py).

The process writes its port to sample.port in JOBS_HOME once it listens, and leaves when its parent does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jobs.runtime.core import settings
from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import held, make_folder
from jobs.runtime.sample.api import HOST, MOST_BODY, Api
from jobs.runtime.sample.hosts import PORT_FILE
from jobs.runtime.sample.pages import SampleResponse, Site, plain

IDLE_SECONDS = 60
MOST_CONNECTIONS = 1_000
MOST_HEAD_BYTES = 16 * 1024
BACKLOG = 512
WATCH_SECONDS = 0.25


class SampleApp:
    """The site as an application. Its pages know GET and HEAD without a body; the rest is turned away."""

    def __init__(self, site: Site) -> None:
        self.site, self.api = site, Api()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, after its delay."""
        request = Request(scope, receive)
        answer = await self._answer(request, scope)
        await asyncio.sleep(answer.delay)
        headers = {"Server": "sample", **answer.headers}
        await Response(answer.body, status_code=answer.status, headers=headers)(scope, receive, send)

    async def _answer(self, request: Request, scope: Scope) -> SampleResponse:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEAD_BYTES:
            return plain(431, "the head of this request is too long", Connection="close")
        path = scope["raw_path"].decode("latin-1")
        host = request.headers.get("host", "").lower().partition(":")[0].rstrip(".")
        if host == HOST:
            return await self._of_api(request, path)
        body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        if body or not path.startswith("/") or scope["http_version"] not in ("1.0", "1.1"):
            return plain(400, "this is not a request the sample site knows", Connection="close")
        return self.site.answer(request.method, host, path)

    async def _of_api(self, request: Request, path: str) -> SampleResponse:
        """What the API answers, which reads bodies of a known and small size."""
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not length.isdigit() or int(length) > MOST_BODY:
            return plain(413, "the API takes bodies of a known size, at most 64 KiB", Connection="close")
        target = f"{path}?{request.url.query}" if request.url.query else path
        return self.api.answer(request.method, target, dict(request.headers), await request.body())


class SampleServer(uvicorn.Server):
    """The site over HTTP/1.1 with keep-alive. Requests have bounded heads. Signals are ours."""

    def __init__(self, site: Site) -> None:
        super().__init__(
            uvicorn.Config(
                SampleApp(site),
                http="h11",
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=IDLE_SECONDS,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=MOST_HEAD_BYTES,
                backlog=BACKLOG,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them: they end `run`, which cleans up."""
        yield

    async def close(self, serving: asyncio.Task[None]) -> None:
        """End all connections, whatever they wait for."""
        self.should_exit = self.force_exit = True
        await serving


async def run(home: Path, parent: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent (a process id, with our standard input from it) is gone."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, over.set)
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    port = str(listener.getsockname()[1])
    server = SampleServer(Site())
    serving = asyncio.create_task(server.serve([listener]))
    make_folder(home)
    _write_port(home, port)
    try:
        while not over.is_set() and not (parent and _gone(parent)):
            if home.is_dir() and not (home / PORT_FILE).exists():  # a server before us took ours for its own
                _write_port(home, port)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), WATCH_SECONDS)
    finally:
        _remove_port(home, port)
        await server.close(serving)


def _write_port(home: Path, port: str) -> None:
    temporary = f"{PORT_FILE}.{os.getpid()}"
    with held(home) as folder:
        with os.fdopen(folder.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="ascii") as file:
            file.write(port)
        folder.replace(temporary, PORT_FILE)


def _remove_port(home: Path, port: str) -> None:
    with contextlib.suppress(OSError, StoreError):
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
    """`python -m jobs.runtime.sample.server [HOME [PARENT]]`: serve; by hand, until Ctrl-C."""
    home = Path(arguments[0]) if arguments else settings.home()
    parent = int(arguments[1]) if len(arguments) > 1 else None
    if parent:
        os.set_blocking(0, False)
    asyncio.run(run(home, parent))


if __name__ == "__main__":
    main(sys.argv[1:])
