"""An exception in words: its own type and message, then its notes; of a group, its first members and how many."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

MOST_MEMBERS = 3
MOST_DEPTH = 3


def words(error: BaseException, depth: int = MOST_DEPTH) -> str:
    """`ValueError: its message`, and each note on a line of its own."""
    said = f"{_name(error)}: {_message(error)}".removesuffix(": ")
    if isinstance(error, BaseExceptionGroup) and depth:
        said += ": " + "; ".join(_members(error, depth))
    return with_notes(error, said)


def with_notes(error: BaseException, said: str) -> str:
    """What is said of an exception, and after it what was noted on its way, as far as that can be said."""
    notes: Any = None
    with suppress(Exception):  # the author's class
        notes = getattr(error, "__notes__", None)
    return "\n".join([said, *map(_note, notes)]) if isinstance(notes, list | tuple) else said


def _note(note: Any) -> str:
    with suppress(Exception):  # the author's class
        return str(note)
    return f"(a note that cannot be said: {type(note).__name__})"


def traceback_of(error: BaseException) -> str:
    """Its traceback, the innermost 30 calls; without what it says where it cannot say it; empty where there is no room
    for it."""
    with suppress(RecursionError, MemoryError):
        with suppress(Exception):  # the author's class
            return "".join(traceback.format_exception(error, limit=-30))
        return calls_of(error)
    return ""


def calls_of(error: BaseException) -> str:
    """The calls that led to it, the innermost 30, without what it says."""
    return "".join(traceback.format_tb(error.__traceback__, limit=-30))


def _members(group: BaseExceptionGroup[BaseException], depth: int) -> Iterator[str]:
    for member in group.exceptions[:MOST_MEMBERS]:
        yield _member(member, depth)
    more = len(group.exceptions) - MOST_MEMBERS
    if more > 0:
        yield f"and {more:,} more"


def _member(error: BaseException, depth: int) -> str:
    with suppress(Exception):  # the author's class
        return " ".join(words(error, depth - 1).split())
    return f"{_name(error)}, which cannot say what it is"


def _name(error: BaseException) -> str:
    kind, unnamed = type(error), ("builtins", "__main__", None)
    return kind.__qualname__ if kind.__module__ in unnamed else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    return str(error.msg) if isinstance(error, SyntaxError) else str(error)
