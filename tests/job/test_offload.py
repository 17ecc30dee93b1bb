"""The threads of a worker that compute for its many slots."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import jobs
from jobs.runtime.job import context, offload
from jobs.runtime.job.definition import read_job
from jobs.runtime.worker.attempt import Work, perform
from tests.support.jobs import noop


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this computer is, nobody gives up a turn."""
    monkeypatch.setattr(offload, "PATIENCE", 60)


@pytest.fixture
def here() -> Iterator[context.Context]:
    now = context.Context(attempt=3)
    context.enter(now)
    yield now
    context.enter(None)


def burn(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def at_once(count: int, call: Callable[[], object]) -> list[object]:
    """What so many threads get that call at the same time."""
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(call())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return got


def test_what_is_returned_or_raised_comes_back() -> None:
    assert jobs.compute(divmod, 7, 2) == (3, 1)
    assert jobs.compute(dict, a=1) == {"a": 1}
    for error in (ZeroDivisionError("no"), TimeoutError("mine"), KeyboardInterrupt("even this")):

        def fail(error: BaseException = error) -> None:
            raise error

        with pytest.raises(type(error)) as raised:
            jobs.compute(fail)
        assert raised.value is error


def test_many_callers_share_two_threads() -> None:
    def name() -> str:
        time.sleep(0.01)
        return threading.current_thread().name

    names = at_once(20, lambda: jobs.compute(name))

    assert len(names) == 20
    assert set(names) == {"computing 1", "computing 2"}


def test_a_call_within_a_call_stays_where_it_is() -> None:
    inside = jobs.compute(lambda: (threading.get_ident(), jobs.compute(threading.get_ident)))

    assert inside[0] == inside[1] != threading.get_ident()


def test_behind_slow_calls_one_computes_in_its_own_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, free = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        begun.release()
        free.wait(20)

    slow = [threading.Thread(target=jobs.compute, args=(wait,)) for _ in range(offload.THREADS)]
    for thread in slow:
        thread.start()
    try:
        assert all(begun.acquire(timeout=20) for _ in slow)
        with monkeypatch.context() as hasty:
            hasty.setattr(offload, "PATIENCE", 0.05)
            assert jobs.compute(threading.get_ident) == threading.get_ident()
    finally:
        free.set()
        for thread in slow:
            thread.join()
    assert jobs.compute(threading.get_ident) != threading.get_ident()


def test_in_a_long_queue_of_quick_calls_nobody_gives_up_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offload, "PATIENCE", 0.5)

    def name() -> str:
        time.sleep(0.03)
        return threading.current_thread().name.partition(" ")[0]

    assert at_once(40, lambda: jobs.compute(name)) == ["computing"] * 40  # the last waits for 0.6 s


FORK = """
import os, threading
from jobs import compute
serving = lambda: threading.current_thread().name.partition(" ")[0]
compute(serving)
child = os.fork()
if not child:
    os._exit(compute(serving) != "computing")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_that_was_forked_has_threads_of_its_own(python) -> None:
    assert python("-W", "ignore", "-c", FORK).stdout == "0\n"


def test_what_computes_is_still_about_its_item(here: context.Context) -> None:
    def ask_and_tell() -> int:
        jobs.pace(hold=2.0)
        return jobs.attempt()

    assert jobs.compute(ask_and_tell) == 3
    assert here.paces == {"hold": 2.0}
    assert context.current() is here


def test_the_runner_is_told_where_the_item_is(here: context.Context) -> None:
    told: list[int] = []
    here.moved = lambda ident, _native: told.append(ident)

    thread = jobs.compute(threading.get_ident)

    assert told == [thread, threading.get_ident()]


def test_the_runner_is_told_that_it_is_back_by_the_thread_that_computed(here: context.Context) -> None:
    """The caller may not come to say it: the next call in that thread may hold the interpreter's lock for good."""
    told: list[int] = []
    here.moved = lambda ident, _native: told.append(ident)
    call = offload._Call(int, here)

    thread = threading.Thread(target=call.serve)
    thread.start()
    thread.join(20)

    assert told == [thread.ident, threading.get_ident()]


def test_its_seconds_count_as_the_items_also_where_it_fails() -> None:
    job = read_job("noop", noop)

    def function(_item: str) -> None:
        jobs.compute(burn, 0.3)
        jobs.compute(burn, "not a number")

    work = Work(job=dataclasses.replace(job, function=function), keywords={}, columns=())
    before = time.thread_time()
    answer = perform(work, "x", context.Context(), keep=lambda _column, _artifact: "")

    assert answer.outcome.code == "bug"
    assert 0.3 <= answer.cpu < 0.6
    assert 0 < answer.clock - before < 0.3
