"""One run: how far it is while it goes on, and everything about it when it has ended."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.errors import UnknownRun
from jobs.runtime.records import Progress, Run, RunState, count
from jobs.ui import actions, charts, failures, frame, results, timings, widths, words

TABS = ["Results", "Timings", "Timeline", "Failures", "Log", "Settings"]
MOST_TELLING = 8  # long items that are shown with how far they are
MOST_EVENTS = 500  # lines of the log that are shown
MANY = 5_000  # items from which a live page is drawn every 2 s, not every second


def page() -> None:
    """Find the run that the address names, and show it."""
    run_id = _asked()
    try:
        progress = client.progress(run_id)
    except UnknownRun as error:
        _nothing(str(error) if run_id else "The address names no run")
        return
    st.session_state["last_run"] = progress.run.id
    _header(progress)
    actions.show_refusal()
    _live(progress)


def _asked() -> str:
    """The run that the address names; where it names none, the one shown last: Streamlit leaves an address without its
    run in the browser's history when one goes on to another page."""
    if not st.query_params.get("run") and st.session_state.get("last_run"):
        st.query_params.from_dict({"run": st.session_state.pop("last_run")})
    return st.query_params.get("run", "")


def _nothing(reason: str) -> None:
    """One sentence about an address without a run, and the way to all of them."""
    sentence = frame.for_the_page(reason)
    st.text(f"{sentence[:1].upper()}{sentence[1:]}.")
    actions.show_refusal()
    st.page_link(frame.RUNS, label="All runs", icon=":material/history:")
    frame.footer()


def _live(progress: Progress) -> None:
    """The part that moves: redrawn by itself as long as the run goes on."""
    run = progress.run
    st.fragment(_body, run_every=every(run))(run.id, run.state, progress.interrupted, run.name)


def every(run: Run) -> float | None:
    """Seconds between two drawings of a run's page; None: it has ended, and stands still."""
    if run.state.terminal:
        return None
    return 2.0 if run.items > MANY else 1.0


def _body(run_id: str, state: RunState, *drawn: object) -> None:
    with frame.sentences():
        try:
            newest = [] if state.terminal else client.newest(run_id, results.NEWEST)  # first: no more than are counted
            progress = client.progress(run_id)
        except UnknownRun:  # deleted meanwhile: the whole page says so
            st.rerun()
        run = progress.run
        if (run.state, progress.interrupted, run.name) != (state, *drawn):
            st.rerun()
        _how_far(progress)
        _metrics(run, newest)
        _tabs(progress, newest)
        frame.footer(f"{run.id} {run.state} {progress.interrupted}")


