"""Items that are rows: how long and how large to read, check and submit 1,000,000 rows of 12 columns of which three are
the item's fields, and how many no-op rows a second beside no-op cells?"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.bench import harness, tables

ROWS, PERFORMED = 1_000_000, 50_000
SECONDS, BYTES, SHARE = 60, 10**9, 0.8
POOL = (1, 32)


def run(asked: harness.Asked) -> harness.Report:
    """The table, then rows and cells in turn."""
    from jobs.runtime import client

    rows = asked.size(ROWS)
    report = harness.Report(title=f"items that are rows: {rows:,} rows of 12 columns, three of them bound")
    with harness.home() as home:
        home.mkdir(mode=0o700, parents=True)
        table = home / "table.csv"
        _write(table, rows)
        found = harness.in_process(tables.__name__, "submit", table, "noop_row")
        what = f"read, check and submit ({table.stat().st_size / 10**6:.0f} MB)"
        report.line(
            what,
            [found["seconds"]],
            note=f"{found['cpu']:.0f} s of processor time, peak memory {found['bytes'] / 10**6:.0f} MB",
        )
        report.at_most(what, found["seconds"], SECONDS, "s")
        report.at_most(f"{what}, peak memory", found["bytes"] / 10**6, BYTES / 10**6, "MB")
        client.cancel(found["run"])
    items = asked.size(PERFORMED)
    with harness.home():
        kinds = {"cells": partial(_cells, items), "rows": partial(_rows, items)}
        for rate in kinds.values():
            rate()
        rates = harness.in_turn(kinds, asked.repeats)
    shares = [row / cell for row, cell in zip(rates["rows"], rates["cells"], strict=True)]
    for kind, samples in rates.items():
        report.line(f"no-op {kind}, {items:,} items, {POOL[0]}×{POOL[1]}", samples, "/s")
    share = report.line("rows ÷ cells", shares, "")
    report.at_least("rows ÷ cells", share.median, SHARE, "")
    return report


def _write(table: Path, rows: int) -> None:
    others = ",".join(f"c{n}" for n in range(9))
    with table.open("w", encoding="utf-8") as file:
        file.write(f"name,page,number,{others}\n")
        file.writelines(
            f"name {n},https://www.site-{n % 50_000}.example/page/{n},{n},a,b,c,d,e,some words,{n},,x\n"
            for n in range(rows)
        )


def _cells(items: int) -> float:
    done = harness.perform("noop", ["x"] * items, processes=POOL[0], threads=POOL[1])
    return items / done.seconds(0)


def _rows(items: int) -> float:
    from jobs.runtime.core import row_cells

    cell = row_cells.encode({"page": "https://www.site.example/page/7", "name": "name 7", "number": "7"})
    done = harness.perform("noop_row", [cell] * items, processes=POOL[0], threads=POOL[1])
    return items / done.seconds(0)
