"""A real Dask cluster of this machine: a scheduler and two workers with their nannies, over mutual TLS.

`python -m tests.support.dask_cluster` starts one, runs the samples on it, and ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from jobs.runtime import client
from jobs.runtime.core.cluster_address import files
from tests.support.machine import until

PATIENT = 240.0
SOME_FAILED = 1
"""With what the sample of `scrape` ends: it shows pages that fail."""


@dataclass(frozen=True)
class Place:
    """A host that a process of it is on: its address, and what a command there is on this machine."""

    address: str = "127.0.0.1"
    within: Callable[[list[str]], list[str]] = list


class DaskCluster:
    """A scheduler and its workers, each a process of its own. `places`: one a worker; the first the scheduler's too."""

    def __init__(self, folder: Path, certificates: Path, places: Sequence[Place] = (Place(), Place())) -> None:
        self.folder, self.certificates, self.places = folder, certificates, places
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start(port=0)

    def start(self, port: int) -> None:
        """A scheduler at this port (0: at any), and its workers."""
        dashboard = f"{self.places[0].address}:0"
        self._start(self.places[0], "scheduler", "--port", str(port), "--no-show", "--dashboard-address", dashboard)
        until(
            lambda: self.file.exists() and self.file.read_text().strip().endswith("}"), PATIENT
        )  # it is written in pieces
        for place in self.places:
            self.add_worker(place)

    def add_worker(self, place: Place = Place()) -> subprocess.Popen[bytes]:
        """One more, with its nanny; both end in order at SIGTERM."""
        self._start(place, "worker", "--nthreads", "1", "--no-dashboard")
        return self.processes[-1]

    def replace(self, nanny: subprocess.Popen[bytes]) -> None:
        """Kill it, and start another."""
        nanny.kill()
        nanny.wait()
        self.processes.remove(nanny)
        self.add_worker()

    def kill_scheduler(self) -> int:
        """Returns its port, for another to take its place."""
        port = urlsplit(self.address).port
        assert port is not None
        self.processes[0].kill()
        self.processes[0].wait()
        self.file.unlink()
        return port

    def start_again(self, port: int) -> None:
        """As whoever keeps its processes alive does when they have ended."""
        self.close()
        self.processes.clear()
        self.start(port)

    def _start(self, place: Place, role: str, *options: str) -> None:
        shown = files(self.certificates, role)
        tls = ["--tls-ca-file", shown["authority"], "--tls-cert", shown["certificate"], "--tls-key", shown["key"]]
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--scheduler-file", str(self.file)]
        with (self.folder / "dask.log").open("ab") as log:
            words = place.within([*command, *tls, "--host", f"tls://{place.address}", *options])
            self.processes.append(subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log))

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def workers(self) -> list[psutil.Process]:
        """The processes in which tasks are performed: the children of the nannies."""
        nannies = [psutil.Process(process.pid) for process in self.processes[1:]]
        return [child for nanny in nannies for child in nanny.children() if performs_tasks(child)]

    def close(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
            process.kill()
            process.wait()


def performs_tasks(process: psutil.Process) -> bool:
    """Whether a process is one in which a nanny has tasks performed; one that ends meanwhile is not."""
    with contextlib.suppress(psutil.Error):
        return "spawn_main" in " ".join(process.cmdline())
    return False


def _sample(job: str) -> int:
    command = [sys.executable, "-m", "jobs", "sample", job, "--on", "cluster", "--processes", "2"]
    return subprocess.run(command, check=False).returncode


def main() -> int:
    """Try it."""
    with tempfile.TemporaryDirectory() as place:
        certificates = Path(place, "certificates")
        client.make_certificates(certificates)
        dask = DaskCluster(Path(place), certificates)
        try:
            print(f"A Dask cluster with two workers: {dask.address}", file=sys.stderr)
            named = {"JOBS_CLUSTER": dask.address, "JOBS_CLUSTER_CERTIFICATES": str(certificates), "JOBS_IDLE": "5"}
            os.environ |= {**named, "JOBS_HOME": str(Path(place, "runs"))}
            codes = [_sample(job) for job in ("factorial", "scrape")]
            subprocess.run([sys.executable, "-m", "jobs", "status"], check=False)
            client.runner_process.stop_runner()  # type: ignore[attr-defined]
            return 0 if codes == [0, SOME_FAILED] else 1
        finally:
            dask.close()


if __name__ == "__main__":
    sys.exit(main())
