"""`run` and `sample`: read, submit, watch, write the table, and say what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli import report
from jobs.runtime.cli.asked import Asked, input_options, shared_options
from jobs.runtime.cli.files import check_out, preflight, preflight_of_cells, write_table
from jobs.runtime.cli.options import JobCommand, split_params
from jobs.runtime.cli.terminal import say, say_json, speakable, warn
from jobs.runtime.cli.watch import Interrupts, watch
from jobs.runtime.errors import Refused
from jobs.runtime.records import Run, RunState

if TYPE_CHECKING:
    from jobs.runtime.inputs import Preflight

CANCELLED = 130


@click.command("run", cls=JobCommand)
@click.argument("job")
@click.argument("file", required=False)
@input_options
@shared_options
def run(job: str, file: str | None, items: tuple[str, ...], column: str, sheet: str, **options: Any) -> int:
    """Run JOB over the items of FILE (- is standard input), and wait.

    Exits with 0 when every item is ok, 1 when some failed, 2 when nothing was run, 3 when the run itself failed, 130
    when it was cancelled (Ctrl-C cancels).
    """
    asked = Asked(params=split_params(options), **options)
    if file is None and not items:
        raise Refused(f"nothing to run: give a file, - for standard input, or --item (python -m jobs run {job} --help)")
    if file is not None and items:
        raise Refused("give a file or --item, not both")
    if file is None:
        return _perform(job, lambda: preflight_of_cells(job, items), asked)
    return _perform(job, lambda: preflight(job, file, column, sheet), asked)


@click.command("sample", cls=JobCommand)
@click.argument("job")
@shared_options
def sample(job: str, **options: Any) -> int:
    """Run JOB over its sample input; no internet is needed."""
    asked = Asked(params=split_params(options), **options)
    return _perform(job, lambda: preflight(job, str(client.sample(job)), "", ""), asked)


def _perform(job: str, read: Callable[[], Preflight], asked: Asked) -> int:
    _check(job, asked)
    found = read()
    with Interrupts() as interrupts:
        submitted = _submit(job, found, asked, interrupts)
        if asked.detach and not interrupts.asked:
            _say_detached(submitted, asked)
            return 0
        ended = watch(submitted, interrupts)
    codes = client.progress(ended.id).codes
    written = write_table(ended, asked.out, raw=asked.raw) if asked.out else ""
    if asked.as_json:
        say_json(report.document(ended, codes, out=asked.out or ""))
    else:
        say(report.summary(ended, codes))
        warn(written or f"The table: python -m jobs export {ended.id[: report.SHORT]} --out table.csv")
    if ended.error:
        warn(ended.error)
    return exit_code(ended)


def _check(job: str, asked: Asked) -> None:
    """All that can be refused before the input is read."""
    columns = client.columns(job, asked.params)
    if asked.out and asked.detach:
        raise Refused("--out waits for the end of the run and --detach does not: leave one out, and export later")
    if asked.out is not None:
        check_out(asked.out, columns)


def _submit(job: str, found: Preflight, asked: Asked, interrupts: Interrupts) -> Run:
    pool, limits = client.defaults(job)
    return client.submit(
        job,
        interrupts.before_each(found.items_iter()),
        params=asked.params,
        pool=asked.pool(pool),
        limits=asked.limits(limits),
        table=found.table,
        name=speakable(asked.name),
        nonce=secrets.token_hex(16),
    )


def _say_detached(run: Run, asked: Asked) -> None:
    if asked.as_json:
        say_json(report.document(run, {}))
    else:
        say(run.id)


def exit_code(run: Run) -> int:
    """What a terminal run's state says to a script."""
    if run.state is RunState.CANCELLED:
        return CANCELLED
    if run.state is RunState.FAILED:
        return 3
    return 1 if run.failed or run.cancelled else 0
