"""One run: how far it is while it goes on, and everything about it when it has ended."""

from __future__ import annotations

import time

import streamlit as st

from jobs.runtime import client, overview
from jobs.runtime.core import units
from jobs.runtime.core.errors import UnknownRun
from jobs.runtime.core.records import Progress, Run, RunState
from jobs.runtime.core.setting_words import preset_sentence
from jobs.runtime.core.text import visible
from jobs.runtime.core.units import count
from jobs.ui.run import (
    actions,
    failures,
    in_progress,
    live_look,
    newest_rows,
    raise_budget,
    redraw_interval,
    results,
    run_log,
    settings_table,
    timings,
)
from jobs.ui.run.live_look import LiveLook
from jobs.ui.shared import formatting, page_frame

TABS = ["Results", "Overview", "Timings", "Timeline", "Failures", "Log", "Settings"]
QUEUED = "it starts as soon as the machinery is up and a place is free"


def page() -> None:
    """Find the run that the address names, and show it."""
    run_id = _asked()
    try:
        seen = _seen_now(run_id)
    except UnknownRun as error:
        _nothing(str(error) if run_id else "The address names no run")
        return
    st.session_state["last_run"] = seen.run.id
    _header(seen)
    actions.show_refusal()
    _live(seen.progress)


def _seen_now(run_id: str) -> LiveLook:
    """The run whose id begins so as all see it, and anew where who sits here has just changed something of it. Raises
    UnknownRun, DamagedRun."""
    run = client.run(run_id)
    seen = live_look.look(run.id, 0.0 if run.state.terminal else live_look.SHARED)
    same = (seen.run.state, seen.run.name, seen.run.pinned) == (run.state, run.name, run.pinned)
    return seen if same else live_look.look(run.id)


def _asked() -> str:
    """The run that the address names; where it names none, the one shown last: Streamlit leaves an address without its
    run in the browser's history when one goes on to another page."""
    if not st.query_params.get("run") and st.session_state.get("last_run"):
        st.query_params.from_dict({"run": st.session_state.pop("last_run")})
    return st.query_params.get("run", "")


def _nothing(reason: str) -> None:
    """One sentence about an address without a run, and the way to all of them."""
    sentence = page_frame.for_the_page(reason)
    st.text(f"{sentence[:1].upper()}{sentence[1:]}.")
    actions.show_refusal()
    st.page_link(page_frame.RUNS, label="All runs", icon=":material/history:")
    page_frame.footer()


def _live(progress: Progress) -> None:
    """The part that moves: redrawn by itself as long as the run goes on."""
    run, interval = progress.run, redraw_interval.of_page(redraw_interval.usual(progress.run))
    st.fragment(_body, run_every=interval)(run, progress.interrupted)


def _body(drawn: Run, interrupted: bool) -> None:
    with page_frame.sentences():
        interval = redraw_interval.of_part(redraw_interval.usual(drawn))
        try:
            seen = live_look.look(drawn.id, (interval or live_look.AT_ONCE) / 2)  # drawn next, it is another one
        except UnknownRun:  # deleted meanwhile: the whole page says so
            st.rerun()
        progress, run = seen.progress, seen.run
        if (run.state, run.name, progress.interrupted) != (drawn.state, drawn.name, interrupted):
            st.rerun()
        st.set_page_config(page_title=_tab_title(seen))
        with st.container(gap="xsmall"):
            _how_far(seen)
            _metrics(seen)
            _tabs(seen)
        page_frame.footer(f"{run.id} {run.state} {progress.interrupted}")


