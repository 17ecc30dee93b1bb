"""Sentences for whoever is there while something is put right, or is waited for: the command line says them at once."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[str], None]] = []


def listen(listener: Callable[[str], None]) -> None:
    """Have this function told from now on, in place of an earlier one."""
    _listeners[:] = [listener]


def say(sentence: str) -> None:
    """Tell it to the listener, if there is one."""
    for listener in _listeners:
        listener(sentence)
