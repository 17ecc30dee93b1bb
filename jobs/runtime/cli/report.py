"""A run as the command line tells it: one line, or a page of text."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.runtime import client
from jobs.runtime.cli.terminal import say
from jobs.runtime.core import program
from jobs.runtime.core.records import InProgress, Limits, Outcome, Progress, Run, RunState
from jobs.runtime.core.setting_words import preset_sentence
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count, duration, figure, moment, size

SHORT = 8
"""Characters of a run's id where a person reads it: any unambiguous beginning names the run."""

MOST_LONG_ITEMS = 8
"""Long items at most whose progress is shown."""


def summary(run: Run, codes: Mapping[str, int]) -> str:
    """What became of a run, in one line."""
    counts = [f"{run.ok:,} ok"]
    counts += [f"{run.reused:,} of them from earlier runs"] if run.reused else []
    counts += [f"{run.failed:,} failed"] if run.failed else []
    counts += [f"{run.cancelled:,} cancelled"] if run.cancelled else []
    counts += [f"{run.waiting:,} waiting"] if run.waiting else []
    whole = f"{count(run.items, 'item')}: {', '.join(counts)}"
    listed = ", ".join(f"{code} × {number:,}" for code, number in codes.items())
    parts = [whole, listed, _took(run), run.pool_words, f"run {run.id[:SHORT]}"]
    return " · ".join(part for part in parts if part)


def page(
    progress: Progress,
    failures: list[Outcome],
    paces: Sequence[str],
    trouble: str,
    chain: Sequence[tuple[str, str]] = (),
) -> None:
    """A run in full, with its first failures, on standard output; `paces`: what groups asked for; `trouble`: why
    nothing goes on now; `chain`: the runs that its items come from."""
    run = progress.run
    lines = {
        "run": run.id,
        "name": run.name,
        "job": run.job,
        "state": "interrupted (goes on by itself as soon as a runner starts)" if progress.interrupted else run.state,
        "items": f"{run.items:,} ({run.ok:,} ok, {run.failed:,} failed, {run.cancelled:,} cancelled, "
        f"{run.waiting:,} waiting)",
        "reused": _reused(run),
        "budget": str(run.budget),
        "spent": spent_words(run),
        "codes": ", ".join(f"{code} × {number:,}" for code, number in progress.codes.items()),
        "submitted": moment(run.submitted_at),
        "took": duration(run.seconds(time.time())),
        "cancelled in": "" if run.cancel_seconds is None else duration(run.cancel_seconds),
        "left": _left(run),
        "made of": " ← ".join(f"{source[:SHORT]} ({name or 'deleted'})" for source, name in chain),
        "pool": run.pool_words,
        "limits": spoken(run.limits),
        "params": ", ".join(f"{name} = {_shown(value)}" for name, value in run.params.items() if value != ""),
        "preset": preset_sentence(run),
        "schedule": run.schedule,
        "error": run.error,
        "trouble": "" if run.state.terminal else trouble,
    }
    for name, text in lines.items():
        if text:
            say(f"{name + ':':<14}{in_one_line(str(text))}")
    for text in paces:
        say(f"  pace: {in_one_line(text)}")
    for doing in progress.in_progress[:MOST_LONG_ITEMS]:
        since = duration(max(0.0, time.time() - doing.started_at))
        say(f"  item {doing.position:,}: {in_one_line(how_far(doing))}, for {since}")
    _failures(run, failures)


def how_far(doing: InProgress) -> str:
    """What a long item says of itself: `multiplying`, `34 %, 22,000,000 of 65,657,060 digits`."""
    share = "" if doing.share is None else f"{doing.share * 100:.0f} %"
    return ", ".join(part for part in (share, doing.phase) if part)


def spoken(limits: Limits) -> str:
    """Limits in words: `attempts 3, deadline 30 s, at once none, pause 0 s`."""
    units = {"deadline": " s", "pause": " s"}
    parts = [
        (name, _shown(value) + ("" if value is None else units.get(name, "")))
        for name, value in client.limits_document(limits).items()
    ]
    return ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in parts)


def _failures(run: Run, failures: list[Outcome]) -> None:
    for outcome in failures:
        say(f"  item {outcome.position:,}: {outcome.code}: {in_one_line(outcome.error)}")
    if run.failed > len(failures):
        rest = run.failed - len(failures)
        say(f"  … and {rest:,} more ({program.NAME} export {run.id[:SHORT]} --only failed --out failed.csv)")


def _left(run: Run) -> str:
    """The items that a cancel left without a result, and what runs them."""
    if not run.cancelled or not run.state.terminal:
        return ""
    return (
        f"{count(run.cancelled, 'item')} cancelled ({program.NAME} retry {run.id[:SHORT]} --code cancelled runs them)"
    )


def spent_words(run: Run) -> str:
    """What a run has spent, as far as it counts."""
    spent, budget = run.spent, run.budget
    parts = [count(spent.requests, "HTTP request"), size(spent.bytes)] if spent.requests else []
    parts += [f"{figure(spent.total, 6)} in {budget.column}"] if budget.column else []
    return ", ".join(parts)


def _reused(run: Run) -> str:
    """How much came from earlier runs, and how old it could be."""
    return "" if run.reuse is None else f"{run.reused:,} from earlier runs ({run.reuse})"


def _took(run: Run) -> str:
    if run.state is RunState.CANCELLED and run.cancel_seconds is not None:
        return f"cancelled in {duration(run.cancel_seconds)}"
    return f"{run.state} in {duration(run.seconds(time.time()))}"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
