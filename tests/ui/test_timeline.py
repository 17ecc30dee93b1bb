"""The timeline's lanes and bars agree with the stored stamps."""

from __future__ import annotations

import json
import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.runtime import client
from jobs.runtime.core.records import Attempt, Event, Item, Run, RunState, Table
from jobs.runtime.store import attempts, events, items, outcomes, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.outcomes import OutcomeRow
from jobs.ui.run import lanes, timeline
from jobs.ui.run.trace import as_chrome_trace
from tests.ui.conftest import BEGAN, Stage

stamps = st.tuples(
    st.integers(1, 4) | st.sampled_from(["node1/1", "node2/10"]),
    st.integers(1, 3),
    st.floats(0, 50),
    st.floats(0, 20),
    st.sampled_from([*"ok ok failed".split()]),
)
"""Worker, slot, begin after submit, seconds, state."""


def stored(stage: Stage, finals: list, earlier: list) -> Run:
    """A run whose items were performed so; `earlier` are attempts that were not final, of the first item."""
    pool, limits = client.defaults("factorial")
    run = Run(
        id=secrets.token_hex(16),
        job="factorial",
        name="",
        state=RunState.SUBMITTING,
        items=0,
        pool=pool,
        limits=limits,
        table=Table(item_column="n"),
        columns=client.columns("factorial", {}),
        submitted_at=BEGAN,
    )
    with stage.store.write() as db:
        number = runs.add(db, run, runs.JobTraits())
        items.add(db, number, 1, [Item(cell="5") for _ in finals])
        runs.queue(db, number, items=len(finals), sample=False, at=BEGAN)
        runs.move(db, number, RunState.RUNNING)
        tried = [
            NewAttempt(
                attempt=Attempt(
                    position=1,
                    number=place,
                    kind="lost",
                    code="worker_lost",
                    error="gone",
                    worker=worker,
                    slot=slot,
                    started_at=BEGAN + begin,
                    seconds=seconds,
                    cpu_seconds=0.0,
                ),
                not_before=None,
            )
            for place, (worker, slot, begin, seconds, _) in enumerate(earlier, start=1)
        ]
        attempts.add(db, number, tried)
        outcomes.add(db, number, [_outcome(place, *final) for place, final in enumerate(finals, 1)], duplicates=False)
    return client.run(run.id)


def _outcome(position: int, worker: int, slot: int, begin: float, seconds: float, state: str) -> OutcomeRow:
    return OutcomeRow(
        position=position,
        state=state,
        code="" if state == "ok" else "bug",
        error="",
        detail="",
        row=None,
        attempts=1,
        worker=worker,
        slot=slot,
        waited=0.0,
        started_at=BEGAN + begin,
        seconds=seconds,
        cpu=0.0,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stamps, min_size=1, max_size=20), st.lists(stamps, max_size=4))
def test_every_attempt_is_one_bar_on_the_lane_of_its_thread_at_its_time(
    stage: Stage, finals: list, earlier: list
) -> None:
    run = stored(stage, finals, earlier)

    bars = lanes.bars_of(run, client.spans(run.id, 1_000))

    drawn = sorted(zip(bars["lane"], bars["begin"].round(4), bars["seconds"].round(4), bars["state"], strict=True))
    meant = [(lanes.lane(worker, slot), begin, seconds, state) for worker, slot, begin, seconds, state in finals]
    meant += [(lanes.lane(worker, slot), begin, seconds, "tried again") for worker, slot, begin, seconds, _ in earlier]
    assert [(lane, state) for lane, _, _, state in drawn] == [
        (lane, state) for lane, _, _, state in sorted((lane, round(b, 4), round(s, 4), x) for lane, b, s, x in meant)
    ]
    assert sorted(bars["begin"]) == pytest.approx(sorted(begin for _, begin, _, _ in meant), abs=1e-4)
    assert sorted(bars["end"]) == pytest.approx(sorted(begin + seconds for _, begin, seconds, _ in meant), abs=1e-4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stamps, min_size=1, max_size=20))
