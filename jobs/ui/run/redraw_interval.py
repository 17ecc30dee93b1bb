"""How often the moving part of a page is drawn anew: less often where many look, so that the server keeps up."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from jobs.runtime.core.records import Run

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

MANY_ITEMS = 5_000
"""Items from which on it is drawn every 2 s, not every second."""

MOST_A_SECOND = 10.0
"""Drawings a second for all who look, which take about a fifth of a core (tests/bench/sessions.py)."""

PRESENT = "drawn_every"
"""Where a session keeps how often its browser was told to ask."""

REMEMBERED = 15.0
"""Seconds for which who looked is counted beyond the drawings that are due: a busy server is late with them."""


def usual(run: Run) -> float | None:
    """Seconds between two drawings where few look; None: the run has ended, and its page stands still."""
    if run.state.terminal:
        return None
    return 2.0 if run.items > MANY_ITEMS else 1.0


def fitting(least: float, viewers: int) -> float:
    """Seconds between two drawings where so many look: `least`, or more, so that all of them together are no more than
    `MOST_A_SECOND`; whole seconds, so that one who comes or goes seldom changes it for all."""
    return max(least, float(math.ceil(viewers / MOST_A_SECOND)))


class Viewers:
    """Who looks at runs that go on, of all sessions of this server: each until its next drawings are overdue."""

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


def of_page(least: float | None) -> float | None:
    """Seconds until the moving part of the page that is being drawn is to be drawn anew, where that is so often where
    few look; None: it stands still."""
    drawing = get_script_run_ctx(suppress_warning=True)
    if least is not None and drawing is not None:
        present = st.session_state.get(PRESENT) or least
        least = fitting(least, _viewers.note(drawing.session_id, present, time.monotonic()))
    st.session_state[PRESENT] = least
    return least


def of_part(least: float | None) -> float | None:
    """The same while that part is being drawn. Where it is drawn alone, the browser is told at once what has changed:
    Streamlit tells it when the whole page is drawn, which takes several times as long."""
    drawing, told = get_script_run_ctx(suppress_warning=True), st.session_state.get(PRESENT)
    if drawing is None or not drawing.fragment_ids_this_run:
        return told
    interval = of_page(least)
    if interval is not None and interval != told:
        _tell(drawing, interval)
    return interval


def _tell(drawing: ScriptRunContext, interval: float) -> None:
    """Have the browser ask for the parts that are being drawn this often from now on."""
    for part in drawing.fragment_ids_this_run or ():
        drawing.enqueue(ForwardMsg(auto_rerun=AutoRerun(interval=interval, fragment_id=part)))
