"""`presets`, and `--preset` of `run` and `sample`."""

from __future__ import annotations

import csv
import itertools
import tomllib
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.presets import RunPreset

_names = map("preset {}".format, itertools.count(1))


@pytest.fixture
def loud(fanout) -> str:
    """The name of a preset of echo."""
    name = next(_names)
    words = ["--voice", "loud", "--times", "2", "--threads", "3", "--attempts", "4", "--out-columns", "said,text"]
    assert fanout("presets", "save", "echo", name, *words).code == 0
    return name


def test_what_is_given_goes_before_the_preset(fanout, loud: str) -> None:
    run = fanout("run", "echo", "--item", "a", "--preset", loud, "--times", "3", "--json").json

    assert (run["params"]["voice"], run["params"]["times"]) == ("loud", 3)
    assert (run["pool"], run["limits"]["attempts"]) == ({"processes": 1, "threads": 3}, 4)
    assert run["preset"] == loud
    assert run["differs_from_preset"] == {"times": ["2", "3"]}
    assert f"differs from preset '{loud}': times 2 → 3" in fanout("show", run["id"]).out


def test_an_automatic_pool_gives_way_to_a_number_of_threads(fanout) -> None:
    name = next(_names)
    fanout("presets", "save", "echo", name, "--processes", "auto", "--threads", "auto", "--deadline", "none")

    auto = fanout("run", "echo", "--item", "a", "--preset", name, "--json").json
    three = fanout("run", "echo", "--item", "a", "--preset", name, "--threads", "3", "--deadline", "9", "--json").json

    assert (auto["pool"], auto["limits"]["deadline"]) == ({"processes": "auto", "threads": "auto"}, None)
    assert three["pool"] == {"processes": 1, "threads": 3}
    assert three["differs_from_preset"] == {"pool": ["auto", "1 process × 3 threads"], "deadline": ["none", "9 s"]}


def test_a_preset_keeps_what_is_taken_from_earlier_runs_and_what_is_given_stands_for_it(fanout) -> None:
    name = next(_names)
    fanout("presets", "save", "echo", name, "--new", "--fresh", "30d")
    first = fanout("run", "echo", "--item", f"of {name}", "--json").json

    kept = fanout("run", "echo", "--item", f"of {name}", "--preset", name, "--json").json
    anew = fanout("run", "echo", "--item", f"of {name}", "--preset", name, "--no-new", "--json").json

    assert (kept["reused"], kept["fresh"], kept["differs_from_preset"]) == (1, 30 * 86_400, {})
    assert (anew["reused"], anew["fresh"]) == (0, None)
    assert anew["differs_from_preset"] == {"from earlier runs": ["rows at most 30 days old", "nothing"]}
    assert "from earlier runs: rows at most 30 days old" in fanout("presets", "show", name).out
    assert first["differs_from_preset"] == {}


def test_a_preset_keeps_a_budget_each_limit_of_which_can_be_changed(fanout) -> None:
    name = next(_names)
    fanout("presets", "save", "scrape", name, "--most-requests", "9", "--most-bytes", "5MB", "--most-sum", "words=4")
    items = ["--item", "http://127.0.0.1:1/", "--attempts", "1"]

    run = fanout("run", "scrape", *items, "--preset", name, "--json").json
    other = ["--most-requests", "7", "--most-bytes", "none", "--most-sum", "none"]
    changed = fanout("run", "scrape", *items, "--preset", name, *other, "--json").json

    assert run["budget"] == {"requests": 9, "bytes": 5 * 2**20, "column": "words", "sum": 4.0}
    assert changed["budget"] == {"requests": 7, "bytes": None, "column": None, "sum": None}
    assert list(changed["differs_from_preset"]) == ["attempts", "pause at"]
    assert fanout("presets", "show", name, "--json").json["budget"] == run["budget"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["echo", "--conditional"], "echo cannot ask whether something has changed"),
        (["echo", "--most-requests", "5"], "echo sends no requests that could be counted"),
        (["scrape", "--most-sum", "nonsense=5"], "there is no column 'nonsense' to add up"),
        (["scrape", "--fresh", "3d"], "give --new too"),
    ],
)
def test_a_preset_says_nothing_that_its_job_cannot(fanout, words: list[str], refusal: str) -> None:
    done = fanout("presets", "save", words[0], next(_names), *words[1:])

    assert done.code == 2
    assert refusal in done.err