def _header(seen: LiveLook) -> None:
    progress, run = seen.progress, seen.run
    badge = formatting.run_badge(run, interrupted=progress.interrupted)
    with st.container(gap="xxsmall", key="head"):
        with st.container(horizontal=True, vertical_alignment="center", key="header"):
            st.header(formatting.literal(_title(seen)), anchor=False, width="content")
            beside = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content")
            st.space("stretch")
            actions.buttons(run)  # first those that go at the end of a run, then what takes their room
            with beside:
                word = formatting.run_word(run, interrupted=progress.interrupted)
                st.badge(word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
                actions.retry_failed(run)
        st.text(_meta(seen))
        if run.preset is not None:
            said = preset_sentence(run)
            st.text(formatting.apart(f"{said[:1].upper()}{said[1:]}", 700))


def _title(seen: LiveLook) -> str:
    """The name of a run; of one without a name of its own what it is."""
    return formatting.apart(seen.run.name, 200) if _named(seen) else _what(seen)


def _named(seen: LiveLook) -> bool:
    return seen.run.name not in ("", seen.job_title)


def _what(seen: LiveLook) -> str:
    return f"{formatting.title_of(seen.run.job)} · {formatting.items_of(seen.run.items, seen.item_kind)}"


def _tab_title(seen: LiveLook) -> str:
    """What the browser's tab says: how far the run is while it goes on, and its name."""
    run, title = seen.run, formatting.shortened(_title(seen), 60)
    return title if run.state.terminal else f"{units.percent(formatting.share_done(run))} · {title}"


def _meta(seen: LiveLook) -> str:
    run, parts = seen.run, [_what(seen)] if _named(seen) else []
    parts += [
        f"run {formatting.short_id(run.id)}",
        f"submitted {page_frame.moment(run.submitted_at)}",
        _pool(run),
    ]
    if run.sample:
        parts.append("on the sample site")
    return " · ".join(parts)


def _pool(run: Run) -> str:
    """Its pool; of one whose size is not known yet in words as wide as when it is, so that no line comes then."""
    known = run.pool.slots or run.peak or run.state.terminal
    return run.pool_words if known else f"{run.pool} (its size is found while it runs)"


def _how_far(seen: LiveLook) -> None:
    progress, run, now = seen.progress, seen.run, time.time()
    went = overview.wall_time(run, seen.pauses, now)
    said = formatting.progress_sentence(
        run,
        rate=progress.rate,
        left=progress.seconds_left,
        slowest=progress.slowest_group,
        now=now,
        went="" if went.even else str(went),
    )
    with st.container(gap="xxsmall", key="how_far"):  # as high in every state: what stands below stays where it is
        st.text(f"{said} · {QUEUED}" if run.state is RunState.QUEUED else said)
        st.progress(formatting.share_done(run))
    with st.container(gap="xsmall"):  # one place, however many there are: the figures below are not drawn anew
        _turn_of_events(progress)
        actions.tell_expiry(progress.run)
        in_progress.holds(progress, now)
        in_progress.long_items(progress, now)


def _turn_of_events(progress: Progress) -> None:
    """What a person should know about the state: in words, where a word in a badge is not enough."""
    run = progress.run
    if progress.interrupted:
        _notice(
            "The program that works on this run has gone. What is done is kept, and the rest goes on by itself as soon "
            "as it is back: it is being started."
        )
    elif run.state is RunState.CANCELLED and run.cancel_seconds is not None:
        _notice(f"Cancelled in {units.duration(run.cancel_seconds)}: since then nothing of this run is executed.")
    elif run.state is RunState.FAILED:
        _notice(f"The run itself could not go on: {formatting.shortened(run.error, 2_000)}")
    elif run.state is RunState.PAUSED:
        _notice(formatting.shortened(run.error, 500) or "Paused: nothing new starts until you resume it.")
        raise_budget.show(run)
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
        st.text(visible(sentence))


def _metrics(seen: LiveLook) -> None:
    run, now = seen.run, time.time()
    half, most, of = timings.quantiles(seen) if run.done else (None, None, 0)
    with st.container(key="metrics"):
        _metric(
            "Done",
            f"{formatting.performed(run):,}",
            f"Items that ended as ok or failed, of {run.items:,}; counted as their rows are stored.",
        )
        _metric("Failed", f"{run.failed:,}", "Items that ended as failed. The tab Failures has the reasons.")
        _metric(
            "Wall time",
            units.duration(run.seconds(now)),
            "From submit until the last outcome, the wait in the queue included, pauses excluded.",
        )
        _busy(run, now)
        if run.items == 1:
            _metric("The item took", units.duration(half), "How long its last attempt took.")
            return
        _metric(
            "p50 / p95",
            f"{units.duration(half)} / {units.duration(most)}" if of else units.UNMEASURED,
            f"Half of the items took at most the first, 19 of 20 at most the second; measured on {count(of, 'item')}"
            + (", spread evenly over all." if of < formatting.performed(run) else "."),
        )


def _busy(run: Run, now: float) -> None:
    """How busy it was, as far as that says anything of a run of this kind."""
    if formatting.telling_concurrency(run, now) and run.items > 1:
        _metric(
            "Average concurrency",
            formatting.concurrency(run, now),
            "How many items were in progress on average: the seconds of the items that have ended, added up, ÷ wall "
            "time. Not a speed-up.",
        )
    if formatting.was_busy(run, now):
        _metric(
            "CPU busy",
            units.percent(timings.cpu_share(run, now)),
            "Processor time of the items that have ended ÷ wall time; 100 % is one core all the time.",
        )


def _metric(label: str, value: str, advice: str) -> None:
    st.metric(label, value, help=advice, border=True, width="stretch")


def _tabs(seen: LiveLook) -> None:
    run = seen.run
    tabs = dict(zip(TABS, st.tabs(TABS, key="tab", bind="query-params"), strict=True))
    drawn = {
        "Results": lambda: results.show(seen) if run.state.terminal else newest_rows.show(seen),
        "Overview": lambda: _overview(run),
        "Timings": lambda: timings.show(seen),
        "Timeline": lambda: _timeline(run),
        "Failures": lambda: failures.show(seen.progress),
        "Log": lambda: run_log.show(run),
        "Settings": lambda: settings_table.show(run),
    }
    for name, tab in tabs.items():
        if tab.open:
            with tab:
                drawn[name]()


def _overview(run: Run) -> None:
    """Loaded where it is looked at: what draws charts takes 0.3 s, and the table needs none of it."""
    from jobs.ui.run import overview_tab

    overview_tab.show(run)


def _timeline(run: Run) -> None:
    """As the overview."""
    from jobs.ui.run import timeline

    timeline.timeline(run)


if __name__ == "__main__":
    page()
