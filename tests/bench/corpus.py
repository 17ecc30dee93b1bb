"""A corpus of realistic pages, the same for the same seed: `python -m tests.bench.corpus FOLDER --pages 120`.

The pages have what makes real ones slow or odd to read: inline scripts and styles, JSON-LD, wide tables, navigation of
hundreds of links, entities, long attributes (srcset, data-*, inline SVG), comments, tags left open, several languages.
Sizes spread around a mean of 150 KB as real pages do: many small, a few large.
"""

from __future__ import annotations

import argparse
import html
import json
import random
from collections.abc import Iterator
from pathlib import Path

MEAN_BYTES = 150_000
"""What the sizes average to, within a few per cent over 120 pages."""

_WORDS = {
    "en": "the of market report river garden people energy station quarter simple machine weather history travel "
    "music teacher window result letter between country kitchen measure support village price autumn open",
    "de": "der Straße über Wörter Gärten Bücher schön größer Häuser Zeitung Bahnhof und mit für Preise Bericht Menge",
    "fr": "le été où garçon déjà forêt hôtel élève naïf cœur français prix région économie marché théâtre à la",
    "ru": "и дом река город новости цена погода история музыка учитель окно письмо страна деревня рынок отчёт",
    "ja": "東京 駅 市場 報告 天気 歴史 音楽 先生 手紙 値段 秋の 村は ニュース カメラ です ます から まで",
    "el": "και σπίτι πόλη νέα τιμή καιρός ιστορία μουσική δάσκαλος παράθυρο γράμμα χώρα χωριό αγορά",
}
_ENTITIES = ("&nbsp;", "&amp;", "&mdash;", "&eacute;", "&#8217;", "&quot;", "&hellip;", "&copy;", "&#x2014;", "&lt;")


def pages(count: int = 120, *, seed: int = 20, mean: int = MEAN_BYTES) -> Iterator[bytes]:
    """`count` pages as UTF-8, of `mean` bytes on average. The same arguments always give the same pages."""
    chance = random.Random(seed)
    shares = [chance.lognormvariate(0, 0.7) for _ in range(count)]
    factor = mean * count / sum(shares)
    for number, share in enumerate(shares):
        yield page(random.Random(f"{seed}/{number}"), number, int(share * factor))


def page(chance: random.Random, number: int, size: int) -> bytes:
    """One page of about `size` bytes (never under some 8,000)."""
    lang = chance.choice(("en", "en", "en", "de", "fr", "ru", "ja", "el"))
    words = _WORDS[lang].split()
    parts = [_head(chance, words, lang, number), _script(chance, size // 5), _navigation(chance, words)]
    blocks = (_paragraph, _paragraph, _paragraph, _table, _cards, _listing, _svg, _comment, _form, _small_script)
    written = sum(len(part.encode()) for part in parts)
    while written < size:
        part = chance.choice(blocks)(chance, words)
        parts.append(part)
        written += len(part.encode())
    parts.append(f"<footer><p>&copy; {_text(chance, words, 12)}</footer>\n</body>\n</html>\n")
    return "".join(parts).encode()


def _text(chance: random.Random, words: list[str], count: int) -> str:
    chosen = chance.choices(words, k=count)
    for _ in range(count // 14):
        place = chance.randrange(count)
        chosen[place] += chance.choice(_ENTITIES)
    return " ".join(chosen)


def _head(chance: random.Random, words: list[str], lang: str, number: int) -> str:
    title = _text(chance, words, 7)
    site = f"https://www.site{number % 40}.example"
    structured = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "headline": title,
                "datePublished": f"2025-{number % 12 + 1:02}-17T08:00:00+00:00",
            },
            {"@type": ["BreadcrumbList", "ItemList"], "itemListElement": [{"@type": "ListItem", "position": 1}] * 9},
        ],
    }
    styles = "".join(f".c{i}{{margin:{i}px;color:#{chance.randrange(1 << 24):06x}}}" for i in range(300))
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}" class="no-js">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title} | Site {number}</title>\n"
        f'<meta name="description" content="{_text(chance, words, 24)}">\n'
        f'<link rel="canonical" href="{site}/page/{number}">\n<meta name="robots" content="index, follow">\n'
        f'<meta property="og:title" content="{title}"><meta property="og:image" content="/img/{number}.jpg">\n'
        f'<link rel="stylesheet" href="/s.css?v={chance.random()}">\n<style>{styles}</style>\n'
        f'<script type="application/ld+json">{json.dumps(structured)}</script>\n</head>\n<body class="page">\n'
    )


def _script(chance: random.Random, size: int) -> str:
    line = 'function f%d(a,b){if(a<b&&b>0){return "<div class=\\"x\\">"+a+"</div>";}var o={k:%f,s:[%s]};return o;}\n'
    lines: list[str] = []
    while sum(map(len, lines)) < size:
        numbers = ",".join(str(chance.randrange(10**6)) for _ in range(40))
        lines.append(line % (chance.randrange(10**6), chance.random(), numbers))
    return f"<script>\n{''.join(lines)}</script>\n"


