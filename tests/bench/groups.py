"""A run of 1,000,000 items in 1,000,000 groups: does the runner keep within the bounds of `million`?"""

from __future__ import annotations

from tests.bench import harness, million


def run(asked: harness.Asked) -> harness.Report:
    """The same as `million`, every item in a group of its own."""
    items = asked.size(million.ITEMS)
    report = harness.Report(title=f"a run of {items:,} no-op items in {items:,} groups, 2×1")
    return million.measure(report, "grouped", (f"group-{number}.example 0" for number in range(items)), items)
