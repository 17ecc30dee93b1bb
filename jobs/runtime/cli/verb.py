"""A verb of the command line, whose help ends with an example or two."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from jobs.runtime import client

JOB = "jobs.job"
"""Under what a command keeps the name of the job that it is about."""


class VerbGroup(click.Group):
    """Verbs in the order of a day's work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names of the verbs."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """An example of each of the first two verbs."""
        verbs = [verb for verb in self.commands.values() if isinstance(verb, Verb)]
        if verbs:
            _write(ctx, formatter, (next(verb.filled(ctx)) for verb in verbs[:2]))


class Verb(click.Command):
    """A command with examples: each the words that follow the program's name, its own among them; `{job}` is a job that
    comes with a sample, and `{items}` a few items of it."""

    def __init__(self, *given: Any, examples: Sequence[str], **named: Any) -> None:
        super().__init__(*given, **named)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each on a line of its own, however long: to be copied."""
        _write(ctx, formatter, self.filled(ctx))

    def filled(self, ctx: click.Context) -> Iterator[str]:
        """The examples; those that name a job with the one that was asked about, or one job after the other."""
        if not any("{job}" in example for example in self.examples):
            yield from self.examples
            return
        few = client.few_items([ctx.meta.get(JOB, "")]) or {"JOB": "FILE"}
        for example, (name, items) in zip(self.examples, itertools.cycle(few.items()), strict=False):
            yield example.format(job=name, items=items)


def _write(ctx: click.Context, formatter: click.HelpFormatter, examples: Iterable[str]) -> None:
    program = ctx.find_root().info_name
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"{'':{formatter.current_indent}}{program} {example}\n")


def help_of(ctx: click.Context) -> str:
    """The command that shows the help that fits an error met here."""
    return " ".join(part for part in (ctx.command_path, ctx.meta.get(JOB), "--help") if part)
