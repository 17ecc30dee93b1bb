"""The names of the sample site: hosts that end in `.sample`; and where its port stands."""

from __future__ import annotations

from urllib.parse import urlsplit

PORT_FILE = "sample.port"
"""The file in JOBS_HOME that holds the port of the site, as long as it listens."""


def needs_sample(cell: str) -> bool:
    """Whether a cell is a URL of the sample site: its host ends in `.sample`."""
    if ".sample" not in cell.lower():
        return False
    text = cell.strip()
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return False
    return host.rstrip(".").endswith(".sample")
