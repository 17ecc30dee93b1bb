"""What goes on, as Prometheus reads it: the text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from jobs.runtime import client

if TYPE_CHECKING:
    from jobs.runtime.api.service import Service

MEDIA_TYPE = "text/plain; version=0.0.4"

Sample = tuple[Mapping[str, str], float]


def text(service: Service, status: client.Status, tallies: Mapping[str, tuple[int, int]]) -> str:
    """All figures."""
    return "\n".join(_lines(service, status, tallies)) + "\n"


def _lines(service: Service, status: client.Status, tallies: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    states = tallies.items()
    yield from _family("runs", "gauge", "runs by state", [({"state": state}, runs) for state, (runs, _) in states])
    yield from _family("items", "gauge", "items by the state of their run", [({"state": s}, n) for s, (_, n) in states])
    yield from _family("items_waiting", "gauge", "items that wait in runs at work or queued", [({}, status.waiting)])
    yield from _family("runner_up", "gauge", "1: a runner lives", [({}, status.runner_pid is not None)])
    yield from _family("trouble", "gauge", "1: nothing can be stored or started now", [({}, bool(status.trouble))])
    yield from _family("workers", "gauge", "worker processes", [({}, len(status.workers))])
    resident = sum(size for _, _, size in status.workers)
    yield from _family("worker_memory_bytes", "gauge", "resident memory of the workers", [({}, resident)])
    yield from _family("store_bytes", "gauge", "size of the store", [({}, status.store_bytes)])
    yield from _family("artifact_bytes", "gauge", "size of the artifacts", [({}, status.artifact_bytes)])
    yield from _family("api_streams", "gauge", "requests that wait or hear of progress", [({}, service.streams.taken)])
    answers = [
        ({"method": method, "route": route, "status": str(code)}, number)
        for (method, route, code), number in sorted(service.answers.items())
    ]
    yield from _family("api_requests_total", "counter", "answers of the API", answers)
    seconds = [({"method": method, "route": route}, took) for (method, route), took in sorted(service.seconds.items())]
    yield from _family("api_request_seconds_total", "counter", "seconds until they began", seconds)


def _figure(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6f}"


def _family(name: str, kind: str, help: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP fanout_{name} {help}"
    yield f"# TYPE fanout_{name} {kind}"
    for labels, value in samples:
        told = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"fanout_{name}{f'{{{told}}}' if told else ''} {_figure(value)}"
