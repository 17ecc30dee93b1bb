"""`measure` and `compare`, with a runner that really runs."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Fanout, Terminal


def test_measure_runs_each_way_and_prints_one_document(fanout: Fanout) -> None:
    done = fanout(
        *("measure", "factorial", "--item", "2000", "--item", "3000", "--ways", "sequential,processes"),
        *("--repeats", "1", "--processes", "2", "--engine", "python", "--json"),
    )

    assert done.code == 0, done.err
    found = done.json
    assert [way["way"] for way in found["ways"]] == ["sequential", "processes"]
    assert [way["pool"] for way in found["ways"]] == [{"processes": 1, "threads": 1}, {"processes": 2, "threads": 1}]
    assert found["params"] == {"engine": "python"}
    assert found["complete"]
    assert found["verdict"].endswith(".")
    assert all(way["wall"] > 0 and way["process_cpu"] is not None and way["peak_memory"] for way in found["ways"])
    assert all(way["start_up"] is None or way["start_up"] > 0 for way in found["ways"])
    assert fanout("show", found["ways"][1]["runs"][0]).out.count("· processes · 1/1") == 1


def test_measure_prints_a_table_its_conditions_and_the_verdict(fanout: Fanout) -> None:
    done = fanout("measure", "echo", "--item", "a", "--item", "b", "--workers", "1,2", "--repeats", "2")

    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split()[:4] == ["way", "pool", "wall", "from"]
    assert [line.split("  ")[0] for line in lines[1:3]] == ["sequential", "threads"]
    assert lines[3] == "(2 items, 2 repeats of each way in turn, after a warm-up that does not count)"
    assert lines[-1].endswith(".")


def test_measure_exits_as_run_does_where_items_fail(fanout: Fanout) -> None:
    done = fanout("measure", "echo", "--item", "bad", "--ways", "sequential,threads", "--repeats", "1", "--json")

    assert done.code == 1
    assert [way["failed"] for way in done.json["ways"]] == [1, 1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--ways", "fibers"], "'fibers' is no way to run: choose of sequential, threads, processes, both"),
        (["--workers", "1,two"], "'two' is no number of workers: write --workers 1,2,4"),
        (["--workers", "1,200"], "workers must be numbers from 1 to 64, as in 1,2,4"),
        (["--workers", "1,2", "--ways", "threads"], "give --ways or --workers, not both"),
        (["--repeats", "21"], "repeats: '21' is too large: give 1 to 20"),
        (["--engine", "abacus"], "engine"),
    ],
)
def test_measure_refuses_what_cannot_be_measured_before_anything_runs(
    fanout: Fanout, words: list[str], sentence: str
) -> None:
    done = fanout("measure", "factorial", "--item", "5", *words)

    assert done.code == 2
    assert sentence in done.err
    assert done.out == ""


def test_measure_asks_other_peoples_servers_only_after_a_yes(fanout: Fanout, tmp_path: Path) -> None:
    before = len(fanout("runs", "--json").json)
    urls = tmp_path / "urls.csv"
    urls.write_text("url\nhttps://example.org/a\nhttps://example.org/b\n", "utf-8")

    done = fanout("measure", "scrape", str(urls))

    assert done.code == 2
    assert "asks them 8 times (2 items, 4 ways); say yes to that (--yes), or measure the sample" in done.err
    assert len(fanout("runs", "--json").json) == before


def test_a_person_at_the_terminal_is_asked_and_may_say_no(
    fanout: Fanout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = tmp_path / "urls.csv"
    urls.write_text("url\nhttps://example.org/a\n", "utf-8")
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))

    done = fanout("measure", "scrape", str(urls))

    assert done.code == 2
    assert "This asks other people's servers 4 times, each way once. Go on? [y/N]" in done.err


def test_ctrl_c_cancels_the_run_in_work_and_no_other_follows(fanout: Fanout) -> None:
    started = fanout.start("measure", "stall", "--item", "60", "--ways", "sequential,threads", "--json")
    limit = time.monotonic() + 30
    while not any("· warm-up" in run["name"] for run in fanout("runs", "--state", "running", "--json").json):
        assert time.monotonic() < limit
        time.sleep(0.05)

    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)

    assert started.returncode == 130, err
    assert json.loads(out)["verdict"].startswith("The measurement was stopped")
    mine = [run for run in fanout("runs", "--json").json if run["job"] == "stall"]
    assert [run["state"] for run in mine] == ["cancelled"]
    assert "Traceback" not in err


def test_compare_tells_what_differs_and_what_changed(fanout: Fanout) -> None:
    first = fanout("run", "factorial", "--item", "5", "--item", "6", "--json").json["id"]
    second = fanout("run", "factorial", "--item", "6", "--item", "7", "--engine", "python", "--json").json["id"]

    told, found = fanout("compare", first[:12], second[:12]), fanout("compare", first, second, "--json").json

    assert told.code == 0
    assert "engine" in told.out
    assert "1 item in both runs, 2 rows changed: " in told.out
    assert "5: only in the first run: ok → –" in told.out
    assert found["settings"] == [{"setting": "engine", "values": ["gmp", "python"]}]
    assert (found["rows_in_both"], found["rows_changed"], found["changes_in_all"]) == (1, 2, 2)
    assert [(change["item"], change["positions"]) for change in found["changes"]] == [
        ("5", [1, None]),
        ("7", [None, 2]),
    ]
    assert [run["id"] for run in found["runs"]] == [first, second]


def test_compare_refuses_runs_of_two_jobs_and_unknown_ones(fanout: Fanout) -> None:
    first = fanout("run", "factorial", "--item", "5", "--json").json["id"]
    other = fanout("run", "echo", "--item", "a", "--json").json["id"]

    assert fanout("compare", first, other).code == 2
    assert "not of factorial and echo" in fanout("compare", first, other).err
    assert fanout("compare", first, "zzz").code == 2
