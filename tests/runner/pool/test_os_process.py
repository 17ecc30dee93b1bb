"""Processes as the system knows them, by their ids."""

from __future__ import annotations

import pytest

from jobs.runtime.runner.pool import os_process


@pytest.mark.parametrize("pid", [-1, 0, 1])
def test_what_stands_for_many_processes_is_never_killed(pid: int) -> None:
    with pytest.raises(ValueError, match="stands for many"):
        os_process.kill_group(pid)
