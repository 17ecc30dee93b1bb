"""`run` and `sample`: exit codes, what is printed where, and what is refused before anything runs."""

from __future__ import annotations

import csv
import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.cli import input_options
from jobs.runtime.cli.watch import Interrupts, watch
from tests.support.processes import Python

RUN_KEYS = set("id name job state items ok failed cancelled seconds pool codes".split())


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def runs(fanout) -> int:
    return len(fanout("runs", "--json").json)


def test_run_exits_with_0_when_all_are_ok(fanout) -> None:
    done = fanout("run", "echo", "--item", "a", "--item", "b", "--name", "two")

    assert done.code == 0
    assert done.out.count("\n") == 1
    assert done.out.startswith("2 items: 2 ok · finished in ")
    assert "2/2" in done.err


def test_run_exits_with_1_when_some_failed(fanout) -> None:
    done = fanout("run", "echo", "--item", "a", "--item", "bad")

    assert done.code == 1
    assert "2 items: 1 ok, 1 failed · refused × 1 · finished in " in done.out


def test_run_prints_one_document_as_json(fanout) -> None:
    done = fanout("run", "echo", "--item", "a", "--item", "bad", "--threads", "3", "--name", "é", "--json")

    found = done.json
    assert set(found) >= RUN_KEYS
    assert (found["name"], found["job"], found["state"]) == ("é", "echo", "finished")
    assert (found["items"], found["ok"], found["failed"], found["cancelled"]) == (2, 1, 1, 0)
    assert found["pool"] == {"processes": 1, "threads": 3}
    assert found["codes"] == {"refused": 1}
    assert 0 < found["seconds"] < 30


def test_run_reads_a_file_and_writes_the_table(fanout, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,one\n2,bad two\n3,three\n", "utf-8")

    done = fanout(
        "run", "echo", str(tmp_path / "in.csv"), "--column", "text", "--times", "2", "--out", str(tmp_path / "o.csv")
    )

    assert done.code == 1
    rows = table(tmp_path / "o.csv")
    assert [(row["id"], row["text"], row["said"], row["state"], row["code"]) for row in rows] == [
        ("1", "one", "one one", "ok", ""),
        ("2", "bad two", "", "failed", "refused"),
        ("3", "three", "three three", "ok", ""),
    ]
    assert "3 rows" in done.err


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
def test_run_writes_the_format_of_the_ending(fanout, tmp_path: Path, ending: str) -> None:
    done = fanout("run", "echo", "--item", "a", "--out", str(tmp_path / f"o{ending}"))

    assert done.code == 0
    assert (tmp_path / f"o{ending}").stat().st_size > 0


@pytest.mark.parametrize("verb", [("run", "echo", "--item", "a;b", "--item", "0,5"), ("sample", "factorial")])
def test_a_table_goes_to_standard_output_as_it_is_asked_for(fanout, verb: tuple[str, ...]) -> None:
    done = fanout(
        *verb, "--out", "-", "--out-delimiter", "semicolon", "--out-decimal", ",", "--out-columns", "state,seconds"
    )

    rows = [line.split(";") for line in done.out.splitlines()]
    assert (done.code, rows[0], {row[0] for row in rows[1:]}) == (0, ["state", "seconds"], {"ok"})
    assert all(re.fullmatch(r"\d+(,\d+)?(e-\d+)?", row[1]) for row in rows[1:])
    assert "ok" in done.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "-", "--json"], "--out - and --json both want standard output"),
        (["--out", "-", "--detach"], "--out waits for the end"),
        (["--out-columns", "said"], "say how --out is written"),
        (["--out", "-", "--out-columns", "said,nope"], "there is no column 'nope'"),
        (["--out", "-", "--out-decimal", ","], "a comma cannot part cells and decimals both"),
        (["--out", "a.xlsx", "--out-delimiter", ";"], "a .xlsx file has no delimiter"),
        (["--out", ""], "--out needs the name of a file"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_runs(fanout, words: list[str], sentence: str) -> None:
    before = len(fanout("runs", "--json").json)

    done = fanout("run", "echo", "--item", "a", *words)

    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert len(fanout("runs", "--json").json) == before


def test_a_run_whose_table_cannot_be_written_says_what_became_of_it_all_the_same(fanout, tmp_path: Path) -> None:
    too_long = tmp_path / f"{'x' * 249}.csv"  # its temporary name is longer than a name may be

    done = fanout("run", "echo", "--item", "a", "--out", str(too_long), "--json")

    assert done.code == 1
    assert (done.json["state"], done.json["ok"], "out" in done.json) == ("finished", 1, False)
    assert "the table was not written: " in done.err
    assert f"python -m jobs export {done.json['id'][:8]} --out" in done.err


def test_run_reads_standard_input(fanout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"text\nalpha\nbeta\n")))

    assert fanout("run", "echo", "-", "--json").json["ok"] == 2


def test_endless_standard_input_is_refused(fanout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_options, "MOST_PIPED", 10)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"alpha\nbeta\n")))

    done = fanout("run", "echo", "-")

    assert (done.code, done.out) == (2, "")
    assert "more than 10 bytes: save it to a file" in done.err


def test_run_takes_params(fanout, tmp_path: Path) -> None:
    out = tmp_path / "o.csv"

    fanout("run", "echo", "--item", "a", "--times", "2", "--voice", "loud", "--add_dots", "--words", "oh", "--words",
           "my", "--out", str(out))  # fmt: skip

    assert table(out)[0]["said"] == "oh my A A…"


