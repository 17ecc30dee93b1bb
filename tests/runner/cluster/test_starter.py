"""What an agent leaves on its machine."""

from __future__ import annotations

import ast
import json
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from jobs.runtime.runner.cluster import boot, starter
from tests.support.machine import until


def test_an_agent_whose_starter_was_killed_removes_its_folder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        agent = {"address": listener.getsockname(), "token": "t", "tls": None}
        given = json.dumps({"boot": Path(boot.__file__).read_text(), "agent": agent})
        text = f"import json\nfrom jobs.runtime.runner.cluster import starter\nstarter.run(json.loads({given!r}))"
        with subprocess.Popen([sys.executable, "-c", text], env={"TMPDIR": str(tmp_path)}) as started:
            sock, _ = listener.accept()
            with sock:
                until(lambda: b"token" in sock.recv(1_000))
                assert list(tmp_path.glob(f"{starter.PREFIX}*"))
                started.kill()

                until(lambda: not list(tmp_path.iterdir()), 30)


def test_the_folder_of_an_agent_goes_while_its_worker_ends_and_writes_there(tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    folder.mkdir()
    for number in range(2_000):  # to go through these takes longer than to write another
        (folder / f"old-{number}").touch()
    writing = (
        "import itertools, sys, time\nuntil = time.monotonic() + 0.5\nprint(flush=True)\n"
        "for number in itertools.count():\n"
        "    open(f'{sys.argv[1]}/{number}', 'w').close()\n"
        "    if time.monotonic() > until: break\n"
    )
    with subprocess.Popen([sys.executable, "-c", writing, str(folder)], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        until((folder / "0").exists)
        starter.remove(folder)
        worker.wait()

    assert not folder.exists()


@pytest.mark.parametrize("sent", [boot, starter])
def test_what_is_sent_as_text_can_be_read_by_a_python_that_is_too_old_for_all_else(sent: ModuleType) -> None:
    text = Path(sent.__file__ or "").read_text()

    ast.parse(text, feature_version=(3, 7))
    assert "from __future__ import annotations\n" in text  # `dict | None` means nothing to it
