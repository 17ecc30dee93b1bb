"""How it works: every demonstration by its button, and the sentences that follow from its figures."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import client, measure
from jobs.runtime.core.records import Event, Limits, Pool, Run, RunState, Table
from jobs.ui.lesson import demonstration_code, demonstration_results, switching_costs
from jobs.ui.lesson.demonstrations import DEMONSTRATIONS, Single, Ways, order
from tests.ui.conftest import LONG_LOG, Open, Stage, checked, texts

SECONDS = 60.0


def table(app, column: str):
    return next(frame.value for frame in app.dataframe if column in frame.value)


def pressed(app, key: str):
    """The page after a demonstration's button was pressed and what it runs is over."""
    checked(app.button(key=f"start_{key}").click().run())
    limit = time.monotonic() + SECONDS
    while app.button(key=f"start_{key}").disabled:
        assert time.monotonic() < limit, "the demonstration did not end in time"
        checked(app.run())
    return app


def shown_as(key: str, run: Run, visit: Open):
    """The page as if this run had been made by a demonstration."""
    app = visit("lesson")
    app.session_state[f"lesson:{key}"] = [run.id]
    return checked(app.run())


def test_before_anything_is_run_the_page_says_so_and_shows_the_live_processes(visit: Open, home: Path) -> None:
    app = visit("lesson")

    shown = table(app, "started by")
    assert os.getpid() in list(shown["id"])
    assert "this page's server" in shown["process"].iloc[0]
    assert (shown["threads"] >= 1).all()
    assert (shown["in memory, MiB"] > 1).all()
    assert [caption.value for caption in app.caption].count("Not run yet.") == len(DEMONSTRATIONS)
    assert len(table(app, "processor time, s")) == shown["threads"].iloc[0]


def test_any_process_can_be_looked_into(visit: Open, home: Path) -> None:
    app = visit("lesson")

    app.selectbox(key="anatomy_of").select(os.getpid()).run()
    checked(app.button(key="look_again").click().run())

    assert app.selectbox(key="anatomy_of").value == os.getpid()
    assert threading.get_native_id() in set(table(app, "processor time, s")["thread"])
    assert list(table(app, "reserved, MiB")["part"]) == [
        "code",
        "data, heap and the stacks of further threads",
        "stack of the first thread",
    ]


@pytest.mark.slow
def test_threads_share_a_list_and_processes_do_not(visit: Open, home: Path) -> None:
    app = pressed(visit("lesson"), "memory")

    threads, others = [frame.value for frame in app.dataframe if "words in the list" in frame.value]
    assert sorted(threads["words in the list"]) == list(range(1, 9))
    assert threads["process"].nunique() == 1
    assert others["process"].nunique() > 1
    assert others["words in the list"].max() < 8
    assert "One process, one list:" in texts(app)
    workers = [role for role in table(app, "started by")["process"] if "worker of demo_memory" in role]
    assert workers


@pytest.mark.slow
def test_a_crash_takes_only_its_own_item_with_it(visit: Open, home: Path) -> None:
    app = pressed(visit("lesson"), "crash")

    shown = table(app, "why").set_index("item")
    assert [item for item, state in shown["state"].items() if "failed" in state] == [4]
    assert "SIGSEGV" in shown.loc[4, "why"]
    assert "The other 8 items finished. The runner, process" in texts(app)


def test_a_long_log_hides_neither_the_runner_nor_a_death(visit: Open, stage: Stage) -> None:
    run = stage.run(cells=["1", "2"], failed={2: ("worker_lost", "the worker died (SIGSEGV)")})
    claimed = Event(at=1.0, kind="claimed", text="claimed", facts={"runner": os.getpid()})
    stage.log(run, claimed, Event(at=2.0, kind="worker_died", text="died"), *LONG_LOG)

    app = shown_as("crash", run, visit)

    assert "1 process died under one item" in texts(app)
    assert f"The runner, process {os.getpid()}, is the same as before." in texts(app)


def test_turns_and_starts_are_timed(visit: Open, home: Path) -> None:
    app = pressed(visit("lesson"), "switch")

    shown = table(app, "processes ÷ threads")
    assert len(shown) == 3
    assert (shown["processes ÷ threads"] > 0).all()
    assert "handing over 1 MiB costs" in texts(app)


def test_a_long_log_hides_no_start(visit: Open, stage: Stage) -> None:
    run = stage.run(
        cells=["1"], row=dict.fromkeys([name for _, *names in switching_costs.SWITCHES for name in names], 0.1)
    )
    facts = {"worker": 7, "started": 1.0, "ready": 1.5}
    stage.log(run, Event(at=1.0, kind="worker_ready", text="ready", facts=facts), *LONG_LOG)

    app = shown_as("switch", run, visit)

    assert any("imports included: 500 ms" in caption.value for caption in app.caption)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["wait", "compute", "scrape", "factorial"])
def test_the_ways_are_measured_and_the_sentence_stands_above_the_chart(visit: Open, home: Path, key: str) -> None:
    app = pressed(visit("lesson"), key)

    shown = table(app, "speed-up")
    assert list(shown["way"]) == ["One at a time", "Threads", "Processes"]
    assert shown["wall, s"].gt(0).all()
    comparison = measure.figures(measure.find(measure.latest()[0]))
    assert comparison.complete
    assert measure.verdict(comparison) in texts(app)


@pytest.mark.slow
def test_both_parsers_are_measured(visit: Open, home: Path) -> None:
    app = pressed(visit("lesson"), "page")

    assert len([frame for frame in app.dataframe if "speed-up" in frame.value]) == 2
    said = ("with the classic one", "with the fast one", "figures do not tell", "busy with something else")
    assert any(words in texts(app).splitlines()[-1] for words in said)


