"""What a script or a strange terminal meets: closed pipes, other locales, stores that cannot be opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import PROJECT

PRESSES = '''
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal

class Presses:
    """Presses Ctrl-C as soon as the named module is looked for."""

    def find_spec(self, name, path=None, target=None):
        if name == os.environ["PRESS_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Presses())
'''


@pytest.mark.parametrize(
    "module",
    [
        "inspect",
        "jobs.runtime.job.context",
        "jobs.runtime.job.decorator",
        "jobs.runtime.cli.main",
        "click",
        "jobs.factorial",
        "jobs.runtime.inputs.read",
    ],
)
def test_ctrl_c_while_a_command_is_loaded_ends_it_without_a_traceback(
    home: Path, tmp_path: Path, python, module: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(PRESSES, "utf-8")

    done = python("-m", "jobs", "check", "factorial", "no.csv", PYTHONPATH=str(tmp_path), PRESS_AT=module)

    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


@pytest.mark.parametrize("verb", ["list", "runs"])
def test_a_closed_pipe_is_no_error(fanout, verb: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "jobs", verb], cwd=PROJECT, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_where_standard_error_cannot_be_written_the_run_is_watched_to_its_end(fanout) -> None:
    words = ["run", "stall", "--item", "0.5", "--item", "nothing", "--json"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jobs", *words], cwd=PROJECT, stdout=subprocess.PIPE, stderr=full, check=False
        )

    assert done.returncode == 1
    assert json.loads(done.stdout)["state"] == "finished"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["list"], ["run", "echo", "--item", "a"]])
def test_where_standard_output_cannot_be_written_that_is_said(fanout, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jobs", *words], cwd=PROJECT, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 2
    assert done.stderr.endswith(b"standard output cannot be written: No space left on device\n")


def test_output_is_utf8_whatever_the_locale(fanout, python) -> None:
    strange = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}

    done = python("-m", "jobs", "run", "echo", "--item", "é", "--name", "naïve – 名前", "--json", **strange)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "naïve – 名前"


def test_a_file_name_of_strange_bytes_is_no_error(fanout, tmp_path: Path) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")
    Path(file).write_text("text\na\n", "utf-8")

    assert fanout("run", "echo", file, "--json").json["name"] == "caf\ufffd.csv"


def test_a_name_cannot_steer_the_terminal(fanout) -> None:
    run = fanout("run", "echo", "--item", "a", "--name", "x\x1b]0;gone\x07\x9b2J", "--json").json["id"]

    shown = fanout("show", run).out

    assert not set(shown) & {"\x1b", "\x07", "\x9b"}


@pytest.mark.parametrize("words", [["status"], ["runs"], ["run", "echo", "--item", "a"], ["show", "a"]])
def test_a_store_that_cannot_be_opened_is_one_sentence(
    fanout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    monkeypatch.setenv("JOBS_HOME", str(tmp_path / "file"))

    done = fanout(*words)

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "file" in done.err


def test_a_setting_that_cannot_be_read_is_one_sentence(fanout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_ITEMS", "many")

    done = fanout("run", "echo", "--item", "a")

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "JOBS_MAX_ITEMS" in done.err


def test_help_of_the_runner_is_shown(fanout) -> None:
    assert "--idle" in fanout("runner", "--help").out
