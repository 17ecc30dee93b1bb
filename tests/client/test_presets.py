"""Presets: one of a name, whatever the name; no secret in one; one that no longer fits says so; nothing half saved."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.client.preset_file import MOST_BYTES
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import BadInput, Refused, UnknownPreset
from jobs.runtime.core.presets import RunPreset, of_plain
from jobs.runtime.core.records import AUTO, Item, Pool
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.store.connection import FILE
from tests.support.machine import Machine

ODD_NAMES = (
    "a 'b' \"c\"",
    "--replace",
    "../x",
    "\x1b[31mred",
    "\u202eturned",
    "名前 🎛",
    "é",
    "{secret:A}",
    "[[preset]]",
    "#1",
    "%s",
)


def gentle(**said) -> RunPreset:
    return RunPreset(**{"name": "gentle", "job": "scrape", "params": {"timeout": 60}, "how": {"at_once": 1}, **said})


def test_a_preset_holds_what_is_otherwise_than_the_jobs_own(home: Path) -> None:
    pool, limits = client.defaults("scrape")

    preset = client.preset_of("scrape", "x", params={"timeout": 60}, pool=pool, limits=replace(limits, deadline=None))

    assert (preset.params, preset.how) == ({"timeout": 60.0}, {"deadline": None})
    assert client.settings_of_preset(preset) == (pool, replace(limits, deadline=None))


def test_a_preset_says_where_workers_are_and_is_refused_where_there_is_no_cluster(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="set JOBS_CLUSTER"):
        client.save_preset(gentle(on="cluster"))
    with pytest.raises(Refused, match="'moon' is no place"):
        client.save_preset(gentle(on="moon"))
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    kept = client.save_preset(gentle(on="cluster"))
    client.write_presets([kept], tmp_path / "presets.toml")

    assert client.presets_from(tmp_path / "presets.toml")[0].on == client.preset("gentle").on == "cluster"
    assert client.complete_preset(gentle()).on == "local"


def test_threads_beside_automatic_processes_stay_what_they_are(home: Path) -> None:
    _, limits = client.defaults("scrape")
    for pool in (Pool(processes=AUTO, threads=16), Pool(processes=1, threads=16), Pool(processes=AUTO, threads=AUTO)):
        preset = client.preset_of("scrape", "x", params={}, pool=pool, limits=limits)

        assert client.settings_of_preset(preset)[0] == pool
    assert client.settings_of_preset(gentle(how={"threads": 16}))[0] == Pool(processes=1, threads=16)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_may_be_any_text(home: Path, tmp_path: Path, name: str) -> None:
    kept = client.save_preset(gentle(name=name))
    client.write_presets(client.presets(), tmp_path / "one.toml")
    client.delete_preset(name)

    client.save_presets(client.presets_from(tmp_path / "one.toml"))

    found = client.preset(name)
    assert found.plain() == kept.plain()
    assert [preset.name for preset in client.presets("scrape")] == [found.name]


def test_names_that_look_alike_are_one(home: Path) -> None:
    client.save_preset(gentle(name="cafe\u0301  at night"))

    assert client.preset("caf\u00e9 at\nnight").name == "caf\u00e9 at night"
    with pytest.raises(Refused, match="there is a preset 'café at night' already, of job scrape"):
        client.save_preset(gentle(name="caf\u00e9 at night", job="factorial", params={}))


@pytest.mark.parametrize(("name", "why"), [(" \n", "needs a name"), ("x" * 201, "at most 200 characters")])
def test_a_name_that_cannot_be_is_refused(home: Path, name: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        client.save_preset(gentle(name=name))


def test_a_literal_secret_is_refused_with_the_remedy(home: Path) -> None:
    with pytest.raises(Refused, match=r"headers: a preset keeps no secret: give it as \{secret:NAME\}"):
        client.save_preset(gentle(params={"headers": ["Authorization: Bearer abcdefgh"]}))
    assert client.presets() == []

    client.save_preset(gentle(params={"headers": ["Authorization: Bearer {secret:KEY}"]}))
    assert client.preset("gentle").params == {"headers": ["Authorization: Bearer {secret:KEY}"]}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"job": "nope"}, "there is no job 'nope'"),
        ({"params": {"timeut": 1}}, "scrape has no param timeut"),
        ({"params": {"timeout": 9_999}}, "timeout: 9999 is too large"),
        ({"how": {"threads": 5_000}}, "threads: 5000 is too large"),
    ],
)
def test_what_its_job_does_not_take_is_refused(home: Path, said: dict, why: str) -> None:
    with pytest.raises(Refused, match=why):
        client.save_preset(gentle(**said))
    assert client.presets() == []


def test_of_two_that_save_the_same_preset_the_second_is_told(home: Path) -> None:
    seen = client.save_preset(gentle())
    client.save_preset(replace(seen, params={"timeout": 20}), over=seen)

    with pytest.raises(Refused, match="was changed meanwhile, in another tab"):
        client.save_preset(replace(seen, params={"timeout": 30}), over=seen)

    assert client.preset("gentle").params == {"timeout": 20.0}
    client.delete_preset("gentle")
    with pytest.raises(Refused, match="was deleted or renamed meanwhile"):
        client.save_preset(seen, over=seen)


def test_many_that_save_at_once_are_kept_once_each(home: Path) -> None:
    client.save_preset(gentle(name="first"))
    refused: list[str] = []

    def save(number: int) -> None:
        client.save_preset(gentle(name=f"own {number}"))
        try:
            client.save_preset(gentle(name="shared", params={"timeout": number + 1}))
        except Refused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(client.presets()) == 8
    assert len(refused) == 5


def test_a_new_name_is_refused_where_it_is_taken(home: Path) -> None:
    client.save_preset(gentle())
    client.save_preset(gentle(name="other"))

    with pytest.raises(Refused, match="there is a preset 'other' already"):
        client.rename_preset("gentle", "other")
    client.rename_preset("gentle", "gentle")
    client.rename_preset("gentle", "new")

    assert [preset.name for preset in client.presets()] == ["new", "other"]
    with pytest.raises(UnknownPreset, match=r"there is no preset 'gentle' \(there are 'new', 'other'"):
        client.delete_preset("gentle")


CHANGING = '''
"""Change."""
from typing import Annotated
from pydantic import Field
from jobs import job

@job(bound="io")
def change(text: str, *, times: Annotated[int, Field(ge=1, le={most})] = 1, {more}) -> str:
    return text * times
'''


def test_a_preset_whose_job_has_changed_says_so(home: Path, tmp_path: Path, write_job: Callable[..., None]) -> None:
    write_job(most=9, more='word: str = ""')
    client.save_preset(RunPreset(name="nine", job="change", params={"times": 9, "word": "x"}))
    write_job(most=5, more='words: str = ""')

    (preset,) = client.presets()

    assert preset.fault.startswith("change has changed since it was saved: change has no param word")
    with pytest.raises(Refused, match="preset 'nine' cannot be used: change has changed since it was saved"):
        client.with_preset(client.preset("nine"), {})
    write_job(most=5, more='word: str = ""')
    assert client.with_preset(client.preset("nine"), {"times": 5}) == {"times": 5, "word": "x"}
    with pytest.raises(Refused, match="times: 9 is too large"):
        client.with_preset(client.preset("nine"), {})
    (tmp_path / "own" / "change.py").unlink()
    assert "there is no job 'change'" in client.presets()[0].fault


@pytest.fixture
def write_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the job `change` anew."""
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "own"))
    written = iter(range(100))

    def write(most: int, more: str) -> None:
        path = tmp_path / "own" / "change.py"
        path.write_text(CHANGING.format(most=most, more=more), "utf-8")
        os.utime(path, (1_600_000_000, 1_600_000_000 + next(written)))

    return write


