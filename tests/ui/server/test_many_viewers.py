"""One run that many look at: each browser is told to ask less often, and no page is drawn as a whole for it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from jobs.runtime.core.records import RunState
from jobs.ui.run.redraw_interval import MOST_A_SECOND, fitting
from tests.support.page_server import PageServer, serving
from tests.ui.conftest import Stage
from tests.ui.server.test_left_page import asking, drawn
from tests.ui.server.test_start import PAGE, environment

VIEWERS = int(MOST_A_SECOND) + 1


def looking(server: PageServer, opened: ExitStack) -> ClientConnection:
    address = f"ws://localhost:{server.port}/_stcore/stream"
    return opened.enter_context(connect(address, origin=Origin(server.origin), max_size=None))


def test_one_who_looked_first_is_told_of_the_others_without_a_whole_page(stage: Stage, home: Path) -> None:
    run = stage.run(state=RunState.PAUSED)
    (home.parent / "empty").mkdir()
    settings = {**environment(home.parent), "JOBS_HOME": str(home)}
    with serving(PAGE, home.parent / "empty", settings) as server, ExitStack() as opened:
        viewers = [looking(server, opened) for _ in range(VIEWERS)]
        told = []
        for viewer in viewers:
            viewer.send(asking("run", query_string=f"run={run.id}"))
            page = drawn(viewer, "script_finished")
            told.append(next(message.auto_rerun for message in page if message.HasField("auto_rerun")))
        here = next(message.navigation.page_script_hash for message in page if message.HasField("navigation"))
        again = asking("run", fragment_id=told[0].fragment_id, is_auto_rerun=True, page_script_hash=here)
        viewers[0].send(again)
        changed = drawn(viewers[0], "script_finished")
        viewers[0].send(again)
        settled = drawn(viewers[0], "script_finished")

    assert (told[0].interval, told[-1].interval) == (fitting(1.0, 1), fitting(1.0, VIEWERS)) == (1.0, 2.0)
    assert [message.auto_rerun for message in changed if message.HasField("auto_rerun")] == [
        type(told[0])(interval=2.0, fragment_id=told[0].fragment_id)
    ]
    assert not [message for message in settled if message.HasField("auto_rerun")]
    for messages in (changed, settled):
        parts = [message.metadata.run.fragment_ids for message in messages if message.HasField("new_session")]
        assert parts == [[told[0].fragment_id]]
        assert any(message.HasField("delta") for message in messages)
