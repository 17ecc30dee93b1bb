"""A function in a process of its own: what it returns and raises, and what it does that no other process feels."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

import jobs
from jobs import ApartFailed, ItemError
from jobs.runtime.job import apart, context

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
MEMORY = 256 * 2**20


def mirrored(octets: bytes) -> bytes:
    print("what it prints is no answer")
    return octets[::-1]


def failing(octets: bytes) -> bytes:
    raise ItemError("odd", f"of {len(octets)} bytes", detail="raw")


def hungry(_: bytes) -> bytes:
    return bytes(2**30)


def spinning(_: bytes) -> bytes:
    while True:
        pass


def sleeping(_: bytes) -> bytes:
    time.sleep(600)
    return b""


def crashing(_: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def killed(_: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def broken(_: bytes) -> bytes:
    raise KeyError("nobody foresaw it")


def whose(_: bytes) -> bytes:
    return f"{os.getpid()} {os.getppid()}".encode()


def test_bytes_go_there_and_come_back() -> None:
    large = os.urandom(3_000_000)

    assert jobs.compute_apart(mirrored, large, memory=MEMORY, seconds=20) == large[::-1]
    assert jobs.compute_apart(mirrored, b"", memory=MEMORY, seconds=20) == b""


def test_it_is_another_process_and_ours_is_its_parent() -> None:
    own, parent = map(int, jobs.compute_apart(whose, b"", memory=MEMORY, seconds=20).split())

    assert (own != os.getpid(), parent) == (True, os.getpid())


def test_the_failure_of_the_function_is_that_of_the_item() -> None:
    with pytest.raises(ItemError) as caught:
        jobs.compute_apart(failing, b"abc", memory=MEMORY, seconds=20)

    assert (caught.value.code, caught.value.message, caught.value.detail) == ("odd", "of 3 bytes", "raw")


@LINUX
@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (hungry, "it takes more than 256 MiB of memory"),
        (spinning, "it takes more than 1 s of processor time"),
        (killed, r"killed from outside \(SIGKILL\), as by .* no memory left: give it more, or run fewer .* of 256 MiB"),
        (crashing, "its reader ended with SIGSEGV"),
        (broken, r"its reader ended with exit code 1 \(KeyError: 'nobody foresaw it'\)"),
    ],
)
def test_a_limit_or_a_death_is_a_sentence(function: object, sentence: str) -> None:
    with pytest.raises(ApartFailed, match=sentence):
        jobs.compute_apart(function, b"", memory=MEMORY, seconds=1)  # type: ignore[arg-type]


def test_it_ends_when_there_is_no_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    with pytest.raises(ApartFailed, match="no time left"):
        jobs.compute_apart(sleeping, b"", memory=MEMORY, seconds=20, within=0.3)
    monkeypatch.setattr(context, "time_left", lambda: apart.MARGIN + 0.2)
    with pytest.raises(ApartFailed, match="no time left"):
        jobs.compute_apart(sleeping, b"", memory=MEMORY, seconds=20)

    assert time.monotonic() - started < 60


def test_so_many_run_at_once_and_the_others_wait_no_longer_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(apart.AT_ONCE):
        assert apart._running.acquire(timeout=10)
    try:
        with pytest.raises(ApartFailed, match="no time left"):
            jobs.compute_apart(mirrored, b"", memory=MEMORY, seconds=20, within=0.1)
    finally:
        for _ in range(apart.AT_ONCE):
            apart._running.release()

    assert jobs.compute_apart(mirrored, b"ab", memory=MEMORY, seconds=20) == b"ba"
