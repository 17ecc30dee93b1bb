"""Starts workers on the machines of a cluster: has agents started there, and expects them at its entrance.

    launch ─► EngineProcess ─► (the cluster) ─► agent ─► Entrance ─► RemoteProcess

All that agents say comes over connections that they open to this process. With TLS both sides show a certificate of the
cluster's authority; without it, this listens on this machine's own address alone.
"""

from __future__ import annotations

import json
import selectors
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from jobs.runtime import catalog
from jobs.runtime.core import secrets, settings
from jobs.runtime.core.cluster_address import ClusterAddress
from jobs.runtime.core.records import CLUSTER
from jobs.runtime.home import cluster_state, shared_files
from jobs.runtime.home.cluster_state import ClusterState, MachineState
from jobs.runtime.runner.cluster import code_archive, envelopes
from jobs.runtime.runner.cluster.code_archive import CodeArchive
from jobs.runtime.runner.cluster.engine_process import EngineProcess
from jobs.runtime.runner.cluster.entrance import Entrance
from jobs.runtime.runner.cluster.machines import Machines
from jobs.runtime.runner.cluster.remote_process import LEASE_SECONDS, RemoteProcess
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.worker.protocol import framed

TELL_SECONDS = 1.0


class ClusterLauncher:
    """One cluster, of which nothing is asked before the first worker. `memory`: bytes that a worker may allocate;
    `selector`: what the runner waits with; `say`: is told what happens to the cluster itself."""

    def __init__(self, home: Path, memory: int, selector: selectors.BaseSelector, say: Callable[[str], None]) -> None:
        self.home, self.memory, self.say = home, memory, say
        self.facts: dict[str, Any] = {}
        self._selector = selector
        self._entrance: Entrance | None = None
        self._engine: EngineProcess | None = None
        self._machines = Machines(say)
        self._number, self._word = 0, token_hex(16)
        self._tokens: dict[int, str] = {}
        self._trouble = ""
        self._next_telling = 0.0
        self._code: tuple[str, CodeArchive] | None = None

    @property
    def places(self) -> int:
        """How many workers there may be at once, as far as it has said so (0: it has not, or has none now)."""
        return int(self.facts.get("places", 0))

    def launch(self, job: str, slots: int) -> RemoteProcess:
        """A worker of a job with so many slots, which waits for a place in the cluster. Raises OSError."""
        address: ClusterAddress | None = settings.value("JOBS_CLUSTER")
        if address is None:
            raise OSError("there is no cluster: JOBS_CLUSTER names none")
        self._open(address)
        asked = envelopes.Launch(job=job, slots=slots, memory=self.memory)
        process = RemoteProcess(self._number + 1, asked, self.home)
        self._have_started(process)
        self.look()
        if self._code is None:
            self._archive()  # while the engine and the first agent start: who comes is not to wait for it
        return process

    def _have_started(self, process: RemoteProcess) -> None:
        """Have an agent started for it."""
        assert self._entrance is not None
        assert self._engine is not None
        self._number += 1
        token = self._tokens[self._number] = token_hex(16)
        process.give_up = partial(self._give_up, self._number)
        self._entrance.expected[token] = process
        self._engine.want(self._number, {"address": self._entrance.address, "token": token, "tls": None})

    def answered(self, machine: str) -> None:
        """A worker on that machine has answered."""
        self._machines.fine(machine)

    def failed(self, process: WorkerProcess, why: str, workers: Iterable[WorkerHandle]) -> bool:
        """It was lost, or did not start; `workers`: all of the runner. Returns whether its machine is set aside."""
        others = {one.process.machine for one in workers if one.process.machine not in ("", process.machine)}
        return bool(process.machine) and self._machines.failed(process.machine, why, others, time.monotonic())

    def look(self) -> None:
        """Start the engine's process again where it is missing; see to the entrance."""
        if self._engine is None or self._entrance is None:
            return
        now = time.monotonic()
        self._entrance.look(now)
        try:
            self._engine.look(now)
        except OSError as error:
            self._trouble_is(f"the process of the cluster's engine did not start: {error.strerror or error}")

    def tell(self, workers: Iterable[WorkerHandle]) -> None:
        """Write down how it stands, now and then; `workers`: all of the runner, wherever they are."""
        now = time.monotonic()
        if self._engine is None or now < self._next_telling:
            return
        self._next_telling = now + TELL_SECONDS
        there = [worker.process for worker in workers if worker.on == CLUSTER]
        aside = self._machines.aside(now)
        names = sorted({*aside, *(process.machine for process in there if process.machine)})
        state = ClusterState(
            address=str(settings.value("JOBS_CLUSTER") or ""),
            waiting=sum(process.begun_at is None for process in there),
            trouble=self._trouble,
            dashboard=str(self.facts.get("dashboard", "")),
            machines=tuple(
                _state_of(name, [one for one in there if one.machine == name], *aside.get(name, (0.0, "")))
                for name in names
            ),
        )
        cluster_state.write(self.home, state)

    def close(self) -> None:
        """Leave the cluster."""
        cluster_state.remove(self.home)
        shared_files.end(self.home)
        if self._entrance is not None:
            self._entrance.close()
        if self._engine is not None:
            self._engine.close()

    # The engine

    def _open(self, address: ClusterAddress) -> None:
        if self._engine is not None:
            return
        certificates = address.certificates(settings.value("JOBS_CLUSTER_CERTIFICATES"))
        own = certificates.get("runner")
        self._entrance = Entrance(
            *(address.own_address(), own, self._selector, self._welcome, self.say),
            *(self._machines, self._have_started),
        )
        shown = certificates.get("worker") if address.scheme == "processes" else own
        words = {"scheme": address.scheme, "address": str(address), "count": address.count, "tls": shown}
        shared_files.begin(self.home, self._word)
        self._engine = EngineProcess({"engine": words}, self._selector, self._heard_engine)

    def _heard_engine(self, line: dict[str, Any]) -> None:
        if "ended" in line:
            self._agent_ended(int(line["ended"]), str(line["why"]))
        elif "trouble" in line:
            self._trouble_is(f"the cluster cannot be reached: {line['trouble']}; this is tried again until it can")
        elif "facts" in line:
            self.facts = line["facts"]
            self._trouble_is("")

    def _agent_ended(self, number: int, why: str) -> None:
        process = self._give_up(number)
        if process is not None:
            process.lose(f"its agent ended before it came: {why or 'it said nothing'}")

    def _give_up(self, number: int) -> RemoteProcess | None:
        """No agent of that number is wanted any more; returns whom it should have come for, if it has not."""
        if self._engine is not None:
            self._engine.drop(number)
        token = self._tokens.pop(number, "")
        return self._entrance.expected.pop(token, None) if self._entrance is not None else None

    def _trouble_is(self, sentence: str) -> None:
        if sentence != self._trouble:
            self.say(sentence or "the cluster is reached again")
            self._trouble = sentence

    def _welcome(self) -> bytes:
        """What an agent hears first: what it is to go by, and the code. Raises BadSecret."""
        archive = self._archive()
        variables, file = secrets.of_others()
        chosen = settings.for_another_machine() | variables
        words = {
            "digest": archive.digest,
            "paths": archive.paths,
            "times": archive.times,
            "settings": chosen,
            "secrets": file,
            "lease": LEASE_SECONDS,
            "home": str(self.home.resolve()),
            "word": self._word,
        }
        return framed(json.dumps(words).encode()) + framed(archive.content)

    def _archive(self) -> CodeArchive:
        """The code as it is now."""
        present = catalog.code_hash()
        if self._code is None or self._code[0] != present:
            self._code = present, code_archive.build()
        return self._code[1]


def _state_of(name: str, there: list[WorkerProcess], aside: float, why: str) -> MachineState:
    return MachineState(
        machine=name,
        workers=len(there),
        bytes=sum(process.resident() or 0 for process in there),
        round_trip=round(min((process.round_trip for process in there), default=0.0), 6),
        aside=round(aside, 3),
        why=why,
    )