def _header(progress: Progress) -> None:
    run = progress.run
    badge = words.run_badge(run, interrupted=progress.interrupted)
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        st.header(words.literal(_title(run), 120), anchor=False, width="content")
        st.badge(badge.word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
        st.space("stretch")
        actions.buttons(run)
    st.text(_meta(run))


def _title(run: Run) -> str:
    job = client.catalog().jobs.get(run.job)
    kind = job.kind.name if job else "item"
    return f"{words.title_of(run.job)} · {words.items_of(run.items, kind)}"


def _meta(run: Run) -> str:
    job = client.catalog().jobs.get(run.job)
    parts = [words.apart(run.name, 200)] if run.name and run.name != (job.title if job else "") else []
    parts += [f"run {words.short_id(run.id)}", f"submitted {frame.moment(run.submitted_at)}", str(run.pool)]
    if run.sample:
        parts.append("on the sample site")
    return " · ".join(parts)


def _how_far(progress: Progress) -> None:
    run, now = progress.run, time.time()
    st.text(
        words.progress_sentence(
            run, rate=progress.rate, left=progress.seconds_left, slowest=progress.slowest_group, now=now
        )
    )
    st.progress(words.share_done(run))
    _turn_of_events(progress)
    for group, until, why in progress.holds:
        if until > now:
            said = why if group in why else f"{words.shortened(group, 100)}: {why or 'on hold'}"
            st.text(f"{words.apart(said, 300)} · {words.seconds(until - now)} more")
    _doing(progress, now)


def _turn_of_events(progress: Progress) -> None:
    """What a person should know about the state: in words, where a word in a badge is not enough."""
    run = progress.run
    if progress.interrupted:
        _notice(
            "The program that works on this run has gone. What is done is kept, and the rest goes on by itself as soon "
            "as it is back: it is being started."
        )
    elif run.state is RunState.CANCELLED and run.cancel_seconds is not None:
        _notice(f"Cancelled in {words.seconds(run.cancel_seconds)}: since then nothing of this run is executed.")
    elif run.state is RunState.FAILED:
        _notice(f"The run itself could not go on: {words.shortened(run.error, 2_000)}")
    elif run.state is RunState.PAUSED:
        _notice(words.shortened(run.error, 500) or "Paused: nothing new starts until you resume it.")
    elif run.state is RunState.QUEUED:
        _notice("Queued: it starts as soon as the machinery is up and a place is free.")
    if run.state.terminal and run.cancelled:
        _cancelled(run)


def _cancelled(run: Run) -> None:
    """The items that a cancel left without a result, also in a run that was finished since by a retry of others."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="cancelled_items"):
        has, them = ("It has", "it") if run.cancelled == 1 else ("They have", "them")
        st.text(f"{count(run.cancelled, 'item')} cancelled. {has} no result until you run {them}.", width="stretch")
        actions.run_cancelled(run)


def _notice(sentence: str) -> None:
    with st.container(border=True):
        st.text(sentence)


def _doing(progress: Progress, now: float) -> None:
    """The long items that say how far they are; once some did, their place is kept, so that nothing below it moves."""
    run, telling = progress.run, progress.telling[:MOST_TELLING]
    if telling:
        st.session_state["told"] = run.id
    if run.state.terminal or st.session_state.get("told") != run.id:
        return
    rows = [(doing.position, doing.share, doing.phase, now - doing.started_at) for doing in telling]
    table = pd.DataFrame(rows, columns=["position", "how far", "now", "for, s"])
    config = {
        "position": st.column_config.NumberColumn(format="%d", width="small"),
        "how far": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent", width=150),
        "now": st.column_config.TextColumn(width=230),
        "for, s": st.column_config.NumberColumn(format="%.1f", width="small"),
    }
    st.dataframe(
        table,
        hide_index=True,
        height=results.height(min(run.pool.slots, MOST_TELLING)),
        alt="Items in progress that say how far they are",
        column_config=config,
    )


def _metrics(run: Run, newest: Sequence[results.Row]) -> None:
    now = time.time()
    half, most, of = timings.quantiles(run, newest) if run.done else (None, None, 0)
    with st.container(horizontal=True, key="metrics"):
        _metric(
            "Done",
            f"{words.performed(run):,}",
            f"Items that ended as ok or failed, of {run.items:,}; counted as their rows are stored.",
        )
        _metric("Failed", f"{run.failed:,}", "Items that ended as failed. The tab Failures has the reasons.")
        _metric("Wall time", words.seconds(run.seconds(now)), "From submit until the last outcome, pauses excluded.")
        _metric(
            "Average concurrency",
            words.concurrency(run, now),
            "How many items were in progress on average: the seconds of the items that have ended, added up, ÷ wall "
            "time. Not a speed-up.",
        )
        _metric(
            "CPU busy",
            words.percent(timings.cpu_share(run, now)),
            "Processor time of the items that have ended ÷ wall time; 100 % is one core all the time.",
        )
        _metric(
            "p50 / p95",
            f"{words.seconds(half)} / {words.seconds(most)}" if of else words.UNMEASURED,
            f"Half of the items took at most the first, 19 of 20 at most the second; measured on {count(of, 'item')}"
            + (", the newest." if newest else "."),
        )


def _metric(label: str, value: str, advice: str) -> None:
    st.metric(label, value, help=advice, border=True, width="stretch")


def _tabs(progress: Progress, newest: Sequence[results.Row]) -> None:
    run = progress.run
    tabs = dict(zip(TABS, st.tabs(TABS, key="tab", bind="query-params"), strict=True))
    drawn = {
        "Results": lambda: results.show(run, newest),
        "Timings": lambda: timings.show(run, newest),
        "Timeline": lambda: charts.timeline(run),
        "Failures": lambda: failures.show(progress),
        "Log": lambda: _log(run),
        "Settings": lambda: _settings(run),
    }
    for name, tab in tabs.items():
        if tab.open:
            with tab:
                drawn[name]()


def _log(run: Run) -> None:
    events = client.events(run.id, MOST_EVENTS)
    rows = [(frame.moment(event.at), event.kind.replace("_", " "), event.text) for event in events]
    if len(events) == MOST_EVENTS:
        st.caption(f"The newest {MOST_EVENTS} lines.")
    table = pd.DataFrame(rows, columns=["when", "what", "in words"])
    config = {"in words": st.column_config.TextColumn(width="large")}
    st.dataframe(
        table,
        hide_index=True,
        alt="The run's log, newest first",
        column_config=widths.fitted(table, config),
    )


def _settings(run: Run) -> None:
    limits, job = run.limits, client.catalog().jobs.get(run.job)
    meanings = {param.name: param.help for param in job.params} if job else {}
    rows = [
        ("Job", run.job, job.title if job else "not there any more"),
        *((name, _plain(value), meanings.get(name, "")) for name, value in run.params.items()),
        ("Pool", str(run.pool), run.pool.way),
        ("Attempts", str(limits.attempts), "per item"),
        ("Deadline", "none" if limits.deadline is None else words.seconds(limits.deadline), "per attempt"),
        ("At once", "any number" if limits.at_once is None else str(limits.at_once), "per group, for a URL its host"),
        ("Pause", f"{limits.pause:g} s", "between two starts of a group; 0: no pause and no throttling"),
        ("Source", run.table.source or "typed", "; ".join(run.table.notes) or "where the items came from"),
        ("Item column", run.table.item_column or words.UNMEASURED, "the column of the source that holds the items"),
        ("Code", run.code_hash or words.UNMEASURED, "a name for the code it ran with"),
        ("Run", run.id, "its id, which the command line takes too"),
    ]
    table = pd.DataFrame(rows, columns=["setting", "value", "what it is"])
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        alt="The settings of the run",
        column_config=widths.fitted(table, {}),
    )


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.UNMEASURED if value in (None, [], "") else str(value)


if __name__ == "__main__":
    page()
