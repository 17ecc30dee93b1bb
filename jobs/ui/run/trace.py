"""A run as a trace that viewers of traces open: Chrome's JSON, one complete event for each attempt.

The form is that of the Trace Event Format: `ts` and `dur` in microseconds, a process for each worker, a thread for each
slot, and the workers' starts beside them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.core.records import Run


def as_chrome_trace(run: Run) -> bytes:
    """All attempts of a run as one JSON document; times are from its submit on."""
    spans, starts = client.spans(run.id, run.items), client.starts(run.id)
    numbers = _numbers([*(begun["worker"] for begun in starts), *(span.worker for span in spans)])
    events = [*_workers(run, starts, numbers), *_attempts(run, spans, numbers)]
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}).encode()


def _numbers(workers: Sequence[WorkerName]) -> dict[WorkerName, int]:
    """The form asks for numbers of processes: workers that go by names have such as no process has."""
    beyond = itertools.count(2**31)
    return {worker: worker if isinstance(worker, int) else next(beyond) for worker in dict.fromkeys(workers)}


def _workers(run: Run, starts: Sequence[dict[str, Any]], numbers: Mapping[WorkerName, int]) -> Iterator[dict[str, Any]]:
    for worker, number in numbers.items():
        yield {"name": "process_name", "ph": "M", "pid": number, "args": {"name": f"{run.job} worker {worker}"}}
    for begun in starts:
        number, start = numbers[begun["worker"]], begun["started"]
        yield _event("worker starts", "start", number, 0, start - run.submitted_at, begun["ready"] - start)


def _attempts(run: Run, spans: Sequence[client.Span], numbers: Mapping[WorkerName, int]) -> Iterator[dict[str, Any]]:
    for span in spans:
        name, at = f"item {span.position}", span.started_at - run.submitted_at
        event = _event(name, span.state, numbers[span.worker], span.slot, at, span.seconds)
        yield {**event, "args": {"position": span.position, "state": span.state}}


def _event(name: str, kind: str, worker: int, slot: int, at: float, seconds: float) -> dict[str, Any]:
    stamps = {"ts": round(at * 1e6), "dur": round(seconds * 1e6)}
    return {"name": name, "cat": kind, "ph": "X", "pid": worker, "tid": slot, **stamps}
