"""What docs/hosting.md gives to be copied is what the system takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command_lines import read_command
from tests.support.pages import PAGES, PROJECT

UNIT = re.search(r"```ini\n(\[Unit\].*?)```", PAGES["docs/hosting.md"], re.DOTALL)


def unit() -> str:
    assert UNIT is not None
    return UNIT[1]


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("there is no systemd-analyze here")
    here = tmp_path / "fanout-runner.service"
    python = PROJECT / ".venv/bin/python"
    text = unit().replace("/srv/fanout/.venv/bin/python", str(python if python.exists() else shutil.which("python3")))
    here.write_text(text.replace("User=fanout", "User=root"), "utf-8")

    done = subprocess.run([verify, "verify", str(here)], capture_output=True, encoding="utf-8", check=False, timeout=60)

    said = [line for line in (done.stdout + done.stderr).splitlines() if here.name in line]
    assert (done.returncode, said) == (0, [])


def test_the_commands_given_are_commands_of_this_program() -> None:
    (start,) = re.findall(r"^ExecStart=\S+/python -m jobs (.*)$", unit(), re.MULTILINE)
    (cron,) = re.findall(r"^\* \* \* \* \* .*python -m jobs (.*?) >>", PAGES["docs/hosting.md"], re.MULTILINE)

    for words in (start, cron):
        read_command(shlex.split(words))
