"""The process that knows the engine, when it does not listen."""

from __future__ import annotations

import selectors
import signal
import time

from jobs.runtime.runner.cluster.engine_process import EngineProcess
from tests.support.machine import until

WORDS = {"engine": {"scheme": "processes", "address": "processes://1", "count": 1, "tls": None}}


def test_an_engine_that_does_not_read_keeps_nobody_waiting() -> None:
    selector, said = selectors.DefaultSelector(), list[dict]()
    engine = EngineProcess(WORDS, selector, said.append)

    def turn() -> None:
        for key, _ in selector.select(0.05):
            key.data()

    agent = {"address": ["127.0.0.1", 1], "token": "t" * 500, "tls": None}
    engine.want(1, agent)
    engine.look(time.monotonic())
    assert engine._process is not None
    engine._process.send_signal(signal.SIGSTOP)
    try:
        for number in range(2, 4_000):
            engine.want(number, agent)
        assert engine._outbox
        for number in range(1, 4_000):
            engine.drop(number)
    finally:
        engine._process.send_signal(signal.SIGCONT)

    until(lambda: turn() or not engine._outbox, 30)
    until(lambda: turn() or {"facts": {"places": 1}} in said, 30)
    engine.close()
    selector.close()
