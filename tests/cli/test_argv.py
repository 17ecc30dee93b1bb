"""What others of the machine see of the arguments of a command."""

import sys
from pathlib import Path

import pytest

from tests.support.machine import until

VALUE = "s3cret-0f-mine é"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not let it")
@pytest.mark.parametrize("words", [["--headers", f"X-Key: {VALUE}"], [f"--headers=X-Key: {VALUE}"]])
def test_a_secret_is_overwritten_in_the_list_of_processes(fanout, words: list[str]) -> None:
    waiting = fanout.start("run", "scrape", "-", *words, "--headers", "X-Other: {secret:TOKEN}", "--threads", "3")
    try:
        shown = Path(f"/proc/{waiting.pid}/cmdline")
        until(lambda: b"***" in shown.read_bytes(), 60)

        arguments = shown.read_bytes().split(b"\0")
        assert VALUE.encode() not in shown.read_bytes()
        assert {b"run", b"scrape", b"--threads", b"3", b"X-Other: {secret:TOKEN}"} < set(arguments)
    finally:
        waiting.communicate("", timeout=60)


def test_the_help_of_a_secret_advises_its_name(fanout) -> None:
    done = fanout("run", "scrape", "--help")

    assert "{secret:NAME}" in " ".join(done.out.split())
