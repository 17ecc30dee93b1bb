"""What the system says of a worker's use, and of the machine beside it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs.runtime.runner.pool import os_process, usage

BUSY = "import time\nend = time.perf_counter() + 0.6\nwhile time.perf_counter() < end: pass"

linux = pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="the system does not tell")  # noqa: PTH110


@linux
def test_processes_on_one_core_stand_in_line_for_it() -> None:
    """Two that compute are held to one core: each has to wait for about as long as the other computes."""
    core = min(os.sched_getaffinity(0))
    held = f"import os; os.sched_setaffinity(0, [{core}])\n{BUSY}\nprint('done', flush=True)\ninput()"
    pair = [
        subprocess.Popen([sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)
    ]
    try:
        for one in pair:
            assert one.stdout is not None
            one.stdout.readline()
        waits = [os_process.run_queue_seconds(one.pid) for one in pair]
    finally:
        for one in pair:
            one.kill()
            one.communicate()

    assert sum(wait for wait in waits if wait is not None) > 0.3


@linux
def test_what_a_worker_used_comes_with_what_the_machine_did() -> None:
    begun = usage.baseline(os.getpid())
    used = usage.since(os.getpid(), begun)

    assert used["seconds"] >= 0
    assert used["cores"] >= 1
    assert min(used["queue_seconds"], used["machine_seconds"], used["runner_seconds"]) >= 0


def test_a_process_that_is_gone_tells_nothing() -> None:
    assert os_process.run_queue_seconds(2**22 + 1) is None
