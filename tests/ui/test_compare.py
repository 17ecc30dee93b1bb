"""Compare: measuring the ways, and runs side by side."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime import client, compare, measure
from jobs.runtime.client import commands as asking
from jobs.runtime.core.records import Item, RunState
from jobs.runtime.store import commands, runs
from jobs.ui.compare.side_by_side import label
from tests.support.stage import Stage
from tests.ui.conftest import HOSTILE, Open, checked, marked_up, texts

WALLS = {"sequential": 8.0, "threads": 8.1, "processes": 4.1, "both": 4.3}


@pytest.fixture(autouse=True)
def no_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test plays the runner itself."""
    monkeypatch.setattr("jobs.runtime.client.submission.see_to_runner", lambda: "")


@pytest.fixture
def stage(home: Path) -> Iterator[Stage]:
    """The store of this test, whose runner is the test itself."""
    here = Stage(home)
    yield here
    here.presence.leave()


def table(app, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value)


def measured(stage: Stage) -> measure.Measurement:
    """A complete measurement of four numbers."""
    order = measure.MeasureRequest(job="factorial", params={}, processes=2, threads=2, repeats=2)
    measurement = measure.begin(order, [Item(cell=cell) for cell in ("5", "6", "7", "8")])
    while not measurement.complete:
        step = list(measurement.runs)[-1]
        stage.end(measurement.latest, [{}] * 4, wall=WALLS[step.way.name], seconds=(2.0,) * 4, cpu=1.9)
        measurement = measure.advance(measurement.plan.id)
    return measurement


def test_before_anything_was_measured_the_page_offers_the_sample(visit: Open, stage: Stage) -> None:
    app = visit("compare")

    assert "Nothing has been measured yet." in texts(app)
    assert "32 items · 15 runs, one after the other" in texts(app)
    assert not app.button(key="measure_start").disabled


def test_measure_begins_and_the_page_follows_it(visit: Open, stage: Stage) -> None:
    app = visit("compare")
    app.segmented_control(key="measure_job").set_value("factorial").run()
    checked(app.button(key="measure_start").click().run())

    runs = client.runs()
    assert [run.name.partition(" · ")[2] for run in runs] == ["processes · warm-up"]
    assert app.query_params["measure"] == measure.part_of(runs[0])
    assert "0 of 14 runs done · now processes · warm-up" in texts(app)
    assert app.button(key="measure_start").disabled
    assert "is still going on" in texts(app)

    stage.end(runs[0], [{}] * 4)
    checked(app.run())
    assert "1 of 14 runs done · now both · warm-up" in texts(app)
    assert app.button(key="measure_start").disabled  # also when it was drawn between two runs


def test_a_measurement_shows_its_verdict_table_and_runs(visit: Open, stage: Stage) -> None:
    measurement = measured(stage)

    app = visit("compare", measure=measurement.plan.id)

    assert "2 processes suit this work best: 4.1 s, 1.95 times as fast as one at a time" in texts(app)
    shown = table(app, "wall, s")
    assert list(shown["way"]) == ["One at a time", "Threads", "Processes", "Both"]
    assert list(shown["speed-up"].round(2)) == [1.0, 0.99, 1.95, 1.86]
    assert shown["peak memory, MiB"].isna().all()
    assert app.download_button(key="measure_csv").label == "CSV"
    assert sum(button.label == "Open" for button in app.button) == len(measurement.runs)


