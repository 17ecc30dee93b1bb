"""The history."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.core.records import RunState
from jobs.runtime.store.connection import FILE
from jobs.ui.run import actions, redraw_interval
from jobs.ui.runs import history_table, many_runs
from tests.ui.conftest import HOSTILE, Open, Stage, badges, checked, marked_up, plain, texts


def history(app: AppTest) -> pd.DataFrame:
    """What stands in the table: a row for each run."""
    table = next(entry.proto for entry in app.get("bidi_component") if entry.proto.component_name == "history_table")
    return pd.DataFrame(json.loads(table.json)["runs"])


def test_an_empty_history_is_one_sentence_and_two_buttons(visit: Open) -> None:
    app = visit("runs")

    assert texts(app) == "Nothing has run yet. Give a list to a job, and it shows up here."
    assert [button.label for button in app.button] == ["New run", "Try the sample"]


def test_the_samples_button_leads_to_a_page_that_is_ready_to_start(visit: Open) -> None:
    app = visit("runs")

    app.button(key="first_sample").click()
    checked(app.run())

    assert "48 rows: 43 will be fetched, 3 copied from a duplicate, 2 cannot run" in badges(app)
    assert not app.button(key="start").disabled


def test_ended_runs_are_rows_newest_first(visit: Open, stage: Stage) -> None:
    stage.run(name="older", failed={1: ("bug", "no")})
    newer = stage.run("scrape", ["https://example.org/"], name="newer", state=RunState.CANCELLED)

    app = visit("runs")

    assert list(history(app)["name"]) == ["newer", "older"]
    assert list(history(app)["state"]) == ["○ Cancelled", "! Finished, 1 failed"]
    assert list(history(app)["failed"]) == ["0", "1"]
    assert list(history(app)["took"]) == ["10 s", "10 s"]
    assert history(app)["short"][0] == newer.id[:6]
    assert history(app)["href"][0] == f"run?run={newer.id}"


def test_what_takes_the_disk_is_said(visit: Open, stage: Stage) -> None:
    stage.run()

    captions = [entry.value for entry in visit("runs").caption]

    assert any(caption.startswith("On disk: history ") and "files of items 0 bytes" in caption for caption in captions)


def test_states_have_a_colour(visit: Open, stage: Stage) -> None:
    for state in (RunState.FAILED, RunState.FINISHED):
        stage.run(state=state)

    assert list(history(visit("runs"))["colour"]) == ["green", "red"]


def test_a_run_that_goes_on_is_a_card_with_its_progress(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.RUNNING, done=2)

    app = visit("runs")

    assert "Running" in badges(app)
    assert "2 of 3 done" in texts(app)
    assert app.button(key=f"open_{run.id}").label == "Open"
    assert app.button(key=f"cancel_{run.id}").label == "Cancel"


def test_filters_narrow_the_history_and_come_from_the_address(visit: Open, stage: Stage) -> None:
    stage.run(name="alpha")
    stage.run(name="beta", state=RunState.FAILED)
    stage.run("scrape", ["https://example.org/"], name="gamma")

    assert list(history(visit("runs", text="alp"))["name"]) == ["alpha"]
    assert list(history(visit("runs", of_job="scrape"))["name"]) == ["gamma"]
    assert list(history(visit("runs", state="Failed"))["name"]) == ["beta"]
    assert "No run matches." in texts(visit("runs", text="nothing like it"))


def test_a_long_history_is_turned_by_fifty(visit: Open, stage: Stage) -> None:
    for number in range(52):
        stage.run(cells=["5"], name=f"run {number}")
    app = visit("runs")
    assert len(history(app)) == 50
    assert "1 to 50 of 52 runs" in [entry.value for entry in app.caption]

    app.button(key="older").click()
    checked(app.run())
    assert list(history(app)["name"]) == ["run 1", "run 0"]
    assert app.button(key="older").disabled

    app.button(key="newer").click()
    assert len(history(checked(app.run()))) == 50


@pytest.mark.parametrize("number", [51, 52])
def test_a_page_of_the_history_stands_when_the_run_before_it_is_deleted(visit: Open, stage: Stage, number: int) -> None:
    made = [stage.run(cells=["5"], name=f"run {place}") for place in range(number)]
    with stage.store.write() as db:  # one after the other
        db.execute("UPDATE runs SET submitted_at = submitted_at + number")
    app = visit("runs")
    app.button(key="older").click()
    checked(app.run())

    stage.delete(made[-50])
    checked(app.run())

    assert list(history(app)["name"]) == [f"run {place}" for place in reversed(range(number - 50))]


def test_a_page_of_which_all_runs_are_deleted_gives_way_to_the_newest(visit: Open, stage: Stage) -> None:
    made = [stage.run(cells=["5"], name=f"run {place}") for place in range(51)]
    app = visit("runs")
    app.button(key="older").click()
    checked(app.run())

    stage.delete(made[0])
    checked(app.run())

    assert len(history(app)) == 50


def test_nothing_of_others_becomes_markdown(visit: Open, stage: Stage) -> None:
    stage.run(name=HOSTILE)
    stage.run(name=HOSTILE, state=RunState.RUNNING, done=1)

    app = visit("runs")

    shown = marked_up(app)
    assert [
        mark for mark in ("<script", "](javascript", "![](", ":material/home", ":red[", "https://rec") if mark in shown
    ] == []
    assert HOSTILE in list(history(app)["name"])


def test_work_without_a_runner_is_unattended(stage: Stage) -> None:
    assert not client.unattended()
    stage.run(state=RunState.QUEUED)
    assert not client.unattended()

    stage.presence.leave()

    assert client.unattended()


def test_every_page_says_what_is_alive(visit: Open, new_run: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.QUEUED)

    for app in (visit("runs"), visit("run", run=run.id), new_run()):
        footer = app.caption[-1].value
        assert footer.startswith("Runner ")
        assert "3 items waiting" in footer
        assert "on disk" in footer


@pytest.mark.parametrize("page", ["new_run", "runs", "run"])
def test_a_store_that_cannot_be_read_is_a_sentence_without_a_path(visit: Open, home: Path, page: str) -> None:
    home.mkdir(parents=True)
    (home / FILE).write_bytes(b"garbage " * 1_000)

    app = visit(page, run="abc")

    assert "Not possible" in badges(app)
    assert f"JOBS_HOME/{FILE} is not a store of Fanout" in texts(app)
    assert str(home) not in texts(app)


def test_why_nothing_can_be_stored_is_said_on_the_page(visit: Open, stage: Stage) -> None:
    stage.presence.report_trouble("there is no room left: free some space")

    assert "free some space. It goes on by itself" in texts(visit("runs"))


def test_a_finished_run_with_failures_is_not_green(visit: Open, stage: Stage) -> None:
    run = stage.run(failed={1: ("bug", "no")})

    assert list(history(visit("runs"))["state"]) == ["! Finished, 1 failed"]
    assert "Finished, 1 failed" in badges(visit("run", run=run.id))


def a_history(stage: Stage) -> None:
    for name in ("mine", "measure 1a2b3c · threads · 1/1", "measure 1a2b3c · both · 1/1", "How it works · crash"):
        stage.run(name=name)


def test_lessons_and_measurements_are_kept_apart(visit: Open, stage: Stage) -> None:
    a_history(stage)

    assert list(history(visit("runs"))["name"]) == ["mine"]
    assert client.count_runs() == 4


def test_a_measurement_is_one_entry_that_opens(visit: Open, stage: Stage) -> None:
    a_history(stage)

    entries = [plain(entry.label) for entry in visit("runs", lessons="true").expander]

    assert [entry.split(" · ")[:2] for entry in entries] == [["How it works", "crash"], ["measure 1a2b3c", "Factorial"]]
    assert "2 runs" in entries[1]


def test_many_runs_that_are_ticked_are_deleted_after_a_question(visit: Open, stage: Stage) -> None:
    made = [stage.run(name=f"run {number}") for number in range(3)]
    app = visit("runs")

    app.session_state[history_table.TICKED] = [made[0].id, made[2].id, "gone"]
    checked(app.run())
    app.button(key="delete_many").click()
    checked(app.run())

    assert "2 runs with 6 rows, files and logs go for good. Runs that go on stay." in texts(app)
    assert app.button(key="delete_all").label == ":red[Delete 2 runs]"


def test_the_history_says_what_goes_by_itself_within_a_week(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.run()
    assert "will go within" not in " ".join(caption.value for caption in visit("runs").caption)
    monkeypatch.setenv("JOBS_KEEP_DAYS", "3")

    app = visit("runs")

    told = "1 run will go within a week (JOBS_KEEP_DAYS): pin what is to stay."
    assert told in [caption.value for caption in app.caption]


@pytest.mark.parametrize(("what", "seen"), [("Rename", "rename"), ("Delete", "delete")])
def test_what_is_chosen_of_a_run_is_done_to_it(visit: Open, stage: Stage, what: str, seen: str) -> None:
    run = stage.run(name="chosen")
    app = visit("runs")
    assert history(app)["choices"][0] == ["Open", *actions.choices_of(run)]

    app.session_state[history_table.CHOSEN] = (what, run.id)

    assert seen in {str(button.key) for button in checked(app.run()).button}


def test_cards_and_table_say_the_same_of_a_run_that_moves(visit: Open, stage: Stage) -> None:
    stage.run(state=RunState.RUNNING, done=2, failed={1: ("bug", "no")}, name="moving")

    app = visit("runs")

    assert "2 of 3 done · 1 failed" in texts(app)
    assert list(history(app)["failed"]) == ["1"]
    assert list(history(app)["state"]) == ["▶ Running"]
    assert "Running" in badges(app)


def test_a_run_without_a_name_has_one_to_be_opened_by(visit: Open, stage: Stage) -> None:
    run = stage.run()

    assert list(history(visit("runs"))["name"]) == [f"Factorial {run.id[:6]}"]


def test_all_that_a_filter_finds_can_be_deleted_and_listed(visit: Open, stage: Stage) -> None:
    for name in ("alpha 1", "alpha 2", "=beta"):
        stage.run(name=name)

    app = visit("runs", text="alpha")

    assert app.button(key="delete_found").label == ":red[Delete all 2 found]"
    filters = {"state": "", "job": "", "text": "", "apart": False}
    assert [run.name for run in many_runs.matching(filters)] == ["=beta", "alpha 2", "alpha 1"]
    assert [line.split(",")[1] for line in many_runs.as_csv(filters)().decode().split()[1:2]] == ["'=beta"]


def test_no_cell_of_the_history_holds_the_name_of_an_icon(visit: Open, stage: Stage) -> None:
    stage.run()

    assert ":material/" not in history(visit("runs")).to_csv()


def test_the_page_is_drawn_less_often_where_many_look(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.run(state=RunState.RUNNING, done=2)
    assert visit("runs").session_state[redraw_interval.PRESENT] == 1.0

    crowd = redraw_interval.Viewers()
    for place in range(49):
        crowd.note(f"session {place}", 60.0, time.monotonic())
    monkeypatch.setattr(redraw_interval, "_viewers", crowd)

    assert visit("runs").session_state[redraw_interval.PRESENT] == 50 / redraw_interval.MOST_A_SECOND


def test_the_page_stands_still_where_nothing_goes_on(visit: Open, stage: Stage) -> None:
    stage.run()

    assert visit("runs").session_state[redraw_interval.PRESENT] is None
