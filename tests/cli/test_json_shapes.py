"""The shapes of `--json`, as docs/command-line.md tells them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime.cli.item import _attempt, _printed
from jobs.runtime.core.printed import Printed, PrintedAttempt
from jobs.runtime.core.records import Attempt, InProgress
from tests.support.pages import rows

PAGE = "docs/command-line.md"
EARLIER = Attempt(position=2, number=1, kind="later", code="busy", error="it was busy")
SAID = PrintedAttempt(attempt=1, lost=False, printed=Printed(b"said", 4))
MAPPINGS = {"params", "others", "row", "codes", "changes_by_column", "not_compared", "differs_from_preset"} | {
    "run",
    "fields",
}
"""Objects whose keys are names of the person's or the job's own."""

NUMBERS = "n,note\n5,a\nx,b\n5,c\n7,d\n"


def keys_of(value: Any, path: str = "") -> Iterator[str]:
    """The keys of a document: `pool.threads`, `invalid[].line`."""
    if isinstance(value, Mapping) and path.rpartition(".")[2] not in MAPPINGS:
        for key, inner in value.items():
            yield from keys_of(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from keys_of(value[0], f"{path}[]")
    else:
        yield path


@pytest.fixture
def two_runs(fanout, tmp_path: Path) -> tuple[Any, Any]:
    """A run of a file with a table written, and one of other items with another engine."""
    (tmp_path / "numbers.csv").write_text(NUMBERS, "utf-8")
    table = str(tmp_path / "table.csv")
    first = fanout("run", "factorial", str(tmp_path / "numbers.csv"), "--out", table, "--json").json
    return first, fanout("run", "factorial", "--item", "5", "--item", "8", "--engine", "python", "--json").json


def test_the_shapes_of_a_run_are_those_told(fanout, two_runs: tuple[Any, Any]) -> None:
    told = set(rows(PAGE, "run, sample, show, runs"))
    doing = {f"doing[].{field.name}" for field in dataclasses.fields(InProgress)}
    shown = fanout("show", two_runs[0]["id"], "--json").json

    assert set(keys_of(two_runs[0])) == told - doing - {"paces"}
    assert set(keys_of(shown)) == (told - doing - {"out"}) | {"doing", "paces"}
    assert set(keys_of(fanout("runs", "--json").json[0])) == told - doing - {"out", "paces"}
    assert doing <= told


def test_the_shape_of_an_item_is_that_told(fanout, two_runs: tuple[Any, Any]) -> None:
    lists = {"earlier", "printed"}

    item = fanout("show", two_runs[0]["id"], "--position", "2", "--json").json

    told = set(rows(PAGE, "show --position"))
    assert set(keys_of(item)) == {key for key in told if key.partition("[")[0] not in lists} | lists
    inner = [*keys_of(_attempt(EARLIER), "earlier[]"), *keys_of(_printed(SAID), "printed[]")]
    assert set(inner) == {key for key in told if key.partition("[")[0] in lists}


def test_the_shape_of_a_comparison_is_that_told(fanout, two_runs: tuple[Any, Any]) -> None:
    first, second = two_runs

    assert set(keys_of(fanout("compare", first["id"], second["id"], "--json").json)) == set(
        rows(PAGE, "compare, schedule changes")
    )


def without(told: Iterable[str], name: str) -> set[str]:
    """What is told, but for what is in a list."""
    return {key for key in told if not key.startswith(f"{name}[]")}


def test_the_shape_of_a_preflight_report_is_that_told(fanout, tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text(NUMBERS, "utf-8")

    checked = fanout("check", "factorial", str(tmp_path / "numbers.csv"), "--json")

    assert checked.code == 1
    assert set(keys_of(checked.json)) == without(rows(PAGE, "check"), "fields")  # a job of rows has them


def test_the_shapes_of_the_catalog_and_of_the_status_are_those_told(fanout, two_runs: tuple[Any, Any]) -> None:
    listed = {frozenset(keys_of(job)) for job in fanout("list", "--json").json}

    assert listed == {
        frozenset(rows(PAGE, "list")),
        frozenset({"name", "broken"}),
    }  # the module's home has a broken job
    status = without(rows(PAGE, "status"), "expiring") | {"expiring"}  # where runs go by themselves
    status = without(status, "cluster.machines") | {"cluster.machines"}  # where there are some
    assert set(keys_of(fanout("status", "--json").json)) == status


def test_the_shape_of_a_preset_is_that_told(fanout) -> None:
    fanout("presets", "save", "factorial", "shaped", "--threads", "2")

    shown = fanout("presets", "show", "shaped", "--json").json
    assert fanout("presets", "list", "--json").json == [shown]
    assert set(keys_of(shown)) == set(rows(PAGE, "presets list, presets show"))


def test_the_shape_of_a_measurement_is_that_told(fanout) -> None:
    measured = fanout("measure", "factorial", "--item", "5", "--ways", "sequential", "--repeats", "1", "--json").json

    assert set(keys_of(measured)) == set(rows(PAGE, "measure"))