def test_a_damaged_one_is_named_and_can_be_deleted(home: Path) -> None:
    client.save_preset(gentle())
    client.save_preset(gentle(name="other"))
    with closing(sqlite3.connect(home / FILE, isolation_level=None)) as db:
        db.execute("UPDATE presets SET body = '{\"name\": 3}' WHERE name = 'gentle'")

    assert [bool(preset.fault) for preset in client.presets()] == [True, False]
    with pytest.raises(Refused, match="preset 'gentle' cannot be used: it is damaged in the store"):
        client.preset("gentle")
    client.delete_preset("gentle")
    assert [preset.name for preset in client.presets()] == ["other"]


# Files


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "presets.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


HEAD = '[[preset]]\nname = "a"\njob = "scrape"\n'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('[[preset]]\nname = "a"\njob = scrape\n', r"is no TOML: Invalid value \(line 3, column 7\)"),
        ('[[preset]]\nname = "\xe9"\n'.encode("latin-1"), "is not UTF-8 at line 2"),
        ("", "holds no preset"),
        ("preset = 3", "holds no preset"),
        ('[preset]\nname = "a"', "holds no preset"),
        ("[presets]\na = 1", "presets is not known"),
        ("preset = [1]", "preset 1 is no table"),
        ('[[preset]]\njob = "scrape"', 'preset 1: it has no name: write name = "…"'),
        ('[[preset]]\nname = "a"', r"preset 1 \('a'\): it has no job"),
        ('[[preset]]\nname = 3\njob = "scrape"', "preset 1: name is no text"),
        ('[[preset]]\nname = "a"\njob = "nope"', r"preset 1 \('a'\): there is no job 'nope' \(there are: "),
        (HEAD + "[preset.params]\ntimeut = 3", r"preset 1 \('a'\): scrape has no param timeut \(it has "),
        (HEAD + "[preset.params]\ntimeout = 1979-05-27", r"\('a'\): timeout: "),
        (HEAD + "[preset.params]\nheaders = ['A: Bearer abcdefgh']", "headers: a preset keeps no secret"),
        (HEAD + "[preset.run]\nthreads = " + "1" * 5_000, "line 5: that is no number of a setting"),
        (HEAD + "[preset.run]\nthreads = true", r"run: threads is not a number: give 1 to 1,000, or auto"),
        (HEAD + "[preset.run]\nspeed = 3", r"run has no speed \(it has processes, threads"),
        (HEAD + 'shown = ["a", 3]', "shown is no list of texts"),
        (HEAD + 'none = "a"', "none is no list of texts"),
        (HEAD + "colum = 'a'", "colum is not known"),
        (HEAD + HEAD.replace('"a"', '"a "'), r"preset 2: 'a' is the name of preset 1 too"),
        ("a = " + "[" * 5_000, "is no (TOML|file of presets)"),
        ("#" * (MOST_BYTES + 1), "more than 1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_is_refused_whole(home: Path, tmp_path: Path, content: str | bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        client.presets_from(written(tmp_path, content))


def test_a_file_is_read_with_a_byte_order_mark_and_other_line_ends(home: Path, tmp_path: Path) -> None:
    content = "\ufeff" + HEAD.replace("\n", "\r\n") + "[preset.run]\r\nthreads = 'auto'\r\ndeadline = 'none'\r\n"

    (preset,) = client.presets_from(written(tmp_path, content))

    assert preset.how == {"threads": AUTO, "deadline": None}


def test_a_param_that_is_none_travels(home: Path, tmp_path: Path, write_job: Callable[..., None]) -> None:
    write_job(most=9, more='word: str | None = "x"')
    kept = client.save_preset(RunPreset(name="none", job="change", params={"word": None, "times": 2}))

    client.write_presets([kept], tmp_path / "out.toml")

    assert client.presets_from(tmp_path / "out.toml")[0].params == {"times": 2, "word": None}


def test_a_null_within_a_param_has_no_sign_in_toml_and_is_named(tmp_path: Path) -> None:
    preset = RunPreset(name="odd", job="change", params={"words": {"a": ["x", None]}})

    with pytest.raises(Refused, match=r"preset 'odd' cannot be written as TOML.*give words without one"):
        client.write_presets([preset], tmp_path / "out.toml")

    assert list(tmp_path.iterdir()) == []


def test_of_a_file_all_presets_are_saved_or_none(home: Path, tmp_path: Path) -> None:
    client.save_preset(gentle(name="b"))
    file = written(tmp_path, HEAD + HEAD.replace('"a"', '"b"'))

    with pytest.raises(Refused, match="there is a preset 'b' already"):
        client.save_presets(client.presets_from(file))

    assert [preset.name for preset in client.presets()] == ["b"]
    client.save_presets(client.presets_from(file), anyway=True)
    assert [preset.params for preset in client.presets()] == [{}, {}]


SAVING = """
import itertools, sys
from jobs.runtime import client
from jobs.runtime.core.presets import RunPreset, of_plain
for number in itertools.count(1):
    params = {"timeout": 1 + number % 100, "user_agent": f"agent {1 + number % 100}" + "x" * 200}
    client.save_preset(RunPreset(name="one", job="scrape", params=params), anyway=True)
    print(number, flush=True)
"""


def test_a_save_that_is_killed_is_whole_or_not_there(home: Path) -> None:
    for saves in (1, 2, 5):
        with subprocess.Popen([sys.executable, "-c", SAVING], stdout=subprocess.PIPE) as saving:
            for _ in range(saves):
                assert saving.stdout
                saving.stdout.readline()
            saving.send_signal(signal.SIGKILL)

        (preset,) = client.presets()

        assert preset.fault == ""
        assert str(preset.params["user_agent"]).startswith(f"agent {preset.params['timeout']:g}x")


# Runs


def test_a_run_keeps_its_preset_as_it_was(machine: Machine, tmp_path: Path) -> None:
    preset = client.save_preset(RunPreset(name="two", job="factorial", params={"engine": "python"}, how={"threads": 2}))
    run = machine.finish(client.submit("factorial", [Item(cell="5")], params={"engine": "python"}, preset=preset))
    client.save_preset(replace(preset, params={}), over=preset)
    client.rename_preset("two", "three")

    again = machine.finish(client.again(run.id))
    client.delete_preset("three")

    assert run.preset is not None
    assert again.preset == client.run(run.id).preset == run.preset
    assert (run.preset.name, run.preset.params["engine"], run.preset.how["threads"]) == ("two", "python", 2)


def test_a_backup_holds_presets_and_is_restored_over_none(machine: Machine, tmp_path: Path) -> None:
    client.save_preset(gentle())
    client.backup(tmp_path / "runs.zip")
    with pytest.raises(Refused, match="has presets already"):
        client.restore(tmp_path / "runs.zip")
    machine.move_to(tmp_path / "elsewhere")

    client.restore(tmp_path / "runs.zip")

    assert client.preset("gentle").params == {"timeout": 60.0}


SPENT = Budget(requests=1_000, bytes=5 * 10**8, column="words", total=5.5)


@pytest.mark.parametrize(
    "reuse",
    [
        None,
        Reuse(),
        Reuse(fresh=30 * 86_400.0, conditional=True),
        Reuse(fresh=0.0, conditional=True),
        Reuse(fresh=864.0),
        Reuse(fresh=20.5 * 86_400),
    ],
)
def test_what_is_taken_and_the_budget_come_back_from_toml_and_from_the_store(
    home: Path, tmp_path: Path, reuse: Reuse | None
) -> None:
    kept = client.save_preset(gentle(reuse=reuse, budget=SPENT))
    client.write_presets(client.presets(), tmp_path / "one.toml")

    (read,) = client.presets_from(tmp_path / "one.toml")

    assert (read.reuse, read.budget) == (reuse, SPENT)
    assert client.preset("gentle").plain() == kept.plain()


def test_a_preset_that_was_kept_before_there_were_budgets_is_read(home: Path) -> None:
    old = {name: value for name, value in gentle().plain().items() if name not in ("reuse", "budget")}

    found = of_plain(old)

    assert (found.reuse, found.budget) == (None, Budget())


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ('reuse = {new = "yes"}', "reuse: new is no true or false"),
        ('reuse = {new = true, fresh = "soon"}', "reuse: 'soon' is no age"),
        ('reuse = {fresh = "3d"}', "write new = true too"),
        ("reuse = {old = true}", "reuse has no old"),
        ("reuse = 3", "reuse is no table"),
        ("budget = {requests = true}", "budget: requests is no whole number"),
        ("budget = {requests = 0}", "a run can be paused at a number above 0"),
        ("budget = {sum = 3.0}", "write both, column and sum"),
        ('budget = {sum = 3.0, column = "nonsense"}', "there is no column 'nonsense' to add up"),
    ],
)
def test_a_file_with_what_is_no_budget_is_refused_with_its_place(
    home: Path, tmp_path: Path, lines: str, refusal: str
) -> None:
    file = tmp_path / "one.toml"
    file.write_text(f'[[preset]]\nname = "a"\njob = "scrape"\n{lines}\n')

    with pytest.raises(BadInput) as refused:
        client.presets_from(file)

    assert refusal in str(refused.value)
    assert "preset 1 ('a')" in str(refused.value)
