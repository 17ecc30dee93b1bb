"""A page that was left while it moved: its browser may ask once more for the part that moves."""

from __future__ import annotations

from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from jobs.runtime.core.records import RunState
from tests.support.page_server import serving
from tests.ui.conftest import Stage
from tests.ui.server.test_start import PAGE, environment


def drawn(stream: ClientConnection, until: str) -> list[ForwardMsg]:
    """What the server sends, up to the first message of this kind."""
    messages: list[ForwardMsg] = []
    while not messages or messages[-1].WhichOneof("type") != until:
        messages.append(ForwardMsg.FromString(stream.recv(timeout=60, decode=False)))
    return messages


def asking(page: str, **more: object) -> bytes:
    asked = BackMsg()
    asked.rerun_script.page_name = page
    for name, value in more.items():
        setattr(asked.rerun_script, name, value)
    return bytes(asked.SerializeToString())


def test_a_timer_of_the_page_before_does_not_empty_this_one(stage: Stage, home: Path) -> None:
    stage.run(state=RunState.PAUSED)
    (home.parent / "empty").mkdir()
    with (
        serving(PAGE, home.parent / "empty", {**environment(home.parent), "JOBS_HOME": str(home)}) as server,
        connect(f"ws://localhost:{server.port}/_stcore/stream", origin=Origin(server.origin), max_size=None) as stream,
    ):
        stream.send(asking("runs"))
        before = drawn(stream, "script_finished")
        timer = next(message.auto_rerun.fragment_id for message in before if message.HasField("auto_rerun"))
        left = next(message.navigation.page_script_hash for message in before if message.HasField("navigation"))

        stream.send(asking(""))
        drawn(stream, "delta")
        stream.send(asking("", fragment_id=timer, is_auto_rerun=True, page_script_hash=left))
        drawn(stream, "script_finished")
        stream.send(asking(""))
        after = drawn(stream, "script_finished")

    assert left not in [message.new_session.page_script_hash for message in after]
