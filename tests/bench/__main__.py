"""The measured figures: `python -m tests.bench [NAME …] [--repeats 5] [--scale 1] [--json]`, or `make bench`.

Each benchmark answers one question, has its contenders measured in turn in one run, and prints medians between their
least and greatest, then each target as met or missed. Those that take minutes run only when they are named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from tests.bench.harness import Asked, Report, machine, machine_line

QUICK = ("batch", "start", "noop", "lag", "sample", "rerun")
LONG = (
    "browser",
    "lists",
    "broad",
    "sizes",
    "handshake",
    "names",
    "fair",
    "idle",
    "scrape",
    "content",
    "where",
    "delay",
    "factorial",
    "tables",
    "million",
    "groups",
    "memory",
    "rows",
    "keeping",
    "request",
    "results",
    "schedules",
    "api",
    "sessions",
    "cluster",
    "many_workers",
)
ALL = (*QUICK, *LONG)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that are named, or the quick ones; 1: a target was missed."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n\n")[2])
    reader.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(ALL)}; `all` for all of them")
    reader.add_argument("--repeats", type=int, default=5, help="how often each contender is measured")
    reader.add_argument("--scale", type=float, default=1.0, help="a share of the items, for a quick look")
    reader.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    asked = reader.parse_args(arguments)
    unknown = [name for name in asked.names if name not in (*ALL, "all")]
    if unknown:
        reader.error(f"there is no benchmark {unknown[0]} (there are: {', '.join(ALL)})")
    names = ALL if "all" in asked.names else tuple(asked.names) or QUICK
    if not asked.json:
        print(machine_line(), flush=True)
    found = {name: _run(name, asked) for name in names}
    if asked.json:
        print(json.dumps({"machine": machine(), **{name: report.as_dict() for name, report in found.items()}}))
    return int(any(not target.met for report in found.values() for target in report.targets))


def _run(name: str, asked: argparse.Namespace) -> Report:
    benchmark = importlib.import_module(f"tests.bench.{name}")
    report: Report = benchmark.run(Asked(repeats=asked.repeats, scale=asked.scale))
    if not asked.json:
        print(f"\n{name}: {report}", flush=True)
    return report


if __name__ == "__main__":
    sys.exit(main())
