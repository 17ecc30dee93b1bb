"""A job's params as options of the command line: known only after the job's name has been read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli import argv
from jobs.runtime.cli.report import spoken
from jobs.runtime.cli.verb import JOB, Verb
from jobs.runtime.core import secrets

if TYPE_CHECKING:
    from jobs.runtime.job.form_fields import FormField

_PREFIX = "param_of_job__"
_FIELDS = "jobs.fields"
_METAVARS = {"whole": "INTEGER", "number": "NUMBER", "lines": "TEXT", "text": "TEXT"}


class JobCommand(Verb):
    """A command whose first word is a job, and which has that job's params among its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the job's name, learn its params, then read everything."""
        job = _first_word(super().get_params(ctx), args)
        ctx.meta[JOB] = job
        ctx.meta[_FIELDS] = client.form_fields(job) if job else ()
        rest = super().parse_args(ctx, args)
        argv.blot(_secrets_given(ctx))
        return rest

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own arguments and options, then the job's."""
        return [*super().get_params(ctx), *(_option(field) for field in ctx.meta.get(_FIELDS, ()))]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The job's params first, under a heading of their own."""
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        records = [(_is_param(option), option.get_help_record(ctx)) for option in options]
        params = [record for own, record in records if own and record]
        if params:
            with formatter.section(f"Params of {ctx.meta[JOB]}"):
                formatter.write_dl(params)
        with formatter.section("Options"):
            formatter.write_dl([record for own, record in records if record and not own])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What holds without options, or how to see a job's params; then the examples."""
        formatter.write_paragraph()
        formatter.write_text(self._hint(ctx))
        super().format_epilog(ctx, formatter)

    def _hint(self, ctx: click.Context) -> str:
        job = ctx.meta.get(JOB)
        if not job:
            return f"{ctx.command_path} JOB --help shows the params of that job too."
        pool, limits = client.defaults(job)
        return f"Without options: {pool}; {spoken(limits)}."


def split_params(options: dict[str, Any]) -> dict[str, Any]:
    """Take the job's params out of all options read; what was not given is left out."""
    names = [name for name in options if name.startswith(_PREFIX)]
    given = {name.removeprefix(_PREFIX): options.pop(name) for name in names}
    return {name: _plain(value) for name, value in given.items() if value is not None and value != ()}


_NONE = object()
"""What stands for None among the options read, where None itself is what was not given."""


def _plain(value: Any) -> Any:
    return None if value is _NONE else list(value) if isinstance(value, tuple) else value


def _read_as_form(field: FormField, value: Any) -> Any:
    """An option as a form has it: an empty text is None where that may be, and one empty text is an empty list."""
    if field.input == "lines" and value == ("",):
        return _NONE if field.optional else []
    return _NONE if field.optional and isinstance(value, str) and not value.strip() else value


def _secrets_given(ctx: click.Context) -> list[str]:
    """What was given for secret params, unless it only names a secret."""
    given = [ctx.params.get(_PREFIX + field.name) for field in ctx.meta[_FIELDS] if field.secret]
    return [text for text in secrets.texts(given) if not secrets.showable(text)]


def _is_param(option: click.Parameter) -> bool:
    return (option.name or "").startswith(_PREFIX)


def _option(field: FormField) -> click.Option:
    flag = "--" + field.name.replace("_", "-")
    dest = _PREFIX + field.name
    if field.input == "switch":
        return click.Option([f"{flag}/--no-{flag[2:]}", dest], default=None, help=_help(field))
    return click.Option(
        [flag, dest],
        default=None,
        multiple=field.input == "lines",
        type=str,
        metavar=f"[{'|'.join(field.choices)}]" if field.choices else _METAVARS.get(field.input),
        help=_help(field),
        callback=lambda _ctx, _option, value: _read_as_form(field, value),
    )


def _help(field: FormField) -> str:
    notes = [field.range, "may be repeated" if field.input == "lines" else "", _default(field)]
    notes += ["best as {secret:NAME}, which stands in no list of processes"] if field.secret else []
    noted = "; ".join(note for note in notes if note)
    return f"{field.help}  [{noted}]" if noted else field.help


def _default(field: FormField) -> str:
    if field.input == "switch":
        return "" if field.default is None else f"default: {'yes' if field.default else 'no'}"
    if field.default in (None, "", [], ()):
        return "default: as the job has it" if field.standing and not field.secret else ""
    return f"default: {field.default}"


def _first_word(params: Sequence[click.Parameter], arguments: list[str]) -> str:
    """The first argument that is neither an option of the command's own nor the value of one."""
    takes_value = {
        flag for option in params if isinstance(option, click.Option) and not option.is_flag for flag in option.opts
    }
    words = iter(arguments)
    for word in words:
        if word == "--":
            return next(words, "")
        if word.replace("_", "-") in takes_value:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""
