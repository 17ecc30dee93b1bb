"""A real Dask cluster of this machine that begins without workers and has as many as are asked for, two at most."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from jobs.runtime.core.cluster_address import files
from tests.support.dask_cluster import performs_tasks


class AdaptiveCluster:
    """Its scheduler and what adapts it: one process, of which the workers are children. Over mutual TLS."""

    def __init__(self, folder: Path, certificates: Path) -> None:
        command = [sys.executable, "-m", "tests.support.adaptive_cluster", str(certificates)]
        with (folder / "dask.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().decode().strip()

    def workers(self) -> list[psutil.Process]:
        """The processes in which tasks are performed."""
        return [child for child in psutil.Process(self.process.pid).children() if performs_tasks(child)]

    def close(self) -> None:
        """End it, and wait for that."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()
            for child in psutil.Process(self.process.pid).children(recursive=True):
                child.kill()
            self.process.kill()


def main() -> None:
    """Be it, until whoever has started it closes the standard input."""
    from distributed import LocalCluster, Security

    certificates = Path(sys.argv[1])
    scheduler, worker = files(certificates, "scheduler"), files(certificates, "worker")
    security = Security(
        require_encryption=True,
        tls_ca_file=scheduler["authority"],
        tls_scheduler_cert=scheduler["certificate"],
        tls_scheduler_key=scheduler["key"],
        tls_worker_cert=worker["certificate"],
        tls_worker_key=worker["key"],
        tls_client_cert=scheduler["certificate"],
        tls_client_key=scheduler["key"],
    )
    cluster = LocalCluster(
        n_workers=0, threads_per_worker=1, protocol="tls://", security=security, dashboard_address=None
    )
    cluster.adapt(minimum=0, maximum=2, interval="200ms")
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
