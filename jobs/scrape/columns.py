"""The columns of a scraped page, by what they speak of, and the presets that choose among them."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from jobs import Artifact
from jobs.scrape.pagefacts import PageFacts

Preset = Literal["everything", "facts", "text", "status"]
Reader = Literal["fast", "beautifulsoup"]


class Exchanged(TypedDict, total=False):
    """What the server answered."""

    status: Annotated[int | None, Field(description="HTTP status of the last answer")]
    final_url: Annotated[str | None, Field(description="the URL that answered in the end")]
    redirects: Annotated[int | None, Field(description="how many redirects led there")]
    redirect_chain: Annotated[str | None, Field(description="each redirect as status and URL, joined by arrows")]
    content_type: Annotated[str | None, Field(description="Content-Type as the server gives it")]
    bytes: Annotated[
        int, Field(description="size of the body, decompressed; where it was not read whole, as announced")
    ]
    last_modified: Annotated[str | None, Field(description="Last-Modified as the server gives it")]
    etag: Annotated[str | None, Field(description="ETag as the server gives it")]
    ip: Annotated[str | None, Field(description="the address that answered")]
    note: Annotated[str | None, Field(description="what was done beside the ordinary, in words")]


class Phases(TypedDict, total=False):
    """Where the time went, in seconds, redirects included, waiting for its turn not."""

    dns_seconds: Annotated[float | None, Field(description="looking up names")]
    connect_seconds: Annotated[float | None, Field(description="connecting")]
    tls_seconds: Annotated[float | None, Field(description="agreeing on encryption")]
    first_byte_seconds: Annotated[float | None, Field(description="from the question to the first line of the answer")]
    download_seconds: Annotated[float | None, Field(description="reading and decompressing the body")]
    parse_seconds: Annotated[float | None, Field(description="decoding and reading the page")]
    total_seconds: Annotated[float | None, Field(description="all of these, and what lies between")]


class Saved(TypedDict, total=False):
    """The page itself, where pages are kept."""

    page_warc: Annotated[
        Artifact | None,
        Field(description="the page as a WARC record", json_schema_extra={"joined": ".warc.gz"}),
    ]


class Page(Exchanged, PageFacts, Phases, Saved, total=False):
    """All columns but the user's own fields."""


SAVED: Mapping[str, Any] = typing.get_type_hints(Saved, include_extras=True)
"""The columns that a run has beside those of its preset where pages are kept."""


_DECODED = ("encoding", "encoding_source", "reading_notes")
_TEXT = ("text_chars", "words", "text_hash", "excerpt")

LEFT_OUT: Mapping[Preset, frozenset[str]] = {
    "everything": frozenset(),
    "facts": frozenset(_TEXT) - {"words"},
    "text": frozenset(PageFacts.__annotations__) - {*_DECODED, *_TEXT, "title", "lang", "h1"},
    "status": frozenset({*PageFacts.__annotations__, "parse_seconds"}),
}
"""Which columns each preset does without."""


@functools.cache
def of_preset(preset: Preset) -> Mapping[str, Any]:
    """The columns of a preset, in order: names to annotations."""
    parts = [typing.get_type_hints(part, include_extras=True) for part in (Exchanged, PageFacts, Phases)]
    hints = {name: hint for part in parts for name, hint in part.items()}
    return {name: hint for name, hint in hints.items() if name not in LEFT_OUT[preset]}