def _small_script(chance: random.Random, words: list[str]) -> str:
    state = {word: chance.random() for word in chance.choices(words, k=60)}
    return (
        f"<script>window.__state={json.dumps(state)};for(var i=0;i<9;i++){{document.write('<b>'+i+'</b>')}}</script>\n"
    )


def _navigation(chance: random.Random, words: list[str]) -> str:
    links = "".join(
        f'<li class="menu-item menu-item-{i} level-{i % 3}"><a href="/{i}/{chance.randrange(9999)}" '
        f'data-track=\'{{"id":{i},"place":"header"}}\'>{_text(chance, words, 2)}</a></li>\n'
        for i in range(chance.randrange(40, 160))
    )
    return f'<header><nav aria-label="main"><ul>\n{links}</ul></nav></header>\n<h1>{_text(chance, words, 6)}</h1>\n'


def _paragraph(chance: random.Random, words: list[str]) -> str:
    link = f'<a href="https://other{chance.randrange(50)}.example/x?a=1&amp;b=2">{_text(chance, words, 3)}</a>'
    close = chance.choice(("</p>", "</p>", ""))
    first, second = _text(chance, words, chance.randrange(20, 120)), _text(chance, words, chance.randrange(5, 60))
    return f'<p class="body-text c{chance.randrange(300)}">{first} {link}, <em>{second}</em>.<br>{second}{close}\n'


def _table(chance: random.Random, words: list[str]) -> str:
    columns = chance.randrange(3, 9)
    rows = "".join(
        "<tr>" + "".join(f'<td class="n">{chance.randrange(10**5):,}</td>' for _ in range(columns)) + "</tr>"
        for _ in range(chance.randrange(8, 60))
    )
    heads = "".join(f"<th scope=col>{_text(chance, words, 1)}" for _ in range(columns))
    return (
        f"<table><caption>{_text(chance, words, 4)}</caption><thead><tr>{heads}</thead><tbody>{rows}</tbody></table>\n"
    )


def _cards(chance: random.Random, words: list[str]) -> str:
    cards = []
    for i in range(chance.randrange(4, 12)):
        srcset = ", ".join(f"/img/{i}-{w}.webp?sig={chance.getrandbits(128):x} {w}w" for w in (320, 640, 960, 1280))
        alt = chance.choice((f' alt="{_text(chance, words, 3)}"', ' alt=""', ""))
        tracked = html.escape(json.dumps({"id": i, "tags": chance.choices(words, k=12)}), quote=True)
        cards.append(
            f'<article class="card" data-state="{tracked}">'
            f'<img loading="lazy" src="/img/{i}.jpg" srcset="{srcset}"{alt}>'
            f'<h3><a href="item/{i}">{_text(chance, words, 5)}</a></h3>'
            f'<span class="price">{i * 7}.99&nbsp;€</span></article>\n'
        )
    return f'<section class="cards">{"".join(cards)}</section>\n'


def _listing(chance: random.Random, words: list[str]) -> str:
    items = "".join(f"<li>{_text(chance, words, chance.randrange(2, 18))}\n" for _ in range(chance.randrange(5, 40)))
    return f"<h2 id=s{chance.randrange(10**6)}>{_text(chance, words, 4)}</h2>\n<ul>{items}</ul>\n"


def _svg(chance: random.Random, words: list[str]) -> str:
    path = " ".join(f"L{chance.random() * 100:.2f},{chance.random() * 100:.2f}" for _ in range(150))
    return f'<svg viewBox="0 0 100 100" role="img"><path d="M0,0 {path}Z"/></svg><span>{words[0]}</span>\n'


def _comment(chance: random.Random, words: list[str]) -> str:
    return f"<!-- {' '.join(chance.choices(words, k=30))} > <b>not text</b> -->\n"


def _form(chance: random.Random, words: list[str]) -> str:
    options = "".join(f"<option value={i}>{_text(chance, words, 2)}" for i in range(chance.randrange(5, 60)))
    return (
        f"<form action=/search><select name=s>{options}</select><textarea>{_text(chance, words, 9)}</textarea>"
        f'<input type="hidden" name="token" value="{chance.getrandbits(512):x}"><button>{words[1]}</button></form>\n'
    )


def main() -> None:
    """Write the corpus to a folder: 0000.html, 0001.html …"""
    reader = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    reader.add_argument("folder", type=Path)
    reader.add_argument("--pages", type=int, default=120)
    reader.add_argument("--seed", type=int, default=20)
    asked = reader.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for number, body in enumerate(pages(asked.pages, seed=asked.seed)):
        (asked.folder / f"{number:04}.html").write_bytes(body)
        total += len(body)
    print(f"{asked.pages} pages, mean {total // max(1, asked.pages):,} bytes, in {asked.folder}")


if __name__ == "__main__":
    main()
