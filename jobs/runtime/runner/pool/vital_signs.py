"""Whether a worker moves: since when it is stopped or silent, whether it answers a ping, and who holds its GIL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

PONG_SECONDS = 0.4
"""A worker that does not answer a ping within this holds the GIL in one call."""

MIN_GAIN = 0.05
"""CPU seconds since the ping below which no thread is called the holder of the GIL."""


class VitalSigns:
    """What was seen of one worker (times are monotonic)."""

    def __init__(self) -> None:
        self._stopped_since: float | None = None
        self._silent_since: float | None = None
        self._pinged_at: float | None = None
        self._ponged_at: float | None = None
        self._cpu_then: Mapping[int, float | None] = {}
        self._starved, self._starved_at = 0.0, 0.0

    def stopped(self, is_stopped: bool, now: float) -> float | None:
        """For how many seconds it has been seen stopped (0: now for the first time); None: it is not."""
        self._stopped_since = (self._stopped_since or now) if is_stopped else None
        return None if self._stopped_since is None else now - self._stopped_since

    def silent(self, waits: bool, last_heard: float, now: float) -> float:
        """For how many seconds it has owed an answer without a word."""
        if not waits or self._silent_since is None or last_heard > self._silent_since:
            self._silent_since = now if waits else None
        return 0.0 if self._silent_since is None else now - self._silent_since

    def ping(self, cpu: Mapping[int, float | None], now: float) -> None:
        """It is asked to answer; the CPU seconds of its busy threads as they are then."""
        self._pinged_at, self._ponged_at, self._cpu_then = now, None, cpu

    def pong(self, now: float) -> None:
        """It answers."""
        self._ponged_at = now

    @property
    def pinged(self) -> bool:
        """Whether it was asked to answer, and that is not settled."""
        return self._pinged_at is not None

    @property
    def ponged(self) -> bool:
        """Whether it has answered."""
        return self._ponged_at is not None

    def unanswered(self, now: float) -> bool:
        """Whether it has not answered for so long that one call must hold its GIL."""
        return self._pinged_at is not None and not self.ponged and now - self._pinged_at > PONG_SECONDS

    def settle(self, now: float) -> None:
        """After a time in which one item held the GIL, the others get as much longer as they were held up."""
        if self._pinged_at is None or self._ponged_at is None:
            return
        held = self._ponged_at - self._pinged_at
        if held > PONG_SECONDS:
            self._starved, self._starved_at = self._starved + held, self._ponged_at
            self._pinged_at = self._ponged_at = None
        elif now - self._ponged_at > PONG_SECONDS:
            self._pinged_at = self._ponged_at = None

    def held_up(self, started: float) -> float:
        """How long others have held the GIL while what started then was in progress (seconds)."""
        return self._starved if started < self._starved_at else 0.0

    def gaining(self, threads: Iterable[int], cpu_of: Callable[[int], float | None]) -> int | None:
        """The thread (native id) that used most CPU since the ping; None: the system does not say, or none did."""
        most, found = MIN_GAIN, None
        for native in threads:
            before, after = self._cpu_then.get(native), cpu_of(native)
            if before is not None and after is not None and after - before > most:
                most, found = after - before, native
        return found

    def begin(self) -> None:
        """It begins with another run: what held up the last one's items is of no account."""
        self._starved, self._starved_at = 0.0, 0.0
