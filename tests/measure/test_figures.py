"""The figures of a measurement follow from what its runs have stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from jobs.runtime import client, measure
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.records import Event, Item, RunState
from jobs.runtime.measure import Measurement, MeasureRequest
from jobs.runtime.store import events, runs
from tests.support.stage import Stage

ITEMS = [Item(cell=cell) for cell in ("5", "6", "7", "8")]
WALLS = {"sequential": 8.0, "threads": 8.2, "processes": 4.0}


@pytest.fixture(autouse=True)
def no_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test plays the runner itself: whatever its settings are, it is not replaced."""
    monkeypatch.setattr("jobs.runtime.client.submission.see_to_runner", lambda: "")


def order(**more: Any) -> MeasureRequest:
    facts = {"job": "factorial", "params": {}, "ways": tuple(WALLS), "processes": 2, "threads": 2, "repeats": 2}
    return MeasureRequest(**{**facts, **more})


def performed(stage: Stage, wanted: MeasureRequest, walls: Mapping[str, float] = WALLS, **facts: Any) -> Measurement:
    """A measurement whose every run took as long as its way says; warm-ups, which do not count, take 100 s."""
    measurement = measure.begin(wanted, ITEMS)
    while not measurement.complete:
        step, run = list(measurement.runs.items())[-1]
        wall = walls[step.way.name] if step.repeat else 100.0
        told = {"seconds": (4.0, 1.0, 1.0, 2.0), "cpu": 2.0, **facts}
        stage.end(run, [{}] * 4, wall=wall, worker=run.pool.processes * 10, **told)
        measurement = measure.advance(measurement.plan.id)
    return measurement


def test_all_runs_of_a_measurement_are_where_that_was_asked_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="set JOBS_CLUSTER"):
        measure.begin(order(on="cluster"), ITEMS)
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    measurement = performed(stage, order(on="cluster"))

    assert {run.on for run in measurement.runs.values()} == {"cluster"}
    assert measure.document(measurement, measure.figures(measurement))["on"] == "cluster"


def test_the_cluster_is_one_way_beside_those_of_this_machine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = ("sequential", "processes", "cluster")
    with pytest.raises(Refused, match="set JOBS_CLUSTER"):
        measure.begin(order(ways=ways), ITEMS)
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    measurement = performed(stage, order(ways=ways), {**WALLS, "cluster": 4.0})

    assert [(step.way.name, run.on) for step, run in measurement.runs.items() if step.repeat == 1] == [
        ("sequential", "local"),
        ("processes", "local"),
        ("cluster", "cluster"),
    ]
    assert measure.find(measurement.plan.id) == measurement
    found = measure.figures(measurement)
    assert found.base is not None
    assert found.base.way.on == "local"
    document = measure.document(measurement, found)
    assert document["on"] == "local"
    assert [way["on"] for way in document["ways"]] == ["local", "local", "cluster"]
    said = measure.verdict(found)
    assert "2 processes on the cluster are not faster beyond doubt" in said


def test_a_measurement_is_ordinary_runs_of_the_same_items_named_after_it(stage: Stage) -> None:
    measurement = performed(stage, order())

    runs = list(measurement.runs.values())
    assert [run.name.partition(" · ")[2] for run in runs] == [
        *("processes · warm-up", "threads · warm-up"),
        *("sequential · 1/2", "threads · 1/2", "processes · 1/2"),
        *("sequential · 2/2", "threads · 2/2", "processes · 2/2"),
    ]
    assert all([item.cell for item in client.items(run.id)] == ["5", "6", "7", "8"] for run in runs)
    assert measure.find(measurement.plan.id) == measurement
    assert measure.latest() == measure.latest(("factorial",)) == [measurement.plan.id]
    assert measure.latest(("scrape",)) == []
    assert {measure.part_of(run) for run in runs} == {measurement.plan.id}


def test_walls_speed_up_and_efficiency_are_those_of_the_repeats_alone(stage: Stage) -> None:
    found = measure.figures(performed(stage, order()))

    assert [way.way.name for way in found.ways] == ["sequential", "threads", "processes"]
    assert [way.walls for way in found.ways] == [pytest.approx((wall, wall)) for wall in (8.0, 8.2, 4.0)]
    assert [found.speed_up(way) for way in found.ways] == pytest.approx([1.0, 8 / 8.2, 2.0])
    assert [found.efficiency(way) for way in found.ways] == pytest.approx([1.0, 4 / 8.2, 1.0])
    assert [way.concurrency for way in found.ways] == pytest.approx([1.0, 8 / 8.2, 2.0])
    assert found.ways[0].longest == 4.0
    assert found.complete
    assert "2 processes suit this work best: 4.0 s, 2.0 times" in measure.verdict(found)


