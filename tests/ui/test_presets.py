"""Presets on the page: what a new run begins with, in what the form differs, and what a run's page says of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import AUTO, Pool, RunState, Table
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.setting_words import preset_changes
from jobs.runtime.store import runs
from tests.ui.conftest import HOSTILE, Open, Stage, checked, texts

DIGITS = b"a,b\n5,6\n7,8\n"


def saved(name: str = "mine", **said) -> RunPreset:
    given = {"params": {"engine": "python"}, "how": {"attempts": 3, "processes": 1, "threads": 5}, **said}
    return client.save_preset(RunPreset(name=name, job="factorial", **given))


def choose(app: AppTest, name: str, job: str = "factorial") -> AppTest:
    next(box for box in app.selectbox if str(box.key).startswith(f"preset_choice:{job}:")).set_value(name)
    return checked(app.run())


def presets_offered(app: AppTest) -> list[str]:
    return [name for box in app.selectbox if str(box.key).startswith("preset_choice:") for name in box.options]


def start(app: AppTest) -> runs.Run:
    app.text_area(key="text:factorial").set_value("5 6")
    checked(app.run())
    app.button(key="start").click()
    checked(app.run())
    return client.runs()[0]


def attempts(app: AppTest):
    return next(entry for entry in app.number_input if str(entry.key).startswith("attempts:factorial"))


def test_where_none_was_saved_there_is_one_button(new_run: Open, stage: Stage) -> None:
    app = new_run(job="factorial")

    assert presets_offered(app) == []
    assert app.button(key="preset_first").label == "Save as a preset"


def test_an_admin_chooses_among_presets_of_one_name(new_run: Open, stage: Stage) -> None:
    for owner, engine in (("ann@example.org", "python"), ("bob@example.org", "gmp")):
        with acting_as(Person(owner=owner)):
            saved(params={"engine": engine})
    app = new_run(job="factorial")
    assert presets_offered(app)[1:] == ["mine · ann@example.org", "mine · bob@example.org"]

    choose(app, "mine\nbob@example.org")
    attempts(app).set_value(7)
    checked(app.run())
    app.menu_button(key="preset_menu").set_value("Save the changes")
    checked(app.run())

    kept = {one.owner: one for one in client.presets()}
    assert {owner: one.how["attempts"] for owner, one in kept.items()} == {"ann@example.org": 3, "bob@example.org": 7}


def test_a_preset_fills_in_what_is_taken_from_earlier_runs_and_the_budget(new_run: Open, stage: Stage) -> None:
    saved(reuse=Reuse(fresh=2 * 86_400.0), budget=Budget(column="digits", total=50.0))
    app = choose(new_run(job="factorial"), "mine")
    days = next(entry for entry in app.number_input if str(entry.key).startswith("fresh:factorial"))
    assert (only_new(app).value, days.value, "Differs" in texts(app)) == (True, 2.0, False)

    only_new(app).set_value(False)
    checked(app.run())
    assert "from earlier runs rows at most 2 days old → nothing" in texts(app)
    run = start(app)

    assert (run.reuse, run.budget) == (None, Budget(column="digits", total=50.0))
    assert [change.setting for change in preset_changes(run)] == ["from earlier runs"]


def test_what_is_taken_from_earlier_runs_is_saved_with_the_form(new_run: Open, stage: Stage) -> None:
    saved(budget=Budget(column="digits", total=50.0))
    app = choose(new_run(job="factorial"), "mine")
    only_new(app).set_value(True)
    checked(app.run())

    app.menu_button(key="preset_menu").set_value("Save the changes")
    checked(app.run())

    kept = client.preset("mine")
    assert (kept.reuse, kept.budget) == (Reuse(), Budget(column="digits", total=50.0))
    assert "Differs" not in texts(app)


def only_new(app: AppTest):
    return next(entry for entry in app.toggle if str(entry.key).startswith("only_new:factorial"))


def test_a_preset_fills_the_form_and_stays_with_the_run(new_run: Open, stage: Stage) -> None:
    saved()
    app = choose(new_run(job="factorial"), "mine")
    assert (attempts(app).value, "Differs" in texts(app)) == (3, False)

    attempts(app).set_value(2)
    checked(app.run())
    assert "Differs: attempts 3 → 2" in texts(app)
    run = start(app)

    assert (run.params["engine"], run.pool, run.limits.attempts) == ("python", Pool(processes=1, threads=5), 2)
    assert run.preset is not None
    assert run.preset.name == "mine"
    assert "Differs from preset 'mine': attempts 3 → 2" in texts(app)


def test_none_goes_back_to_what_the_job_has(new_run: Open, stage: Stage) -> None:
    saved()
    app = choose(choose(new_run(job="factorial"), "mine"), "")

    assert attempts(app).value == client.defaults("factorial")[1].attempts
    assert start(app).preset is None


def test_a_preset_with_an_automatic_pool_is_one_on_the_page(new_run: Open, stage: Stage) -> None:
    saved(how={"processes": AUTO, "threads": AUTO})

    app = choose(new_run(job="factorial"), "mine")

    assert "Differs" not in texts(app)
    assert start(app).pool == Pool(processes=AUTO, threads=AUTO)


def test_the_sample_is_tried_with_the_settings_of_the_preset(new_run: Open, stage: Stage) -> None:
    client.save_preset(RunPreset(name="calm", job="request", params={"timeout": 60}, how={"attempts": 7}))
    app = choose(new_run(job="request"), "calm", "request")

    app.button(key="sample_labels").click()
    checked(app.run())
    app.button(key="start").click()
    checked(app.run())

    (run,) = client.runs()
    assert (run.params["method"], run.params["timeout"], run.limits.attempts) == ("POST", 60.0, 7)
    assert {change.setting for change in preset_changes(run)} == {"url", "method", "body", "extract"} | {
        "answer_chars",
        "repeatable",
    }


def test_presets_of_other_jobs_are_not_offered(new_run: Open, stage: Stage) -> None:
    saved()
    client.save_preset(RunPreset(name="other", job="scrape"))

    assert presets_offered(new_run(job="factorial")) == ["None: as the job has it", "mine"]


def test_of_two_tabs_that_save_one_the_second_is_told_and_loses_nothing(new_run: Open, stage: Stage) -> None:
    saved()
    tabs = [choose(new_run(job="factorial"), "mine") for _ in range(2)]
    for tab, number in zip(tabs, (7, 9), strict=True):
        attempts(tab).set_value(number)
        checked(tab.run())
        tab.menu_button(key="preset_menu").set_value("Save the changes")
        checked(tab.run())

    assert client.preset("mine").how["attempts"] == 7
    assert "Differs" not in texts(tabs[0])
    assert "preset 'mine' was changed meanwhile, in another tab" in texts(tabs[1])
    assert attempts(tabs[1]).value == 9
    assert attempts(choose(choose(tabs[1], ""), "mine")).value == 7


def test_what_another_tab_saves_changes_nothing_here(new_run: Open, stage: Stage) -> None:
    before = saved()
    app = choose(new_run(job="factorial"), "mine")
    attempts(app).set_value(8)
    checked(app.run())

    client.save_preset(replace(before, how={"attempts": 5}), over=before)
    checked(app.run())
    assert attempts(app).value == 8
    client.delete_preset("mine")
    checked(app.run())

    assert attempts(app).value == 8
    assert "mine (not there any more)" in presets_offered(app)


def test_a_name_is_shown_as_it_stands(new_run: Open, stage: Stage) -> None:
    name = HOSTILE[:180]
    saved(name)

    app = choose(new_run(job="factorial"), " ".join(name.split()))
    run = start(app)

    assert run.preset is not None
    assert f"As preset '{run.preset.name}' says" in texts(app)


CHANGING = '''
"""Change."""
from typing import Annotated
from pydantic import Field
from jobs import job

@job(bound="io")
def change(text: str, *, times: Annotated[int, Field(ge=1, le={most})] = 1) -> str:
    return text * times
'''


def test_a_preset_that_does_not_fit_any_more_says_so(
    new_run: Open, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("JOBS_PATH", str(folder))
    (folder / "change.py").write_text(CHANGING.format(most=9), "utf-8")
    client.save_preset(RunPreset(name="nine", job="change", params={"times": 9}))
    (folder / "change.py").write_text(CHANGING.format(most=5), "utf-8")
    os.utime(folder / "change.py", (1_600_000_000, 1_600_000_000))

    app = new_run(job="change")
    assert "nine (cannot be used as it is)" in presets_offered(app)
    app = choose(app, "nine", "change")

    assert "It cannot be used as it is: change has changed since it was saved: times: 9 is too large" in texts(app)
    assert app.number_input(key="option:change:times:preset 1").value == 1


def test_a_preset_binds_the_column_of_an_upload(new_run: Open, stage: Stage) -> None:
    saved(column="b")
    app = choose(new_run(job="factorial"), "mine")

    app.file_uploader(key="file:factorial").set_value(("n.csv", DIGITS, "text/csv"))
    checked(app.run())
    assert [box.value for box in app.selectbox if box.label == "Column"] == ["b"]

    app.file_uploader(key="file:factorial").set_value(("m.csv", DIGITS.replace(b"b", b"c"), "text/csv"))
    checked(app.run())
    checked(app.run())
    assert [box.value for box in app.selectbox if box.label == "Column"] == ["a"]
    assert "The preset reads b, which is not in this table" in texts(app)


def test_another_preset_binds_another_column(new_run: Open, stage: Stage) -> None:
    saved("first", column="a")
    saved("second", column="b")
    app = choose(new_run(job="factorial"), "first")
    app.file_uploader(key="file:factorial").set_value(("n.csv", DIGITS, "text/csv"))
    checked(app.run())

    app = choose(app, "second")

    assert [box.value for box in app.selectbox if box.label == "Column"] == ["b"]


def test_edit_keeps_the_preset_of_a_run(new_run: Open, stage: Stage) -> None:
    preset = saved()
    first = start(choose(new_run(job="factorial"), "mine"))

    same = new_run(again=first.id)
    assert [box.value for box in same.selectbox if str(box.key).startswith("preset_choice")] == ["mine"]
    assert "meanwhile" not in texts(same)
    assert start(same).preset == first.preset
    client.save_preset(replace(preset, how={}), over=preset)
    other = new_run(again=first.id)

    assert "As it was when that run began; it has been changed or deleted since." in texts(other)
    assert start(other).preset == first.preset
    assert client.again(first.id).preset == first.preset


def test_the_columns_of_a_preset_are_shown(visit: Open, stage: Stage) -> None:
    run = stage.run(row={"n": 5, "digits": 3})
    whole = client.complete_preset(saved(shown=("digits", "n", "nowhere")))
    with stage.store.write() as db:
        new = replace(run, id="f" * 32, nonce="", preset=whole, table=Table(item_column="n"))
        number = runs.add(db, new, runs.JobTraits())
        runs.queue(db, number, items=0, sample=False, at=1.0)
    made = client.run("f" * 32)
    assert made.preset == whole
    with stage.store.write() as db:
        db.execute("UPDATE runs SET preset = (SELECT preset FROM runs WHERE id = ?) WHERE id = ?", (made.id, run.id))

    app = visit("run", run=run.id)

    assert sorted(app.multiselect(key="columns:factorial").value) == ["digits", "n"]


def test_a_preset_is_in_the_settings_of_its_run(visit: Open, new_run: Open, stage: Stage) -> None:
    saved()
    run = start(choose(new_run(job="factorial"), "mine"))

    app = visit("run", run=run.id, tab="Settings")

    table = next(frame.value for frame in app.dataframe if "what it is" in frame.value)
    told = {row["setting"]: (row["value"], row["what it is"]) for _, row in table.iterrows()}
    assert told["Preset"] == ("mine", "as preset 'mine' says")
    assert client.run(run.id).state is RunState.QUEUED
