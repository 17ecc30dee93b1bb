"""Fixtures of the scraper's tests: a hostile server, names that resolve as a test says, and a spy on connections."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs import ItemError, TryLater
from jobs.scrape.attempt import WorkerTools, scrape_page
from jobs.scrape.options import ScrapeOptions
from jobs.scrape.robots import RobotsFiles
from jobs.web import kept_connections
from jobs.web.connections import Adapter
from jobs.web.exchange import USUAL_LIMITS, PhaseLimits
from jobs.web.fetcher import Fetcher
from jobs.web.guard import Guard
from jobs.web.resolver import Resolver
from tests.scrape.hostile import Hostile, Script, eventually
from tests.support.machine import Machine
from tests.support.processes import end_processes_of

KEYS = Path(__file__).with_name("keys")
Serve = Callable[..., Hostile]


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This machine may be reached, and nothing else that is private."""
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    monkeypatch.setenv("JOBS_HOME", str(tmp_path))


STANDING = ("scrape-watchdog", "scrape-resolver", "tqdm_monitor", "computing")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Of a test's threads only those are left that stand by."""
    before = set(threading.enumerate())
    yield

    def left() -> set[str]:
        return {thread.name for thread in set(threading.enumerate()) - before if not thread.name.startswith(STANDING)}

    assert eventually(lambda: not left(), 15), left()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hostile servers; they are closed at the end."""
    servers: list[Hostile] = []

    def start(script: Script, **keywords: Any) -> Hostile:
        servers.append(Hostile(script, **keywords))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections need no rest before they are used again."""
    monkeypatch.setattr(kept_connections, "QUIET_SECONDS", 0.0)


class Names:
    """Look-ups as a test says: host to its addresses, one list for each look-up (the last is repeated)."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Sequence[str] | OSError]] = {}
        self.asked: list[str] = []

    def say(self, host: str, *answers: Sequence[str] | OSError) -> None:
        self.answers[host] = list(answers)

    def look_up(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        said = self.answers[host]
        found = said.pop(0) if len(said) > 1 else said[0]
        if isinstance(found, OSError):
            raise found
        return found


@pytest.fixture
def names() -> Names:
    return Names()


def certificate(name: str) -> ssl.SSLContext:
    """A server's context with one of the tests' certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(KEYS / f"{name}.pem")
    return context


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """A context that trusts the tests' own authority."""
    return ssl.create_default_context(cafile=str(KEYS / "authority.pem"))


@pytest.fixture
def tools(names: Names, trusting: ssl.SSLContext) -> Iterator[WorkerTools]:
    """A fetcher of this test's own, with names as the test says."""
    fetcher = Fetcher(Guard(Resolver(names.look_up, threads=8)), Adapter(trusting))
    yield WorkerTools(fetcher=fetcher, robots=RobotsFiles(fetcher))
    fetcher.adapter.close()


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(tools: WorkerTools) -> Ask:
    """Visit a URL: the row, with `code`, `error` and `later` (seconds, of a TryLater) for a failure."""

    return lambda url, **wishes: visit_by(tools, url, **wishes)


def visit_by(tools: WorkerTools, url: str, **wishes: Any) -> dict[str, Any]:
    """The row of a URL, failed or not, with its code."""
    try:
        return dict(scrape_page(url, wishes_of(**wishes), tools))
    except ItemError as error:
        return {**(error.row or {}), "code": error.code, "error": error.message, "detail": error.detail}
    except TryLater as error:
        return {**(error.row or {}), "code": error.code, "error": error.message, "later": error.seconds}


def visit_with(fetcher: Fetcher, url: str, **wishes: Any) -> dict[str, Any]:
    return visit_by(WorkerTools(fetcher=fetcher, robots=RobotsFiles(fetcher)), url, **wishes)


def wishes_of(**changes: Any) -> ScrapeOptions:
    defaults: dict[str, Any] = {
        "columns": "everything",
        "fields": "",
        "reader": "fast",
        "save_pages": False,
        "robots": False,
        "timeout": 30.0,
        "max_bytes": 1_000_000,
        "user_agent": "Fanout/0",
        "accept_language": "en",
        "headers": (),
    }
    limits: PhaseLimits = changes.pop("limits", USUAL_LIMITS)
    defaults |= {
        "connect_timeout": limits.connect,
        "first_byte_timeout": limits.first_byte,
        "read_timeout": limits.read,
    }
    return ScrapeOptions(**{**defaults, **changes})


class Spy:
    """Every address that a connection was tried to."""

    def __init__(self) -> None:
        self.connects: list[tuple[str, int]] = []
        self.refuse: set[str] = set()
        self._lock = threading.Lock()

    def note(self, address: tuple[str, int]) -> None:
        with self._lock:
            self.connects.append((str(address[0]), int(address[1])))


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    """Watches socket.connect; whatever is not loopback is refused at once."""
    watching = Spy()
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        watching.note(address)
        if not str(address[0]).startswith("127."):
            raise ConnectionRefusedError(111, "refused by the test")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return watching


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A home with a runner of its own, which is ended after the test."""
    home = tmp_path / "home"
    monkeypatch.setenv("JOBS_HOME", str(home))
    monkeypatch.setenv("JOBS_IDLE", "20")
    yield Machine(home)
    end_processes_of(home)
