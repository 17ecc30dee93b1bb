"""Does one slow group hold up the others, and a long run a short one?

200 groups, one item of each at a time; the items of one take 5 s each. The other 199 are timed from submit to the end
of their last item, without the slow one and beside it; where all slots are busy, its one slot of 32 is 3 % of them.
"""

from __future__ import annotations

import time

from tests.bench import harness

GROUPS, ITEMS, SECONDS = 199, 32, 0.05
SLOW_ITEMS, SLOW_SECONDS = 3, 5
SLOWED_BY, SHORT_SECONDS = 1.05, 1.5
LONG_ITEMS = 10_000


def run(asked: harness.Asked) -> harness.Report:
    """Both in turn; then a run of one item beside one of 10,000."""
    report = harness.Report(title=f"{GROUPS} groups of {asked.size(ITEMS)} items, {SECONDS} s each, 1×32")
    with harness.home():
        harness.perform("grouped", [f"warm-{number} 0" for number in range(100)], processes=1, threads=32)
        found = harness.in_turn(
            {"alone": lambda: _others(asked, slow=0), "beside": lambda: _others(asked, slow=SLOW_ITEMS)}, asked.repeats
        )
        short = {job: [_beside_a_long_run(job) for _ in range(asked.repeats)] for job in ("noop", "grouped")}
    alone = report.line("without a slow group", found["alone"])
    beside = report.line(f"beside one of {SLOW_SECONDS} s an item", found["beside"])
    report.at_most("times as long beside it", beside.median / alone.median, SLOWED_BY)
    for job, seconds in short.items():
        line = report.line(
            f"one item of {'the same' if job == 'grouped' else 'another'} job beside {LONG_ITEMS:,}", seconds
        )
        report.at_most(line.what, line.median, SHORT_SECONDS, "s")
    return report


def _others(asked: harness.Asked, *, slow: int) -> float:
    """Seconds from submit to the end of the last item that is not of the slow group; the slow ones come first."""
    from jobs.runtime import client

    cells = [f"slow {SLOW_SECONDS}"] * slow
    cells += [f"group-{number} {SECONDS}" for _ in range(asked.size(ITEMS)) for number in range(GROUPS)]
    done = harness.perform("grouped", cells, processes=1, threads=32, at_once=1)
    ends = [
        (outcome.started_at or 0) + (outcome.seconds or 0)
        for _, _, outcome in client.rows(done.id, slow + 1, done.items)
        if outcome is not None
    ]
    return max(ends) - done.submitted_at


def _beside_a_long_run(job: str) -> float:
    """Seconds from submit to stored of a run of one item, while one of 10,000 has all its slots busy."""
    from jobs.runtime import client
    from jobs.runtime.core.records import Item, Limits, Pool

    long = client.submit(
        "grouped",
        [Item(cell=f"group-{number % GROUPS} 0.1") for number in range(LONG_ITEMS)],
        pool=Pool(processes=1, threads=32),
        limits=Limits(attempts=1, deadline=None, at_once=1, pause=0.0),
    )
    while client.run(long.id).ok < 100:
        time.sleep(0.01)
    began = time.perf_counter()
    harness.perform(job, ["other 0"], processes=1, threads=1)
    seconds = time.perf_counter() - began
    client.cancel(long.id)
    client.wait(long.id, step=0.01)
    return seconds