def test_only_one_demonstration_goes_on_at_a_time(visit: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.runtime.client.submission.see_to_runner", lambda: "")
    app = visit("lesson")

    checked(app.button(key="start_memory").click().run())

    assert all(app.button(key=f"start_{key}").disabled for key in DEMONSTRATIONS)
    assert client.count_runs() == 1


def test_every_demonstration_shows_the_lines_it_runs() -> None:
    for known in DEMONSTRATIONS.values():
        shown = demonstration_code.of(known.key)
        hidden = {part.job for part in known.parts if part.job.startswith("demo_")}
        assert all(f"def {name}(" in shown for name in [*hidden, *known.lines])
        for part in known.parts:
            pools = (
                [part.pool] if isinstance(part, Single) else [way.pool for way in measure.plan_for(order(part)).ways]
            )
            for pool in pools:
                call = f"pool=Pool(processes={pool.processes}, threads={pool.threads}))"
                assert any(f'client.submit("{part.job}"' in line and call in line for line in shown.splitlines())


def test_the_calls_of_a_demonstration_say_how_often_and_with_what() -> None:
    shown = demonstration_code.of("page")

    assert shown.count("# each of these, in turn, 2 times:") == 2
    call = (
        """client.submit("demo_page", ["1", "2", …], params={"parser": "classic"}, pool=Pool(processes=1, threads=6))"""
    )
    assert call in shown


def test_what_the_demonstrations_run_exists_and_is_hidden_or_a_job_of_the_project() -> None:
    found = client.catalog()

    used = {part.job for known in DEMONSTRATIONS.values() for part in known.parts}
    assert used <= found.jobs.keys()
    assert {name for name in found.jobs if name.startswith("demo_")} <= used
    assert not {name for name in found.shown if name.startswith("demo_")}


def test_demonstrations_ask_for_params_that_exist() -> None:
    for known in DEMONSTRATIONS.values():
        for part in known.parts:
            client.columns(part.job, part.params if isinstance(part, Ways) else {})
            assert part.cells
            assert isinstance(part, Single) or part.repeats >= 2


def row(process: int, thread: int, length: int) -> dict[str, Any]:
    return {"process": process, "thread": thread, "in_the_list": length}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [row(1, 10, 1), row(1, 11, 2), row(1, 10, 3)],
            "One process, one list: 2 threads wrote into it, and it grew to 3 words.",
        ),
        ([row(1, 10, 1), row(2, 20, 1), row(1, 10, 2)], "2 processes, as many lists: they grew to 2, 1 words."),
        (
            [row(1, 10, 9)],
            "One process, one list: 1 thread wrote into it, and it grew to 9 words. Some words are from the time "
            "before: whoever lives on keeps its memory.",
        ),
        ([], "Nothing was added to any list."),
    ],
)
def test_the_sentence_about_lists_follows_from_the_rows(rows: list[dict[str, Any]], sentence: str) -> None:
    assert demonstration_results.memory_sentence(rows) == sentence


def ended(ok: int, failed: int) -> Run:
    return Run(
        id="0" * 32,
        job="demo_crash",
        name="",
        state=RunState.FINISHED,
        items=ok + failed,
        ok=ok,
        failed=failed,
        pool=Pool(processes=2, threads=1),
        limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
        table=Table(),
        submitted_at=0.0,
    )


def test_the_sentence_about_a_crash_follows_from_the_outcomes() -> None:
    said = demonstration_results.crash_sentence(ended(8, 1), [*[""] * 8, "worker_lost"], 3, 4711)

    assert said.startswith("3 processes died under one item")
    assert said.endswith("The other 8 items finished. The runner, process 4711, is the same as before.")


@pytest.mark.parametrize("codes", [["", ""], ["", "timeout"]])
def test_a_crash_that_did_not_happen_is_not_claimed(codes: list[str]) -> None:
    said = demonstration_results.crash_sentence(ended(1, 1), codes, 0, None)

    assert said == "This went otherwise than meant: 1 of 2 items finished, 0 lost their process."


def test_the_sentence_about_parsers_follows_from_the_gains() -> None:
    assert "4.0 times as fast as one with the fast parser and only 1.3 times" in demonstration_results.parsers_sentence(
        1.3, 4.0
    )
    assert "do not tell the parsers apart" in demonstration_results.parsers_sentence(3.8, 4.0)
    assert demonstration_results.parsers_sentence(None, 4.0) == "Stopped before both parsers were measured."


def timed(thread: float, process: float) -> dict[str, float]:
    return {
        "thread_turn": thread,
        "process_turn": process,
        "thread_data": 1e-5,
        "process_data": 1e-3,
        "thread_start": 1e-4,
        "process_start": 1e-2,
    }


@pytest.mark.parametrize(
    ("turns", "begins"),
    [
        ([(3e-6, 6e-6), (3.2e-6, 6.4e-6)], "A turn between processes costs 2.0 times one between threads here"),
        ([(6e-6, 3e-6), (6.2e-6, 3.1e-6)], "A bare turn between threads costs 2.0 times one between processes here"),
        ([(3e-6, 3.1e-6), (3.2e-6, 2.9e-6)], "A bare turn costs about the same here"),
    ],
)
def test_the_sentence_about_turns_follows_from_the_figures(turns: list[tuple[float, float]], begins: str) -> None:
    said = switching_costs.sentence([timed(*turn) for turn in turns])

    assert said.startswith(begins)
    assert "handing over 1 MiB costs 100 times as much between processes" in said
    assert "starting a process 100 times as much as starting a thread" in said
