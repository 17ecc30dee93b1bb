"""The first words of an agent, on a machine that may have no code of ours: sent there as text, standard library alone.
It runs with Pythons that are too old for all else, for them to be named.

It connects to the runner, says who it is, is given settings and code, and becomes the agent (`agent.serve`). What it
needs is a line of JSON on its standard input, which ends when whoever has started it does.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import shutil
import signal
import socket
import ssl
import struct
import sys
import tempfile
import time
import zipfile
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path

PATIENCE = 20.0
TRIES = 100
PAUSES = (0.2, 0.6, 1.8)
"""Seconds until the next try where the runner, for a moment, has no room for another that it does not know yet."""

ROLES_ARE_MADE = "cluster certificates DIR makes one for each role; renew what is older in an empty folder"


def main() -> None:
    """The whole life of an agent. Where whoever has started it is gone before it, it removes its folder itself."""
    parent, folder = os.getppid(), Path.cwd()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("whoever has started it is gone"))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # end with the parent
    try:
        live()
    finally:
        for _ in range(TRIES if os.getppid() != parent else 0):  # its worker may still write there while it ends
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.02)


def live() -> None:
    """Be let in, and become the agent."""
    wire, welcome, code = introduce(json.loads(sys.stdin.readline()))
    refusal = prepare(welcome, code, Path(tempfile.mkdtemp(dir=Path.cwd())))
    if refusal:
        send(wire, json.dumps({"refused": refusal}).encode())
        return
    from jobs.runtime.runner.cluster import agent

    files = agent.files_of(welcome)
    send(wire, json.dumps({"refused": "", "files": files.name if files else ""}).encode())
    agent.serve(wire, Path(os.environ["JOBS_HOME"]), files, welcome["lease"])


def introduce(given: dict) -> tuple:  # type: ignore[type-arg]
    """Connect and say who this is; returns the connection, what the runner has said to that, and the code."""
    for pause in PAUSES:
        with suppress(ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return greet(given)
        time.sleep(pause)
    return greet(given)


def greet(given: dict) -> tuple:  # type: ignore[type-arg]
    """Introduce this once."""
    with ExitStack() as opened:
        wire = connect(given, opened)
        hello = {"token": given["token"], "machine": platform.node() or "?", "pid": os.getpid()}
        send(wire, json.dumps(hello).encode())
        found = wire, json.loads(receive(wire)), receive(wire)
        opened.pop_all()
    return found


def connect(given: dict, opened: ExitStack) -> socket.socket:  # type: ignore[type-arg]
    """A connection to the runner, with TLS where certificates are given: then by one of the runner's role alone."""
    wire = opened.enter_context(socket.create_connection(tuple(given["address"]), PATIENCE))
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not given["tls"]:
        return wire
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # a machine goes by many names: the authority of this cluster is what counts
    context.load_verify_locations(given["tls"]["authority"])
    context.load_cert_chain(given["tls"]["certificate"], given["tls"]["key"])
    wrapped = opened.enter_context(context.wrap_socket(wire))
    role = role_of(wrapped.getpeercert())
    if role != "runner":
        host, port = given["address"][:2]
        sys.exit(f"who listens at {host}:{port} has a certificate of {role!r}, not of the runner: {ROLES_ARE_MADE}")
    return wrapped


def role_of(certificate: dict | None) -> str:  # type: ignore[type-arg]
    """The role that a verified certificate names (`worker`, `runner`, `scheduler`): the common name of its subject."""
    names = dict(pair for part in (certificate or {}).get("subject", ()) for pair in part)
    return str(names.get("commonName", ""))


def prepare(welcome: dict, code: bytes, place: Path) -> str:  # type: ignore[type-arg]
    """Lay the code out and load it; returns why this machine cannot run it."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this text runs where another Python may be)
        return (
            f"it has Python {platform.python_version()} ({sys.executable}), and 3.11 or newer is needed: start its "
            "Dask worker with such a Python, for which requirements.txt and the extra cluster are installed"
        )
    if hashlib.sha256(code).hexdigest() != welcome["digest"]:
        return "the code that came is not the code that was announced"
    with zipfile.ZipFile(BytesIO(code)) as archive:
        archive.extractall(place)
    for name, changed in welcome["times"].items():
        os.utime(place / name, (changed, changed))
    (place / "home").mkdir(mode=0o700)
    paths = [str(place / folder) for folder in welcome["paths"]]
    os.environ.update(welcome["settings"])
    os.environ.update(JOBS_HOME=str(place / "home"), JOBS_PATH=os.pathsep.join(paths))
    if welcome["secrets"]:
        file = place / "secrets"
        file.touch(mode=0o600)
        file.write_text(welcome["secrets"], "utf-8")
        os.environ["JOBS_SECRETS"] = str(file)
    sys.path.insert(0, str(place))
    try:
        from jobs.runtime.runner.cluster import agent  # noqa: F401
    except ImportError as error:
        return (
            f"{error}: install there what requirements.txt names ({sys.executable} -m pip install -r requirements.txt)"
        )
    return ""


def send(wire: socket.socket, body: bytes) -> None:
    """One frame: its length, and itself."""
    wire.sendall(struct.pack(">I", len(body)) + body)


def receive(wire: socket.socket) -> bytes:
    """The body of the next frame."""
    (length,) = struct.unpack(">I", exactly(wire, 4))
    return exactly(wire, length)


def exactly(wire: socket.socket, length: int) -> bytes:
    """So many bytes."""
    found = bytearray()
    while len(found) < length:
        piece = wire.recv(min(1 << 16, length - len(found)))
        if not piece:
            raise ConnectionError("the runner has closed the connection")
        found += piece
    return bytes(found)


if __name__ == "__main__":
    main()
