"""How long do 50 sessions of the Run page wait for its live part, on one run that goes on?

No browsers: each session opens the server's websocket as a browser does, has the page drawn, and then asks for the part
that the page itself has told to be asked for again, as often as it was told last.
"""

from __future__ import annotations

import asyncio
import random
import time

from jobs.runtime.core.units import count
from tests.bench import harness, rerun

SESSIONS, SECONDS_OF_LOOK = 50, 30
P95 = 1.0


def run(asked: harness.Asked) -> harness.Report:
    """One session, then fifty, on the same run."""
    report = harness.Report(title="sessions of the Run page on one run, while 64 threads scrape")
    if report.missing("websockets"):
        return report
    with harness.home(), harness.page_server() as (port, _):
        run_id = rerun.scrape()
        for number in (1, SESSIONS):
            drawn, again, told = asyncio.run(_look(port, run_id, number, asked.size(SECONDS_OF_LOOK)))
            name = count(number, "session")
            report.line(f"{name}: the page drawn", drawn)
            line = report.line(
                f"{name}: its live part again",
                again,
                note=f"p95 {harness.quantile(again, 0.95):.3f} s, {len(again)} times, at last every {max(told):.1f} s",
            )
        report.at_most(f"{line.what}, p95", harness.quantile(again, 0.95), P95, "s")
        report.notes.append(rerun.still_scraping(run_id))
    return report


async def _look(port: int, run_id: str, number: int, seconds: float) -> tuple[list[float], list[float], list[float]]:
    """Seconds until the page was drawn, of each session; of each time that its live part was; and from one of these to
    the next, as each was told last."""
    drawn: list[float] = []
    again: list[float] = []
    all_drawn = asyncio.Barrier(number)
    told = await asyncio.gather(*(_session(port, run_id, seconds, drawn, again, all_drawn) for _ in range(number)))
    return drawn, again, told


async def _session(
    port: int, run_id: str, seconds: float, drawn: list[float], again: list[float], all_drawn: asyncio.Barrier
) -> float:
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    address = f"ws://localhost:{port}/_stcore/stream"
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=120) as session:
        asked = BackMsg()
        asked.rerun_script.query_string = f"run={run_id}"
        asked.rerun_script.page_name = "run"
        took, told = await _ask(session, asked)
        if told is None:
            raise RuntimeError("the page told nothing to be asked for again: the run has ended too early")
        drawn.append(took)
        await all_drawn.wait()
        asked.rerun_script.fragment_id = told.fragment_id
        asked.rerun_script.is_auto_rerun = True
        until = time.perf_counter() + seconds
        await asyncio.sleep(told.interval * random.random())
        while time.perf_counter() < until:
            took, anew = await _ask(session, asked)
            again.append(took)
            told = anew or told
            asked.rerun_script.fragment_id = told.fragment_id
            await asyncio.sleep(max(0.0, told.interval - took))
        return float(told.interval)


async def _ask(session, asked):  # type: ignore[no-untyped-def]  # records of protobuf
    """Seconds until the server says that it has finished, and what it told to be asked for again."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    began, told = time.perf_counter(), None
    await session.send(asked.SerializeToString())
    while True:
        message = ForwardMsg.FromString(await asyncio.wait_for(session.recv(), 120))
        kind = message.WhichOneof("type")
        if kind == "navigation":
            asked.rerun_script.page_script_hash = message.navigation.page_script_hash
        if kind == "auto_rerun":
            told = message.auto_rerun
        if kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return time.perf_counter() - began, told
