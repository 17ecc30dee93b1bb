"""`new`: a job to begin with."""

from __future__ import annotations

import shlex

import pytest

from tests.cli.conftest import Fanout


def test_the_command_that_new_tells_runs_the_job(fanout: Fanout, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "mine"))

    written = fanout("new", "word_count")
    command = shlex.split(written.out.splitlines()[-1].partition("python -m jobs ")[2])
    ran = fanout(*command)

    assert (written.code, written.err) == (0, "")
    assert str(tmp_path / "mine" / "word_count.py") in written.out
    assert (ran.code, "1 item: 1 ok" in ran.out) == (0, True), ran.err


def test_new_refuses_in_one_sentence(fanout: Fanout) -> None:
    refused = fanout("new", "Word-Count")

    assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
