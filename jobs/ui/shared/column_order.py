"""Which columns of a job people read first."""

from __future__ import annotations

from collections.abc import Iterable

TECHNICAL = frozenset(
    "etag ip last_modified content_type redirect_chain fetch_notes encoding encoding_source reading_notes open_graph "
    "sha256 canonical robots_meta".split()
)
TECHNICAL_PARTS = ("_seconds", "_hash", "og_")
"""Columns of jobs that few people read, by their names or a part of them: they come after all others."""


def is_technical(name: str) -> bool:
    """Whether few people read a column of a job."""
    return name in TECHNICAL or any(part in name for part in TECHNICAL_PARTS)


def technical_last(names: Iterable[str]) -> list[str]:
    """Names of columns as they are read: in their order, the technical ones after all others."""
    return sorted(names, key=is_technical)
