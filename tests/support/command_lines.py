"""Command lines that are shown to people, read as the program reads them, and not run."""

from __future__ import annotations

from collections.abc import Iterator

import click

from jobs.runtime.cli.main import verbs

PROGRAM = "python -m jobs"


def read_command(words: list[str]) -> click.Context:
    """What the command line understands by the words after the program's name.

    Raises click.ClickException or FanoutError for what it would refuse before it does anything; a `--help` is none.
    """
    group = click.Context(verbs, info_name=PROGRAM, **verbs.context_settings)
    verb, name, rest = verbs.get_command(group, words[0]), words[0], list(words[1:])
    if isinstance(verb, click.Group) and rest[:1] != ["--help"]:
        group = click.Context(verb, info_name=name, parent=group)
        verb, name, rest = verb.get_command(group, rest[0]) if rest else None, " ".join(words[:2]), rest[1:]
    if verb is None:
        raise click.UsageError(f"there is no command {name}")
    try:
        return verb.make_context(name, rest, parent=group)
    except click.exceptions.Exit:  # a --help, which is printed
        return click.Context(verb, info_name=name, parent=group)


def all_verbs() -> dict[str, click.Command]:
    """Every verb by the words that call it: `run`, `presets save`."""
    return dict(_verbs(verbs, ""))


def _verbs(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        verb = group.get_command(context, name)
        if isinstance(verb, click.Group):
            yield from _verbs(verb, f"{before}{name} ")
        else:
            yield f"{before}{name}", verb


def help_of(verb: str) -> str:
    """What `--help` of a verb prints."""
    group = click.Context(verbs, info_name=PROGRAM, **verbs.context_settings)
    command = all_verbs()[verb]
    return command.get_help(click.Context(command, info_name=verb, parent=group))
