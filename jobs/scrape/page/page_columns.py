"""The columns that are read from a page, with what each means; light to import, so that a form can name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict


class Introduction(TypedDict):
    """How a page was read, and what it says of itself first."""

    encoding: Annotated[str | None, Field(description="the encoding the page was read in")]
    encoding_source: Annotated[
        str | None, Field(description="who said so: bom, header, meta, xml, valid (UTF-8), detected or fallback")
    ]
    reading_notes: Annotated[
        str | None, Field(description="what was odd in reading the page: a charset that lies, a part that was cut")
    ]
    title: Annotated[str | None, Field(description="the first title that is not empty")]
    description: Annotated[str | None, Field(description="the meta description, else that for sharing")]
    canonical: Annotated[str | None, Field(description="the canonical URL, resolved")]
    robots_meta: Annotated[str | None, Field(description="what the robots meta tags say")]
    lang: Annotated[str | None, Field(description="the language the page declares")]
    h1: Annotated[str | None, Field(description="the first main heading that is not empty")]
    h1_count: Annotated[int | None, Field(description="number of main headings")]
    author: Annotated[str | None, Field(description="who wrote it: by JSON-LD, meta tags, microdata or a byline")]
    site_name: Annotated[str | None, Field(description="the name of the whole site")]


class OpenGraph(TypedDict):
    """What a page says of itself to those that share it."""

    og_title: Annotated[str | None, Field(description="the title for sharing (Open Graph)")]
    og_image: Annotated[str | None, Field(description="the image for sharing (Open Graph), resolved")]
    og_description: Annotated[str | None, Field(description="the description for sharing (Open Graph)")]
    og_type: Annotated[str | None, Field(description="what kind of thing the page is (Open Graph)")]
    og_url: Annotated[str | None, Field(description="the page's own URL for sharing (Open Graph), resolved")]
    og_site_name: Annotated[str | None, Field(description="the site's name for sharing (Open Graph)")]
    og_locale: Annotated[str | None, Field(description="the language for sharing (Open Graph)")]
    og_video: Annotated[str | None, Field(description="the video for sharing (Open Graph), resolved")]
    og_audio: Annotated[str | None, Field(description="the sound for sharing (Open Graph), resolved")]
    open_graph: Annotated[
        str | None, Field(description="every property of Open Graph that the page has (og:, article:, …), as JSON")
    ]


class PageFacts(Introduction, OpenGraph):
    """What a page says of itself. A fact that the page does not give is None, never an empty text."""

    published: Annotated[str | None, Field(description="the date of publication, as the page writes it")]
    modified: Annotated[str | None, Field(description="the date of its last change, as the page writes it")]
    structured_types: Annotated[str | None, Field(description="the types of the page's JSON-LD and microdata")]
    text_chars: Annotated[
        int | None, Field(description="characters of the text, as BeautifulSoup's soup.text, white space folded")
    ]
    words: Annotated[
        int | None,
        Field(description="words of the text; a Chinese or Japanese character is one, four Thai letters are"),
    ]
    text_hash: Annotated[str | None, Field(description="the same for two pages whose text is the same")]
    excerpt: Annotated[str | None, Field(description="how the main text begins")]
    links_internal: Annotated[int | None, Field(description="links to the same host (www. makes no difference)")]
    links_external: Annotated[int | None, Field(description="links to other hosts")]
    images: Annotated[int | None, Field(description="number of images")]
    images_without_alt: Annotated[int | None, Field(description="images without an alt attribute")]
    refresh_to: Annotated[
        str | None, Field(description="the URL that the page sends to by a refresh (tag or header), resolved")
    ]
    refresh_seconds: Annotated[int | None, Field(description="after how many seconds it does")]
    indexable: Annotated[bool | None, Field(description="whether a search engine may list the page")]
    indexable_reason: Annotated[str | None, Field(description="why it may not")]


class MainContent(TypedDict, total=False):
    """What a page is about, without what stands around it."""

    main_text: Annotated[str | None, Field(description="the main text, up to 100,000 characters")]
    markdown: Annotated[str | None, Field(description="the main content as Markdown, up to 100,000 characters")]
    main_images: Annotated[
        list[str] | None, Field(description="that for sharing, then the images of the main content, resolved")
    ]
    language: Annotated[str | None, Field(description="the language as its code, declared, else detected in the text")]
    language_source: Annotated[str | None, Field(description="who said so: declared or detected")]


class Contacts(TypedDict, total=False):
    """How those are reached whom a page is about."""

    emails: Annotated[list[str] | None, Field(description="e-mail addresses of links, structured data and the text")]
    phones: Annotated[list[str] | None, Field(description="telephone numbers of links and structured data, as written")]
    social_profiles: Annotated[list[str] | None, Field(description="profiles at social networks and the like")]
    contact_links: Annotated[list[str] | None, Field(description="links to pages of contacts")]
    imprint_links: Annotated[list[str] | None, Field(description="links to imprints and legal notices")]
    organisation: Annotated[str | None, Field(description="the name of the organisation, by structured data")]
    address: Annotated[str | None, Field(description="the postal address, by structured data")]


class SeoFacts(TypedDict, total=False):
    """What search engines look at beside the facts of every page."""

    canonical_link: Annotated[str | None, Field(description="the canonical URL that the page itself names, resolved")]
    canonical_header: Annotated[str | None, Field(description="the canonical URL that its Link header names, resolved")]
    hreflang: Annotated[list[str] | None, Field(description="the same in other languages: a code and a URL each")]
    headings: Annotated[list[str] | None, Field(description="headings of the levels 1 to 3, each behind its level")]
    images_lacking_alt: Annotated[list[str] | None, Field(description="the images without an alt attribute, resolved")]
    simhash: Annotated[
        str | None,
        Field(
            description="64 bits of the text, nearly the same for texts that are", json_schema_extra={"role": "simhash"}
        ),
    ]
    links_to: Annotated[
        list[str] | None,
        Field(
            description="where the page leads, up to 200 URLs, each once and without its fragment",
            json_schema_extra={"role": "links"},
        ),
    ]


class Anchors(TypedDict, total=False):
    """What an item's own URL asks of its page."""

    fragment_found: Annotated[
        bool | None, Field(description="whether the page has the anchor that the URL names behind its #")
    ]


