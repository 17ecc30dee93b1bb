"""Agents of this machine that find no JOBS_HOME here, as those of other machines: their files travel."""

from __future__ import annotations

from pathlib import Path

TEXT = """import sys, tempfile
if any("The first words of an agent" in word for word in sys.orig_argv):
    make = tempfile.mkdtemp
    def elsewhere(*args, **options):
        if options.get("prefix") == "agent-":
            raise FileNotFoundError
        return make(*args, **options)
    tempfile.mkdtemp = elsewhere
"""


def python_path(folder: Path) -> str:
    """What PYTHONPATH must be for that."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TEXT)
    return str(folder)
