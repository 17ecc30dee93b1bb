"""What a table shows has room in its column, also what stands below the first rows or comes later."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from jobs.runtime.core.records import RunState
from jobs.ui.shared import column_widths
from tests.ui.conftest import Open, Stage

CONFIG = {"n": {"type_config": {"type": "number", "format": "localized"}}}


def width_of(values: list[object], config: dict[str, object] | None = None) -> int:
    return int(column_widths.fitted(pd.DataFrame({"n": values}), config or {})["n"]["width"])


@pytest.mark.parametrize("last", [900_029, 1_234_567_890, -1_000_000])
def test_a_column_has_room_for_its_longest_number_wherever_it_stands(last: int) -> None:
    assert width_of([*[5] * 500, last, *[5] * 500], CONFIG) >= column_widths.pixels(f"{last:,}")


def test_a_number_is_as_long_as_its_format_says() -> None:
    assert width_of([0.5, 12_345.0], {"n": {"type_config": {"format": "%.3f"}}}) >= column_widths.pixels("12345.000")


def test_one_long_text_does_not_widen_the_column_of_many() -> None:
    many = ["a few words"] * 99

    assert width_of([*many, "x" * 5_000]) == column_widths.AMPLE
    assert width_of([*many, "a few words more"]) >= column_widths.pixels("a few words more")
    assert width_of(["", None, "x" * 5_000]) == column_widths.MOST


def test_east_asian_texts_have_twice_the_room() -> None:
    assert width_of(["文字化け文字化け"]) > 1.5 * width_of(["abcdefgh"])


@pytest.mark.parametrize("values", [[], [None, None], ["", ""], [True, None]])
def test_a_column_of_nothing_is_as_wide_as_its_name(values: list[object]) -> None:
    assert width_of(values) == column_widths.LEAST


def test_a_width_that_is_told_stays() -> None:
    assert width_of([1], {"n": {"width": 75}}) == 75


@pytest.mark.parametrize("tab", ["Results", "Timings"])
def test_a_table_that_grows_gives_every_column_its_width(visit: Open, stage: Stage, tab: str) -> None:
    run = stage.run(cells=["5"] * 30, state=RunState.RUNNING, done=20, row={"n": 900_029, "digits": 4_968_427})

    app = visit("run", run=run.id, tab=tab)
    frame = next(frame for frame in app.dataframe if "state" in frame.value)

    columns = json.loads(frame.proto.columns)
    assert all(columns[name]["width"] for name in frame.value.columns)


def test_integers_that_a_browser_cannot_hold_are_texts(visit: Open, stage: Stage) -> None:
    run = stage.run(row={"n": 2**53 + 1, "digits": 2**53})

    columns = json.loads(visit("run", run=run.id).dataframe[0].proto.columns)

    assert columns["n"]["type_config"]["type"] == "text"
    assert columns["digits"]["type_config"]["type"] == "number"
