"""How long does a rerun of the Run page take while 64 threads scrape?

Twice: the page as Streamlit's AppTest runs it, in this process; and the real server, asked over its websocket as a
browser asks it, from the request until the server says that the script has finished.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench import harness

THREADS = 64
URLS = 60_000
RERUNS = 60
SECONDS = 0.3


def run(asked: harness.Asked) -> harness.Report:
    """Reruns of both kinds in turn, without load and under it."""
    report = harness.Report(title=f"a rerun of the Run page, while {THREADS} threads scrape the sample site")
    gone = report.missing("websockets")
    reruns = asked.size(RERUNS)
    with harness.home(), harness.page_server() as (port, _):
        still = harness.perform("scrape", _urls(64), processes=1, threads=THREADS, deadline=30.0).id
        for busy in (False, True):
            run_id = scrape() if busy else still
            how = "64 threads scrape" if busy else "nothing runs"
            ways: dict[str, Callable[[], float]] = {f"AppTest, {how}": _in_process(run_id)}
            with _asked(port, run_id, absent=bool(gone)) as ask:
                if ask is not None:
                    ways[f"server, {how}"] = ask
                found = harness.in_turn(ways, reruns)
            for name, samples in found.items():
                line = report.line(name, samples, note=f"p95 {harness.quantile(samples, 0.95):.3f} s")
                if busy:
                    report.at_most(f"{line.what}, p95", harness.quantile(samples, 0.95), SECONDS, "s")
            if busy:
                report.notes.append(still_scraping(run_id))
    return report


def _urls(number: int) -> list[str]:
    return [f"http://site-{n % 16 + 1}.sample/delay/100/page-{n}" for n in range(number)]


def scrape() -> str:
    from jobs.runtime import client
    from jobs.runtime.core.records import Item, Limits, Pool

    run = client.submit(
        "scrape",
        [Item(cell=url) for url in _urls(URLS)],
        pool=Pool(processes=1, threads=THREADS),
        limits=Limits(attempts=1, deadline=30.0, at_once=None, pause=0.0),
    )
    while client.run(run.id).ok < THREADS:
        time.sleep(0.05)
    return str(run.id)


def still_scraping(run_id: str) -> str:
    from jobs.runtime import client

    progress = client.progress(run_id)
    if progress.run.state.terminal:
        raise RuntimeError("the run under which was measured has ended too early: give it more URLs")
    return f"meanwhile {progress.rate or 0:.0f} pages a second, {len(progress.doing)} in progress when looked at"


def _in_process(run_id: str) -> Callable[[], float]:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(harness.PROJECT / "streamlit_app.py"), default_timeout=60)
    app.switch_page("jobs/ui/run/run.py")
    app.query_params["run"] = run_id
    app.run()
    if app.exception:
        raise RuntimeError(f"the page raised {app.exception[0].message}")

    def rerun() -> float:
        began = time.perf_counter()
        app.run()
        return time.perf_counter() - began

    return rerun


@contextmanager
def _asked(port: int, run_id: str, *, absent: bool) -> Iterator[Callable[[], float] | None]:
    """A browser's session at the Run page; each call is a rerun. None without the websockets package."""
    if absent:
        yield None
        return
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    with connect(f"ws://localhost:{port}/_stcore/stream", subprotocols=[Subprotocol("streamlit")]) as session:

        def rerun() -> float:
            began = time.perf_counter()
            session.send(_request(BackMsg, run_id))
            while True:
                message = ForwardMsg.FromString(session.recv(60))
                if message.WhichOneof("type") == "script_finished":
                    return time.perf_counter() - began

        rerun()
        rerun()
        yield rerun


def _request(message: Any, run_id: str) -> bytes:
    asked = message()
    asked.rerun_script.query_string = f"run={run_id}"
    asked.rerun_script.page_name = "run"
    return bytes(asked.SerializeToString())
