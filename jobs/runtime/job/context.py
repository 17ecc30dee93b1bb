"""What a job may ask and tell while it performs an item: the functions behind `jobs.pace`, `jobs.time_left` and so on.

Outside the machine (a job called as an ordinary function) nothing listens, and nothing limits.
"""

from __future__ import annotations

import contextvars
import math
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

from jobs.runtime.core import settings
from jobs.runtime.core.pace_report import MAX_SECONDS, MAX_WORDS
from jobs.runtime.core.text import as_text, storable

T = TypeVar("T")


@dataclass(kw_only=True)
class Context:
    """The item that a slot performs now.

    `deadline` is of time.monotonic(); `attempt` is one of at most `attempts`; `paces` is what it learnt of its group;
    `cpu` counts the CPU seconds that other threads spent on it (`jobs.compute`), `moved` is told the ident and
    native id of the thread that has it now, and `printed` gets what that thread prints. `earlier` is what an earlier
    run kept of this item, `renew` makes that run's row one of this run, and `kept` is what is to be kept now.
    `requests` and `octets` are what it has spent; `waited_for` says what its group has had it wait for.
    """

    deadline: float = float("inf")
    carried: Any = None
    attempt: int = 1
    attempts: int = 1
    report: Callable[[float, str], None] | None = None
    paces: dict[str, Any] = field(default_factory=dict)
    cpu: float = 0.0
    moved: Callable[[int, int], None] | None = None
    begin: Callable[[], bool] | None = None
    earlier: Mapping[str, Any] | None = None
    renew: Callable[[], str] | None = None
    kept: Mapping[str, Any] | None = None
    requests: int = 0
    octets: int = 0
    waited_for: str = ""
    printed: Callable[[bytes], None] | None = None


_here = threading.local()


def enter(context: Context | None) -> None:
    """Make this the context of the calling thread; None: no item any more."""
    _here.context = context


def settle() -> None:
    """Have each item begin with the variables of `contextvars` as they are now in the calling thread: as the job's
    module and its `ready` have set them."""
    global _settled, _own_decimals  # noqa: PLW0603
    _settled = contextvars.copy_context()
    kind = getattr(sys.modules.get("decimal"), "Context", None)
    _own_decimals = kind is not None and any(isinstance(value, kind) for value in _settled.values())


_settled: contextvars.Context | None = None
_own_decimals = False


def variables() -> contextvars.Context:
    """What an item begins with: its own copy of what was settled."""
    if _settled is None:
        return contextvars.copy_context()
    own = _settled.copy()
    if _own_decimals:  # one can be changed in place, by whoever has it
        own.run(copy_decimals)
    return own


def copy_decimals() -> None:
    """Give the present context of variables its own way to compute decimals, where there is one already: it could be
    changed in place."""
    if "decimal" in sys.modules:
        import decimal

        decimal.setcontext(decimal.getcontext().copy())


def by_itself(within: contextvars.Context, function: Callable[[], T]) -> T:
    """Call a function so that nothing of it stays with the thread: how exactly decimals are computed, how numpy takes a
    division by zero, variables of a context, a trace, an event loop that it has closed."""
    traced, profiled = sys.gettrace(), sys.getprofile()
    try:
        return within.run(function)
    finally:
        if sys.gettrace() is not traced:
            sys.settrace(traced)
        if sys.getprofile() is not profiled:
            sys.setprofile(profiled)
        if "asyncio" in sys.modules:
            _forget_closed_loop()


def _forget_closed_loop() -> None:
    """Where the function has closed the thread's event loop, which asyncio would hand on, be as if there had been none:
    then `get_event_loop` makes another where it makes any. asyncio cannot be asked without making one."""
    events = getattr(sys.modules["asyncio"], "events", None)
    own = getattr(getattr(events, "_event_loop_policy", None), "_local", None)
    loop = getattr(own, "_loop", None)
    if loop is not None and loop.is_closed():
        vars(own).clear()


def current() -> Context | None:
    """The context of the calling thread."""
    return getattr(_here, "context", None)


def in_machine() -> bool:
    """Whether the machine performs this item; not where a job is called as an ordinary function."""
    return current() is not None


def time_left() -> float:
    """Seconds until this item's deadline, 0 when it has passed; infinite without one."""
    context = current()
    return float("inf") if context is None else max(0.0, context.deadline - monotonic())


