"""The main content of a page as a file: Markdown, behind a head that says where it is from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jobs import Artifact

NAME = "page.md"
TOLD = ("title", "author", "published", "modified", "site_name", "language", "description")
"""Columns that stand in the head, where the page has them."""


def content_file(url: str, markdown: str, page: Mapping[str, Any]) -> Artifact | None:
    """The file of a page at `url`; None where it has no main content. The head is YAML whose values are JSON."""
    if not markdown:
        return None
    return Artifact(NAME, "".join([*_head({"url": url, **{name: page.get(name) for name in TOLD}}), markdown, "\n"]))


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    yield "---\n"
    yield from (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items() if value)
    yield "---\n\n"
