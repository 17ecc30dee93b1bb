"""What a page has the browser fetch early: what its first elements are drawn with, and nothing that comes anyway."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit

from jobs.ui.server import preloads

STATIC = Path(streamlit.__file__).parent / "static"
HINT = re.compile(r'<link rel="modulepreload" fetchpriority="low" crossorigin href="\./static/js/([\w.-]+)">\n')


def parts(path: str, query: str = "") -> list[str]:
    return HINT.findall(preloads.hints(path, query).decode())


@pytest.mark.parametrize(
    ("path", "query", "wanted"),
    [
        ("/run", "run=1", {"Metric", "DataFrame"}),
        ("/below/run", "run=1&tab=Results", {"Metric", "DataFrame"}),
        ("/run/", "run=1&tab=Overview", {"ArrowVegaLiteChart", "DataFrame", "embed"}),
        ("/run", "tab=Timeline", {"ArrowVegaLiteChart", "embed"}),
        ("/runs", "", {"DataFrame"}),
    ],
)
def test_a_page_fetches_what_it_draws_with(path: str, query: str, wanted: set[str]) -> None:
    assert wanted <= {name.partition(".")[0] for name in parts(path, query)}


def test_a_table_fetches_nothing_that_draws_charts() -> None:
    assert "embed" not in {name.partition(".")[0] for name in parts("/run")}


def test_what_is_fetched_is_there_once_and_not_what_the_page_itself_asks_for() -> None:
    itself = (STATIC / "index.html").read_text("utf-8")

    found = parts("/run", "tab=Overview")

    assert len(found) == len(set(found))
    assert [name for name in found if name in itself or not (STATIC / "static" / "js" / name).is_file()] == []


def test_other_pages_fetch_nothing_more() -> None:
    assert (parts("/"), parts("/lesson"), parts("/elsewhere/running")) == ([], [], [])


def test_another_streamlit_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preloads, "_FOLDER", tmp_path / "static" / "js")
    preloads._lines.cache_clear()

    try:
        assert preloads.hints("/run", "") == b""
    finally:
        preloads._lines.cache_clear()