def test_a_measurement_can_be_stopped(visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ASK_SECONDS", 0.5)  # the runner of these tests answers nobody
    app = visit("compare")
    app.segmented_control(key="measure_job").set_value("factorial").run()
    app.button(key="measure_start").click().run()

    app.button(key="measure_stop").click().run()

    (run,) = client.runs()
    with stage.store.read() as db:
        assert [command.verb for command in commands.waiting(db)] == ["cancel"]
        assert runs.find(db, run.id).number == commands.waiting(db)[0].run


def test_a_measurement_that_was_stopped_says_nothing(visit: Open, stage: Stage) -> None:
    measurement = measure.begin(measure.MeasureRequest(job="factorial", params={}), [Item(cell="5"), Item(cell="6")])
    with stage.store.write() as db:
        number = runs.find(db, measurement.first.id).number
        runs.move(db, number, RunState.CANCELLING)
        runs.move(db, number, RunState.CANCELLED)

    app = visit("compare", measure=measurement.plan.id)

    assert "The measurement was stopped before every way had all its repeats, so it says nothing." in texts(app)
    assert not [button for button in app.button if button.key == "measure_stop"]


def test_an_earlier_measurement_can_be_chosen(visit: Open, stage: Stage) -> None:
    earlier, later = measured(stage), measured(stage)
    app = visit("compare")
    assert app.selectbox(key="measure_chosen").value == later.plan.id

    checked(app.selectbox(key="measure_chosen").select(earlier.plan.id).run())

    assert app.query_params["measure"] in (earlier.plan.id, [earlier.plan.id])
    assert app.selectbox(key="measure_chosen").value == earlier.plan.id


def test_opening_a_run_of_a_measurement_goes_to_its_page(visit: Open, stage: Stage) -> None:
    measurement = measured(stage)
    app = visit("compare", measure=measurement.plan.id)

    checked(app.button(key=f"open_{measurement.first.id}").click().run())

    assert app.query_params["run"] == measurement.first.id


def test_the_items_and_options_of_a_run_can_be_measured(visit: Open, stage: Stage) -> None:
    run = stage.run(["11", "12", "13"], params={"engine": "python"})

    app = visit("compare", of=run.id)
    checked(app.button(key="measure_start").click().run())

    begun = client.runs()[0]
    assert [item.cell for item in client.items(begun.id)] == ["11", "12", "13"]
    assert begun.params["engine"] == "python"


def test_numbers_of_workers_can_be_compared_instead(visit: Open, stage: Stage) -> None:
    app = visit("compare", of=stage.run(["5", "6"]).id)
    app.segmented_control(key="measure_compared").set_value("workers").run()
    app.multiselect(key="measure_workers").set_value([1, 2]).run()
    app.number_input(key="measure_repeats:False").set_value(1).run()
    checked(app.button(key="measure_start").click().run())

    plan = measure.find(app.query_params["measure"]).plan
    assert [way.pool.processes for way in plan.ways] == [1, 2]
    assert plan.repeats == 1


def test_the_cluster_is_offered_as_a_way_where_one_is_named(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.run(["5", "6"])
    assert "Cluster" not in visit("compare", of=run.id).multiselect(key="measure_ways").options
    monkeypatch.setenv("JOBS_CLUSTER", "processes://2")
    app = visit("compare", of=run.id)
    app.multiselect(key="measure_ways").set_value(["sequential", "cluster"]).run()
    checked(app.button(key="measure_start").click().run())

    plan = measure.find(app.query_params["measure"]).plan
    assert [(way.name, way.on) for way in plan.ways] == [("sequential", "local"), ("cluster", "cluster")]


def test_nothing_chosen_is_said_beside_the_button(visit: Open, stage: Stage) -> None:
    app = visit("compare")

    app.multiselect(key="measure_ways").set_value([]).run()

    assert app.button(key="measure_start").disabled
    assert "Choose at least one." in texts(app)


def test_other_peoples_servers_are_asked_only_after_a_yes(visit: Open, stage: Stage) -> None:
    run = stage.run(["https://example.org/a", "https://example.org/b"], job="scrape")

    app = visit("compare", of=run.id)
    assert app.button(key="measure_start").disabled
    assert app.checkbox(key="measure_agreed").label == "Ask other people's servers 8 times, each way once"
    app.checkbox(key="measure_agreed").check().run()
    checked(app.button(key="measure_start").click().run())

    begun = client.runs()[0]
    assert begun.limits == client.defaults("scrape")[1]
    assert measure.find(measure.part_of(begun)).plan.repeats == 1


def test_more_than_fifty_items_of_other_peoples_servers_are_not_measured(visit: Open, stage: Stage) -> None:
    run = stage.run([f"https://example.org/{number}" for number in range(51)], job="scrape")

    app = visit("compare", of=run.id)

    assert app.button(key="measure_start").disabled
    assert "at most 50 items there, not 51" in texts(app)


def test_an_unknown_measurement_is_one_sentence(visit: Open, stage: Stage) -> None:
    assert "there is no measurement <b>x</b>" in texts(visit("compare", measure="<b>x</b>"))


def test_fewer_than_two_runs_are_asked_for(visit: Open, stage: Stage) -> None:
    run = stage.run(["5"])

    app = visit("compare", runs=run.id)

    assert "Choose two to four runs of one job." in texts(app)


def test_runs_side_by_side_show_figures_settings_and_what_changed(visit: Open, stage: Stage) -> None:
    first = stage.run(["5", "6"], [{"n": 5}, {"n": 6}], pool=(1, 1), params={"engine": "gmp"})
    second = stage.run(["5", "6"], [{"n": 5}, "timeout"], pool=(2, 1), params={"engine": "python"})

    app = visit("compare", runs=f"{first.id[:8]},{second.id[:8]}")

    figures = table(app, "figure").set_index("figure")
    assert list(figures.loc["failed"]) == ["0", "1"]
    differing = table(app, "setting that differs")
    assert list(differing["setting that differs"]) == ["engine", "pool"]
    changes = table(app, "what")
    assert list(changes["what"]) == ["state", "code", "n"]
    assert list(changes["after"]) == ["failed", "timeout", ""]
    assert "2 items in both runs · 1 row changed: state × 1, code × 1, n × 1" in texts(app)
    assert "Speed-up against workers" in texts(app)
    assert any("✗ failed, the others ok" in caption.value for caption in app.caption)


def test_speed_up_is_not_shown_where_one_at_a_time_was_not_run_on_the_same_items(visit: Open, stage: Stage) -> None:
    first, second = stage.run(["5", "6"], pool=(1, 1)), stage.run(["5", "7"], pool=(2, 1))

    app = visit("compare", runs=f"{first.id},{second.id}")

    assert "Speed-up against workers" not in texts(app)
    assert any("Speed-up is shown when" in caption.value for caption in app.caption)


def test_runs_of_two_jobs_are_not_compared(visit: Open, stage: Stage) -> None:
    first, second = stage.run(["5"]), stage.run(["http://site-1.sample/"], job="scrape")

    app = visit("compare", runs=f"{first.id},{second.id}")

    assert "These are runs of several jobs: factorial, scrape." in texts(app)
    assert len(app.dataframe) == 0


def test_of_three_runs_any_two_are_compared_row_by_row(visit: Open, stage: Stage) -> None:
    runs = [stage.run(["5"], [{"n": number}]) for number in range(3)]
    app = visit("compare", runs=",".join(run.id for run in runs))

    app.selectbox(key="rows_first").set_value(1).run()
    checked(app.selectbox(key="rows_second").set_value(2).run())

    changes = table(app, "what")
    assert (list(changes["before"]), list(changes["after"])) == (["1"], ["2"])


def test_long_runs_are_compared_row_by_row_when_asked(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.ui.compare.row_changes.UNASKED", 1)
    runs = [stage.run(["5", "6"], [{"n": number}, {}]) for number in range(2)]
    app = visit("compare", runs=",".join(run.id for run in runs))
    assert not any("what" in frame.value for frame in app.dataframe)

    checked(app.button(key="ask_rows").click().run())

    assert list(table(app, "what")["what"]) == ["n"]


def test_runs_are_chosen_on_the_page_and_stand_in_the_address(visit: Open, stage: Stage) -> None:
    first, second = stage.run(["5"], pool=(1, 1)), stage.run(["5"], pool=(2, 1))
    app = visit("compare", runs=first.id)

    checked(app.multiselect(key="side_runs").set_value([second.id, first.id]).run())

    assert list(table(app, "figure").columns) == ["figure", *(label(run) for run in (second, first))]
    assert app.query_params["runs"] in (f"{second.id[:6]},{first.id[:6]}", [f"{second.id[:6]},{first.id[:6]}"])


def test_a_run_that_is_gone_is_told(visit: Open, stage: Stage) -> None:
    run = stage.run(["5"])

    assert "A run that the address names is not there any more." in texts(visit("compare", runs=f"{run.id},zzzz"))


def test_a_run_that_is_named_twice_is_not_said_to_be_gone(visit: Open, stage: Stage) -> None:
    run = stage.run(["5"])

    assert "not there any more" not in texts(visit("compare", runs=f"{run.id},{run.id}"))


def test_items_of_a_run_that_is_gone_leave_the_others_to_be_measured(visit: Open, stage: Stage) -> None:
    app = visit("compare", of="zzzz")

    assert "The run that the address names is not there any more: choose other items." in texts(app)
    assert app.segmented_control(key="measure_job").value == "scrape"


def test_hostile_texts_are_shown_as_text(visit: Open, stage: Stage) -> None:
    runs = [stage.run([HOSTILE], [row], job="scrape") for row in ({"title": HOSTILE}, {"title": "x"})]

    app = visit("compare", runs=",".join(run.id for run in runs))

    assert list(table(app, "what")["item"]) == [HOSTILE]
    assert "<script>" not in marked_up(app)


def test_changes_as_a_file_hold_no_formula(stage: Stage) -> None:
    first, second = (
        stage.run(["http://site-1.sample/"], [{"title": title}], job="scrape") for title in ("=1+1", "@SUM(A1)")
    )

    out = io.BytesIO()
    compare.write_changes(first, second, out)
    written = out.getvalue().decode().splitlines()

    assert written == [",".join(compare.CHANGE_COLUMNS), "http://site-1.sample/,1,1,title,'=1+1,'@SUM(A1)"]
