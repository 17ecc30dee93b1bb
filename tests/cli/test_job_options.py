"""Params of a job as options: read from its signature, known once the job has been named."""

from __future__ import annotations

import click
import pytest

from jobs.runtime import client
from jobs.runtime.cli.budget_options import BudgetOptions
from jobs.runtime.cli.job_options import split_params
from jobs.runtime.cli.main import verbs
from jobs.runtime.cli.reuse_options import ReuseOptions
from jobs.runtime.cli.run_options import Number, RunOptions
from jobs.runtime.cli.table_options import TableOptions
from jobs.runtime.core.errors import BadParams
from jobs.runtime.core.records import AUTO, Limits, Pool

IO, CPU = Pool(processes=AUTO, threads=AUTO), Pool(processes=4, threads=1)


def params_of(*words: str) -> dict:
    group = click.Context(verbs, info_name="jobs", **verbs.context_settings)
    return split_params(verbs.get_command(group, "run").make_context("run", list(words), parent=group).params)


def asked(**given) -> RunOptions:
    nothing = dict.fromkeys(("processes", "threads", "at_once", "pause", "attempts", "deadline"))
    flags = {
        "name": "",
        "reuse": ReuseOptions(),
        "budget": BudgetOptions(),
        "table": TableOptions(),
        "on": "",
        "detach": False,
        "dry_run": False,
        "as_json": False,
        "params": {},
    }
    return RunOptions(**(nothing | flags | given))


@pytest.mark.parametrize(
    ("words", "params"),
    [
        ([], {}),
        (["--times", "3"], {"times": "3"}),
        (["--voice", "loud"], {"voice": "loud"}),
        (["--add-dots"], {"add_dots": True}),
        (["--no-add-dots"], {"add_dots": False}),
        (["--add_dots"], {"add_dots": True}),
        (["--no_add_dots"], {"add_dots": False}),
        (["--words", "a", "--words=b"], {"words": ["a", "b"]}),
    ],
)
def test_params_are_read(words: list[str], params: dict, fanout) -> None:
    assert params_of("echo", "--item", "x", *words) == params
    assert params_of("--processes", "2", *words, "--", "echo") == params if not words else True


def test_options_before_the_job_are_passed_over(fanout) -> None:
    assert params_of("--processes", "2", "--at_once", "3", "--raw", "echo", "--times", "3") == {"times": "3"}


def test_help_shows_the_params_of_the_job(fanout) -> None:
    shown = fanout("run", "echo", "--help").out

    assert "--times INTEGER" in shown
    assert "1 to 9; default: 1" in " ".join(shown.split())
    assert "--voice [quiet|loud]" in shown
    assert "--add-dots / --no-add-dots" in shown
    assert "may be repeated" in shown
    assert shown.index("--times") < shown.index("--processes")
    assert "Without options: auto; attempts 3, deadline 30 s" in " ".join(shown.split())


def test_help_without_a_job_says_how_to_see_them(fanout) -> None:
    done = fanout("run", "--help")

    assert done.code == 0
    assert "JOB --help" in done.out


def test_every_option_of_run_is_refused_as_a_param() -> None:
    from jobs.runtime.job.definition import RESERVED

    options = verbs.get_command(click.Context(verbs), "run").params
    own = {flag.strip("-").replace("-", "_") for option in options for flag in option.opts}

    assert own - {"job", "file"} <= RESERVED


@pytest.mark.parametrize(
    ("default", "given", "pool"),
    [
        (IO, {}, (AUTO, AUTO)),
        (IO, {"processes": AUTO, "threads": 6}, (AUTO, 6)),
        (IO, {"threads": 6}, (1, 6)),
        (IO, {"processes": 2}, (2, AUTO)),
        (IO, {"processes": 2, "threads": 3}, (2, 3)),
        (CPU, {}, (4, 1)),
        (CPU, {"processes": 2}, (2, 1)),
        (CPU, {"threads": 2}, (4, 2)),
        (CPU, {"processes": AUTO}, (AUTO, 1)),
    ],
)
def test_pool_fills_what_was_not_given(default: Pool, given: dict, pool: tuple[int, int]) -> None:
    found = asked(**given).pool(default)

    assert (found.processes, found.threads) == pool


def test_limits_keep_the_jobs_own_for_the_rest() -> None:
    default = Limits(attempts=3, deadline=30.0, at_once=2, pause=0.25)

    assert asked().limits(default) == default
    assert asked(pause=0.0, attempts=1).limits(default) == Limits(attempts=1, deadline=30.0, at_once=2, pause=0.0)
    assert asked(deadline=float("inf")).limits(default).deadline is None


@pytest.mark.parametrize("text", ["0", "-1", "nan", "soon", ""])
def test_a_deadline_is_a_time_or_none(text: str) -> None:
    deadline = Number(client.RUN_FIELDS["deadline"])

    assert deadline.convert("none", None, None) == float("inf")
    assert deadline.convert("2.5", None, None) == 2.5
    with pytest.raises(BadParams, match=f"deadline: {text!r} is .*: give 0.05 to 604,800, or none"):
        deadline.convert(text, None, None)


@pytest.mark.parametrize("name", client.RUN_FIELDS)
@pytest.mark.parametrize("text", ["-1", "many", "", "nan", "1e999", "9" * 400, "9" * 5_000, "٣x"])
def test_a_wrong_number_is_named_with_what_would_do(fanout, name: str, text: str) -> None:
    done = fanout("run", "echo", "--item", "a", f"--{name.replace('_', '-')}={text}")

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"{name}: {text!r} is " if len(text) < 60 else f"{name}: what was given is ")
    assert f": give {client.RUN_FIELDS[name].range}" in done.err


@pytest.mark.parametrize("number", [1.5, float("inf")])
def test_a_part_of_a_worker_is_refused(number: float) -> None:
    with pytest.raises(BadParams, match="is not a whole number: give 1 to 1,000"):
        client.RUN_FIELDS["processes"].number(number)
