"""How long until the first outcome is stored: with no runner alive, and warm?"""

from __future__ import annotations

import time

from tests.bench import harness

COLD_SECONDS, WARM_SECONDS = 1.5, 0.1


def run(asked: harness.Asked) -> harness.Report:
    """A cold start, then warm submits, again and again."""
    report = harness.Report(title="one no-op item, from submit to stored")
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(asked.repeats):
        with harness.home():
            cold.append(_one())
            warm += [_one() for _ in range(5)]
    first = report.line("no runner alive", cold, note="runner and worker started by it")
    then = report.line("runner and worker warm", warm)
    report.at_most("cold", first.median, COLD_SECONDS, "s")
    report.at_most("warm", then.median, WARM_SECONDS, "s")
    return report


def _one() -> float:
    began = time.perf_counter()
    harness.perform("noop", ["x"], processes=1, threads=1, look=0.0005)
    return time.perf_counter() - began
