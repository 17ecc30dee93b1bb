"""The columns of a scraped page, by what they speak of, and the presets that choose among them."""

from __future__ import annotations

import difflib
import functools
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from jobs import Artifact
from jobs.scrape.page.page_columns import (
    CONTENT,
    LANGUAGE,
    Anchors,
    Contacts,
    MainContent,
    PageFacts,
    SeoFacts,
    parts_of,
)
from jobs.web import urls

Preset = Literal["everything", "facts", "text", "status", "content", "contacts", "seo"]
Reader = Literal["fast", "beautifulsoup"]


class Exchanged(TypedDict, total=False):
    """What the server answered."""

    status: Annotated[int | None, Field(description="HTTP status of the last answer")]
    final_url: Annotated[
        str | None, Field(description="the URL that answered in the end", json_schema_extra={"role": "address"})
    ]
    redirects: Annotated[int | None, Field(description="how many redirects led there")]
    redirect_chain: Annotated[str | None, Field(description="each redirect as status and URL, joined by arrows")]
    content_type: Annotated[str | None, Field(description="Content-Type as the server gives it")]
    bytes: Annotated[
        int, Field(description="size of the body, decompressed; where it was not read whole, as announced")
    ]
    last_modified: Annotated[str | None, Field(description="Last-Modified as the server gives it")]
    etag: Annotated[str | None, Field(description="ETag as the server gives it")]
    ip: Annotated[str | None, Field(description="the address that answered")]
    fetch_notes: Annotated[str | None, Field(description="what was done beside the ordinary, in words")]


class PhaseColumns(TypedDict, total=False):
    """Where the time went, in seconds, redirects included, waiting for its turn not."""

    dns_seconds: Annotated[float | None, Field(description="looking up names")]
    connect_seconds: Annotated[float | None, Field(description="connecting")]
    tls_seconds: Annotated[float | None, Field(description="agreeing on encryption")]
    first_byte_seconds: Annotated[float | None, Field(description="from the question to the first line of the answer")]
    download_seconds: Annotated[float | None, Field(description="reading and decompressing the body")]
    parse_seconds: Annotated[float | None, Field(description="decoding and reading the page")]
    total_seconds: Annotated[float | None, Field(description="all of these, and what lies between")]


class Saved(TypedDict, total=False):
    """The page itself, where pages are kept, its main content, where that is, and PDFs, where they are read."""

    page_warc: Annotated[
        Artifact | None,
        Field(description="the page as a WARC record", json_schema_extra={"joined": ".warc.gz"}),
    ]
    pdf_pages: Annotated[int | None, Field(description="the pages of a PDF")]
    pdf_text: Annotated[str | None, Field(description="the text of a PDF, up to 100,000 characters")]
    page_md: Annotated[
        Artifact | None,
        Field(description="the main content as a Markdown file", json_schema_extra={"joined": ".content.jsonl"}),
    ]


class Page(Exchanged, PageFacts, MainContent, Contacts, SeoFacts, Anchors, PhaseColumns, Saved, total=False):
    """All columns but the user's own fields."""


OF_PDF = ("pdf_pages", "pdf_text")
"""Those of them that a run has where it reads PDFs."""

SAVED: Mapping[str, Any] = typing.get_type_hints(Saved, include_extras=True)
"""The columns that a run has beside those of its preset where pages are kept."""


_ADDED = frozenset(
    {*MainContent.__annotations__, *Contacts.__annotations__, *SeoFacts.__annotations__, *Anchors.__annotations__}
)
"""Columns of the page that take time of their own, or packages: for those who ask."""

_DECODED = ("encoding", "encoding_source", "reading_notes")
_CONTENT = ("title", "description", "author", "site_name", "published", "modified", "words", "excerpt")
_CONTACTS = ("title", "description", "lang", "site_name")
_SEO = (
    *("title", "description", "canonical", "robots_meta", "lang", "h1", "h1_count", "structured_types", "words"),
    *("text_hash", "links_internal", "links_external", "images", "images_without_alt", "indexable", "indexable_reason"),
)
_TEXT = ("text_chars", "words", "text_hash", "excerpt")

LEFT_OUT: Mapping[Preset, frozenset[str]] = {
    "everything": _ADDED,
    "facts": _ADDED | (frozenset(_TEXT) - {"words"}),
    "text": _ADDED | (frozenset(PageFacts.__annotations__) - {*_DECODED, *_TEXT, "title", "lang", "h1"}),
    "status": _ADDED | {*PageFacts.__annotations__, "parse_seconds"},
    "content": (_ADDED | frozenset(PageFacts.__annotations__)) - {*_DECODED, *_CONTENT, *MainContent.__annotations__},
    "contacts": (_ADDED | frozenset(PageFacts.__annotations__)) - {*_DECODED, *_CONTACTS, *Contacts.__annotations__},
    "seo": (_ADDED | frozenset(PageFacts.__annotations__)) - {*_DECODED, *_SEO, *SeoFacts.__annotations__},
}
"""Which columns each preset does without."""


HEADER = "header:"
"""Before the name of a header of the answer, whose value is a column."""

HEADERS: Mapping[Preset, tuple[str, ...]] = {
    "seo": (
        *("cache-control", "age", "vary", "x-robots-tag", "strict-transport-security", "content-security-policy"),
        *("x-content-type-options", "x-frame-options", "referrer-policy"),
    )
}
"""The headers that are columns of a preset."""