def test_run_exits_with_3_when_the_run_failed(fanout) -> None:
    done = fanout("run", "lame", "--item", "a", "--json")

    assert done.code == 3
    assert done.json["state"] == "failed"
    assert "cannot be loaded here" in done.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "nosuch", "--item", "a"], "there is no job 'nosuch'"),
        (["run", "torn", "--item", "a"], "job torn is broken: torn.py, line 6"),
        (["run", "echo", "--item", "a", "--nosuch", "1"], "--nosuch"),
        (["run", "echo", "--item", "a", "--voice", "shy"], "voice: 'shy' is none of the choices: give quiet or loud"),
        (["run", "echo", "--item", "a", "--times", "10"], "times: '10' is too large: give 1 to 9"),
        (["run", "echo", "--item", "a", "--threads", "0"], "threads: '0' is too small: give 1 to 1,000"),
        (
            ["run", "echo", "--item", "a", "--deadline", "0"],
            "deadline: '0' is too small: give 0.05 to 604,800, or none",
        ),
        (["run", "echo"], "nothing to run: give a file"),
        (["run", "echo", "x.csv", "--item", "a"], "not both"),
        (["run", "echo", "nosuch.csv"], "nosuch.csv"),
        (["run", "echo", "."], "."),
        (["run", "echo", "--item", "a", "--out", "table.doc"], ".doc"),
        (["run", "echo", "--item", "a", "--out", "nowhere/table.csv"], "there is no folder"),
        (["run", "echo", "--item", "a", "--out", "t.csv", "--detach"], "leave one out"),
        (["run"], "Missing argument 'JOB'"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_run_exits_with_2_and_one_sentence_when_nothing_was_run(
    fanout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = runs(fanout)

    done = fanout(*words)

    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert runs(fanout) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b"text\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_run_exits_with_2_when_the_file_has_no_item(fanout, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.csv").write_bytes(content)

    done = fanout("run", "echo", str(tmp_path / "in.csv"))

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_run_exits_with_2_when_the_column_is_unknown(fanout, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,one\n", "utf-8")

    done = fanout("run", "echo", str(tmp_path / "in.csv"), "--column", "nosuch")

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "nosuch" in done.err


def test_detach_prints_the_id_and_the_run_goes_on(fanout) -> None:
    done = fanout("run", "stall", "--item", "0.3", "--detach")

    assert done.code == 0
    assert fanout("show", done.out.strip(), "--json").json["state"] in ("queued", "running", "finished")


def test_ctrl_c_cancels_and_says_how_long_it_took(fanout) -> None:
    started = fanout.start("run", "stall", "--item", "60", "--item", "61", "--json", "--name", "to cancel")
    wait_for_state(fanout, "running", "to cancel")

    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)

    assert started.returncode == 130, err
    found = json.loads(out)
    assert (found["state"], found["cancelled"]) == ("cancelled", 2)
    assert 0 <= found["cancel_seconds"] < 10
    assert "Cancelling…" in err
    assert "Traceback" not in err


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Ctrl-C as a terminal has it: a shell's background job ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_two_ctrl_c_at_once_cancel_all_the_same(fanout, capsys: pytest.CaptureFixture[str]) -> None:
    run = client.run(fanout("run", "stall", "--item", "60", "--detach").out.strip())

    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        ended = watch(run, interrupts)

    assert ended.state == "cancelled"
    assert "Ctrl-C again leaves it to the runner" in capsys.readouterr().err


@pytest.mark.usefixtures("keyboard")
def test_one_more_ctrl_c_leaves_once_the_cancel_has_been_asked_for() -> None:
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        interrupts.acknowledge()

        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_progress_bar_says_how_far_a_long_item_is(fanout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    done = fanout("run", "stall", "--item", "2.5")

    assert done.code == 0
    assert "25 %, waiting" in done.err


def test_sample_runs_the_sample_of_a_job(fanout) -> None:
    found = fanout("sample", "factorial", "--json").json

    assert (found["state"], found["ok"]) == ("finished", found["items"])
    assert found["items"] > 1


def test_sample_of_a_job_without_one_is_refused(fanout) -> None:
    done = fanout("sample", "echo")

    assert (done.code, done.err.count("\n")) == (2, 1)


def wait_for_state(fanout, state: str, name: str = "") -> str:
    """The id of the first run in this state, of this name if one is given, waited for."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = [run["id"] for run in fanout("runs", "--state", state, "--json").json if name in run["name"]]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no run is {state}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JOBS_IDLE", "soon"),
        ("JOBS_ACTIVE_RUNS", "0"),
        ("JOBS_WORKER_MEMORY", "1"),
        ("JOBS_WORKER_MEMORY", "inf"),
        ("JOBS_MAX_DIGITS", "1e5"),
        ("JOBS_ALLOW_NETS", "127.0.0.1/33"),
        ("JOBS_HOME", "~nobody-of-this-name/x"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_before_anything_runs(
    name: str, text: str, home: Path, python: Python
) -> None:
    ended = python("-m", "jobs", "run", "factorial", "--item", "5", **{name: text})

    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"{name}={text!r} cannot be read" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_runner_that_cannot_start_is_a_sentence_and_no_endless_wait(home: Path, python: Python) -> None:
    home.mkdir(parents=True)
    (home / "runner.lock").mkdir()

    ended = python("-m", "jobs", "run", "factorial", "--item", "5", timeout=50)

    assert ended.returncode == 2
    assert "runner.lock" in ended.stderr


def test_an_empty_name_for_the_table_is_refused(home: Path, python: Python) -> None:
    ended = python("-m", "jobs", "run", "factorial", "--item", "5", "--out", "")

    assert ended.returncode == 2
    assert "--out needs the name of a file" in ended.stderr