TEXT, MAIN, LINKS, STRUCTURE = "text", "main", "links", "structure"
PARTS = frozenset({TEXT, MAIN, LINKS, STRUCTURE})
"""The parts of a page that cost time by themselves."""

CONTENT, LANGUAGE, CONTACTS, SEO, ANCHOR = "content", "language", "contacts", "seo", "anchor"
"""Parts that only those get who ask for them."""

PART_OF = {
    **dict.fromkeys(("text_chars", "words", "text_hash"), TEXT),
    "excerpt": MAIN,
    **dict.fromkeys(("links_internal", "links_external"), LINKS),
    **dict.fromkeys(("main_text", "markdown", "main_images"), CONTENT),
    **dict.fromkeys(Anchors.__annotations__, ANCHOR),
    **dict.fromkeys(Contacts.__annotations__, CONTACTS),
    **dict.fromkeys(SeoFacts.__annotations__, SEO),
    **dict.fromkeys(("language", "language_source"), LANGUAGE),
    **dict.fromkeys(("author", "site_name", "published", "modified", "structured_types"), STRUCTURE),
}
"""The part that a column comes from; the others come with any."""


def parts_of(columns: Iterable[str]) -> frozenset[str]:
    """The parts that these columns need."""
    parts = frozenset(PART_OF[name] for name in columns if name in PART_OF)
    return parts | {TEXT} if parts & {LANGUAGE, CONTACTS, SEO} else parts
