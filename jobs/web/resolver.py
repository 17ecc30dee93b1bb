"""Names into addresses, in threads of their own: a look-up cannot be interrupted, but it can be abandoned. What is
found is kept for a while, and so is that nothing was."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from jobs import ItemError

THREADS = 512
"""Look-ups at once that somebody waits for, one a slot at most: no more threads start than slots wait. Those abandoned
hold up no others."""

MOST_ABANDONED = 448
"""Threads of look-ups that nobody waits for any more: the system ends each in its own time, mostly 10 to 30 s."""

STACK_BYTES = 512 * 1024
"""Of a thread that looks up: the usual 8 MiB would count against a worker's memory though they are never touched."""

KEPT_SECONDS = 60.0
"""Of addresses; the guard checks those that are used each time."""

NOT_FOUND_SECONDS = 10.0
TEMPORARY_SECONDS = 1.0
"""No longer than the shortest wait before another attempt: that one asks anew."""

MOST_NAMES = 10_000

LookUp = Callable[[str, int], Sequence[str]]

_UNKNOWN = frozenset(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name as the system knows them, best first. Raises OSError."""
    # bytes, so that Python does not encode the name once more by its older IDNA
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


_FAILURES_KEPT = {"dns_not_found": NOT_FOUND_SECONDS, "dns_temporary": TEMPORARY_SECONDS}


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What a look-up came to, and until when that counts."""

    until: float
    found: Sequence[str]
    failure: ItemError | None

    def told(self) -> Sequence[str]:
        """The addresses. Raises ItemError where there were none."""
        if self.failure is not None:
            raise ItemError(self.failure.code, self.failure.message, detail=self.failure.detail)
        return self.found


class ResolverBusyError(Exception):
    """No look-up could be begun in time: that is this machine's affair, not the item's."""


class Resolver:
    """Look-ups with a time-out. Threads start as they are needed and stay; one that hangs is replaced by another."""

    def __init__(
        self, look_up: LookUp = look_up, threads: int = THREADS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look_up, self._clock = look_up, clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._most = threads
        self._asked: queue.SimpleQueue[tuple[str, int, Future[Sequence[str]]]] = queue.SimpleQueue()
        self.threads = 0
        self._waiting = 0
        self._abandoned: set[Future[Sequence[str]]] = set()
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """The addresses of a host, at least one, within so many seconds; from memory where they were found of late.

        Raises ItemError: `dns_not_found`, `dns_temporary` or, when time is up, `timeout`; ResolverBusyError where there
        was not even a thread to look it up.
        """
        kept = self._kept.get(host)
        if kept is not None and self._clock() < kept.until:
            return kept.told()
        try:
            found = self._addresses(host, port, seconds)
        except ItemError as error:
            if error.code in _FAILURES_KEPT:
                self._keep(host, _FAILURES_KEPT[error.code], failure=error)
            raise
        self._keep(host, KEPT_SECONDS, found=found)
        return found

    def _keep(self, host: str, seconds: float, *, found: Sequence[str] = (), failure: ItemError | None = None) -> None:
        with self._lock:
            self._kept[host] = _Kept(until=self._clock() + seconds, found=found, failure=failure)
            self._kept.move_to_end(host)
            while len(self._kept) > MOST_NAMES:
                self._kept.popitem(last=False)

    def _addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        answer: Future[Sequence[str]] = Future()
        self._ask(host, port, answer)
        try:
            found = answer.result(seconds)
        except TimeoutError as error:
            if answer.done():  # the system's own time-out, an OSError too
                raise _failure(host, error) from error
            self._abandon(answer)
            raise ItemError("timeout", f"looking up {host} took longer than {seconds:.3g} s") from None
        except (OSError, UnicodeError) as error:
            raise _failure(host, error) from error
        if not found:
            raise ItemError("dns_not_found", f"the name {host} has no address: check how it is spelled")
        return found

    def _ask(self, host: str, port: int, answer: Future[Sequence[str]]) -> None:
        with self._lock:
            self._waiting += 1
            self._start_thread()
        self._asked.put((host, port, answer))

    def _abandon(self, answer: Future[Sequence[str]]) -> None:
        """Wait for a look-up no more. Raises ResolverBusyError where it had not begun."""
        if answer.cancel():
            raise ResolverBusyError
        with self._lock:
            self._abandoned.add(answer)
            self._start_thread()  # for what waits behind it

    def _start_thread(self) -> None:
        """One more thread, where something waits and the others are at work; under the lock."""
        most = self._most + min(len(self._abandoned), MOST_ABANDONED)
        if self._waiting <= self.threads or self.threads >= most:
            return
        before = threading.stack_size(STACK_BYTES)
        try:
            threading.Thread(target=self._stand_by, name=f"scrape-resolver-{self.threads + 1}", daemon=True).start()
            self.threads += 1
        except RuntimeError:  # the system gives no more of them: what waits is done by those there are
            pass
        finally:
            threading.stack_size(before)

    def _stand_by(self) -> None:
        while True:
            host, port, answer = self._asked.get()
            if answer.set_running_or_notify_cancel():
                self._perform(host, port, answer)
            with self._lock:
                self._waiting -= 1
                self._abandoned.discard(answer)
                if self.threads > self._most + len(self._abandoned):  # it was replaced meanwhile
                    self.threads -= 1
                    return

    def _perform(self, host: str, port: int, answer: Future[Sequence[str]]) -> None:
        try:
            answer.set_result(self._look_up(host, port))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)


def _failure(host: str, error: Exception) -> ItemError:
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, UnicodeError) or getattr(error, "errno", None) in _UNKNOWN:
        sentence = f"no server knows the name {host}: check how it is spelled"
        return ItemError("dns_not_found", sentence, detail=detail)
    return ItemError("dns_temporary", f"the name {host} could not be looked up now: try again later", detail=detail)