def test_a_preset_of_a_run_has_its_budget_and_what_it_took(fanout) -> None:
    name = next(_names)
    run = fanout("run", "factorial", "--item", "5", "--new", "--most-sum", "digits=100", "--json").json

    fanout("presets", "save", "factorial", name, "--from", run["id"], "--fresh", "2d", "--new")

    found = fanout("presets", "show", name, "--json").json
    assert (found["fresh"], found["budget"]["column"], found["budget"]["sum"]) == (2 * 86_400, "digits", 100.0)


def test_what_a_preset_says_is_cut_in_a_list_and_whole_where_it_is_shown(fanout) -> None:
    name, agent = next(_names), "x" * 299
    fanout("presets", "save", "scrape", name, "--user-agent", agent)

    assert agent not in fanout("presets", "list").out
    assert agent in fanout("presets", "show", name).out


def test_a_run_as_its_preset_says_says_that(fanout, loud: str) -> None:
    run = fanout("run", "echo", "--item", "a", "--preset", loud, "--json").json

    assert run["differs_from_preset"] == {}
    assert f"as preset '{loud}' says" in fanout("show", run["id"]).out


def test_a_run_without_a_preset_says_nothing(fanout) -> None:
    run = fanout("run", "echo", "--item", "a", "--json").json

    assert run["preset"] is None
    assert "preset" not in fanout("show", run["id"]).out


def test_a_preset_of_another_job_is_refused(fanout, loud: str) -> None:
    done = fanout("run", "factorial", "--item", "5", "--preset", loud)

    assert (done.code, done.out) == (2, "")
    assert done.err.strip() == f"preset '{loud}' is of job echo, not of factorial: name one of factorial"


def test_one_that_is_not_there_is_refused_with_those_there_are(fanout, loud: str) -> None:
    done = fanout("run", "echo", "--item", "a", "--preset", "nope")

    assert done.code == 2
    assert "there is no preset 'nope' (there are 'preset 1'" in done.err


