"""`run` and `sample`: read, submit, watch, write the table, and say what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli import dry_run, report, reuse_options
from jobs.runtime.cli.input_options import InputOptions, run_input_options
from jobs.runtime.cli.job_options import JobCommand
from jobs.runtime.cli.run_options import RunOptions, run_options, shared_options
from jobs.runtime.cli.terminal import say, say_json, speakable, warn
from jobs.runtime.cli.watch import Interrupts, watch
from jobs.runtime.core import program, startup
from jobs.runtime.core.errors import BadInput, FanoutError, Refused
from jobs.runtime.core.records import Run, RunState

if TYPE_CHECKING:
    from jobs.runtime.inputs import Preflight


@click.command(
    "run",
    cls=JobCommand,
    examples=("run {job} {items} --out table.xlsx", "run {job} {items} --processes 2 --json"),
)
@click.argument("job")
@click.argument("file", required=False)
@run_input_options
@shared_options
def run(job: str, file: str | None, source: InputOptions, **options: Any) -> int:
    """Run JOB over the items of FILE (- is standard input), and wait.

    Exits with 0 when every item is ok, 1 when some failed (or the table could not be written), 2 when nothing was run,
    3 when the run itself failed, 130 when it was cancelled (Ctrl-C cancels).
    """
    asked = run_options(job, options)
    if file is None and not (source.items or source.from_run):
        raise Refused(
            f"nothing to run: give a file, - for standard input, --item or --from ({program.NAME} run {job} --help)"
        )
    return _perform(job, lambda: _read(source, job, file, asked), asked)


@click.command("sample", cls=JobCommand, examples=("sample {job}", "sample {job} --out table.parquet"))
@click.argument("job")
@click.argument("which", required=False, default="")
@shared_options
def sample(job: str, which: str, **options: Any) -> int:
    """Run JOB over its sample input, of several the first or WHICH; no internet is needed."""
    asked = run_options(job, options, client.sample_params(job, which))
    return _perform(job, lambda: InputOptions().preflight(job, str(client.sample(job, which)), asked.params), asked)


def _read(source: InputOptions, job: str, file: str | None, asked: RunOptions) -> Preflight:
    """What a file holds, its columns as the preset says where nothing else is said of them."""
    if asked.preset is None:
        return source.preflight(job, file, asked.params)
    try:
        return source.with_preset(job, asked.preset).preflight(job, file, asked.params)
    except BadInput as error:
        if not any(f"no column {name!r}" in str(error) for name in asked.preset.read_columns):
            raise
        raise BadInput(f"{error}: preset {asked.preset.title} says so, --column says otherwise") from None


def _perform(job: str, read: Callable[[], Preflight], asked: RunOptions) -> int:
    _check(job, asked)
    if asked.dry_run:
        return dry_run.perform(job, read(), asked)
    found = read()
    columns = client.columns(job, asked.params)
    asked.table.check_columns(columns, found.table, keyed=_is_keyed(job), reused=asked.wanted_reuse(job) is not None)
    there = reuse_options.sentence(job, found, asked.params, asked.wanted_reuse(job))
    if there:
        warn(there)
    with Interrupts() as interrupts:
        submitted = _submit(job, found, asked, interrupts)
        if asked.detach and not interrupts.asked:
            _say_detached(submitted, asked)
            return 0
        ended = watch(submitted, interrupts)
    codes = client.progress(ended.id).codes
    written, told = _write(ended, asked)
    if asked.as_json:
        say_json(client.run_document(ended, codes, out=(asked.table.out or "") if written else ""))
    else:
        (warn if asked.table.piped else say)(report.summary(ended, codes))
    if told and not (asked.as_json and written):
        warn(told)
    if ended.error:
        warn(ended.error)
    return exit_code(ended) or (0 if written else 1)


def _write(run: Run, asked: RunOptions) -> tuple[bool, str]:
    """Write the table, where one was asked for; whether all is there, and a sentence about it. What became of the run
    is told all the same where a disk says no."""
    later = f"{program.NAME} export {run.id[: report.SHORT]} --out"
    if asked.table.out is None:
        return True, "" if asked.as_json else f"The table: {later} table.csv"
    try:
        return True, asked.table.write(run)
    except FanoutError as error:
        return False, f"the table was not written: {error} (the run is stored: {later} …)"


def _check(job: str, asked: RunOptions) -> None:
    """All that can be refused before the input is read."""
    columns = client.columns(job, asked.params)
    asked.wanted_reuse(job)
    client.check_budget(job, columns, asked.wanted_budget())
    client.check_place(asked.on)
    if asked.table.out is not None and asked.detach:
        raise Refused("--out waits for the end of the run and --detach does not: leave one out, and export later")
    if asked.table.piped and asked.as_json:
        raise Refused("--out - and --json both want standard output: give --out a file, or leave --json out")
    asked.table.check(columns, job)


def _is_keyed(job: str) -> bool:
    return client.job_named(job).mark.key is not None


def _submit(job: str, found: Preflight, asked: RunOptions, interrupts: Interrupts) -> Run:
    pool, limits = asked.how(job)
    return client.submit(
        job,
        interrupts.before_each(found.items_iter()),
        params=asked.params,
        pool=pool,
        limits=limits,
        table=found.table,
        name=speakable(asked.name),
        preset=asked.preset,
        nonce=secrets.token_hex(16),
        reuse=asked.wanted_reuse(job),
        budget=asked.wanted_budget(),
        on=asked.on,
    )


def _say_detached(run: Run, asked: RunOptions) -> None:
    if asked.as_json:
        say_json(client.run_document(run, {}))
    else:
        say(run.id)


def exit_code(run: Run) -> int:
    """What a terminal run's state says to a script."""
    if run.state is RunState.CANCELLED:
        return startup.INTERRUPTED
    if run.state is RunState.FAILED:
        return 3
    return 1 if run.failed or run.cancelled else 0
