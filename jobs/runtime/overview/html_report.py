"""A run as one HTML file to send to someone: at a glance, what failed, its settings, its first rows. The file needs
nothing beside itself, holds no script, and forbids every one (its Content-Security-Policy)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from jobs.runtime import client, exports
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count, duration, figure, percent, precise
from jobs.runtime.overview import figures
from jobs.runtime.overview.figures import OutcomeCount, Overview
from jobs.runtime.overview.html_parts import Steps, bars, chart, table, text
from jobs.runtime.overview.run_settings import run_settings

MOST_ROWS = 1_000
MOST_FAILURES = 5
"""Failed items that are shown of each code."""

MOST_CHARACTERS = 300
"""Of a cell."""

STYLE = """
:root { color-scheme: light dark; --ink: #101418; --quiet: #5b564a; --ground: #fff; --edge: #d9dbe0; --low: #8aa9d6;
  --high: #b3303c; --still: #8d8a8355; }
@media (prefers-color-scheme: dark) { :root { --ink: #edebe8; --quiet: #b8b3a8; --ground: #030304; --edge: #34373d; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 2rem auto;
  max-width: 1100px; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; } p.quiet { color: var(--quiet); }
.wide { overflow-x: auto; } table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--edge); vertical-align: top;
  max-width: 28rem; overflow-wrap: anywhere; min-width: 3rem; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
table.bars { width: 100%; } table.bars th { width: min(14rem, 40%); font-weight: normal; }
table.bars td { max-width: none; }
.bar { display: inline-block; height: .9rem; background: var(--low); vertical-align: middle; margin-right: .5rem; }
.bar.dark { background: var(--high); } svg { width: 100%; min-width: 36rem; height: auto; }
svg text { font-size: 12px; fill: var(--ink); }
.low { fill: var(--low); stroke: var(--ground); stroke-width: .5; } .high { fill: var(--high); }
.still { fill: var(--still); } .axis { stroke: var(--quiet); }
.line { stroke: var(--ink); stroke-dasharray: 5 3; stroke-width: 1.5; }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(run_id: str, out: Path | IO[bytes]) -> exports.Exported:
    """Write the report of a run as it stands; a path gets its file whole or not at all. Raises Refused, UnknownRun."""
    glance = figures.of_run(run_id)
    with exports.stream_to(out) as stream:
        begin = stream.tell()
        for part in _document(glance):
            stream.write(part.encode("utf-8", "replace"))
        written = stream.tell() - begin
    client.note_download(glance.run, "report")
    done, items = glance.run.done, glance.run.items
    note = "" if done >= items else f"a snapshot: {done:,} of {items:,} done when it was written"
    return exports.Exported(rows=min(items, MOST_ROWS), bytes=written, snapshot_note=note)


def _document(glance: Overview) -> Iterator[str]:
    run = glance.run
    title = run.name or run.job
    yield "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
    yield f'<meta http-equiv=Content-Security-Policy content="{POLICY}">'
    yield "<meta name=viewport content='width=device-width, initial-scale=1'><meta name=referrer content=no-referrer>"
    yield f"<title>{text(title)}</title><style>{STYLE}</style></head>\n<body>\n"
    yield from _head(glance, title)
    yield from _at_a_glance(glance)
    yield from _failures(run, [one for one in glance.outcomes if one.state == "failed"])
    yield "<h2>Settings</h2>\n"
    yield from table(("setting", "value", "what it is"), run_settings(run))
    yield from _rows(run)
    yield "</body></html>\n"


def _head(glance: Overview, title: str) -> Iterator[str]:
    run = glance.run
    submitted = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(run.submitted_at))
    counted = f"{count(run.items, 'item')}: {run.ok:,} ok, {run.failed:,} failed, {run.cancelled:,} cancelled"
    counted += f", {run.reused:,} from earlier runs" if run.reused else ""
    what = f"{text(run.job)} · run {text(run.id)} · {run.state} · {run.pool_words}"
    yield f"<h1>{text(title)}</h1>\n<p class=quiet>{what}<br>"
    yield f"{counted} · submitted {submitted} · {text(glance.wall)}</p>\n"


def _at_a_glance(glance: Overview) -> Iterator[str]:
    yield "<h2>What became of the items</h2>\n"
    total = sum(one.items for one in glance.outcomes) or 1
    shares = [f"{one.items:,} ({percent(one.items / total)})" for one in glance.outcomes]
    rows = zip(glance.outcomes, shares, strict=True)
    yield from bars([(_named(one), one.items, share, one.state == "failed") for one, share in rows])
    yield from _durations(glance)
    yield from _throughput(glance)
    yield from _groups(glance)
    yield from _facets(glance)


