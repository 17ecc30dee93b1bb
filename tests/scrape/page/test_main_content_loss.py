"""Beside trafilatura's own extraction of the same bytes, no word of the main text is lost or added."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import trafilatura

from jobs.scrape.columns import read_columns
from jobs.scrape.page import reader

SENTENCES = {
    "en": "After three years the bridge across the river was opened again for everybody on Tuesday morning.",
    "de": "Nach drei Jahren ist die Brücke über den Fluss am Dienstag wieder für alle geöffnet worden.",
    "fr": "Après trois années de travaux, le pont sur la rivière a été rouvert à tous mardi matin.",
    "ru": "Спустя три года мост через реку во вторник утром снова открыли для всех жителей города.",
    "el": "Ύστερα από τρία χρόνια η γέφυρα του ποταμού άνοιξε ξανά για όλους την Τρίτη το πρωί.",
}
LAYOUTS = {
    "article": "<nav><a href=/>Home</a></nav><article><h1>{0}</h1>{1}</article><footer>Imprint</footer>",
    "divs": "<div class=menu><a href=/>Home</a></div><div class=content>{1}</div><div class=footer>Imprint</div>",
    "table": "<table><tr><td><a href=/>Home</a></td><td><h2>{0}</h2>{1}</td></tr></table>",
    "list": "<main><h1>{0}</h1>{1}<ul><li>{0}</li><li>{0} <b>bold</b></li></ul></main><aside>Related</aside>",
}


def words(text: str | None) -> Counter[str]:
    return Counter(re.findall(r"\w+", text or ""))


def token_f1(found: str | None, wanted: str | None) -> float:
    ours, theirs = words(found), words(wanted)
    return 2 * (ours & theirs).total() / max(1, ours.total() + theirs.total())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", SENTENCES)
def test_the_main_text_has_the_words_that_trafilatura_finds(language: str, layout: str) -> None:
    said = SENTENCES[language]
    paragraphs = "".join(f"<p>{said} {said} <a href=/x>{said}</a> {number}</p>" for number in range(6))
    page = f"<html><head><title>t</title></head><body>{LAYOUTS[layout].format(said, paragraphs)}</body></html>"
    alone = trafilatura.extract(
        page.encode(), include_comments=False, include_formatting=True, include_links=True, include_images=True
    )

    row = reader.read(page.encode(), "text/html", "https://example.org/", parts=read_columns("content").parts)

    assert words(alone).total() > 100
    assert token_f1(str(row["main_text"]), re.sub(r"\]\([^)]*\)", "]", alone or "")) == 1
