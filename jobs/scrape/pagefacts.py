"""The columns that are read from a page, with what each means; light to import, so that a form can name them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict


class PageFacts(TypedDict):
    """What a page says of itself. A fact that the page does not give is None, never an empty text."""

    encoding: Annotated[str | None, Field(description="the encoding the page was read in")]
    encoding_source: Annotated[
        str | None, Field(description="who said so: bom, header, meta, xml, valid (UTF-8), detected or fallback")
    ]
    reading_notes: Annotated[
        str | None, Field(description="what was odd in reading the page: a charset that lies, a part that was cut")
    ]
    title: Annotated[str | None, Field(description="the first title that is not empty")]
    description: Annotated[str | None, Field(description="the meta description")]
    canonical: Annotated[str | None, Field(description="the canonical URL, resolved")]
    robots_meta: Annotated[str | None, Field(description="what the robots meta tags say")]
    lang: Annotated[str | None, Field(description="the language the page declares")]
    h1: Annotated[str | None, Field(description="the first main heading that is not empty")]
    h1_count: Annotated[int | None, Field(description="number of main headings")]
    og_title: Annotated[str | None, Field(description="the title for sharing (Open Graph)")]
    og_image: Annotated[str | None, Field(description="the image for sharing (Open Graph), resolved")]
    published: Annotated[str | None, Field(description="the date of publication, as the page writes it")]
    structured_types: Annotated[str | None, Field(description="the types of the page's JSON-LD, joined by commas")]
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
    indexable: Annotated[bool | None, Field(description="whether a search engine may list the page")]
    indexable_reason: Annotated[str | None, Field(description="why it may not")]
