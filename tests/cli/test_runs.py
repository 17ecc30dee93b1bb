"""`status`, `runs`, `show`, `export`, `files`, and what a person does to a run."""

from __future__ import annotations

import csv
import json
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from tests.cli.test_run import wait_for_state


@pytest.fixture
def ended(fanout) -> str:
    """The id of a run with two ok items and one failed."""
    words = ["--item", "a", "--item", "=b", "--item", "bad", "--keep", "--name", "three words"]
    return fanout("run", "echo", *words, "--json").json["id"]


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_list_names_the_jobs_and_the_broken_ones(fanout) -> None:
    done = fanout("list")

    assert done.code == 0
    assert "factorial" in done.out
    assert "Say a text again" in done.out
    assert "torn is broken: torn.py, line 6" in done.out


def test_list_as_json(fanout) -> None:
    found = {job["name"]: job for job in fanout("list", "--json").json}

    assert found["echo"]["params"]["times"] == 1
    assert found["echo"]["columns"] == ["said", "length", "file"]
    assert found["echo"]["bound"] == "io"
    assert "line 6" in found["torn"]["broken"]


def test_check_reports_what_a_file_holds(fanout, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id;n\n1;5\n2;five\n3;5\n", "utf-8")

    done = fanout("check", "factorial", str(tmp_path / "in.csv"), "--column", "n", "--json")

    assert done.code == 1
    found = done.json
    assert set(found) >= set("rows items duplicates invalid column encoding delimiter sheet".split())
    assert (found["rows"], found["items"], found["column"], found["delimiter"]) == (3, 3, "n", ";")
    assert [(entry["line"], entry["cell"]) for entry in found["invalid"]] == [(3, "five")]
    assert "five" in found["invalid"][0]["reason"]


def test_check_in_words(fanout, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("n\n5\nfive\n", "utf-8")
    (tmp_path / "good.csv").write_text("n\n5\n6\n", "utf-8")

    assert "line 3" in fanout("check", "factorial", str(tmp_path / "in.csv")).out
    assert fanout("check", "factorial", str(tmp_path / "good.csv")).code == 0


def test_check_exits_with_2_when_it_is_no_table(fanout, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")

    done = fanout("check", "factorial", str(tmp_path / "in.csv"), "--json")

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_status_tells_of_runner_and_store(fanout, ended: str) -> None:
    found = fanout("status", "--json").json

    assert found["runner"] > 0
    assert found["store_bytes"] > 0
    assert found["home"] == str(fanout.home)
    assert str(found["runner"]) in fanout("status").out


def test_runs_lists_the_newest_first(fanout, ended: str) -> None:
    listed = fanout("runs", "--json").json

    assert listed[0]["id"] == ended
    assert listed[0]["codes"] == {"refused": 1}
    assert ended in [run["id"] for run in fanout("runs", "--state", "finished", "--json").json]
    assert ended not in [run["id"] for run in fanout("runs", "--state", "paused", "--json").json]
    assert "three words" in fanout("runs").out


def test_show_takes_any_beginning_of_an_id(fanout, ended: str) -> None:
    assert fanout("show", ended[:8], "--json").json["id"] == ended
    assert fanout("show", ended[:8], "--json").json["codes"] == {"refused": 1}


def test_show_in_words_names_the_failures(fanout, ended: str) -> None:
    shown = fanout("show", ended).out

    assert ended in shown
    assert "3 (2 ok, 1 failed, 0 cancelled, 0 waiting)" in shown
    assert "item 3: refused: bad is refused" in shown


def test_show_of_a_position_tells_all_of_one_item(fanout, ended: str) -> None:
    shown = fanout("show", ended, "--position", "3").out

    assert "error:        bad is refused\n" in shown
    assert "printed (attempt 1; 17 bytes):\n  | about to say\n  | bad\n" in shown
    item = fanout("show", ended, "--position", "2", "--json").json
    assert (item["item"], item["state"], item["row"]["said"]) == ("=b", "ok", "=b")
    assert item["printed"] == [{"attempt": 1, "lost": False, "bytes": 16, "text": "about to say\n=b\n"}]


@pytest.mark.parametrize("position", ["0", "-1", "4", "99999999999999999999"])
def test_show_of_a_position_that_is_not_there_says_which_are(fanout, ended: str, position: str) -> None:
    done = fanout("show", ended, "--position", position)

    assert (done.code, done.out) == (2, "")
    assert "it has 1 to 3" in done.err


def test_an_export_has_what_was_printed_where_that_is_asked(fanout, ended: str, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    assert fanout("export", ended, "--out", str(table), "--printed").code == 0

    head, *lines = rows(table)
    assert head[-1] == "printed"
    assert [line[-1] for line in lines] == [f"about to say\n{text}\n" for text in ("a", "=b", "bad")]
    assert fanout("export", ended, "--out", str(table)).code == 0
    assert "printed" not in rows(table)[0]


@pytest.mark.parametrize("verb", ["show", "cancel", "pause", "resume", "delete", "retry"])
def test_a_run_that_is_not_there_is_refused(fanout, verb: str) -> None:
    done = fanout(verb, "zzzz")

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("options", "cells"),
    [
        ([], ["a", "'=b", "bad"]),
        (["--raw"], ["a", "=b", "bad"]),
        (["--only", "failed"], ["bad"]),
        (["--only", "ok"], ["a", "'=b"]),
    ],
)
def test_export_writes_the_rows_asked_for(fanout, ended: str, tmp_path: Path, options: list[str], cells: list) -> None:
    done = fanout("export", ended, "--out", str(tmp_path / "o.csv"), *options)

    assert done.code == 0
    lines = rows(tmp_path / "o.csv")
    assert [line[lines[0].index("text")] for line in lines[1:]] == cells


def test_export_to_a_name_that_is_empty_is_refused(fanout, ended: str) -> None:
    done = fanout("export", ended, "--out", "")

    assert (done.code, done.out) == (2, "")
    assert "--out needs the name of a file" in done.err


def test_export_of_the_input_of_the_failed_can_be_run_again(fanout, ended: str, tmp_path: Path) -> None:
    fanout("export", ended, "--out", str(tmp_path / "again.csv"), "--only", "input-of-failed")

    assert rows(tmp_path / "again.csv") == [["text"], ["bad"]]
    assert fanout("run", "echo", str(tmp_path / "again.csv"), "--json").json["failed"] == 1


@pytest.mark.parametrize("verb", ["files", "digits"])
def test_files_writes_an_archive_under_each_of_its_names(fanout, verb: str, tmp_path: Path) -> None:
    run = fanout("run", "factorial", "--item", "1000", "--item", "2000", "--json").json["id"]

    done = fanout(verb, run, "--out", str(tmp_path / "d.zip"))

    assert done.code == 0
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        texts = sorted(archive.read(name).decode().strip() for name in archive.namelist() if name.endswith(".txt"))
    assert any(text.startswith("40238726") and len(text) == 2568 for text in texts)


def test_files_wants_a_zip(fanout, ended: str, tmp_path: Path) -> None:
    done = fanout("files", ended, "--out", str(tmp_path / "d.tar"))

    assert (done.code, list(tmp_path.iterdir())) == (2, [])


def test_rename(fanout, ended: str) -> None:
    assert fanout("rename", ended, "another name").code == 0

    assert fanout("show", ended, "--json").json["name"] == "another name"


def test_rename_says_the_name_as_it_is_kept_in_one_line(fanout, ended: str) -> None:
    done = fanout("rename", ended, "two\nlines " + "x" * 500)

    assert fanout("show", ended, "--json").json["name"] == "two lines " + "x" * 190
    assert done.out.endswith(" is called two lines " + "x" * 190 + "\n")


def test_retry_tries_the_failed_again(fanout, ended: str) -> None:
    assert fanout("retry", ended, "--code", "refused").code == 0

    wait_for_end(fanout, ended)
    assert fanout("show", ended, "--json").json["codes"] == {"refused": 1}


def test_delete_takes_the_run_away(fanout, ended: str) -> None:
    assert fanout("delete", ended).code == 0

    assert fanout("show", ended).code == 2


def test_pause_resume_and_cancel(fanout) -> None:
    run = fanout("run", "stall", "--item", "60", "--item", "61", "--threads", "1", "--detach").out.strip()
    wait_for_state(fanout, "running")

    assert fanout("pause", run).code == 0
    wait_for_state(fanout, "paused")
    assert fanout("resume", run).code == 0
    done = fanout("cancel", run)

    assert done.code == 0
    assert "cancelled in" in done.out
    assert fanout("show", run, "--json").json["cancelled"] == 2
    assert fanout("cancel", run).code == 2


def test_what_was_cancelled_is_said_with_the_command_that_runs_it(fanout) -> None:
    run = fanout("run", "stall", "--item", "60", "--item", "0", "--item", "x", "--detach").out.strip()
    wait_until(lambda: fanout("show", run, "--json").json["waiting"] == 1)
    fanout("cancel", run)
    assert fanout("retry", run, "--code", "invalid_item").code == 0
    wait_until(lambda: fanout("show", run, "--json").json["state"] == "finished")

    shown = fanout("show", run).out
    command = shown.partition("(python -m jobs ")[2].partition(" runs them")[0].split()

    assert "1 item cancelled (python -m jobs retry" in shown
    assert fanout(*command).code == 0
    wait_until(lambda: fanout("show", run, "--json").json["state"] == "running")
    fanout("cancel", run)


def test_show_says_how_far_long_items_are(fanout) -> None:
    run = fanout("run", "stall", "--item", "60", "--detach").out.strip()
    wait_until(lambda: fanout("show", run, "--json").json["doing"])

    (doing,) = fanout("show", run, "--json").json["doing"]
    shown = fanout("show", run).out
    fanout("cancel", run)

    assert (doing["position"], doing["share"], doing["phase"]) == (1, 0.25, "waiting")
    assert "item 1: 25 %, waiting, for " in shown
    assert fanout("show", run, "--json").json["doing"] == []


def test_a_run_without_a_runner_is_interrupted_and_resume_goes_on(fanout) -> None:
    run = fanout("run", "stall", *["--item", "0.2"] * 12, "--threads", "1", "--detach").out.strip()
    wait_for_state(fanout, "running")
    psutil.Process(fanout("status", "--json").json["runner"]).kill()
    wait_until(lambda: fanout("show", run, "--json").json["interrupted"])
    assert "interrupted" in fanout("show", run).out

    assert fanout("resume", run).code == 0

    ended = wait_for_end(fanout, run)
    assert (ended["state"], ended["ok"], ended["interrupted"]) == ("finished", 12, False)


@pytest.mark.slow
def test_a_watched_run_survives_its_runner(fanout) -> None:
    started = fanout.start("run", "stall", *["--item", "0.3"] * 12, "--threads", "1", "--json", "--name", "watched")
    wait_for_state(fanout, "running", "watched")

    psutil.Process(fanout("status", "--json").json["runner"]).kill()

    out, err = started.communicate(timeout=60)
    assert (started.returncode, json.loads(out)["ok"]) == (0, 12), err


def wait_until(happens) -> None:
    end = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def wait_for_end(fanout, run: str) -> dict:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = fanout("show", run, "--json").json
        if found["state"] in ("finished", "failed", "cancelled"):
            return found
        time.sleep(0.05)
    raise AssertionError(json.dumps(found))


def test_export_to_standard_output_is_the_table_alone(fanout, ended: str) -> None:
    done = fanout("export", ended, "--out", "-", "--out-delimiter", ";", "--out-columns", "state, position")

    assert done.code == 0
    assert done.out.splitlines()[0] == "state;position"
    assert len(done.out.splitlines()) > 1


def test_export_of_a_column_that_is_not_there_is_refused(fanout, ended: str) -> None:
    done = fanout("export", ended, "--out", "-", "--out-columns", "nope")

    assert (done.code, done.out) == (2, "")
    assert "there is no column 'nope'" in done.err


@pytest.mark.parametrize("words", [[], ["--older-than", "soon"], ["--job", "echo"]])
def test_delete_without_a_run_or_an_age_is_refused(fanout, words: list[str]) -> None:
    assert fanout("delete", *words).code == 2