def test_what_was_not_measured_is_none(stage: Stage) -> None:
    found = measure.figures(performed(stage, order()))

    rows = measure.table(found)
    assert set(rows[0]) == set(measure.HELP)
    assert all(row["start_up"] is row["peak_memory"] is row["process_cpu"] is None for row in rows)


def test_start_up_processor_time_and_memory_are_those_the_runner_read(stage: Stage) -> None:
    used = {"cpu_seconds": 9.0, "peak_bytes": 50_000_000}

    found = measure.figures(performed(stage, order(), started=0.5, used=used))

    rows = measure.table(found)
    assert all(row["start_up"] == pytest.approx(0.5) for row in rows)
    assert all((row["peak_memory"], row["process_cpu"], row["item_cpu"]) == (50_000_000, 9.0, 8.0) for row in rows)
    assert all(way.cold == 2 for way in found.ways)


def test_the_load_of_the_machine_is_what_is_neither_the_workers_nor_the_runners(stage: Stage) -> None:
    facts = {"seconds": 10.0, "cores": 2, "machine_seconds": 16.0, "runner_seconds": 1.0, "queue_seconds": 3.0}
    used = {"cpu_seconds": 5.0, "peak_bytes": None, **facts}

    found = measure.figures(performed(stage, order(), used=used))

    assert all(way.others == pytest.approx((0.5, 0.5)) for way in found.ways)
    assert all(row["run_queue"] == 3.0 for row in measure.table(found))
    assert "other programs took 50 % to 50 % of the machine meanwhile" in measure.notes(
        performed(stage, order(), used=used), found
    )


@pytest.mark.parametrize("left_out", ["seconds", "machine_seconds", "queue_seconds", "cpu_seconds"])
def test_a_load_of_which_something_is_not_known_is_not_told(left_out: str) -> None:
    used = {"cpu_seconds": 5.0, "seconds": 9.0, "cores": 2, "machine_seconds": 9.0, "runner_seconds": 0.0}
    used |= {"queue_seconds": 1.0, left_out: None}

    load = measure.load_of([used])

    assert (load.queue_seconds if left_out == "queue_seconds" else load.others) is None


def test_a_long_log_hides_neither_what_was_used_nor_a_start(stage: Stage) -> None:
    used = {"cpu_seconds": 9.0, "peak_bytes": 50_000_000}
    measurement = performed(stage, order(), started=0.5, used=used)
    with stage.store.write() as db:
        for number in [runs.find(db, run.id).number for run in measurement.runs.values()]:
            for _ in range(600):
                events.log(db, number, Event(at=1.0, kind="hold", text="waits"))

    found = measure.figures(measurement)

    assert all(row["start_up"] == pytest.approx(0.5) for row in measure.table(found))
    assert all(row["peak_memory"] == 50_000_000 for row in measure.table(found))


def test_a_repeat_in_which_workers_were_started_anew_does_not_count_beside_two_warm_ones(stage: Stage) -> None:
    measurement = measure.begin(order(ways=("sequential",), repeats=3), ITEMS)
    while not measurement.complete:
        last = measurement.latest.name.endswith("3/3")
        stage.end(measurement.latest, [{}] * 4, wall=20.0 if last else 8.0, started=0.5 if last else None)
        measurement = measure.advance(measurement.plan.id)

    found = measure.figures(measurement)

    assert found.complete
    assert (found.ways[0].walls, found.ways[0].left_out, found.ways[0].cold) == (pytest.approx((8.0, 8.0)), 1, 0)
    assert any("do not count" in note and "sequential 1" in note for note in measure.notes(measurement, found))


def test_failed_items_are_counted(stage: Stage) -> None:
    measurement = measure.begin(order(ways=("sequential", "processes"), repeats=1), ITEMS)
    while not measurement.complete:
        stage.end(measurement.latest, [{}, "timeout", {}, {}])
        measurement = measure.advance(measurement.plan.id)

    found = measure.figures(measurement)

    assert [(row["ok"], row["failed"]) for row in measure.table(found)] == [(3, 1), (3, 1)]
    assert "some items failed: their time counts as that of the others" in measure.notes(measurement, found)


