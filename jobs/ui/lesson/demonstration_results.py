"""What the demonstrations found: tables, charts and sentences that follow from the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, measure
from jobs.runtime.core.records import ItemState, Run
from jobs.runtime.core.units import count
from jobs.ui.compare import plots
from jobs.ui.lesson import demonstrations
from jobs.ui.shared import formatting, page_frame

Show = Callable[[str], None]


def memory(key: str) -> None:
    """Who saw which list."""
    runs = demonstrations.runs_of(key)
    columns = st.columns(2, gap="large")
    for place, (run, column) in enumerate(zip(runs, columns, strict=False)):
        with column:
            rows = rows_of(run)
            st.text(run.name.partition(" · ")[2])
            st.dataframe(
                pd.DataFrame(rows, columns=["n", "in_the_list", "process", "thread"]).rename(
                    columns={"n": "item", "in_the_list": "words in the list"}
                ),
                hide_index=True,
                height="content",
                key=f"memory_{place}",
                alt=f"How long the list was for each item: {memory_sentence(rows)}",
                column_config={
                    name: st.column_config.NumberColumn(format="%d") for name in ("item", "process", "thread")
                },
            )
            st.text(memory_sentence(rows))


def memory_sentence(rows: Sequence[dict[str, Any]]) -> str:
    """What the lists show: how many there were, and how long each grew."""
    longest: dict[int, int] = {}
    for row in rows:
        longest[row["process"]] = max(longest.get(row["process"], 0), row["in_the_list"])
    if not longest:
        return "Nothing was added to any list."
    return f"{_lists(rows, longest)}{_kept(rows, longest)}"


def _kept(rows: Sequence[dict[str, Any]], longest: dict[int, int]) -> str:
    if sum(longest.values()) <= len(rows):
        return ""
    return " Some words are from the time before: whoever lives on keeps its memory."


def _lists(rows: Sequence[dict[str, Any]], longest: dict[int, int]) -> str:
    threads = count(len({(row["process"], row["thread"]) for row in rows}), "thread")
    if len(longest) == 1:
        return f"One process, one list: {threads} wrote into it, and it grew to {count(max(longest.values()), 'word')}."
    lengths = ", ".join(str(length) for length in longest.values())
    return f"{count(len(longest), 'process', 'processes')}, as many lists: they grew to {lengths} words."


def crash(key: str) -> None:
    """Which items finished, and what happened to the processes."""
    for run in demonstrations.runs_of(key):
        outcomes = [(position, outcome) for position, _, outcome in client.rows(run.id, 1, run.items) if outcome]
        died = client.events_of(run.id, "worker_died")
        st.text(crash_sentence(run, [outcome.code for _, outcome in outcomes], len(died), _runner_lives(run)))
        table = [
            (position, formatting.item_state(outcome.state), outcome.worker, outcome.attempts, outcome.error)
            for position, outcome in outcomes
        ]
        st.dataframe(
            pd.DataFrame(table, columns=["item", "state", "process", "attempts", "why"]),
            hide_index=True,
            height="content",
            key="crash_items",
            placeholder="",
            alt="What became of each item",
            column_config={
                "process": st.column_config.NumberColumn(format="%d"),
                "why": st.column_config.TextColumn(width="large"),
            },
        )
        with st.expander("What happened, in order", icon=":material/list:", key="crash_log"):
            events = [(page_frame.moment(event.at), event.text) for event in reversed(client.events(run.id))]
            st.dataframe(
                pd.DataFrame(events, columns=["when", "what"]),
                hide_index=True,
                key="crash_events",
                alt="The log of this run",
            )


def _runner_lives(run: Run) -> int | None:
    """The runner that claimed the run, if it is still the same process; None: it is another, or has left."""
    claims = client.events_of(run.id, "claimed")
    claimed = claims[-1].facts.get("runner") if claims else None
    return claimed if claimed is not None and claimed == client.status().runner_pid else None


def crash_sentence(run: Run, codes: Sequence[str], died: int, runner: int | None) -> str:
    """What became of the items, and of the processes."""
    lost = sum(code == "worker_lost" for code in codes)
    if run.ok + lost != run.items or not lost:
        return f"This went otherwise than meant: {run.ok} of {run.items} items finished, {lost} lost their process."
    lives = f" The runner, process {runner}, is the same as before." if runner else ""
    return (
        f"{count(died, 'process', 'processes')} died under one item, which was tried again, alone, to be sure that it "
        f"is to blame. The other {count(run.ok, 'item')} finished.{lives}"
    )


def ways(key: str) -> None:
    """The ways compared: the sentence, the chart, and the figures."""
    for measurement, comparison in demonstrations.measured(key):
        _ways(measurement, comparison, key)


def _ways(measurement: measure.Measurement, comparison: measure.Comparison, key: str) -> None:
    said = measure.verdict(comparison)
    st.text(said)
    if not comparison.ways:
        return
    rows = measure.table(comparison)
    plots.walls(rows, verdict=said, key=f"walls_{key}")
    with st.expander("The figures", icon=":material/table:", key=f"figures_{key}"):
        plots.figures(rows, key=f"table_{key}")
        for note in measure.notes(measurement, comparison):
            st.caption(formatting.literal(note))


def parsers(key: str) -> None:
    """The classic parser beside the fast one, each one at a time and with threads."""
    found = demonstrations.measured(key)
    for measurement, comparison in found:
        parser = str(measurement.first.params.get("parser", ""))
        st.markdown(f"**{formatting.literal(parser.capitalize())} parser**")
        _ways(measurement, comparison, f"{key}_{parser}")
    gains = [_gain(comparison) for _, comparison in found]
    busy = next(filter(None, (measure.busy_sentence(comparison) for _, comparison in found)), "")
    if len(gains) == 2:
        st.text(busy or parsers_sentence(*gains))


def _gain(comparison: measure.Comparison) -> float | None:
    threads = next((way for way in comparison.ways if way.way.pool.way == "threads"), None)
    return comparison.speed_up(threads) if threads else None


def parsers_sentence(classic: float | None, fast: float | None) -> str:
    """What six threads gained with each parser."""
    if classic is None or fast is None:
        return "Stopped before both parsers were measured."
    if fast < classic * 1.2:
        return (
            f"This time the figures do not tell the parsers apart: six threads were {classic:.1f} times as fast with "
            f"the classic one and {fast:.1f} times with the fast one."
        )
    return (
        f"Six threads were {fast:.1f} times as fast as one with the fast parser and only {classic:.1f} times with the "
        "classic one: while it parses it holds the GIL, and the others stand in line."
    )


CHOICE = (
    ("waits: web pages, files, databases", "threads, many", "they wait together in one process, at little memory"),
    ("computes in Python", "processes, one per core", "each has a GIL of its own"),
    ("waits, then computes a lot", "both: a process per core, threads in each", "or a faster library"),
    ("may crash, or eats memory", "processes", "one that dies takes nothing else with it"),
    ("is short, or one item is nearly all", "one at a time", "handing work round costs more than it gains"),
    ("must be gentle with one server", "few threads", "the server's pace is the limit, not yours"),
)


def choice() -> None:
    """Which way suits which work."""
    st.dataframe(
        pd.DataFrame(CHOICE, columns=["if your work …", "choose", "because"]),
        hide_index=True,
        height="content",
        key="choice",
        alt="Which way suits which work",
    )
    st.write("When in doubt, measure your own work:")
    st.page_link(page_frame.COMPARE, label="Measure the ways", icon=":material/speed:")


def rows_of(run: Run) -> list[dict[str, Any]]:
    """The rows of a small run, in order, with the position as `n`."""
    found = client.rows(run.id, 1, run.items)
    return [
        {"n": position, **(outcome.row or {})}
        for position, _, outcome in found
        if outcome is not None and outcome.state is ItemState.OK
    ]
