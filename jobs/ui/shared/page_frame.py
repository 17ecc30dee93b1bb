"""What every page has: the menu, the sentences of what went wrong, the viewer's time zone, the footer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from jobs.runtime import client
from jobs.runtime.core import program
from jobs.runtime.core.errors import FanoutError
from jobs.runtime.core.people import acting
from jobs.runtime.core.text import visible
from jobs.runtime.core.units import count, size
from jobs.ui.server import addresses
from jobs.ui.shared import formatting

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

FOLDER = Path(__file__).resolve().parents[1]
LOGO, ICON = FOLDER / "logo.svg", FOLDER / "icon.svg"
MENU: Mapping[Any, str | None] = {
    "Get help": None,
    "Report a bug": None,
    "About": "Fanout: a list of things, in parallel.",
}

NEW_RUN, RUN, RUNS, SCHEDULES, COMPARE, LESSON = (
    FOLDER / name / f"{name}.py" for name in ("new_run", "run", "runs", "schedules", "compare", "lesson")
)


def pages() -> Sequence[StreamlitPage]:
    """The menu; Run has an address of its own and no entry."""
    return [
        _page(NEW_RUN, "new", icon=":material/add_circle:", default=True),
        _page(RUNS, "runs", icon=":material/history:"),
        _page(SCHEDULES, "schedules", icon=":material/event_repeat:"),
        _page(COMPARE, "compare", icon=":material/compare_arrows:"),
        _page(LESSON, "lesson", icon=":material/school:"),
        _page(RUN, "run", icon=":material/play_circle:", visibility="hidden"),
    ]


def _page(script: Path, address: str, **more: Any) -> StreamlitPage:
    return st.Page(script, title=addresses.PAGES[address], url_path=address, **more)


def note(page: StreamlitPage) -> None:
    """Keep which page is drawn, and whether another was before.

    The parts of the page before are forgotten at once, not when this one is drawn: a browser that has not heard yet
    that it was left asks for them by its timer, and Streamlit would empty the page of all but its own timed part.
    """
    arrives = st.session_state.get("page_here") != page.url_path
    st.session_state.update(arrived_here=arrives, page_here=page.url_path)
    drawing = get_script_run_ctx(suppress_warning=True)
    if arrives and drawing is not None:
        drawing.fragment_storage.clear()


def arrived() -> bool:
    """Whether this page is drawn for the first time since another was."""
    return bool(st.session_state.get("arrived_here", True))


def go_to(page: Path, **query: str) -> None:
    """Go over to this page with this query and no other.

    It is always given, also when it is empty: without one, Streamlit refuses to leave an address that a widget of the
    page is bound to.
    """
    st.switch_page(page, query_params=query)


def open_run(run_id: str) -> None:
    """Go over to the page of this run."""
    go_to(RUN, run=run_id)


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Show what Fanout itself says no to as its sentence, in place of the rest of the page."""
    try:
        yield
    except FanoutError as error:
        refused(str(error))


def refused(sentence: str) -> None:
    """One sentence about what cannot be done, shown as it stands but for what is not for the page."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge("Not possible", icon=":material/block:", color="red")
        st.text(for_the_page(sentence))


def for_the_page(sentence: str) -> str:
    """A sentence without its hint for the command line, and with the folder of the store under the name of its
    setting."""
    return visible(sentence).partition(f" (see: {program.NAME}")[0].replace(str(client.log_path().parent), "JOBS_HOME")


def notify(sentence: str) -> None:
    """Say at once what is waited for, or was put right (see `notices`)."""
    st.toast(formatting.literal(for_the_page(sentence), 1_000), icon=":material/hourglass_top:", duration="long")


def zone() -> tzinfo | None:
    """The viewer's time zone; None: that of this machine."""
    try:
        return ZoneInfo(st.context.timezone) if st.context.timezone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def moment(at: float) -> str:
    """A time of day as the viewer's clock says it."""
    return formatting.moment(at, time.time(), zone())


def may_change() -> bool:
    """Whether who sits before the page may do more than read the one run that a link leads to."""
    return bool(acting().owner)


def wake() -> None:
    """Have the runner go on with what is unfinished: opening a page is enough for that."""
    if client.unattended():
        client.ensure_runner()


def footer(moment_of: str = "") -> None:
    """Runner and workers alive, what waits, disk used; looked up anew when `moment_of` changes."""
    if not may_change():
        return
    said, advice, trouble, _ = _looked_up(moment_of)
    st.space("medium")
    if trouble:
        refused(f"{trouble[:1].upper()}{trouble[1:]}.")
    st.caption(said, help=advice)


def disk() -> str:
    """Disk used, and by what."""
    return _looked_up("")[3]


def _looked_up(moment_of: str) -> tuple[str, str, str, str]:
    return _machine(str(client.log_path()), str(zone() or ""), moment_of)


@st.cache_data(ttl=3, max_entries=20, show_spinner=False)
def _machine(home: str, zone_name: str, moment_of: str) -> tuple[str, str, str, str]:  # noqa: ARG001  (what the answer depends on)
    """The footer, its help, why nothing goes on (empty: nothing is wrong), and what takes the disk; looked up at most
    every 3 s, since it walks the process table and the artifacts."""
    status = client.status()
    parts = [_runner(status), _workers(status)]
    parts.append(f"{count(status.waiting, 'item')} waiting" if status.waiting else "nothing waits")
    parts.append(f"{size(status.store_bytes + status.artifact_bytes)} on disk")
    disk_used = f"history {size(status.store_bytes)}, files of items {size(status.artifact_bytes)}"
    advice = (
        "Read from the store and the process table at most 3 s ago. The runner starts when there is work and leaves "
        "when there has been none for a while; workers are its processes, with the memory they hold. "
        f"Disk: {disk_used}; deleting a run says what it gives back."
    )
    return " · ".join(parts), advice, status.trouble, disk_used


def _runner(status: client.Status) -> str:
    if status.runner_pid is None:
        return "No runner (it starts with the next run)"
    since = f" since {moment(status.runner_since)}" if status.runner_since else ""
    return f"Runner {status.runner_pid} {'stopped' if status.runner_stopped else 'alive'}{since}"


def _workers(status: client.Status) -> str:
    if not status.workers:
        return "no workers"
    return f"{count(len(status.workers), 'worker')} ({size(sum(resident for _, _, resident in status.workers))})"