_PARTING = re.compile(r"[\s,;]+")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class ChosenColumns:
    """The columns that a run asked for, in order: names to annotations."""

    hints: Mapping[str, Any]

    @functools.cached_property
    def headers(self) -> tuple[str, ...]:
        """The headers of the answer that are columns."""
        return tuple(name.removeprefix(HEADER) for name in self.hints if name.startswith(HEADER))

    @functools.cached_property
    def of_page(self) -> bool:
        """Whether any needs the page itself: the others an answer to HEAD has too."""
        return any(name in _OF_PAGE for name in self.hints)

    @functools.cached_property
    def parts(self) -> frozenset[str]:
        """The parts of a page that they need."""
        return parts_of(self.hints)


@functools.lru_cache(maxsize=64)
def read_columns(text: str) -> ChosenColumns:
    """The columns that a text names: presets, columns and headers, parted by commas or white space. Alone, `status` is
    the preset; beside others, the column.

    Raises ValueError with a sentence that names the nearest name.
    """
    words = [word for word in _PARTING.split(text.strip().lower()) if word] or ["everything"]
    if len(words) == 1 and words[0] in LEFT_OUT:
        return ChosenColumns(hints=of_preset(words[0]))
    hints: dict[str, Any] = {}
    for word in words:
        hints.update(_named(word))
    return ChosenColumns(hints=hints)


def check_columns(text: str) -> str:
    """The same text, if it names columns, and what they need is here. Raises ValueError."""
    if {CONTENT, LANGUAGE} & read_columns(text).parts:
        check_content()
    return text


def key_of(url: str, params: Mapping[str, Any]) -> str:
    """The item's URL in the one form by which duplicates are found; with its anchor where that is looked for."""
    anchored = "fragment_found" in read_columns(str(params.get("columns", ""))).hints
    return f"{urls.key(url)}#{urls.anchor(url)}" if anchored else urls.key(url)


def check_fields(text: str) -> str:
    """Refuse a wrong field before the run, with its line and place."""
    if text.strip():
        from jobs.scrape.fields.field_lines import read_fields  # 200 ms: only where there are fields

        read_fields(text)
    return text


def check_pdf(wanted: bool) -> bool:
    """Refuse PDFs before the run where they cannot be read."""
    if wanted:
        from jobs.scrape.pdf import check_installed  # only where there may be some

        check_installed()
    return wanted


def check_save_content(wanted: bool) -> bool:
    """Refuse the main content before the run where it cannot be read."""
    if wanted:
        check_content()
    return wanted


def columns_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a run: those it asks for, the files where pages are kept, the user's own fields."""
    text, kept = str(params.get("fields") or ""), bool(params.get("save_content"))
    asked = read_columns(str(params.get("columns", "everything")))
    chosen = dict(asked.hints)
    if params.get("save_pages") and (asked.of_page or kept or text.strip()):
        chosen["page_warc"] = SAVED["page_warc"]
    if kept:
        chosen["page_md"] = SAVED["page_md"]
    if params.get("pdf"):
        chosen |= {name: SAVED[name] for name in OF_PDF}
    if not text.strip():
        return chosen
    from jobs.scrape.fields.field_lines import read_fields  # 200 ms: only where there are fields

    return {**chosen, **{field.column: field.annotation for field in read_fields(text)}}


def check_content() -> None:
    """Raise ValueError, with what to install, where the main content of pages cannot be read."""
    from jobs.scrape.page.main_content import check_installed  # lxml: only where it is wanted

    check_installed()


def _named(word: str) -> Mapping[str, Any]:
    known = _every_column()
    if word in known:
        return {word: known[word]}
    if word in LEFT_OUT:
        return of_preset(word)
    if word.startswith(HEADER) and _HEADER_NAME.fullmatch(word.removeprefix(HEADER)):
        return _header_column(word.removeprefix(HEADER))
    raise ValueError(_nearest(word, known))


def _header_column(name: str) -> Mapping[str, Any]:
    what = f"the header {name} of the last answer"
    return {f"{HEADER}{name}": Annotated[str | None, Field(description=what)]}


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    shown = f'"{word[:60]}" is no column'
    if word in SAVED:
        comes = {"page_warc": "save_pages", "page_md": "save_content"}
        return f"{shown} to ask for: it comes with {comes.get(word, 'pdf')}"
    begun, colon, name = word.partition(":")
    if colon and _HEADER_NAME.fullmatch(name) and difflib.get_close_matches(begun, ["header"]):
        return f"{shown}: {HEADER}{name} is the nearest name"
    near = difflib.get_close_matches(word, [*LEFT_OUT, *known], n=1, cutoff=0.5)
    if near:
        return f"{shown}: {near[0]} is the nearest name"
    return f"{shown}: give {', '.join(LEFT_OUT)}, names of columns (as title), or header:NAME (as header:server)"


@functools.cache
def of_preset(preset: Preset) -> Mapping[str, Any]:
    """The columns of a preset, in order: names to annotations."""
    chosen = {name: hint for name, hint in _every_column().items() if name not in LEFT_OUT[preset]}
    for header in HEADERS.get(preset, ()):
        chosen |= _header_column(header)
    return chosen


@functools.cache
def _every_column() -> Mapping[str, Any]:
    parts = (Exchanged, PageFacts, MainContent, Contacts, SeoFacts, Anchors, PhaseColumns)
    hints = [typing.get_type_hints(part, include_extras=True) for part in parts]
    return {name: hint for part in hints for name, hint in part.items()}


_OF_PAGE = LEFT_OUT["status"]
