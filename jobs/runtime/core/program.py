"""This program: how it was called, and whether it runs from a checkout or was installed."""

from __future__ import annotations

import sys
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[1] / "share"
"""Where an installed Fanout has what lies beside `jobs/` in a checkout: samples, the page, its configuration."""

INSTALLED = SHIPPED.is_dir()
PROJECT = SHIPPED if INSTALLED else Path(__file__).resolve().parents[3]
"""The folder of samples, page and configuration: that which holds `jobs/`, or of an installed Fanout a copy."""

COMMAND, MODULE = "fanout", "python -m jobs"


def _called(first: str, *, installed: bool) -> str:
    """How a person calls this program again, by the first word of this process: the workers and a page that Streamlit
    serves were called by nobody."""
    path = Path(first)
    if path.stem.lower() == COMMAND:
        return COMMAND
    if first == "-m" or (path.name, path.parent.name) == ("__main__.py", "jobs"):  # -m: while Python looks for `jobs`
        return MODULE
    return COMMAND if installed else MODULE


NAME = _called(sys.argv[0] if sys.argv else "", installed=INSTALLED)
"""`fanout` or `python -m jobs`: what messages and help say."""
