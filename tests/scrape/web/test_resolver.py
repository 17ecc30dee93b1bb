"""Looking names up: what hangs holds up no others."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from jobs import ItemError, TryLater
from jobs.runtime.job import context
from jobs.scrape.attempt import WorkerTools, scrape_page
from jobs.scrape.robots import RobotsFiles
from jobs.web import resolver
from jobs.web.fetcher import Fetcher
from jobs.web.guard import Guard
from jobs.web.resolver import Resolver, ResolverBusyError
from tests.scrape.conftest import visit_by, wishes_of
from tests.scrape.hostile import eventually


class Hanging:
    """A system's look-up that never answers for names that begin with `dead`."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.threads: set[int] = set()

    def look_up(self, host: str, _port: int) -> Sequence[str]:
        self.threads.add(threading.get_ident())
        if host.startswith("dead"):
            self.over.wait(60)
        return ["192.0.2.1"]


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    dead = Hanging()
    yield dead
    dead.over.set()


def look(names: Resolver, host: str, seconds: float) -> str:
    try:
        return str(names.addresses(host, 80, seconds)[0])
    except ItemError as error:
        return error.code
    except ResolverBusyError:
        return "busy"


def test_forty_look_ups_that_hang_hold_up_no_others(hanging: Hanging) -> None:
    names = Resolver(hanging.look_up, threads=4)
    found: list[str] = []
    for number in range(40):
        assert look(names, f"dead-{number}.test", 0.02) in ("timeout", "busy")

    started = time.monotonic()
    found = [look(names, f"good-{number}.test", 5) for number in range(20)]

    assert found == ["192.0.2.1"] * 20
    assert time.monotonic() - started < 20


def test_good_names_among_hanging_ones_are_all_found(hanging: Hanging) -> None:
    names = Resolver(hanging.look_up, threads=8)
    found: dict[str, str] = {}

    def work(host: str) -> None:
        found[host] = look(names, host, 1.0)

    hosts = [f"{'dead' if number % 3 else 'good'}-{number}.test" for number in range(60)]
    threads = [threading.Thread(target=work, args=(host,)) for host in hosts[:30]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for host in hosts[30:]:
        if host.startswith("good"):
            work(host)

    assert {said for host, said in found.items() if host.startswith("good") and host in hosts[30:]} == {"192.0.2.1"}


def test_threads_that_were_replaced_leave_when_their_look_up_ends(hanging: Hanging) -> None:
    names = Resolver(hanging.look_up, threads=2)
    for number in range(10):
        look(names, f"dead-{number}.test", 0.05)
    before = names.threads

    hanging.over.set()

    assert before > 2
    assert eventually(lambda: names.threads <= 2, 15)


def test_waiting_for_a_thread_is_not_the_items_failure(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MOST_ABANDONED", 0)
    fetcher = Fetcher(Guard(Resolver(hanging.look_up, threads=1)))
    tools = WorkerTools(fetcher=fetcher, robots=RobotsFiles(fetcher))
    assert visit_by(tools, "http://dead.test/", timeout=0.5)["code"] == "timeout"
    context.enter(context.Context())
    try:
        with pytest.raises(TryLater) as later:
            scrape_page("http://good.test/x", wishes_of(timeout=0.5), tools)
    finally:
        context.enter(None)

    assert later.value.group == "good.test"
    assert later.value.carry["url"] == "http://good.test/x"
    assert later.value.carry["spent"] == 0


class Counted:
    """A system's look-up that knows names beginning with `good`, takes a while for each, and counts."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[str] = []
        self.now = self.most = 0
        self._lock = threading.Lock()

    def look_up(self, host: str, _port: int) -> Sequence[str]:
        with self._lock:
            self.asked.append(host)
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        with self._lock:
            self.now -= 1
        if host.startswith("good"):
            return ["192.0.2.1"]
        raise socket.gaierror(socket.EAI_NONAME if host.startswith("no") else socket.EAI_AGAIN, "no")


@pytest.mark.parametrize(
    ("host", "said", "seconds"),
    [("good.test", "192.0.2.1", 60.0), ("none.test", "dns_not_found", 10.0), ("later.test", "dns_temporary", 1.0)],
)
def test_what_a_look_up_came_to_is_kept_for_a_while(host: str, said: str, seconds: float) -> None:
    clock = [0.0]
    counted = Counted()
    names = Resolver(counted.look_up, clock=lambda: clock[0])

    told = [look(names, host, 5)]
    clock[0] = seconds - 0.01
    told.append(look(names, host, 5))
    before = len(counted.asked)
    clock[0] = seconds
    told.append(look(names, host, 5))

    assert told == [said] * 3
    assert (before, len(counted.asked)) == (1, 2)


def test_the_names_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MOST_NAMES", 3)
    counted = Counted()
    names = Resolver(counted.look_up)
    for number in (1, 2, 3, 4, 1, 4):
        look(names, f"good-{number}.test", 5)

    assert counted.asked == [f"good-{number}.test" for number in (1, 2, 3, 4, 1)]


def test_as_many_names_are_looked_up_at_once_as_slots_wait() -> None:
    counted = Counted(seconds=0.5)
    names = Resolver(counted.look_up)
    threads = [threading.Thread(target=look, args=(names, f"none-{number}.test", 30)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted.most > 64
    assert names.threads <= 100
