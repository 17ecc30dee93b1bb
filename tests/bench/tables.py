"""A table of 1,000,000 rows: how long and how large to read, check and submit it, and to write its results?

Each step is measured in a process of its own (`python -m tests.bench.tables STEP …`), which tells its peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import harness

ROWS = 1_000_000
IN_SECONDS, IN_BYTES, OUT_SECONDS, OUT_BYTES = 60, 10**9, 60, 500 * 10**6


def run(asked: harness.Asked) -> harness.Report:
    """In, through the machine, out."""
    from jobs.runtime import client

    rows = asked.size(ROWS)
    report = harness.Report(title=f"a table of {rows:,} rows")
    with harness.home() as home:
        home.mkdir(mode=0o700, parents=True)
        table = home / "addresses.csv"
        _write(table, rows)
        found = harness.in_process(__name__, "submit", table)
        _add(report, f"read, check and submit ({table.stat().st_size / 10**6:.0f} MB)", found, IN_SECONDS, IN_BYTES)
        done = client.wait(found["run"], step=0.2)
        report.line("the run itself, meanwhile and after", [done.seconds(0)], note=f"{done.ok:,} ok")
        for format_ in ("csv", "parquet", "jsonl"):
            out = home / f"out.{format_}"
            found = harness.in_process(__name__, "export", done.id, out)
            bounds = (OUT_SECONDS, OUT_BYTES) if format_ != "jsonl" else (None, None)
            _add(report, f"write {format_} ({out.stat().st_size / 10**6:.0f} MB)", found, *bounds)
    return report


def _add(report: harness.Report, what: str, found: dict[str, float], seconds: float | None, most: float | None) -> None:
    report.line(what, [found["seconds"]], note=f"peak memory {found['bytes'] / 10**6:.0f} MB")
    if seconds is not None and most is not None:
        report.at_most(what, found["seconds"], seconds, "s")
        report.at_most(f"{what}, peak memory", found["bytes"] / 10**6, most / 10**6, "MB")


def _write(table: Path, rows: int) -> None:
    with table.open("w", encoding="utf-8") as file:
        file.write("id,website,country,note\n")
        file.writelines(
            f"{n},https://www.site-{n % 50_000}.example/page/{n},DE,a note of row {n}\n" for n in range(rows)
        )


def submit(table: str, job: str = "address") -> dict[str, object]:
    """Read, check and submit a file."""
    from jobs.runtime import client, inputs

    found = inputs.read(Path(table), name=Path(table).name, job=client.catalog().job(job))
    run = client.submit(job, found.items_iter(), table=found.table)
    return {"run": run.id, "rows": found.rows}


def export(run_id: str, out: str) -> dict[str, object]:
    """Write the result table of a run."""
    from jobs.runtime import client, exports

    run = client.run(run_id)
    path = Path(out)
    written = exports.export(
        run, lambda first, last: client.windows(run.id, first, last), path, format=exports.format_of(path)
    )
    return {"rows": written.rows}


STEPS: dict[str, Callable[..., dict[str, object]]] = {"submit": submit, "export": export}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    reader.add_argument("step", choices=STEPS)
    reader.add_argument("arguments", nargs="*")
    asked = reader.parse_args()
    began = time.perf_counter()
    found = STEPS[asked.step](*asked.arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cpu = time.process_time()
    print(json.dumps({**found, "seconds": time.perf_counter() - began, "cpu": cpu, "bytes": peak}))


if __name__ == "__main__":
    main()