def test_there_is_one_lane_for_each_thread_that_performed_anything(stage: Stage, finals: list) -> None:
    run = stored(stage, finals, [])
    bars = lanes.bars_of(run, client.spans(run.id, 1_000))

    order = lanes.lane_order(bars)

    assert sorted(order) == sorted({lanes.lane(worker, slot) for worker, slot, *_ in finals})
    begins = bars.groupby("worker", sort=False)["begin"].min()
    workers = list(dict.fromkeys(bars.set_index("lane")["worker"].to_dict()[lane] for lane in order))
    assert [begins[worker] for worker in workers] == sorted(begins[worker] for worker in workers)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stamps.filter(lambda stamp: stamp[3] > 0.01), min_size=1, max_size=20), st.integers(1, 60))
def test_busy_shares_add_up_to_the_seconds_of_the_bars(stage: Stage, finals: list, bins: int) -> None:
    one_after_another = [
        (worker, slot, 25.0 * place, seconds, state) for place, (worker, slot, _, seconds, state) in enumerate(finals)
    ]
    run = stored(stage, one_after_another, [])
    bars = lanes.bars_of(run, client.spans(run.id, 1_000))

    shares = lanes.busy_shares(bars, bins)

    assert shares["share"].between(0, 1).all()
    seconds = (shares["share"] * (shares["end"] - shares["begin"])).groupby(shares["lane"]).sum()
    meant = bars.groupby("lane")["seconds"].sum()
    assert dict(seconds) == pytest.approx(dict(meant), rel=1e-3, abs=1e-3)


def test_a_run_as_a_trace_holds_every_attempt_in_microseconds(stage: Stage) -> None:
    run = stage.run(failed={2: ("bug", "no")})

    named, *events = json.loads(as_chrome_trace(run))["traceEvents"]

    assert (named["pid"], named["args"]) == (4711, {"name": "factorial worker 4711"})
    assert [(event["name"], event["cat"], event["ph"], event["dur"]) for event in events] == [
        ("item 1", "ok", "X", 1_000_000),
        ("item 2", "failed", "X", 1_000_000),
        ("item 3", "ok", "X", 1_000_000),
    ]
    assert [event["ts"] for event in events] == [1_000_000, 2_000_000, 3_000_000]
    assert {(event["pid"], event["tid"]) for event in events} == {(4711, 1)}


def test_workers_of_a_cluster_have_names_on_lanes_and_numbers_in_traces(stage: Stage) -> None:
    run = stored(stage, [("node1/1", 2, 0.0, 1.0, "ok"), ("node1/2", 1, 0.5, 1.0, "ok")], [])

    events = json.loads(as_chrome_trace(run))["traceEvents"]

    order = lanes.lane_order(lanes.bars_of(run, client.spans(run.id, 10)))
    assert order == ["node1/1 · thread 2", "node1/2 · thread 1"]
    assert [event["args"]["name"] for event in events[:2]] == ["factorial worker node1/1", "factorial worker node1/2"]
    assert [event["pid"] for event in events] == [2**31, 2**31 + 1] * 2


def test_each_change_of_the_pools_size_is_a_line_with_its_reason(stage: Stage) -> None:
    run = stored(stage, [(1, 1, 0.0, 9.0, "ok")], [])
    with stage.store.write() as db:
        number = runs.find(db, run.id).number
        for at in (3.0, 30.0):
            events.log(db, number, Event(at=BEGAN + at, kind="resized", text=f"grew at {at:g}"))

    sizes = timeline.sizes_of(run)

    assert list(sizes.itertuples(index=False, name=None)) == [(3.0, "grew at 3"), (30.0, "grew at 30")]
    assert len(lanes.resizes(sizes, lanes.Stretch(first=0.0, last=9.0))) == 1
    assert lanes.resizes(sizes, lanes.Stretch(first=4.0, last=9.0)) == []


@given(st.floats(0.5, 1e6))
def test_the_end_of_the_slider_is_a_short_number_beyond_the_last_bar(far: float) -> None:
    step, decimals, most = timeline.scale(far)

    assert far <= most <= far + 2 * step
    assert repr(most) == repr(float(f"{most:.{decimals}f}"))
    assert len(str(most).replace(".", "").lstrip("0")) <= 8
