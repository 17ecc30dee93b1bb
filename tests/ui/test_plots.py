"""The timeline's figures."""

from __future__ import annotations

import time

import altair as alt
import pytest

from jobs.runtime.client import Span
from jobs.runtime.core.records import Event, Run
from jobs.runtime.store import events, runs
from jobs.ui.run import lanes, timeline
from tests.ui.conftest import BEGAN, Stage


@pytest.fixture
def run(stage: Stage) -> Run:
    return stage.run()


def span(position: int, worker: int, slot: int, after: float, seconds: float, state: str = "ok") -> Span:
    return Span(position=position, worker=worker, slot=slot, started_at=BEGAN + after, seconds=seconds, state=state)


def test_a_bar_begins_and_ends_in_seconds_since_submit(run: Run) -> None:
    bars = lanes.bars_of(run, [span(1, 7, 2, 1.5, 2.0)])

    assert list(bars[["begin", "end", "lane", "state"]].iloc[0]) == [
        pytest.approx(1.5, abs=1e-3),
        pytest.approx(3.5, abs=1e-3),
        "process 7 · thread 2",
        "ok",
    ]


@pytest.mark.parametrize("kind", ["later", "lost", "retried"])
def test_an_attempt_that_was_not_the_last_is_marked(run: Run, kind: str) -> None:
    assert list(lanes.bars_of(run, [span(1, 7, 1, 0.0, 1.0, kind)])["state"]) == ["tried again"]


def test_lanes_are_ordered_by_worker_as_they_began_and_thread_by_number(run: Run) -> None:
    spans = [span(1, 9, 10, 1.0, 1.0), span(2, 9, 2, 1.1, 1.0), span(3, 4, 1, 5.0, 1.0)]

    order = lanes.lane_order(lanes.bars_of(run, spans))

    assert order == ["process 9 · thread 2", "process 9 · thread 10", "process 4 · thread 1"]


def test_a_cold_start_is_a_bar_of_its_own_on_the_workers_first_lane(stage: Stage, run: Run) -> None:
    facts = {"worker": 9, "started": BEGAN + 0.2, "ready": BEGAN + 0.9}
    with stage.store.write() as db:
        number = runs.find(db, run.id).number
        events.log(db, number, Event(at=time.time(), kind="worker_ready", text="ready", facts=facts))
        warm = Event(at=time.time(), kind="worker_ready", text="warm", facts={"worker": 4, "warm": True})
        events.log(db, number, warm)

    starts = timeline.starts_of(run, ["process 9 · thread 2", "process 9 · thread 3", "process 4 · thread 1"])

    assert list(starts["lane"]) == ["process 9 · thread 2"]
    assert starts["seconds"][0] == pytest.approx(0.7, abs=1e-3)


def test_busy_shares_add_up_to_the_seconds_that_were_worked(run: Run) -> None:
    spans = [span(position, 7, 1 + position % 3, position * 0.37, 0.3) for position in range(1, 200)]
    bars = lanes.bars_of(run, spans)

    shares = lanes.busy_shares(bars, bins=50)

    worked = ((shares["end"] - shares["begin"]) * shares["share"]).sum()
    assert worked == pytest.approx(bars["seconds"].sum(), rel=1e-6)
    assert shares["share"].between(0, 1).all()


def luminance(colour: str) -> float:
    """How light a colour is in grey, from 0 to 255."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_bars_are_told_apart_in_grey_by_a_glyph_or_by_how_light_they_are() -> None:
    plain = {state: luminance(colour) for state, colour in lanes.COLOURS.items() if state not in lanes.GLYPHS}

    assert len(set(lanes.GLYPHS.values())) == len(lanes.GLYPHS)
    assert set(plain) == {"ok", "worker starts"}
    assert abs(plain["ok"] - plain["worker starts"]) > 40


def test_every_bar_that_is_not_simply_ok_bears_its_glyph(run: Run) -> None:
    spans = [span(1, 7, 1, 0.0, 1.0), span(2, 7, 1, 1.0, 1.0, "failed"), span(3, 7, 2, 2.0, 1.0, "lost")]
    bars = lanes.bars_of(run, spans)

    drawn = lanes.glyphs(bars, alt.X("begin:Q"), alt.Y("lane:N"), 12).to_dict()

    (rows,) = drawn["datasets"].values()
    assert [(row["position"], row["glyph"]) for row in rows] == [(2, "✗"), (3, "↻")]