def test_the_columns_that_are_shown_are_those_of_the_table(fanout, loud: str, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"

    assert fanout("run", "echo", "--item", "a", "--preset", loud, "--out", str(out)).code == 0
    with out.open(encoding="utf-8", newline="") as lines:
        assert list(csv.reader(lines)) == [["said", "text"], ["A A", "a"]]
    assert fanout("run", "echo", "--item", "a", "--preset", loud, "--out", str(tmp_path / "report.html")).code == 0
    assert fanout("run", "echo", "--item", "a", "--preset", loud, "--out", "-", "--out-columns", "length").out == (
        "length\n3\n"
    )


def test_the_columns_of_a_preset_may_be_called_anything(fanout, tmp_path: Path) -> None:
    column = ' a,"b\n'
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([[column, "text"], ["1", "2"]])
    name = next(_names)
    fanout("presets", "save", "echo", name, "--column", "text", "--out-columns", '" a,""b\n",said')

    done = fanout("run", "echo", str(tmp_path / "in.csv"), "--preset", name, "--out", "-")

    assert list(csv.reader(done.out.splitlines(keepends=True))) == [[column, "said"], ["1", "2"]]


def test_a_preset_binds_columns(fanout, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n", "utf-8")
    name = next(_names)
    fanout("presets", "save", "factorial", name, "--column", "b")

    run = fanout("run", "factorial", str(tmp_path / "in.csv"), "--preset", name, "--out", "-")
    other = fanout("run", "factorial", str(tmp_path / "in.csv"), "--preset", name, "--column", "a", "--json").json
    (tmp_path / "other.csv").write_text("a,c\n1,2\n", "utf-8")
    lacking = fanout("run", "factorial", str(tmp_path / "other.csv"), "--preset", name)

    assert next(csv.DictReader(run.out.splitlines()))["digits"] == "1"
    assert other["differs_from_preset"] == {"column": ["b", "a"]}
    assert lacking.code == 2
    assert f"has no column 'b' (it has a, c): preset '{name}' says so, --column says otherwise" in lacking.err


def test_a_sample_takes_a_preset(fanout) -> None:
    name = next(_names)
    fanout("presets", "save", "factorial", name, "--attempts", "2")

    run = fanout("sample", "factorial", "--preset", name, "--json").json

    assert (run["limits"]["attempts"], run["preset"], run["differs_from_preset"]) == (2, name, {})


def test_a_preset_is_taken_from_a_run(fanout) -> None:
    run = fanout("run", "echo", "--item", "a", "--times", "5", "--threads", "7", "--json").json
    name = next(_names)

    fanout("presets", "save", "echo", name, "--from", run["id"], "--voice", "loud")
    shown = fanout("presets", "show", name, "--json").json
    refused = fanout("presets", "save", "factorial", "x", "--from", run["id"])

    assert (shown["params"], shown["run"]) == ({"times": 5, "voice": "loud"}, {"processes": 1, "threads": 7})
    assert (refused.code, "is of job echo, not of factorial" in refused.err) == (2, True)


def test_a_name_that_is_taken_is_replaced_where_that_is_said(fanout, loud: str) -> None:
    refused = fanout("presets", "save", "echo", loud, "--times", "9")
    replaced = fanout("presets", "save", "echo", loud, "--times", "9", "--replace")

    assert (refused.code, replaced.code) == (2, 0)
    assert "--replace takes its place" in refused.err
    assert fanout("presets", "show", loud, "--json").json["params"] == {"times": 9}


def test_presets_are_listed_renamed_and_deleted(fanout, loud: str) -> None:
    assert f"{loud}  echo" in " ".join(fanout("presets", "list").out.split("\n")).replace("   ", "  ")
    assert fanout("presets", "rename", loud, f"{loud} \x1b[31m").out == f"it is called '{loud} \\x1b[31m' now\n"
    assert fanout("presets", "delete", f"{loud} \x1b[31m").code == 0
    assert fanout("presets", "delete", f"{loud} \x1b[31m").code == 2
    assert all(preset["job"] == "echo" for preset in fanout("presets", "list", "--job", "echo", "--json").json)


def test_presets_go_out_and_come_back(fanout, loud: str, tmp_path: Path) -> None:
    file = tmp_path / "out.toml"
    assert fanout("presets", "export", loud, "--out", str(file)).code == 0
    printed = fanout("presets", "export", loud, "--out", "-").out

    assert printed == file.read_text("utf-8")
    assert tomllib.loads(printed)["preset"][0]["run"] == {"threads": 3, "attempts": 4}
    assert fanout("presets", "import", str(file)).code == 2
    assert fanout("presets", "export", loud, loud, "--out", "-").out == printed
    fanout("presets", "delete", loud)
    assert fanout("presets", "import", str(file)).out == f"1 preset saved: '{loud}'\n"
    assert fanout("presets", "export", "--out", str(tmp_path)).code == 2


def test_broken_toml_names_the_line(fanout, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[preset]]\nname = a\n", "utf-8")

    done = fanout("presets", "import", str(tmp_path / "bad.toml"))

    assert (done.code, "is no TOML: Invalid value (line 2, column 8)" in done.err) == (2, True)
    assert fanout("presets", "import", str(tmp_path / "nope.toml")).code == 2


def test_a_secret_given_as_it_is_is_refused(fanout) -> None:
    done = fanout("presets", "save", "scrape", "x", "--headers", "Authorization: Bearer abcdefgh")

    assert done.code == 2
    assert "give it as {secret:NAME}" in done.err
    assert "abcdefgh" not in done.err


def test_whose_a_preset_is_may_be_said_where_several_have_one_of_the_name(fanout, tmp_path: Path) -> None:
    name, ann, bob = next(_names), "ann@example.org", "bob@example.org"
    for times, owner in enumerate((ann, bob), start=2):
        with acting_as(Person(owner=owner)):
            client.save_preset(RunPreset(name=name, job="echo", params={"times": times}))
    refused = fanout("run", "echo", "--item", "a", "--preset", name)
    assert (refused.code, f"({ann}, {bob})" in refused.err) == (2, True)

    run = fanout("run", "echo", "--item", "a", "--preset", name, "--preset-owner", bob, "--json").json

    assert (run["params"]["times"], run["preset"]) == (3, name)
    shown = fanout("presets", "show", name, "--owner", ann, "--json").json
    assert (shown["owner"], shown["params"]) == (ann, {"times": 2})
    assert ann in fanout("presets", "list").out
    out = tmp_path / "hers.toml"
    assert fanout("presets", "export", "--owner", ann, "--out", str(out)).code == 0
    assert [one["times"] for one in (entry["params"] for entry in tomllib.loads(out.read_text())["preset"])] == [2]
    assert "is called" in fanout("presets", "rename", name, f"{name} of bob", "--owner", bob).out
    assert fanout("presets", "delete", f"{name} of bob", "--owner", bob).code == 0
    assert fanout("presets", "delete", name).code == 0
