"""The page's server in a process of its own, with a note of every address that it connects to or looks up."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.machine import until
from tests.support.processes import PROJECT

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
HEALTH = "/_stcore/health"
SPY = """
import os, sys

def note(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        asked = args[0] if event.startswith("socket.get") else args[1]
        with open(os.environ["SPY_LOG"], "a") as log:
            log.write(f"{event} {asked}\\n")

sys.addaudithook(note)
"""
"""A sitecustomize module: Python imports it at its start, whatever program it is to run."""


@dataclass
class PageServer:
    """A running server: its port, its process, and what it has asked of the network."""

    port: int
    process: subprocess.Popen[bytes]
    spied: Path
    log: Path

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            content = b"" if answer.status == 101 else answer.read()
            return Reply(status=answer.status, headers=answer.headers, content=content)
        finally:
            connection.close()

    def fetch(self, path: str) -> tuple[Mapping[str, str], int]:
        """The headers of an answer, and how many bytes it has, read in pieces."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            return answer.headers, sum(map(len, iter(lambda: answer.read(2**20), b"")))
        finally:
            connection.close()

    @contextlib.contextmanager
    def open_page(self, name: str = "", query: str = "") -> Iterator[OpenPage]:
        """What a browser does: open the stream, have the page drawn, and keep it open."""
        asked, message, drawn = BackMsg(), ForwardMsg(), []
        asked.rerun_script.query_string, asked.rerun_script.page_name = query, name
        session_id, downloads = "", {}
        with connect(f"ws://localhost:{self.port}/_stcore/stream", origin=Origin(self.origin), max_size=None) as stream:
            stream.send(asked.SerializeToString())
            while message.WhichOneof("type") != "script_finished":
                message = ForwardMsg.FromString(stream.recv(timeout=60, decode=False))
                session_id = message.new_session.initialize.session_id or session_id
                drawn += [message.delta.new_element.WhichOneof("type")] if message.HasField("delta") else []
                if drawn and drawn[-1] == "download_button":
                    button = message.delta.new_element.download_button
                    downloads[button.label] = button.deferred_file_id
            yield OpenPage(session_id=session_id, drawn=drawn, downloads=downloads, stream=stream, server=self)

    def put(self, path: str, megabytes: int) -> int:
        """The status of an upload of this size, with the token that a page of its own has."""
        cookie = self.ask("GET", "/_stcore/health").headers["Set-Cookie"].partition(";")[0]
        token = {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2]}
        return self.ask("PUT", path, {**token, "Content-Length": str(megabytes * 2**20)}).status

    def asked_of_others(self) -> list[str]:
        """What it connected to or looked up beside this machine."""
        noted = self.spied.read_text().splitlines() if self.spied.exists() else []
        return [line for line in noted if "127.0.0.1" not in line and "localhost" not in line and "::1" not in line]


@dataclass
class OpenPage:
    """A page as a browser has it: its session, and the kinds of elements that were drawn on it."""

    session_id: str
    drawn: list[str | None]
    downloads: dict[str, str]
    stream: ClientConnection
    server: PageServer

    def download(self, label: str) -> tuple[Mapping[str, str], int]:
        """Press a download button, and fetch what it leads to: the headers, and how many bytes came."""
        asked, message = BackMsg(), ForwardMsg()
        asked.backend_operation_request.request_id = label
        asked.backend_operation_request.session_id = self.session_id
        asked.backend_operation_request.deferred_file.file_id = self.downloads[label]
        self.stream.send(asked.SerializeToString())
        while message.WhichOneof("type") != "backend_operation_response":
            message = ForwardMsg.FromString(self.stream.recv(timeout=600, decode=False))
        answer = message.backend_operation_response
        assert answer.deferred_file.url, answer
        return self.server.fetch(answer.deferred_file.url)


@dataclass
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    path: Sequence[Path] = (PROJECT,),
    health: str = HEALTH,
) -> Iterator[PageServer]:
    """Start this command in this folder with a free port (`{port}` in a word, or by the environment) and this path for
    Python, and wait until the page can be asked for."""
    port = free_port()
    spied, log = folder.parent / "spied.log", folder.parent / "server.log"
    own = {"SPY_LOG": str(spied), "PYTHONPATH": os.pathsep.join(map(str, (_spy(folder.parent), *path)))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [word.format(port=port) for word in command],
            cwd=folder,
            env={"STREAMLIT_SERVER_PORT": str(port), **environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    server = PageServer(port=port, process=process, spied=spied, log=log)
    try:
        until(lambda: _is_up(server, health), 60)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait(10)


def _spy(place: Path) -> Path:
    """A folder that makes a Python program with it on its path note its connects and look-ups in SPY_LOG."""
    (place / "spy").mkdir(exist_ok=True)
    (place / "spy" / "sitecustomize.py").write_text(SPY, "utf-8")
    return place / "spy"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_up(server: PageServer, health: str) -> bool:
    assert server.process.poll() is None, server.log.read_text()
    with contextlib.suppress(OSError):
        return server.ask("GET", health).status in (200, 404)
    return False