def test_the_next_run_begins_only_when_the_one_before_has_ended(stage: Stage) -> None:
    measurement = measure.begin(order(), ITEMS)

    assert measure.advance(measurement.plan.id) == measurement
    assert client.count_runs() == 1


def test_a_cancelled_run_stops_the_measurement(stage: Stage) -> None:
    measurement = measure.begin(order(), ITEMS)
    with stage.store.write() as db:
        from jobs.runtime.store import runs

        number = runs.find(db, measurement.first.id).number
        runs.move(db, number, RunState.CANCELLING)
        runs.move(db, number, RunState.CANCELLED)

    stopped = measure.advance(measurement.plan.id)

    assert stopped.stopped
    assert stopped.over
    assert client.count_runs() == 1
    assert measure.verdict(measure.figures(stopped)).startswith("The measurement was stopped")


@pytest.mark.parametrize(("engine", "notes"), [("gmp", 0), ("python", 1)])
def test_options_that_are_not_as_usual_are_told(stage: Stage, engine: str, notes: int) -> None:
    measurement = performed(stage, order(repeats=1, params={"engine": engine}))

    assert measure.notes(measurement, measure.figures(measurement)).count("engine = python") == notes


def test_options_that_are_empty_are_as_usual(stage: Stage) -> None:
    taken = [Item(cell="http://site-1.sample/")]
    begun = measure.begin(order(job="scrape", params={"headers": []}, ways=("sequential",), repeats=1), taken)

    notes = measure.notes(begun, measure.figures(begun))

    assert begun.first.params["headers"] == []
    assert not [note for note in notes if "headers" in note]


def test_a_run_that_goes_on_meanwhile_is_told(stage: Stage) -> None:
    other = client.submit("factorial", ITEMS[:1])

    measurement = performed(stage, order(repeats=1))
    stage.end(other, [{}], wall=1_000.0)

    assert any(
        "1 other run went on meanwhile" in note for note in measure.notes(measurement, measure.figures(measurement))
    )


def test_an_unknown_measurement_is_refused(stage: Stage) -> None:
    with pytest.raises(UnknownRun, match="there is no measurement 1a2b3c"):
        measure.find("1a2b3c")


def scrape(**more: Any) -> MeasureRequest:
    return order(job="scrape", repeats=None, threads=4, **more)


def test_other_peoples_servers_are_asked_once_each_way_and_only_when_agreed(stage: Stage) -> None:
    urls = [Item(cell=f"https://example.org/{number}") for number in range(3)]

    with pytest.raises(Refused, match=r"this asks them 9 times \(3 items, 3 ways\)"):
        measure.begin(scrape(), urls)
    measurement = measure.begin(scrape(agreed=True), urls)

    assert (measurement.plan.repeats, measurement.plan.warm_up) == (1, False)
    assert measurement.first.limits == client.defaults("scrape")[1]


def test_of_other_peoples_servers_at_most_fifty_items_are_asked_and_never_repeatedly(stage: Stage) -> None:
    urls = [Item(cell=f"https://example.org/{number}") for number in range(51)]

    with pytest.raises(Refused, match="at most 50 items there, not 51"):
        measure.begin(scrape(agreed=True), urls)
    with pytest.raises(Refused, match="each way runs once there"):
        measure.begin(order(job="scrape", agreed=True), urls[:2])
    assert client.count_runs() == 0


def test_on_the_sample_site_politeness_hides_nothing(stage: Stage) -> None:
    measurement = measure.begin(scrape(), [Item(cell="http://site-1.sample/"), Item(cell="not yet published")])

    assert (measurement.first.limits.pause, measurement.first.limits.at_once) == (0.0, 64)
    assert measurement.plan.repeats == 3


def test_politeness_that_was_asked_for_is_told_as_the_least_a_way_can_take(stage: Stage) -> None:
    limits = measure.limits_for("scrape", 0, pause=0.5, at_once=1)
    urls = [Item(cell=f"http://site-1.sample/{number}") for number in range(5)]
    measurement = measure.begin(scrape(limits=limits), [*urls, Item(cell="http://site-2.sample/")])

    pace = measure.figures(measurement).pace

    assert pace is not None
    assert (pace.group, pace.items, pace.seconds) == ("site-1.sample", 5, 2.0)


def test_too_many_items_and_repeats_are_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="more than 20,000 items"):
        measure.begin(order(), (Item(cell="5") for _ in range(20_001)))
    with pytest.raises(Refused, match="repeats: 21 is too large: give 1 to 20"):
        measure.begin(order(repeats=21), ITEMS)
    assert client.count_runs() == 0
