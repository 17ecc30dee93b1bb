"""Which parts of Streamlit's program a page will draw with, so that the browser fetches them while the page opens.

By itself it asks for what draws tables, or charts, when the first of them comes: after the server has answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

import streamlit

_FOLDER = Path(streamlit.__file__).parent / "static" / "static" / "js"
_PLACE = "./static/js/"
_IMPORTED = re.compile(r"""(?:from|import)["'`]\./([\w.-]+\.js)["'`]""")
"""A module that another begins with; those that come later, if at all, stand in brackets."""

TABLE, CHART = ("Metric", "DataFrame"), ("Metric", "ArrowVegaLiteChart", "DataFrame")
"""Parts by the elements that they draw, as Streamlit names their files before a hash of what is in them."""


def hints(path: str, query: str) -> bytes:
    """Lines for the HTML page at this address; none for a page that has neither."""
    name = path.rstrip("/").rpartition("/")[2]
    if name == "run":
        return _lines(CHART if parse_qs(query).get("tab", [""])[-1] in ("Overview", "Timeline") else TABLE)
    return _lines(TABLE) if name == "runs" else b""


@cache
def _lines(parts: tuple[str, ...]) -> bytes:
    """What tells the browser to fetch the files of these parts and to get them ready, without running them."""
    known = _at_once()
    found = {
        name: None for part in parts for file in _FOLDER.glob(f"{part}.*.js") for name in _with_begun(file.name, known)
    }
    return "".join(
        f'<link rel="modulepreload" fetchpriority="low" crossorigin href="{_PLACE}{name}">\n' for name in found
    ).encode()


def _with_begun(name: str, known: set[str]) -> Iterator[str]:
    """A file and all that it begins with, each once and none that is known; then these are."""
    file = _FOLDER / name
    if name not in known and file.is_file():
        known.add(name)
        yield name
        for other in _IMPORTED.findall(file.read_text("utf-8")):
            yield from _with_begun(other, known)


def _at_once() -> set[str]:
    """The files that Streamlit's own page has the browser fetch."""
    page = _FOLDER.parents[1] / "index.html"
    return set(re.findall(r"/static/js/([\w.-]+\.js)", page.read_text("utf-8"))) if page.is_file() else set()
