"""One reads for all who ask at the same time, and the others take what was read before where it will do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.ui.run.shared_reads import FORGOTTEN, SharedReads


class Reader:
    """Says when it begins, and goes on when it is let."""

    def __init__(self, begun: float) -> None:
        self.begun, self.reads = begun, 0
        self.began, self.go_on = threading.Event(), threading.Event()

    def __call__(self) -> tuple[float, str]:
        self.reads += 1
        self.began.set()
        assert self.go_on.wait(60)
        return self.begun, f"of {self.begun:g}"


def at(begun: float) -> Reader:
    reader = Reader(begun)
    reader.go_on.set()
    return reader


def test_what_is_new_enough_is_not_read_again() -> None:
    reads, second = SharedReads[str](), at(20.0)
    reads.see("a", 10.0, 10.0, at(10.0))

    assert reads.see("a", 10.0, 0.0, second) == "of 10"
    assert second.reads == 0
    assert reads.see("a", 10.5, 0.0, second) == "of 20"
    assert reads.see("b", 10.5, 0.0, at(11.0)) == "of 11"


def test_while_one_reads_the_others_take_what_was_read_before() -> None:
    reads, slow = SharedReads[str](), Reader(20.0)
    reads.see("a", 10.0, 10.0, at(10.0))
    with ThreadPoolExecutor(1) as other:
        first = other.submit(reads.see, "a", 20.0, 10.0, slow)
        assert slow.began.wait(60)
        meanwhile = reads.see("a", 20.0, 10.0, at(21.0))
        slow.go_on.set()

        assert (meanwhile, first.result(60)) == ("of 10", "of 20")
    assert reads.see("a", 20.0, 10.0, at(30.0)) == "of 20"


@pytest.mark.parametrize("before", [None, 10.0])
def test_who_finds_nothing_that_is_new_enough_waits_for_the_one_who_reads(before: float | None) -> None:
    reads, slow, unread = SharedReads[str](), Reader(20.0), at(21.0)
    if before:
        reads.see("a", before, before, at(before))
    with ThreadPoolExecutor(2) as others:
        first = others.submit(reads.see, "a", 20.0, 20.0, slow)
        assert slow.began.wait(60)
        second = others.submit(reads.see, "a", 20.0, 15.0, unread)
        slow.go_on.set()

        assert (first.result(60), second.result(60)) == ("of 20", "of 20")
    assert unread.reads == 0


def test_one_who_fails_lets_the_next_read() -> None:
    reads = SharedReads[str]()

    with pytest.raises(ZeroDivisionError):
        reads.see("a", 1.0, 1.0, lambda: (1 / 0, ""))
    assert reads.see("a", 1.0, 1.0, at(1.0)) == "of 1"


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    reads = SharedReads[str]()
    reads.see("a", 1.0, 1.0, at(1.0))
    reads.see("b", 1.0, 1.0, at(2.0 + FORGOTTEN))

    assert reads.see("a", 1.0, 1.0, at(3.0)) == "of 3"
