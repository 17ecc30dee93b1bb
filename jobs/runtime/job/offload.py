"""Two threads of a worker that compute for all its slots.

The slots of a worker are many because their items wait. Where these also compute, each in its own thread, the threads
hand the interpreter's lock to one another at every turn, and each brings its own memory to the processor anew: 16 of
them take a fifth longer for the same pages than two (`python -m tests.bench`). Two, not one, since the best of
what computes is C code that frees the lock.
"""

from __future__ import annotations

import contextvars
import os
import queue
import threading
from collections.abc import Callable
from functools import partial
from time import monotonic, thread_time
from typing import Any, Generic, ParamSpec, TypeVar, cast

from jobs.runtime.job import context

THREADS = 2
PATIENCE = 0.5
"""Seconds in which no call has ended, until a slot gives up its turn and computes in its own thread: behind slow ones
that is better. In a long queue of quick ones it is worse."""

P = ParamSpec("P")
T = TypeVar("T")

_calls: queue.SimpleQueue[_Call[Any]] = queue.SimpleQueue()
_serving: list[threading.Thread] = []
_starting = threading.Lock()
_own = threading.local()
_last_end = 0.0
"""When a call ended last."""


def compute(function: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
    """Call a function in one of the few threads that compute, and wait for it; what it returns, or raises.

    For the part of an item that computes, where a job is bound to "io" and its slots are many. The function is still
    about this item: it may ask and tell as the item may, and its CPU seconds count as the item's.
    """
    if getattr(_own, "computing", False):
        return function(*arguments, **keywords)
    _start()
    call = _Call(partial(function, *arguments, **keywords), context.current())
    _calls.put(call)
    return call.result()


class _Call(Generic[T]):
    """A call that waits for a thread; whichever thread takes it first makes it."""

    def __init__(self, function: Callable[[], T], here: context.Context | None) -> None:
        self.function, self.here, self._caller = function, here, _this_thread()
        self._within = contextvars.copy_context()
        self._taken, self._ended = threading.Lock(), threading.Lock()
        self._ended.acquire()
        self._result: Any = None
        self._error: BaseException | None = None

    def serve(self) -> None:
        """Make the call in a thread that computes, unless the one who waits has lost patience."""
        global _last_end  # noqa: PLW0603
        if not self._taken.acquire(blocking=False):
            return
        began = thread_time()
        context.enter(self.here)
        self._report_thread(_this_thread())
        try:
            self._result = context.by_itself(self._within, self.function)
        except BaseException as error:  # the author's function: whatever it raises is for the one who waits
            self._error = error
        context.enter(None)
        self._report_thread(self._caller)  # here, since the next call in this thread may keep the caller from saying it
        if self.here is not None:
            self.here.cpu += thread_time() - began
        _last_end = monotonic()
        self._ended.release()

    def result(self) -> T:
        """What the function returns, or raises; it is called here if no thread has taken the call in time."""
        if not self._ended_in_time():
            if self._taken.acquire(blocking=False):
                return self.function()
            self._ended.acquire()
        try:
            if self._error is not None:
                raise self._error
            return cast(T, self._result)
        finally:
            self._error = None  # it leads back to this frame

    def _ended_in_time(self) -> bool:
        """Whether the call has ended before the threads came to a halt."""
        while not self._ended.acquire(timeout=PATIENCE):
            if monotonic() - _last_end > PATIENCE:
                return False
        return True

    def _report_thread(self, thread: tuple[int, int]) -> None:
        """Have the runner know which thread the item is in: it looks there when the process hangs or crashes."""
        if self.here is not None and self.here.moved is not None:
            self.here.moved(*thread)


def _this_thread() -> tuple[int, int]:
    return threading.get_ident(), threading.get_native_id()


def _begin_anew() -> None:
    """In a child that was forked none of these threads goes on, and the calls that wait are its parent's."""
    global _calls, _starting
    _calls, _starting = queue.SimpleQueue(), threading.Lock()
    _serving.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def _start() -> None:
    with _starting:
        while len(_serving) < THREADS:
            thread = threading.Thread(target=_serve, name=f"computing {len(_serving) + 1}", daemon=True)
            thread.start()
            _serving.append(thread)


def _serve() -> None:
    _own.computing = True
    pid = os.getpid()
    while True:
        _calls.get().serve()
        if os.getpid() != pid:
            os._exit(0)  # the function has forked, and this is its child, in which nobody waits