def attempt() -> int:
    """Which attempt at this item this is, from 1."""
    context = current()
    return 1 if context is None else context.attempt


def last_attempt() -> bool:
    """Whether a `TryLater` now would be the item's failure; so it is where a job is called as an ordinary function."""
    context = current()
    return context is None or context.attempt >= context.attempts


def waited_for() -> str:
    """What has held this item up, as words that follow the name of its group: that the group asked to wait, or that
    half a second and more lies between two starts. Empty: nothing beyond that."""
    context = current()
    return "" if context is None else context.waited_for


def carried() -> Any:
    """What an earlier `TryLater(group=…, carry=…)` of this item put aside; None at its start."""
    context = current()
    return None if context is None else context.carried


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """What a job returns in place of a row: the earlier run's, under this code."""

    code: str


def earlier() -> Mapping[str, Any] | None:
    """What an earlier run has kept of this item, where it is to be asked only whether it has changed; else None."""
    context = current()
    return None if context is None else context.earlier


def keep(facts: Mapping[str, Any]) -> None:
    """Keep these facts (plain data, some hundred characters) with the row, for `earlier` in a later run."""
    context = current()
    if context is not None:
        context.kept = dict(facts)


def unchanged(code: str) -> Any:
    """What to return where nothing has changed since `earlier`: the row is that run's, and ok with this code."""
    context = current()
    if context is None or context.renew is None:
        raise RuntimeError("nothing is known of an earlier run: ask jobs.earlier() first")
    return Unchanged(code=code)


def spent(*, requests: int = 0, bytes: int = 0) -> None:
    """Tell that this item has sent so many requests more, or read so many bytes more: they count for the run's
    budget."""
    context = current()
    if context is not None:
        context.requests += max(0, int(requests))
        context.octets += max(0, int(bytes))


def begin_once() -> bool:
    """Note, before what must not be done twice (sending an order, say), that this item does it now; the note outlives
    the death of any process. False: an earlier attempt has noted it and ended without an outcome, since its worker or
    the runner died: it may be done already. A person's retry begins anew."""
    context = current()
    return context is None or context.begin is None or context.begin()


def progress(share: float | None = None, phase: str = "") -> None:
    """Say how far a long item is: a share from 0 to 1 (None: not known) and the phase it is in, in a few words."""
    context = current()
    if context is not None and context.report is not None:
        context.report(-1.0 if share is None else min(1.0, max(0.0, share)), as_text(phase))


def pace(
    *,
    latency: float | None = None,
    hold: float | None = None,
    pause: float | None = None,
    close: str | None = None,
    origin: str | None = None,
    error: bool | None = None,
    refused: bool = False,
    why: str = "",
) -> None:
    """Tell what this item learnt about its group; it travels with the answer.

    `latency`: seconds the group took to answer. `hold`: start nothing of the group for so many seconds. `pause`: at
    least so many seconds between two starts. `close`: a code: `origin` (as in `https://example.org:443`, where items
    are URLs; else the group) could not be reached; after two of these the run takes its other items last, and ends them
    with the code when one more fails. `error`: the group answered badly (the pace may rise, never fall). `refused`: it
    does not want to be asked; when most answers of a run are so, the run pauses and a person decides. `why` is shown to
    the person.
    """
    context = current()
    if context is None:
        return
    seconds = {"latency": latency, "hold": hold, "pause": pause}
    context.paces.update({name: _seconds(name, value) for name, value in seconds.items() if value is not None})
    words = {"close": close, "origin": origin, "why": why}
    context.paces.update({name: storable(as_text(text))[:MAX_WORDS] for name, text in words.items() if text})
    if error is not None:
        context.paces["error"] = bool(error)
    if refused:
        context.paces["refused"] = True


def _seconds(name: str, value: float) -> float:
    seconds = float(value)
    if not math.isfinite(seconds):
        raise ValueError(f"pace({name}={value}): {seconds} is no number of seconds")
    return min(MAX_SECONDS, max(0.0, seconds))


def setting(name: str) -> Any:
    """A documented setting, as in `setting("JOBS_MAX_DIGITS")`; KeyError for a name that is not documented."""
    return settings.value(name)
