"""When most answers of a run are refusals (jobs tell by `pace(refused=True)`): the run pauses, and a person decides."""

from __future__ import annotations

from collections import deque

LOOKED_AT = 60
"""The newest answers that count."""

LEAST = 30
"""Of fewer answers nothing is concluded."""

SHARE = 0.5
"""More than this share of refusals pauses the run."""


class CircuitBreaker:
    """The newest answers of one run: refusals, or not. Once a person has decided to go on, nothing is asked again."""

    def __init__(self, *, accepted: bool = False) -> None:
        self._newest: deque[bool] = deque(maxlen=LOOKED_AT)
        self._accepted = accepted

    def note(self, *, refused: bool) -> None:
        """Count one answer."""
        self._newest.append(refused)

    def accept(self) -> None:
        """A person goes on all the same."""
        self._accepted = True

    @property
    def too_many(self) -> bool:
        """Whether a person should decide."""
        refused = sum(self._newest)
        return not self._accepted and len(self._newest) >= LEAST and refused > SHARE * len(self._newest)

    @property
    def sentence(self) -> str:
        """What happened, and what can be done."""
        refused, looked_at = sum(self._newest), len(self._newest)
        return (
            f"paused: {refused} of the last {looked_at} answers were refusals (the servers say no, or that they are "
            "asked too often). Resume to go on all the same, better later or at a slower pace; or cancel"
        )
