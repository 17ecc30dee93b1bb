"""The addresses of the pages, and the answer at any other: there Streamlit shows its first page, or a blank one."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from starlette.responses import HTMLResponse, RedirectResponse, Response

RUN = "run"

PAGES: Mapping[str, str] = {
    "new": "New run",
    "runs": "Runs",
    "schedules": "Schedules",
    "compare": "Compare",
    "lesson": "How it works",
    RUN: "Run",
}
"""The pages' titles by their addresses; the first is shown at the server's own address, too."""

STREAMLIT = frozenset({"_stcore", "static", "media", "component", "app", "auth", "oauth2callback"})
"""The first parts of the addresses of Streamlit's own files."""

_RUN = re.compile(r"run/([0-9a-f]{4,64})")

_MISSING = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>No such page · Fanout</title><style>:root {{ color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif;
color: light-dark(#101418, #edebe8); background: light-dark(#ffffff, #030304) }}
a {{ color: light-dark(#244fb4, #85b8f8) }}
main {{ max-width: 40rem; margin: 4rem auto; padding: 0 1rem; overflow-wrap: anywhere }}</style></head><body><main>
<h1>There is no page here</h1>
<p>{path} is no address of Fanout. A run is at <code>/run?run=</code> and its id.</p>
<p>{links}</p></main></body></html>
"""


def elsewhere(path: str, accept: str) -> Response | None:
    """The answer to a person's browser at an address that is no page: a run's page for `/run/ID`, else a sentence with
    the way to the pages. None: it is a page, or a program asks for something else."""
    asked = path.strip("/")
    first = asked.partition("/")[0]
    if "text/html" not in accept or first in STREAMLIT or asked in ("", *PAGES) or (asked == first and "." in first):
        return None
    up = "../" * (path.count("/") - 1)
    run = _RUN.fullmatch(asked)
    if run:
        return RedirectResponse(f"{up}run?run={run[1]}", status_code=307)
    links = " · ".join(f'<a href="{up or "./"}{page}">{title}</a>' for page, title in PAGES.items() if page != RUN)
    return HTMLResponse(_MISSING.format(path=html.escape(path[:200]), links=links), status_code=404)
