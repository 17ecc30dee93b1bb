"""How a worker lives: started, ready, warm, retiring, killed, dead."""

from __future__ import annotations


class Lifecycle:
    """The stations of one worker's life (times are monotonic). `killed_why` is why the runner has killed it, `at_fault`
    whether by its own doing; `troubled` whether it has met a MemoryError, or is not as it was at its start; `grown` by
    how many bytes it has grown since it was measured first."""

    def __init__(self, now: float) -> None:
        self.started_at = now
        self.ready_at: float | None = None
        self.warm_since: float | None = None
        self.retiring = self.dead = self.at_fault = False
        self.retired_why = ""
        self.killed_why = ""
        self.troubled = False
        self.grown = 0
        self._first_size = 0

    @property
    def ready(self) -> bool:
        """Whether it can take items."""
        return self.ready_at is not None and not self.retiring and not self.dead

    def came_up(self, now: float) -> bool:
        """It says that it has loaded its job; False: it has said so before."""
        first, self.ready_at = self.ready_at is None, self.ready_at or now
        return first

    def keep_warm(self, now: float) -> None:
        """It is kept warm from now on."""
        self.warm_since = now

    def resume(self) -> None:
        """It is used again."""
        self.warm_since = None

    def trouble(self, why: str) -> None:
        """What it holds is not to be trusted to fail by itself: it takes nothing more."""
        self.troubled = True
        self._retire(why)

    def give_way(self, why: str) -> None:
        """It takes nothing more, and goes when it is done with what it has."""
        self._retire(why)

    def measure(self, size: int, most: int) -> None:
        """It takes nothing more once it has grown by more than `most` bytes since it was measured first."""
        self._first_size = self._first_size or size
        self.grown = max(0, size - self._first_size)
        if self.grown > most:
            self._retire("it had grown too large")

    def doom(self, why: str, *, at_fault: bool) -> None:
        """It is killed; the first reason counts."""
        if not self.killed_why:
            self.killed_why, self.at_fault = why, at_fault
        self.retiring = True

    def die(self) -> None:
        """It is gone."""
        self.dead = True

    def _retire(self, why: str) -> None:
        self.retiring, self.retired_why = True, self.retired_why or why