def _named(one: OutcomeCount) -> str:
    named = f"{one.state} · {one.code}" if one.code and one.code != one.state else one.state
    return f"{named}: {one.meaning}" if one.meaning else named


def _durations(glance: Overview) -> Iterator[str]:
    took = glance.durations
    if took is None:
        return
    said = (
        f"Of {count(took.items, 'item')}{_spread(glance)}, half took at most {precise(took.median)} (p50), 19 of 20 at "
        f"most {precise(took.p95)} (p95), the longest {precise(took.longest)}."
    )
    lines = [(took.median, "p50"), (took.p95, "p95")]
    axis = "seconds per item, in growing steps" if took.growing else "seconds per item"
    yield f"<h2>Seconds per item</h2>\n<p>{text(said)}</p>\n"
    yield from chart(
        Steps(edges=took.edges, low=took.ok, high=took.failed, lines=lines, growing=took.growing, axis=axis, said=said)
    )


def _spread(glance: Overview) -> str:
    return "" if glance.every == 1 else f", one in {glance.every} of all"


def _throughput(glance: Overview) -> Iterator[str]:
    went = glance.throughput
    if went is None:
        return
    edges = [place * went.width for place in range(len(went.ok) + 1)]
    ok, failed = ([items / went.width for items in counts] for counts in (went.ok, went.failed))
    still = [(begin, end, "paused") for begin, end in went.pauses]
    said = f"Items that ended a second, in steps of {duration(went.width)}: ok, and above them failed"
    yield f"<h2>Items a second</h2>\n<p>{text(said)}. {count(len(went.holds), 'hold')}.</p>\n"
    yield from chart(Steps(edges=edges, low=ok, high=failed, stretches=still, axis="seconds since submit", said=said))


def _groups(glance: Overview) -> Iterator[str]:
    if len(glance.groups) < 2:
        return
    yield "<h2>The slowest groups</h2>\n"
    slowest = glance.slowest_groups()
    yield from bars([(one.group, one.median, f"half took at most {precise(one.median)}", False) for one in slowest])
    if refusing := glance.refusing_groups():
        yield "<h2>Where most items failed</h2>\n"
        yield from bars([(one.group, one.failed, f"{one.failed:,} of {one.items:,}", True) for one in refusing])


def _facets(glance: Overview) -> Iterator[str]:
    yield f"<h2>Columns</h2>\n<p>Of {count(glance.rows, 'row')}: how full, and the commonest values.</p>\n"
    rows = [
        (
            facet.column,
            percent(facet.full / glance.rows if glance.rows else 0.0),
            f"{facet.distinct:,}",
            "" if facet.least is None else f"{figure(facet.least)} to {figure(facet.greatest)}",
            "; ".join(f"{value.rows:,} × {value.value}" for value in facet.commonest),
        )
        for facet in glance.facets
    ]
    yield from table(("column", "full", "different", "range", "commonest values"), rows, numbers=frozenset({1, 2}))


def _failures(run: Run, codes: Sequence[OutcomeCount]) -> Iterator[str]:
    if not codes:
        return
    yield "<h2>Failures</h2>\n"
    for one in codes:
        yield f"<h3>{text(one.code)} × {one.items:,}</h3>\n<p>{text(one.meaning)}</p>\n"
        found = client.failures(run.id, code=one.code, most=MOST_FAILURES)
        rows = [(at, _cut(item.cell), _cut(outcome.error)) for at, item, outcome in found if outcome is not None]
        yield from table(("position", "item", "reason"), rows, numbers=frozenset({0}))


def _rows(run: Run) -> Iterator[str]:
    last = min(run.items, MOST_ROWS)
    shown = f"The first {last:,} of {run.items:,}" if last < run.items else f"All {run.items:,}"
    yield f"<h2>Rows</h2>\n<p>{shown}; long cells are cut.</p>\n"
    result = exports.result_table(run)
    numbers = frozenset(
        place for place, column in enumerate(result.columns) if column.type in ("int", "float", "number")
    )
    rows = result.rows(client.short_rows(run.id, 1, last))
    yield from table(result.names, ([_cut(cell) for cell in row] for row in rows), numbers=numbers)


def _cut(cell: object) -> str:
    said = "" if cell is None else figure(cell, 6) if isinstance(cell, float) else str(cell)
    return said if len(said) <= MOST_CHARACTERS else f"{said[: MOST_CHARACTERS - 1]}…"
