"""What a worker is kept from."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime.worker.sandbox import LEAKS
from tests.support.machine import Machine

JOB = '''"""Which of these variables are there, and where the keys of its connections would go."""
import os, ssl
from jobs import job

@job(bound="io")
def leaks(text: str) -> str:
    return f"{[name for name in text.split() if name in os.environ]} {ssl.create_default_context().keylog_filename}"
'''


def test_x26_a_worker_writes_the_keys_of_its_connections_nowhere(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leaks.py").write_text(JOB)
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "mine"))
    for name in LEAKS:
        monkeypatch.setenv(name, str(tmp_path / "keys"))
    monkeypatch.setenv("KEPT", "yes")

    (outcome,) = machine.perform([" ".join([*LEAKS, "KEPT"])], "leaks")

    assert list((outcome.row or {}).values()) == ["['KEPT'] None"]
    assert not (tmp_path / "keys").exists()
