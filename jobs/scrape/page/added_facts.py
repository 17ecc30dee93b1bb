"""The columns of a page for those who ask: each is read where it is wanted, and nothing otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page.facts import EXCERPT_CHARS, SHORT_CHARS
from jobs.scrape.page.main_content import as_cell, find_content, find_signature
from jobs.scrape.page.page_columns import ANCHOR, CONTACTS, CONTENT, LANGUAGE, SEO, PageFacts
from jobs.scrape.page.text import clean

WHOLE_MARKDOWN = "whole_markdown"
"""No column: what the file of a page holds."""

TREE = "tree"
"""None either: what the main content was found in."""

SIGNED = ("author", "published", "site_name")


def content(page: PageViews, parts: frozenset[str]) -> dict[str, Any]:
    """The columns of the main content."""
    if CONTENT not in parts:
        return {}
    found = find_content(page)
    return {
        "main_text": as_cell(found.text),
        "markdown": as_cell(found.markdown),
        "main_images": found.images,
        WHOLE_MARKDOWN: found.markdown,
        TREE: found.root,
    }


def widened(read: Mapping[str, Any], found: dict[str, Any], page: PageViews) -> dict[str, Any]:
    """Columns that are empty although the page was searched for its main content, as far as that says more of them."""
    root, text = found.pop(TREE, None), found.get("main_text")
    empty = {name for name in (*SIGNED, "excerpt") if name in read and not read[name]}
    wider = find_signature(root, page) if root is not None and empty.intersection(SIGNED) else {}
    told = {name: clean(value, SHORT_CHARS) for name, value in wider.items() if name in empty}
    return told | ({"excerpt": clean(text, EXCERPT_CHARS)} if text and "excerpt" in empty else {})


def asked(
    page: PageViews,
    canonicals: Sequence[str],
    headers: Sequence[tuple[str, str]],
    parts: frozenset[str],
    anchor: str,
) -> dict[str, Any]:
    """The columns of contacts and for search engines, and whether the page has an anchor."""
    found: dict[str, Any] = {}
    if ANCHOR in parts:
        from jobs.scrape.page.anchor import has_anchor

        found["fragment_found"] = has_anchor(page, anchor) if anchor else None
    if CONTACTS in parts:
        from jobs.scrape.page.contacts import contacts

        found |= contacts(page)
    if SEO in parts:
        from jobs.scrape.page.seo_facts import seo

        found |= seo(page, canonicals, headers)
    return found


def language(
    page: PageViews,
    facts: PageFacts,
    found: Mapping[str, Any],
    headers: Sequence[tuple[str, str]],
    parts: frozenset[str],
) -> dict[str, Any]:
    """The columns of the language: that of the page, a header or what is for sharing; else of the main text."""
    if LANGUAGE not in parts:
        return {}
    from jobs.scrape.page.language import language_of

    said = next((value for name, value in headers if name.lower() == "content-language"), None)
    code, source = language_of(facts["lang"] or said or facts["og_locale"], found.get("main_text") or page.text)
    return {"language": code, "language_source": source}


def with_shared_image(added: Mapping[str, Any], facts: PageFacts) -> dict[str, Any]:
    """The same columns, with the image for sharing before those of the main content."""
    if "main_images" not in added:
        return dict(added)
    shared = [facts["og_image"]] if facts["og_image"] else []
    return {**added, "main_images": list(dict.fromkeys([*shared, *added["main_images"]]))}
