"""What items find in the place of standard output, and leave there."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from jobs.runtime.worker import output


def settled(monkeypatch: pytest.MonkeyPatch) -> io.TextIOWrapper:
    """A stream that the job has made at its import, and that holds back what is written."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(output, "_settled", {})
    monkeypatch.setattr(sys, "stdout", stream)
    output.settle()
    return stream


def test_what_a_stream_of_the_jobs_holds_back_is_written_before_the_item_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = settled(monkeypatch)

    output.begin()
    print("held back")
    output.end()

    assert stream.buffer.getvalue() == b"held back\n"  # type: ignore[attr-defined]


def test_what_an_item_puts_in_its_place_is_taken_away_once_no_other_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = settled(monkeypatch)

    def end_beside() -> None:
        output.begin()
        output.end()

    output.begin()
    sys.stdout = for_a_while = io.StringIO()
    beside = threading.Thread(target=end_beside)
    beside.start()
    beside.join()

    assert sys.stdout is for_a_while
    output.end()
    assert sys.stdout is stream
