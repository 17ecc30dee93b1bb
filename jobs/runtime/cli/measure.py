"""`measure`: the same items each way, and which suits them."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client, measure
from jobs.runtime.cli.input_options import InputOptions, input_options
from jobs.runtime.cli.job_options import JobCommand, split_params
from jobs.runtime.cli.run_options import finite, fixed_option, limit_options, number_option, on_option
from jobs.runtime.cli.terminal import Unfailing, say, say_json, say_table, warn
from jobs.runtime.cli.watch import LOOK, Interrupts, cancel
from jobs.runtime.core import program, startup
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import LOCAL, Limits, RunState
from jobs.runtime.core.units import UNMEASURED, count, number, precise, size
from jobs.runtime.measure import Comparison, Measurement, MeasureRequest

if TYPE_CHECKING:
    from jobs.runtime.inputs import Preflight

_CHECK = 5.0


@click.command(
    "measure",
    cls=JobCommand,
    examples=(
        "measure {job} {items} --ways sequential,threads,processes",
        "measure {job} --workers 1,2,4,8,16",
    ),
)
@click.argument("job")
@click.argument("file", required=False)
@input_options
@click.option(
    "--ways",
    default="",
    help=f"Which ways, with commas between: {','.join(measure.CHOICES)}.  [default: all but the last]",
)
@click.option("--workers", default="", help="Instead: numbers of the job's own kind of worker, as in 1,2,4.")
@number_option(measure.REPEATS_FIELD, f"How often each way runs.  [default: {measure.REPEATS}; other hosts: 1]")
@fixed_option("processes", "Worker processes, where a way has several.  [default: one per core]")
@fixed_option("threads", "Threads, where a way has several.  [default: as suits the job]")
@limit_options
@on_option
@click.option("--yes", is_flag=True, help="Ask other people's servers without asking you first.")
@click.option("--json", "as_json", is_flag=True, help="Print the measurement as one JSON document.")
def measure_ways(
    job: str,
    file: str | None,
    source: InputOptions,
    as_json: bool,
    **options: Any,
) -> int:
    """Run the same items of JOB each way, and say which suits them; without FILE, its sample.

    The ways run in turn, several times, after a warm-up that does not count; every run stays in the history. Other
    people's servers are asked only after a yes, at most 50 items, each way once. Exits as run does.
    """
    asked = _Asked(params=split_params(options), **options)
    found = source.preflight(job, file if file is not None or source.items else str(measure.sample(job)), asked.params)
    order = asked.order(job, found)
    order = _agreed(order, found, interactive=sys.stdin.isatty() and not as_json)
    with Interrupts() as interrupts:
        measurement = _watch(measure.begin(order, interrupts.before_each(found.items_iter())), interrupts)
        cancelled = interrupts.asked
    comparison = measure.figures(measurement)
    if as_json:
        say_json(measure.document(measurement, comparison))
    else:
        _say(measurement, comparison)
    return startup.INTERRUPTED if cancelled else _exit_code(measurement, comparison)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What `measure` is asked, but for the items."""

    params: Mapping[str, Any]
    ways: str
    workers: str
    repeats: int | None
    processes: int | None
    threads: int | None
    at_once: int | None
    pause: float | None
    attempts: int | None
    deadline: float | None
    on: str | None
    yes: bool

    def order(self, job: str, found: Preflight) -> MeasureRequest:
        """The order of a measurement. Raises Refused for ways, workers and params that cannot be."""
        if self.ways and self.workers:
            raise Refused("give --ways or --workers, not both")
        client.columns(job, self.params)
        client.check_place(self.on or LOCAL)
        return MeasureRequest(
            job=job,
            params=self.params,
            ways=tuple(_words(self.ways)) or measure.WAYS,
            workers=tuple(map(_number, _words(self.workers))),
            processes=self.processes,
            threads=self.threads,
            on=self.on or LOCAL,
            repeats=self.repeats,
            limits=self._limits(job, found),
            table=found.table,
            agreed=self.yes,
        )

    def _limits(self, job: str, found: Preflight) -> Limits:
        foreign = measure.count_strangers(job, found.items_iter(), self.params)
        wishes = {name: getattr(self, name) for name in ("attempts", "deadline", "at_once", "pause")}
        return finite(measure.limits_for(job, foreign, **wishes))


def _agreed(order: MeasureRequest, found: Preflight, *, interactive: bool) -> MeasureRequest:
    """The order, agreed to by the person at the terminal where it asks other people's servers."""
    foreign = 0 if order.agreed else measure.count_strangers(order.job, found.items_iter(), order.params)
    if not foreign or not interactive or foreign > measure.MOST_ITEMS:
        return order
    ways = len(order.workers or order.ways)
    question = f"This asks other people's servers {count(found.items * ways, 'time')}, each way once. Go on?"
    return replace(order, agreed=click.confirm(question, err=True))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise Refused(f"{word!r} is no number of workers: write --workers 1,2,4")
    return int(word)


# While it goes on


def _watch(measurement: Measurement, interrupts: Interrupts) -> Measurement:
    """Drive the measurement to its end, with a progress bar; Ctrl-C cancels the run in work, and so all of it."""
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 10
    checked = time.monotonic()
    with tqdm(total=measurement.steps, unit=" runs", file=Unfailing(), mininterval=interval, dynamic_ncols=True) as bar:
        while not (measurement.over or interrupts.asked):
            client.wait(measurement.latest.id, LOOK)
            measurement = measure.advance(measurement.plan.id)
            bar.set_postfix_str(measurement.latest.name.partition(" · ")[2], refresh=False)
            bar.update(measurement.done - bar.n)
            if time.monotonic() - checked > _CHECK:
                checked = time.monotonic()
                client.ensure_runner()
    return _cancelled(measurement, interrupts) if interrupts.asked else measurement


def _cancelled(measurement: Measurement, interrupts: Interrupts) -> Measurement:
    """The measurement after the run in work has been cancelled; none follows it."""
    cancel(measurement.latest, interrupts)
    client.wait(measurement.latest.id)
    return measure.find(measurement.plan.id)


# What it found


def _say(measurement: Measurement, found: Comparison) -> None:
    heads = ("way", "pool", "wall", "from – to", "speed-up", "efficiency", "item CPU", "CPU", "start-up", "memory")
    say_table(heads, [_line(row) for row in measure.table(found)])
    for note in measure.notes(measurement, found):
        say(f"({note})")
    say(measure.verdict(found))
    warn(f"Its runs: {program.NAME} runs (measure {measurement.plan.id} …)")


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        row["way"],
        row["pool"],
        precise(row["wall"]),
        f"{precise(row['least'])} – {precise(row['most'])}",
        number(row["speed_up"], 2),
        number(row["efficiency"], 2),
        precise(row["item_cpu"]),
        precise(row["process_cpu"]),
        precise(row["start_up"]),
        UNMEASURED if row["peak_memory"] is None else size(row["peak_memory"]),
    )


def _exit_code(measurement: Measurement, found: Comparison) -> int:
    states = {run.state for run in measurement.runs.values()}
    if RunState.CANCELLED in states:
        return startup.INTERRUPTED
    if RunState.FAILED in states:
        warn(next(run.error for run in measurement.runs.values() if run.error))
        return 3
    return 1 if any(way.failed for way in found.ways) else 0
