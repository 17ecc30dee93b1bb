"""The page of one run, in every state."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from jobs.runtime import client
from jobs.runtime.core.budget import Budget, Spent
from jobs.runtime.core.records import Attempt, Event, RunState, Table
from jobs.runtime.store import attempts, runs
from jobs.ui.run import downloads
from jobs.ui.run.redraw_interval import usual
from tests.ui.conftest import BEGAN, HOSTILE, LONG_LOG, Open, Stage, badges, checked, marked_up, plain, texts

TABS = ["Results", "Timings", "Timeline", "Failures", "Log", "Settings"]
TWO_FAILED = {2: ("timeout", "not done within 2 s"), 3: ("bug", "ValueError: no")}


def metrics(app) -> dict[str, str]:
    return {entry.label: str(entry.value) for entry in app.metric}


def table(app, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value)


@pytest.mark.parametrize("run_id", ["zzzz", "../../etc/passwd", "%00", "<script>", "x" * 10_000])
def test_an_unknown_run_is_one_sentence_and_a_way_out(visit: Open, run_id: str) -> None:
    app = visit("run", run=run_id)

    assert len(app.text) == 1
    assert app.text[0].value.startswith("There is no")
    assert "python -m jobs" not in app.text[0].value
    assert not app.header
    assert not app.button
    assert "on disk" in app.caption[-1].value


def test_an_address_without_a_run_says_so(visit: Open) -> None:
    assert "The address names no run." in texts(visit("run"))


def test_an_address_that_has_lost_its_run_shows_the_last_one(visit: Open, stage: Stage) -> None:
    run = stage.run()
    app = visit("run", run=run.id)

    app.query_params = {"job": "scrape"}
    checked(app.run())

    assert "Finished" in badges(app)
    assert app.query_params in ({"run": run.id}, {"run": [run.id]})


def test_a_queued_run_says_what_it_waits_for(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.QUEUED)

    app = visit("run", run=run.id)

    assert "Queued" in badges(app)
    assert "0 of 3 done · it starts as soon as the machinery is up and a place is free" in texts(app)
    assert metrics(app)["Average concurrency"] == "–"
    assert metrics(app)["p50 / p95"] == "–"
    assert "No results yet." in texts(app)
    assert [app.button(key=key).label for key in ("pause", "cancel")] == ["Pause", "Cancel"]


def test_a_running_run_shows_how_far_it_is(visit: Open, stage: Stage) -> None:
    run = stage.run(cells=["5", "6", "7", "8"], state=RunState.RUNNING, done=3, failed=TWO_FAILED)
    stage.live(
        run,
        rate=3.14,
        seconds_left=5.2,
        slowest_group="example.org",
        holds=[["example.org", time.time() + 60, "Retry-After"]],
        doing=[{"position": 4, "worker": 4711, "slot": 1, "started_at": time.time(), "share": 0.4, "phase": "half"}],
    )

    app = visit("run", run=run.id)

    assert "Running" in badges(app)
    assert "3 of 4 done · 2 failed · 3.1 items/s · about 5 s left (slowest: example.org)" in texts(app)
    assert "example.org: Retry-After" in texts(app)
    assert list(table(app, "how far")["now"]) == ["half"]
    assert metrics(app)["Done"] == "3"
    assert metrics(app)["Failed"] == "2"
    assert list(table(app, "cpu_seconds")["position"]) == [3, 2, 1]


def test_what_a_runner_of_another_version_says_is_shown_as_far_as_it_is_known(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.RUNNING, done=1)
    doing = {"position": 2, "worker": 7, "slot": 1, "started_at": time.time(), "phase": "half", "mood": "good"}
    stage.live(run, doing=[doing], weather="fine")

    app = visit("run", run=run.id)

    assert list(table(app, "how far")["now"]) == ["half"]


def test_the_place_of_long_items_is_kept_between_two_of_them(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.RUNNING, done=1)
    stage.live(run, doing=[{"position": 2, "worker": 7, "slot": 1, "started_at": time.time(), "phase": "half"}])
    app = visit("run", run=run.id)
    assert list(table(app, "how far")["position"]) == [2]
    stage.live(run, doing=[])

    checked(app.run())

    assert table(app, "how far").empty


def test_a_run_of_which_no_item_says_how_far_it_is_keeps_no_place_for_it(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.RUNNING, done=1).id)

    assert not [frame for frame in app.dataframe if "how far" in frame.value]


def test_only_a_run_that_goes_on_redraws_itself(stage: Stage) -> None:
    going, ended = stage.run(state=RunState.RUNNING, done=1), stage.run()

    assert usual(going) == 1.0
    assert usual(replace(going, items=5_001)) == 2.0
    assert usual(ended) is None


def test_an_interrupted_run_says_what_happens_next(
    visit: Open, stage: Stage, home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.run(state=RunState.RUNNING, done=1)
    stage.presence.leave()
    monkeypatch.setattr(client, "ensure_runner", lambda: None)  # the one that the page wakes would soon be there

    app = visit("run", run=run.id)

    assert "Interrupted" in badges(app)
    assert "What is done is kept, and the rest goes on by itself" in texts(app)


def test_a_run_that_waits_for_the_machinery_has_not_been_interrupted(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.run(state=RunState.QUEUED)
    stage.presence.leave()
    monkeypatch.setattr(client, "ensure_runner", lambda: None)

    app = visit("run", run=run.id)

    assert "Queued" in badges(app)
    assert "has gone" not in texts(app)


def test_a_finished_run_shows_the_whole_table_in_order(visit: Open, stage: Stage) -> None:
    run = stage.run(failed=TWO_FAILED, row={"n": 5, "digits": 3})

    app = visit("run", run=run.id)

    assert "Finished" in badges(app)
    assert "3 of 3 done · 2 failed · in 10 s" in texts(app)
    shown = table(app, "position")
    assert list(shown["position"]) == [1, 2, 3]
    assert list(shown["state"]) == ["✓ ok", "✗ failed", "✗ failed"]
    assert list(shown["code"])[1:] == ["timeout", "bug"]
    assert metrics(app) == {
        "Done": "3",
        "Failed": "2",
        "Wall time": "10 s",
        "Average concurrency": f"0.30 of {run.pool.slots}",
        "CPU busy": "7.5 %",
        "p50 / p95": "1.0 s / 1.0 s",
    }


def test_every_metric_says_where_it_comes_from(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run().id)

    assert len(app.metric) == 6
    assert all(entry.proto.help for entry in app.metric)


def test_no_page_claims_a_speed_up(visit: Open, stage: Stage) -> None:
    run = stage.run()

    for tab in TABS:
        app = visit("run", run=run.id, tab=tab)
        claims = [entry.label for entry in app.metric if "speed" in entry.label.lower()]
        claims += [str(frame.value) for frame in app.dataframe if "speed-up" in str(frame.value).lower()]
        assert claims == []


def test_a_cancelled_run_says_how_long_it_took(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.CANCELLED, done=1).id)

    assert "Cancelled" in badges(app)
    assert "Cancelled in 400 ms" in texts(app)


def test_a_cancelling_run_waits_without_a_second_cancel(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.CANCELLING, done=1).id)

    assert app.button(key="cancelling").disabled
    assert "cancel" not in [button.key for button in app.button]


def test_what_was_cancelled_does_not_count_as_done(visit: Open, stage: Stage) -> None:
    run = stage.run(cells=["5", "6", "7", "8"], state=RunState.CANCELLED, done=1)
    with stage.store.write() as db:
        db.execute("UPDATE runs SET cancelled = 3 WHERE id = ?", (run.id,))

    app = visit("run", run=run.id)

    assert "1 of 4 done · 3 cancelled" in texts(app)
    assert metrics(app)["Done"] == "1"
    assert app.get("progress")[0].proto.value == 25


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.FINISHED])
def test_what_was_cancelled_is_said_and_offered_to_run_whatever_became_of_the_run(
    visit: Open, stage: Stage, state: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.runtime.client.commands.ASK_SECONDS", 0.5)  # the runner of these tests answers nobody
    run = stage.run(cells=["5", "6", "7", "8"], state=state, done=1)
    with stage.store.write() as db:
        db.execute("UPDATE runs SET cancelled = 3 WHERE id = ?", (run.id,))
        db.execute("INSERT INTO codes (run, state, code, count) SELECT number, 'cancelled', 'cancelled', 3 FROM runs")
    app = visit("run", run=run.id)
    assert "3 items cancelled. They have no result until you run them." in texts(app)

    app.button(key="run_cancelled").click().run()

    with stage.store.read() as db:
        asked = [(row["verb"], json.loads(row["body"])) for row in db.execute("SELECT * FROM commands")]
    assert asked == [("retry", {"codes": ["cancelled"]})]


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLING])
def test_a_run_that_stands_still_claims_no_rate_and_no_end(visit: Open, stage: Stage, state: RunState) -> None:
    run = stage.run(state=state, done=1)
    stage.live(run, rate=3.14, seconds_left=5.2, slowest_group="example.org")

    app = visit("run", run=run.id)

    assert "1 of 3 done" in [entry.value for entry in app.text]


def test_a_failed_run_says_why_and_keeps_its_results(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.FAILED, done=2, error="3 workers in a row died before they were ready")

    app = visit("run", run=run.id)

    assert "3 workers in a row died before they were ready" in texts(app)
    assert list(table(app, "position")["state"]) == ["✓ ok", "✓ ok", "… waiting"]


def test_a_paused_run_offers_to_resume(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.PAUSED, done=1).id)

    assert app.button(key="resume").label == "Resume"
    assert "pause" not in [button.key for button in app.button]


def test_the_four_downloads_have_names_of_their_own(visit: Open, stage: Stage) -> None:
    run = stage.run(failed=TWO_FAILED)

    app = visit("run", run=run.id)

    assert [button.label for button in app.download_button][:4] == ["CSV", "Excel", "Parquet", "JSON Lines"]


def test_what_is_downloaded_may_be_a_part(visit: Open, stage: Stage) -> None:
    run = stage.run(failed=TWO_FAILED)

    app = visit("run", run=run.id)
    app.selectbox(key="only").set_value("input-of-failed")
    checked(app.run())

    assert app.selectbox(key="only").options == ["The rows as they are here", "Input of the failed"]
    cells = [item.cell for _, item, outcome in client.rows(run.id, 1, 9) if outcome and outcome.error]
    assert downloads.content(run.id, "csv", only="input-of-failed")().file.piece(0).decode().split() == ["n", *cells]


def test_failures_are_counted_by_code_with_their_meaning_and_retry(visit: Open, stage: Stage) -> None:
    failed = {1: ("timeout", "late"), 2: ("bug", "broken"), 3: ("timeout", "late")}
    run = stage.run(failed=failed)

    app = visit("run", run=run.id, tab="Failures")

    assert "timeout × 2" in badges(app)
    assert "bug × 1" in badges(app)
    assert f"not done at its deadline · {round(200 / run.done)} % of what is done" in texts(app)
    assert [app.button(key=f"retry_{code}").label for code in ("timeout", "bug")] == ["Retry these"] * 2
    assert list(table(app, "error")["error"]) == ["late", "broken", "late"]


def test_failures_of_one_code_can_be_shown_alone(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(failed=TWO_FAILED).id, tab="Failures")

    app.selectbox(key="code").set_value("bug")
    checked(app.run())

    assert list(table(app, "error")["position"]) == [3]


def test_many_failures_are_turned_page_by_page(visit: Open, stage: Stage) -> None:
    cells = [str(number) for number in range(450)]
    run = stage.run(cells=cells, failed=dict.fromkeys(range(1, 451), ("bug", "no")))
    app = visit("run", run=run.id, tab="Failures")
    assert list(table(app, "error")["position"]) == list(range(1, 201))

    app.button(key="failures_next").click()
    checked(app.run())

    assert list(table(app, "error")["position"]) == list(range(201, 401))


def test_the_way_back_to_the_first_failures_stays_when_few_are_left(visit: Open, stage: Stage) -> None:
    run = stage.run(failed=TWO_FAILED)
    app = visit("run", run=run.id, tab="Failures")
    assert "failures_first" not in {button.key for button in app.button}
    app.session_state[f"failures_from:{run.id}:"] = 3  # turned there when more had failed: some were retried since
    checked(app.run())
    assert list(table(app, "error")["position"]) == [3]

    checked(app.button(key="failures_first").click().run())

    assert list(table(app, "error")["position"]) == [2, 3]


def test_each_code_has_a_place_of_its_own_among_many_failures(visit: Open, stage: Stage) -> None:
    cells = [str(number) for number in range(450)]
    failed = {number: ("timeout" if number <= 50 else "bug", "no") for number in range(1, 451)}
    app = visit("run", run=stage.run(cells=cells, failed=failed).id, tab="Failures")
    app.button(key="failures_next").click()
    checked(app.run())

    app.selectbox(key="code").set_value("timeout")
    checked(app.run())

    assert list(table(app, "error")["position"]) == list(range(1, 51))


def test_a_long_log_hides_no_start_of_a_worker(visit: Open, stage: Stage) -> None:
    run = stage.run()
    facts = {"worker": 7, "started": 1.0, "ready": 1.5}
    stage.log(run, Event(at=1.0, kind="worker_ready", text="ready", facts=facts), *LONG_LOG)

    app = visit("run", run=run.id, tab="Timings")

    assert table(app, "figure").set_index("figure")["value"]["Start-up of workers"] != "–"


def test_timings_have_a_table_of_items_and_one_of_totals(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run().id, tab="Timings")

    totals = table(app, "figure").set_index("figure")["value"]
    items = table(app, "ran, s")
    assert totals["Wall time"] == "10 s"
    assert totals["Sum of items' seconds"] == "3.0 s"
    assert totals["Average concurrency"] == "0.30"
    assert totals["Start-up of workers"] == "–"
    assert list(items["ran, s"]) == [1.0, 1.0, 1.0]
    assert list(items["started after, s"]) == pytest.approx([1.0, 2.0, 3.0], abs=0.002)
    assert list(items["process"]) == [4711] * 3


@pytest.mark.parametrize("name", ["n", "state", "process", "position", "seconds"])
def test_timings_and_failures_name_the_items_whatever_their_column_is_called(
    visit: Open, stage: Stage, name: str
) -> None:
    uploaded = Table(source="numbers.csv", columns=("who", name), item_column=name)
    run = stage.run(cells=["71", "72"], failed={1: ("bug", "no")}, row={"n": 5}, table=uploaded, others=["Ada"])

    timed = table(visit("run", run=run.id, tab="Timings"), "ran, s")
    failed = table(visit("run", run=run.id, tab="Failures"), "error")

    assert list(timed.iloc[:, 1]) == ["71", "72"]
    assert list(failed.iloc[:, 1]) == ["71"]


def test_timings_lead_to_what_shows_a_speed_up(visit: Open, stage: Stage) -> None:
    run = stage.run()
    app = visit("run", run=run.id, tab="Timings")

    app.button(key="measure_ways").click()
    checked(app.run())

    assert app.selectbox(key="measure_items:factorial").value == run.id


def test_what_was_not_measured_is_a_dash(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.RUNNING, done=0).id)

    assert metrics(app)["CPU busy"] == "–"


def test_waiting_running_and_pauses_are_told_apart(visit: Open, stage: Stage) -> None:
    run = stage.run()
    pause = Event(at=BEGAN + 6, kind="pause", text="stood still", facts={"since": BEGAN + 4, "until": BEGAN + 6})
    stage.log(run, pause)
    with stage.store.write() as db:
        runs.change(db, runs.find(db, run.id).number, started_at=BEGAN + 3, paused_seconds=2.0)

    app = visit("run", run=run.id, tab="Timeline")

    assert "in 8.0 s (waited 3.0 s, ran 5.0 s; paused for 2.0 s besides)" in texts(app)
    assert "grey: … in the queue, 3.0 s; ‖ paused, 2.0 s" in "\n".join(entry.value for entry in app.caption)


def test_what_says_nothing_of_a_run_is_left_out(visit: Open, stage: Stage) -> None:
    one, waited = stage.run(cells=["5"]), stage.run()
    with stage.store.write() as db:
        runs.change(db, runs.find(db, waited.id).number, ended_at=BEGAN + 1_000)

    alone = metrics(visit("run", run=one.id))
    assert "Average concurrency" not in alone
    assert alone["The item took"] == "1.0 s"
    assert not {"Average concurrency", "CPU busy"} & set(metrics(visit("run", run=waited.id)))


def test_a_stretch_of_the_timeline_is_drawn_closer(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(cells=[str(cell) for cell in range(30)]).id, tab="Timeline")

    app.slider[0].set_value((10.0, 15.0))
    checked(app.run())

    assert "30 ok" not in app.get("vega_lite_chart")[0].proto.alt
    assert "over 5.0 s from 10 s after submit on" in "\n".join(entry.value for entry in app.caption)


def test_p50_and_p95_are_of_all_rows_that_are_done(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(cells=[str(cell) for cell in range(500)], state=RunState.RUNNING, done=300).id)

    assert metrics(app)["p50 / p95"] == "1.0 s / 1.0 s"
    assert "measured on 300 items." in next(entry.help for entry in app.metric if entry.label == "p50 / p95")


def test_the_timeline_says_in_words_what_it_shows(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(failed=TWO_FAILED).id, tab="Timeline")

    said = app.get("vega_lite_chart")[0].proto.alt
    assert said.startswith("Timeline: what each thread did when; 1 lane, 4 seconds")
    assert "2 failed, 1 ok" in said


def test_the_log_is_in_plain_words(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run().id, tab="Log")

    assert list(table(app, "in words")["in words"]) == ["3 items submitted"]


@pytest.mark.parametrize(("lines", "caption"), [(499, ""), (500, "The newest 500 lines.")])
def test_a_log_that_is_cut_says_so(visit: Open, stage: Stage, lines: int, caption: str) -> None:
    run = stage.run()
    stage.log(run, *LONG_LOG[: lines - 1])  # one line says that it was submitted

    app = visit("run", run=run.id, tab="Log")

    assert len(table(app, "in words")) == lines
    assert [entry.value for entry in app.caption if "newest" in entry.value] == ([caption] if caption else [])


@pytest.mark.parametrize(
    ("state", "said"),
    [(RunState.RUNNING, "auto (its size is found while it runs)"), (RunState.FINISHED, "auto")],
)
def test_a_pool_without_a_size_yet_says_that_it_is_found(visit: Open, stage: Stage, state: RunState, said: str) -> None:
    run = stage.run("scrape", ["https://example.org/"], state=state, done=0)

    app = visit("run", run=run.id, tab="Settings")

    assert said in texts(app)
    assert ("its size is found" in texts(app)) == (state is RunState.RUNNING)


def test_the_settings_are_all_there(visit: Open, stage: Stage) -> None:
    run = stage.run("scrape", ["https://example.org/"])

    app = visit("run", run=run.id, tab="Settings")

    settings = table(app, "setting").set_index("setting")["value"]
    assert settings["Pool"] == "auto"
    assert settings["Deadline"] == "30 s"
    assert settings["Run"] == run.id


def test_everything_about_one_item(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.RUNNING, done=2, failed=TWO_FAILED, row={"n": 5, "value": "9" * 1_000})
    app = visit("run", run=run.id)

    app.number_input(key="position").set_value(1)
    checked(app.run())

    assert "Position 1" in texts(app)
    assert "value: 1,000 characters" in texts(app)
    assert app.code[0].value == "9" * 1_000
    app.number_input(key="position").set_value(2)
    assert "timeout: not done within 2 s" in texts(checked(app.run()))
    app.number_input(key="position").set_value(3)
    assert "It has no outcome yet." in texts(checked(app.run()))


def test_the_earlier_attempts_of_an_item_are_found_among_those_of_a_long_run(visit: Open, stage: Stage) -> None:
    run = stage.run(cells=["5", "6"], state=RunState.RUNNING, done=2)
    tried = [
        attempts.NewAttempt(attempt=Attempt(position=position, number=1, kind="later", code=code, error=""))
        for position, code in (*((1, "timeout") for _ in range(10_000)), (2, "http_5xx"))
    ]
    with stage.store.write() as db:
        attempts.add(db, runs.find(db, run.id).number, tried)

    app = visit("run", run=run.id)

    checked(app.number_input(key="position").set_value(2).run())

    assert list(table(app, "attempt")["code"]) == ["http_5xx"]


def test_a_very_long_error_is_cut(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.FAILED, error="x" * 1_000_000, failed={1: ("bug", "y" * 1_000_000)})

    app = visit("run", run=run.id, tab="Failures")

    assert len(texts(app)) < 5_000
    assert len(table(app, "error")["error"][0]) <= 1_000


@pytest.mark.parametrize("tab", TABS)
def test_nothing_of_others_becomes_markdown(visit: Open, stage: Stage, tab: str) -> None:
    columns = ("url", HOSTILE)
    run = stage.run(
        "scrape",
        [HOSTILE, "javascript:alert(1)"],
        failed={2: ("bug", HOSTILE)},
        row={"title": HOSTILE, "final_url": "javascript:alert(1)"},
        name=HOSTILE,
        table=Table(source=HOSTILE, columns=columns, item_column="url", notes=(HOSTILE,)),
        others=[HOSTILE],
    )

    app = visit("run", run=run.id, tab=tab)

    shown = marked_up(app)
    assert [
        mark for mark in ("<script", "](javascript", "![](", ":material/home", ":red[", "https://rec") if mark in shown
    ] == []
    assert HOSTILE in plain(app.header[0].value)


def test_a_column_with_one_address_that_is_not_http_holds_no_links(visit: Open, stage: Stage) -> None:
    cells = ["https://a.example/", "javascript:alert(1)"]
    safe = stage.run("scrape", cells, row={"final_url": "https://a.example/"})
    unsafe = stage.run("scrape", cells, row={"final_url": "javascript:alert(1)"})

    assert _types(visit("run", run=safe.id))["final_url"] == "link"
    assert "link" not in _types(visit("run", run=unsafe.id)).values()


def _types(app) -> dict[str, str]:
    frame = next(frame for frame in app.dataframe if "final_url" in frame.value)
    columns = json.loads(frame.proto.columns)
    return {name: (config.get("type_config") or {}).get("type", "") for name, config in columns.items()}


def test_a_run_of_a_job_that_is_gone_is_still_shown(visit: Open, stage: Stage) -> None:
    run = stage.run(name="old")
    with stage.store.write() as db:
        db.execute("UPDATE runs SET job = 'gone' WHERE id = ?", (run.id,))

    for tab in TABS:
        app = visit("run", run=run.id, tab=tab)
        assert texts(app).startswith("Gone · 3 items · run ")


def test_the_menu_has_what_is_possible_now(visit: Open, stage: Stage) -> None:
    ended = visit("run", run=stage.run(failed=TWO_FAILED).id).menu_button(key="more")
    going = visit("run", run=stage.run(state=RunState.RUNNING, done=1).id).menu_button(key="more")

    assert [option.split(": ")[-1] for option in ended.options] == [
        "Run again",
        "Edit and run again",
        "Measure the ways",
        "Rename",
        "Share",
        "Delete",
    ]
    assert [option.split(": ")[-1] for option in going.options] == [
        "Run again",
        "Edit and run again",
        "Rename",
        "Share",
    ]


def test_a_run_that_goes_by_itself_says_when_and_can_be_pinned(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.run()
    asked: list[tuple[str, bool]] = []
    monkeypatch.setenv("JOBS_KEEP_DAYS", "30")
    monkeypatch.setattr(client, "pin", lambda name, *, pinned: asked.append((name, pinned)))
    app = visit("run", run=run.id)

    assert "This run goes by itself" in " ".join(caption.value for caption in app.caption)
    assert "(JOBS_KEEP_DAYS): Pin, in the menu More, keeps it." in " ".join(caption.value for caption in app.caption)
    app.menu_button(key="more").set_value("Pin")
    checked(app.run())

    assert asked == [(run.id, True)]


def test_the_ways_are_measured_on_the_items_of_a_run(visit: Open, stage: Stage) -> None:
    run = stage.run()
    app = visit("run", run=run.id)

    app.menu_button(key="more").set_value("Measure the ways")
    checked(app.run())

    assert app.selectbox(key="measure_items:factorial").value == run.id


def test_run_again_goes_over_to_a_run_of_the_same_items(visit: Open, stage: Stage) -> None:
    run = stage.run()
    app = visit("run", run=run.id)

    app.menu_button(key="more").set_value("Run again")
    checked(app.run())

    newest = client.runs()[0]
    assert newest.id != run.id
    assert newest.items == 3
    assert "Queued" in badges(app)


def test_delete_asks_first_and_says_what_it_gives_back(visit: Open, stage: Stage) -> None:
    run = stage.run()
    app = visit("run", run=run.id)

    app.menu_button(key="more").set_value("Delete")
    checked(app.run())

    assert "Its 3 rows, files and log go for good." in texts(app)
    assert client.run(run.id).id == run.id


def test_an_action_that_is_refused_is_a_sentence(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.PAUSED, done=1).id)

    app.session_state["refusal"] = "a finished run cannot be paused <b>"
    checked(app.run())

    assert "a finished run cannot be paused <b>" in texts(app)


def test_the_heading_is_the_name_and_what_it_is_stands_below(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(name="my numbers").id)

    assert plain(app.header[0].value) == "my numbers"
    assert texts(app).startswith("Factorial · 3 whole numbers · run ")


def test_retry_stands_in_sight_where_it_can_change_something(visit: Open, stage: Stage) -> None:
    can = stage.run(failed={1: ("timeout", "late"), 2: ("invalid_item", "no number")})
    cannot = stage.run(failed={2: ("invalid_item", "no number")})

    assert visit("run", run=can.id).button(key="retry_failed").label == "Retry failed"
    app = visit("run", run=cannot.id)
    assert "retry_failed" not in [button.key for button in app.button]
    assert any("Retry would change nothing" in entry.value for entry in app.caption)
    tab = visit("run", run=cannot.id, tab="Failures")
    assert "retry_invalid_item" not in [button.key for button in tab.button]


def test_the_log_can_be_searched(visit: Open, stage: Stage) -> None:
    run = stage.run()
    stage.log(run, Event(at=BEGAN + 1, kind="hold", text="a.example waits"), Event(at=BEGAN + 2, kind="x", text="else"))
    app = visit("run", run=run.id, tab="Log")

    app.text_input(key="log_text").set_value("A.EXAMPLE")
    assert list(table(checked(app.run()), "in words")["in words"]) == ["a.example waits"]
    app.text_input(key="log_text").set_value("nowhere")
    assert "No line of the log has this." in texts(checked(app.run()))


def test_a_run_whose_budget_is_spent_offers_a_higher_one(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.run("scrape", ("https://a.org", "https://b.org"), state=RunState.PAUSED, done=1)
    with stage.store.write() as db:
        number = runs.find(db, run.id).number
        runs.change(db, number, budget='{"requests": 100}', error="paused: x")
        runs.spend(db, number, Spent(requests=120, bytes=9))
    asked: list[Budget] = []
    monkeypatch.setattr(client, "resume", lambda _run, budget=None: asked.append(budget))

    app = visit("run", run=run.id)
    app.number_input(key="raise_requests").set_value(500.0)
    checked(app.button[[button.label for button in app.button].index("Go on up to there")].click().run())

    assert "Resume goes on without this limit. Or go on up to a higher one:" in [entry.value for entry in app.caption]
    assert asked == [Budget(requests=500)]
