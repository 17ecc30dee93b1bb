"""What a job may ask and tell while it performs an item: the functions behind `jobs.pace`, `jobs.time_left` and so on.

Outside the machine (a job called as an ordinary function) nothing listens, and nothing limits.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobs.runtime import settings


@dataclass(kw_only=True)
class Context:
    """The item that a slot performs now.

    `deadline` is of time.monotonic(); `paces` is what it learnt of its group; `cpu` counts the CPU seconds that other
    threads spent on it (`jobs.compute`), and `moved` is told the ident and native id of the thread that has it now.
    """

    deadline: float = float("inf")
    carried: Any = None
    attempt: int = 1
    report: Callable[[float, str], None] | None = None
    paces: dict[str, Any] = field(default_factory=dict)
    cpu: float = 0.0
    moved: Callable[[int, int], None] | None = None


_here = threading.local()


def enter(context: Context | None) -> None:
    """Make this the context of the calling thread; None: no item any more."""
    _here.context = context


def current() -> Context | None:
    """The context of the calling thread."""
    return getattr(_here, "context", None)


def in_machine() -> bool:
    """Whether the machine performs this item; not where a job is called as an ordinary function."""
    return current() is not None


def time_left() -> float:
    """Seconds until this item's deadline, 0 when it has passed; infinite without one."""
    context = current()
    return float("inf") if context is None else max(0.0, context.deadline - time.monotonic())


def attempt() -> int:
    """Which attempt at this item this is, from 1."""
    context = current()
    return 1 if context is None else context.attempt


def carried() -> Any:
    """What an earlier `TryLater(group=…, carry=…)` of this item put aside; None at its start."""
    context = current()
    return None if context is None else context.carried


def progress(share: float | None = None, phase: str = "") -> None:
    """Say how far a long item is: a share from 0 to 1 (None: not known) and the phase it is in, in a few words."""
    context = current()
    if context is not None and context.report is not None:
        context.report(-1.0 if share is None else min(1.0, max(0.0, share)), phase)


def pace(
    *,
    latency: float | None = None,
    hold: float | None = None,
    pause: float | None = None,
    close: str | None = None,
    error: bool | None = None,
    refused: bool = False,
    why: str = "",
) -> None:
    """Tell what this item learnt about its group; it travels with the answer.

    `latency`: seconds the group took to answer. `hold`: start nothing of the group for so many seconds. `pause`: at
    least so many seconds between two starts. `close`: a code; the group's other items end with it (probed once a
    minute). `error`: the group answered badly (the pace may rise, never fall). `refused`: it does not want to be asked;
    when most answers of a run are so, the run pauses and a person decides. `why` is shown to the person.
    """
    context = current()
    if context is None:
        return
    seconds = {"latency": latency, "hold": hold, "pause": pause}
    given = {name: float(value) for name, value in seconds.items() if value is not None}
    if any(math.isnan(value) for value in given.values()):
        raise ValueError("pace() was given seconds that are no number")
    context.paces.update(given)
    words = {"close": close, "why": why}
    context.paces.update({name: str(text)[:300] for name, text in words.items() if text})
    if error is not None:
        context.paces["error"] = bool(error)
    if refused:
        context.paces["refused"] = True


def setting(name: str) -> Any:
    """A documented setting, as in `setting("JOBS_MAX_DIGITS")`; KeyError for a name that is not documented."""
    return settings.value(name)
