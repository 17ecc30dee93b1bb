"""What a reader takes out of a page, before anything is made of it; both readers give the same."""

from __future__ import annotations

from dataclasses import dataclass, field

OPENING = frozenset(
    "address article aside blockquote body button caption dd details dialog div dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header legend li main nav optgroup option p pre section summary td textarea th "
    "title".split()
)
"""Elements whose text begins a line or a cell of its own: it is no part of the word before."""

CLOSING = frozenset(
    "address article aside blockquote br button details dialog div dl fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hr html main nav ol p pre section select summary table textarea title ul".split()
)
"""Elements whose end ends a word. (The next cell or item begins one; so only the ends of tables and lists count.)"""

RUBY = ("rt", "rp")
"""Annotations above a word: what they hold is no title, heading or date of the page."""

OTHER_TITLES = (*RUBY, "svg", "math")
"""Elements whose titles are not the page's."""

SILENT = ("script", "style", "template", *RUBY)
"""Elements whose text BeautifulSoup's soup.text leaves out."""

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

WANTED = "a abbr area article base body h1 html img link main meta script time title".split()
"""The elements that say something of the page."""


@dataclass(frozen=True, kw_only=True)
class RawFacts:
    """The raw facts of a page, in document order.

    `marked` is BeautifulSoup's soup.text, in UTF-8, with a MARK where a block begins or ends; `main` how the main text
    begins, in `<main>`, else the first `<article>`, else `<body>`. `titles` in `<noscript>` stand last. `headings` are
    of the outermost elements, whose text is that of the inner ones too. `metas` are pairs of a name (name, property,
    itemprop or http-equiv, in lower case; one for each) and a content, `refreshes` the contents of those that send on,
    outside `<noscript>`. `properties` and `item_types` are what marked elements hold. `cut` says why a part of the page
    was not read, and is empty when all was. What was not wanted is empty.
    """

    marked: bytes = b""
    main: str = ""
    titles: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    h1_count: int = 0
    metas: list[tuple[str, str]] = field(default_factory=list)
    canonicals: list[str] = field(default_factory=list)
    base: str | None = None
    lang: str | None = None
    hrefs: list[str] = field(default_factory=list)
    images: int = 0
    images_without_alt: int = 0
    structured: list[str] = field(default_factory=list)
    refreshes: list[str] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)
    item_types: list[str] = field(default_factory=list)
    cut: str = ""


META_NAMES = ("name", "property", "itemprop", "http-equiv")
"""Attributes that say what a meta tag is about; one may have several."""


def names_in(attribute: str, value: str) -> list[str]:
    """What such an attribute names, in lower case: properties are several, parted by white space."""
    lower = value.strip().lower()
    return lower.split() if attribute in ("property", "itemprop") else [lower] if lower else []
