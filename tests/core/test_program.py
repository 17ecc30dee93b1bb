"""How this program was called, told from the first word of the process."""

import pytest

from jobs.runtime.core.program import _called


@pytest.mark.parametrize("first", ["/home/me/.local/bin/fanout", "fanout", "C:/Tools/fanout.exe", "Scripts/FANOUT.EXE"])
@pytest.mark.parametrize("installed", [True, False])
def test_a_program_called_fanout_is_named_so(first: str, installed: bool) -> None:
    assert _called(first, installed=installed) == "fanout"


@pytest.mark.parametrize("first", ["-m", "/site-packages/jobs/__main__.py", "jobs/__main__.py"])
@pytest.mark.parametrize("installed", [True, False])
def test_a_module_is_named_as_one(first: str, installed: bool) -> None:
    assert _called(first, installed=installed) == "python -m jobs"


@pytest.mark.parametrize("first", ["", "-c", "/venv/bin/streamlit", "/venv/lib/streamlit/__main__.py"])
def test_what_nobody_called_is_named_as_it_was_installed(first: str) -> None:
    assert _called(first, installed=True) == "fanout"
    assert _called(first, installed=False) == "python -m jobs"
