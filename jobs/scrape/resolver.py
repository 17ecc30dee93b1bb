"""Names into addresses, in a few threads of their own: a look-up cannot be interrupted, but it can be abandoned."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from jobs import ItemError

THREADS = 32
"""Look-ups at once, those abandoned included: as many as the default pool has slots."""

LookUp = Callable[[str, int], Sequence[str]]

_UNKNOWN = frozenset(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name as the system knows them, best first. Raises OSError."""
    # bytes, so that Python does not encode the name once more by its older IDNA
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


class Resolver:
    """Look-ups with a time-out. Threads start as they are needed and stay."""

    def __init__(self, look_up: LookUp = look_up, threads: int = THREADS) -> None:
        self._look_up = look_up
        self._most = threads
        self._asked: queue.SimpleQueue[tuple[str, int, Future[Sequence[str]]]] = queue.SimpleQueue()
        self._threads = 0
        self._waiting = 0
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """The addresses of a host, at least one, within so many seconds.

        Raises ItemError: `dns_not_found`, `dns_temporary` or, when time is up, `timeout`.
        """
        answer: Future[Sequence[str]] = Future()
        self._ask(host, port, answer)
        try:
            found = answer.result(seconds)
        except TimeoutError as error:
            if answer.done():  # the system's own time-out, an OSError too
                raise _failure(host, error) from error
            answer.cancel()
            raise ItemError("timeout", f"looking up {host} took longer than {seconds:.3g} s") from None
        except (OSError, UnicodeError) as error:
            raise _failure(host, error) from error
        if not found:
            raise ItemError("dns_not_found", f"the name {host} has no address: check how it is spelled")
        return found

    def _ask(self, host: str, port: int, answer: Future[Sequence[str]]) -> None:
        with self._lock:
            self._waiting += 1
            if self._waiting > self._threads and self._threads < self._most:
                self._threads += 1
                name = f"scrape-resolver-{self._threads}"
                threading.Thread(target=self._stand_by, name=name, daemon=True).start()
        self._asked.put((host, port, answer))

    def _stand_by(self) -> None:
        while True:
            host, port, answer = self._asked.get()
            if answer.set_running_or_notify_cancel():
                self._perform(host, port, answer)
            with self._lock:
                self._waiting -= 1

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
