"""The lines that a demonstration runs, as its page shows them: of its hidden job, and the calls that run it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator

from jobs.runtime import client, measure
from jobs.runtime.core.records import Pool
from jobs.ui.lesson.demonstrations import DEMONSTRATIONS, Single, Ways, order

SHOWN_CELLS = 2
"""Cells of a call; the rest is an ellipsis."""


def of(key: str) -> str:
    """The functions of a demonstration's hidden job, if it has one, and below them the calls."""
    known = DEMONSTRATIONS[key]
    job = client.catalog().jobs.get(known.parts[0].job)
    functions = [job.function.__globals__[name] for name in known.lines] if job else []
    calls = "\n".join(line for part in known.parts for line in _calls(part))
    return "\n\n".join([*map(inspect.getsource, functions), calls])


def _calls(part: Single | Ways) -> Iterator[str]:
    if isinstance(part, Single):
        yield _call(part, part.pool)
        return
    yield f"# each of these, in turn, {part.repeats} times:"
    yield from (_call(part, way.pool) for way in measure.plan_for(order(part)).ways)


def _call(part: Single | Ways, pool: Pool) -> str:
    cells = json.dumps(list(part.cells[:SHOWN_CELLS]), ensure_ascii=False)
    some = f"{cells[:-1]}, …]" if len(part.cells) > SHOWN_CELLS else cells
    params = f", params={json.dumps(dict(part.params))}" if isinstance(part, Ways) and part.params else ""
    return f'client.submit("{part.job}", {some}{params}, pool=Pool(processes={pool.processes}, threads={pool.threads}))'
