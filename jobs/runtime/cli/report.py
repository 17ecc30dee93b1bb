"""A run as the command line tells it: one JSON document, one line, or a page of text."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jobs.runtime.cli.terminal import duration, say
from jobs.runtime.records import Doing, Limits, Outcome, Progress, Run, RunState, count

SHORT = 8
"""Characters of a run's id where a person reads it: any unambiguous beginning names the run."""

TELLING = 8
"""Long items at most whose progress is shown."""


def document(run: Run, codes: Mapping[str, int], *, interrupted: bool = False, out: str = "") -> dict[str, Any]:
    """A run as JSON; durations in seconds, times in ISO 8601 (UTC)."""
    found = {
        "id": run.id,
        "name": run.name,
        "job": run.job,
        "state": str(run.state),
        "interrupted": interrupted,
        "items": run.items,
        "ok": run.ok,
        "failed": run.failed,
        "cancelled": run.cancelled,
        "waiting": run.waiting,
        "seconds": round(run.seconds(time.time()), 6),
        "pool": {"processes": run.pool.processes, "threads": run.pool.threads},
        "codes": dict(codes),
        "params": dict(run.params),
        "limits": _limits(run.limits),
        "submitted_at": moment(run.submitted_at),
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
        "cancel_seconds": run.cancel_seconds,
        "item_seconds": run.item_seconds,
        "cpu_seconds": run.cpu_seconds,
        "columns": [column.name for column in run.columns],
        "error": run.error,
    }
    return found | ({"out": out} if out else {})


def summary(run: Run, codes: Mapping[str, int]) -> str:
    """What became of a run, in one line."""
    counts = [f"{run.ok:,} ok"]
    counts += [f"{run.failed:,} failed"] if run.failed else []
    counts += [f"{run.cancelled:,} cancelled"] if run.cancelled else []
    counts += [f"{run.waiting:,} waiting"] if run.waiting else []
    whole = f"{count(run.items, 'item')}: {', '.join(counts)}"
    listed = ", ".join(f"{code} × {number:,}" for code, number in codes.items())
    parts = [whole, listed, _took(run), str(run.pool), f"run {run.id[:SHORT]}"]
    return " · ".join(part for part in parts if part)


def nothing_stored(trouble: str) -> str:
    """That the runner stands still, and why."""
    return f"nothing can be stored now, so nothing more starts: {trouble}. It goes on by itself"


def page(progress: Progress, failures: list[Outcome], trouble: str) -> None:
    """A run in full, with its first failures, on standard output; `trouble`: why nothing can be stored now."""
    run = progress.run
    lines = {
        "run": run.id,
        "name": run.name,
        "job": run.job,
        "state": "interrupted (goes on by itself as soon as a runner starts)" if progress.interrupted else run.state,
        "items": f"{run.items:,} ({run.ok:,} ok, {run.failed:,} failed, {run.cancelled:,} cancelled, "
        f"{run.waiting:,} waiting)",
        "codes": ", ".join(f"{code} × {number:,}" for code, number in progress.codes.items()),
        "submitted": moment(run.submitted_at),
        "took": duration(run.seconds(time.time())),
        "cancelled in": "" if run.cancel_seconds is None else duration(run.cancel_seconds),
        "left": _left(run),
        "pool": str(run.pool),
        "limits": spoken(run.limits),
        "params": ", ".join(f"{name} = {_shown(value)}" for name, value in run.params.items() if value != ""),
        "error": run.error,
        "trouble": nothing_stored(trouble) if trouble and not run.state.terminal else "",
    }
    for name, text in lines.items():
        if text:
            say(f"{name + ':':<14}{text}")
    for doing in progress.telling[:TELLING]:
        say(f"  item {doing.position:,}: {how_far(doing)}, for {duration(max(0.0, time.time() - doing.started_at))}")
    _failures(run, failures)


def how_far(doing: Doing) -> str:
    """What a long item says of itself: `multiplying`, `34 %, 22,000,000 of 65,657,060 digits`."""
    share = "" if doing.share is None else f"{doing.share * 100:.0f} %"
    return ", ".join(part for part in (share, doing.phase) if part)


def spoken(limits: Limits) -> str:
    """Limits in words: `attempts 3, deadline 30 s, at once none, pause 0 s`."""
    units = {"deadline": " s", "pause": " s"}
    parts = [
        (name, _shown(value) + ("" if value is None else units.get(name, "")))
        for name, value in _limits(limits).items()
    ]
    return ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in parts)


def moment(seconds: float | None) -> str | None:
    """A time of Unix seconds in ISO 8601 (UTC); None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _failures(run: Run, failures: list[Outcome]) -> None:
    for outcome in failures:
        say(f"  item {outcome.position:,}: {outcome.code}: {outcome.error}")
    if run.failed > len(failures):
        rest = run.failed - len(failures)
        say(f"  … and {rest:,} more (python -m jobs export {run.id[:SHORT]} --only failed --out failed.csv)")


def _left(run: Run) -> str:
    """The items that a cancel left without a result, and what runs them."""
    if not run.cancelled or not run.state.terminal:
        return ""
    return (
        f"{count(run.cancelled, 'item')} cancelled (python -m jobs retry {run.id[:SHORT]} --code cancelled runs them)"
    )


def _took(run: Run) -> str:
    if run.state is RunState.CANCELLED and run.cancel_seconds is not None:
        return f"cancelled in {duration(run.cancel_seconds)}"
    return f"{run.state} in {duration(run.seconds(time.time()))}"


def _limits(limits: Limits) -> dict[str, Any]:
    return {
        "attempts": limits.attempts,
        "deadline": limits.deadline,
        "at_once": limits.at_once,
        "pause": limits.pause,
    }


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
