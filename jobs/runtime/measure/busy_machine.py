"""When the machine had so much else to do that the figures of a measurement decide nothing.

Time in which an item stands in line for a core is no waiting of its own. Threads of one run stand in line behind one
another where there are more of them than cores, so that only ways with at most a slot for each core tell of others.
"""

from __future__ import annotations

import os

from jobs.runtime.core.units import percent
from jobs.runtime.measure.figures import Comparison, Figures

IN_LINE = 0.2
"""Share of the items' seconds in line for a core from which on a way was slowed too much to compare it."""

OTHERS = 0.2
"""Share of all cores that other programs must have taken for it to be their doing."""

WORTH_TELLING = 0.1
"""The same, from which on it is said beside the figures."""


def busy_sentence(found: Comparison, cores: int = os.cpu_count() or 1) -> str:
    """That the machine was busy with something else, so that nothing is decided; empty: it was not, or is not known."""
    slowed = [way for way in found.ways if _slowed(way, cores)]
    if not slowed:
        return ""
    worst = max(slowed, key=lambda way: way.queue_share)
    in_line, others = percent(worst.queue_share), percent(max(worst.others, default=1.0))
    return (
        f"The machine is busy with something else: not decided ({worst.way.name}: items stood in line for a core for "
        f"{in_line} of their time, and other programs took {others} of the machine); measure again when nothing else "
        "runs."
    )


def _slowed(way: Figures, cores: int) -> bool:
    alone = way.way.pool.slots <= cores
    return alone and way.queue_share >= IN_LINE and max(way.others, default=1.0) >= OTHERS
