"""A run as a trace that viewers of traces open: Chrome's JSON, one complete event for each attempt.

The form is that of the Trace Event Format: `ts` and `dur` in microseconds, a process for each worker, a thread for each
slot, and the workers' starts beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.records import Run


def as_chrome_trace(run: Run) -> bytes:
    """All attempts of a run as one JSON document; times are from its submit on."""
    events = [*_workers(run), *_attempts(run)]
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}).encode()


def _workers(run: Run) -> Iterator[dict[str, Any]]:
    for begun in client.starts(run.id):
        worker, start = begun["worker"], begun["started"]
        yield {"name": "process_name", "ph": "M", "pid": worker, "args": {"name": f"{run.job} worker {worker}"}}
        yield _event("worker starts", "start", worker, 0, start - run.submitted_at, begun["ready"] - start)


def _attempts(run: Run) -> Iterator[dict[str, Any]]:
    for span in client.spans(run.id, run.items):
        name = f"item {span.position}"
        event = _event(name, span.state, span.worker, span.slot, span.started_at - run.submitted_at, span.seconds)
        yield {**event, "args": {"position": span.position, "state": span.state}}


def _event(name: str, kind: str, worker: int, slot: int, at: float, seconds: float) -> dict[str, Any]:
    stamps = {"ts": round(at * 1e6), "dur": round(seconds * 1e6)}
    return {"name": name, "cat": kind, "ph": "X", "pid": worker, "tid": slot, **stamps}
