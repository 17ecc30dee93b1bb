"""Options that belong together: declared once, and given to a command as one record."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import click

from jobs.runtime.core.people import owner_of

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def owner_option(advice: str = "Whose, where several have one of the name.", flag: str = "--owner") -> Decorator:
    """`--owner E-MAIL`, read as the owner that it names; empty: it was not given. Raises Refused for what is none."""

    def named(_: click.Context, __: click.Parameter, given: str) -> str:
        return owner_of(given) if given else ""

    return click.option(flag, metavar="E-MAIL", default="", help=advice, callback=named)


def adding(options: Sequence[Decorator]) -> Decorator:
    """A decorator that adds these options, in this order."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def packing(record: Callable[..., Any], name: str, options: Sequence[Decorator]) -> Decorator:
    """A decorator that adds options and has the command called with one record of them, under this name."""
    names = [field.name for field in fields(record)]  # type: ignore[arg-type]

    def pack(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(**given: Any) -> Any:
            packed = record(**{name: given.pop(name) for name in names if name in given})
            return function(**given, **{name: packed})

        return adding(options)(call)

    return pack
