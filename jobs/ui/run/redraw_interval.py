"""How often the moving part of a run's page is drawn anew: less often where many look, so that the server keeps up."""

from __future__ import annotations

import threading
import time

from streamlit.runtime.scriptrunner import get_script_run_ctx

from jobs.runtime.core.records import Run

MANY_ITEMS = 5_000
"""Items from which on it is drawn every 2 s, not every second."""

MOST_A_SECOND = 10.0
"""Drawings a second for all who look, which take about a third of a core (tests/bench/sessions.py)."""

SLACK = 1.5
"""How far an interval may be from the one that fits before it is given up: to change it, the whole page is drawn."""

REMEMBERED = 15.0
"""Seconds for which who looked is counted beyond the drawings that are due: a busy server is late with them."""


def usual(run: Run) -> float | None:
    """Seconds between two drawings where few look; None: the run has ended, and its page stands still."""
    if run.state.terminal:
        return None
    return 2.0 if run.items > MANY_ITEMS else 1.0


def fitting(least: float, viewers: int, present: float | None = None) -> float:
    """Seconds between two drawings where so many look: `least`, or more, so that all of them together are no more than
    `MOST_A_SECOND`. The one that is `present` (None: none yet) is kept as long as it is about that."""
    wanted = max(least, viewers / MOST_A_SECOND)
    if present is not None and wanted / SLACK <= present <= wanted * SLACK:
        return present
    return wanted


class Viewers:
    """Who looks at a run that goes on, of all sessions of this server: each until its next drawings are overdue."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._noting = threading.Lock()

    def note(self, session: str, interval: float, now: float) -> int:
        """Count a session that draws now and then every so many seconds; returns how many there are (`now` is of a
        clock that only goes on)."""
        with self._noting:
            self._until[session] = now + 3 * interval + REMEMBERED
            self._until = {one: until for one, until in self._until.items() if until > now}
            return len(self._until)


_viewers = Viewers()


def of_page(run: Run, present: float | None = None) -> float | None:
    """Seconds until the page that is being drawn is to be drawn anew, after `present` until now (None: it is drawn as a
    whole); None: the run has ended."""
    least, drawing = usual(run), get_script_run_ctx(suppress_warning=True)
    if least is None or drawing is None:
        return least
    viewers = _viewers.note(drawing.session_id, present or least, time.monotonic())
    return fitting(least, viewers, present)
