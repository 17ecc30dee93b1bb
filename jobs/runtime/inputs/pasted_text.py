"""Text typed or pasted, without a table: URLs with anything around them, numbers and ranges, one text a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from jobs.runtime.job.item_kinds import INVISIBLE, Kind, bare_url

Cell = tuple[int, str]
"""The number of a line (from 1) and what was found in it."""

_NUMBER = r"[+-]?[0-9]{1,1000}"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s+(step)(?:\s+([^\s,;]+))?)?(?![^\s,;])", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:[ \u00a0\u2009\u202f][0-9]{3})+)(?!,?[^\s;,])")
_WORD = re.compile(r"[^\s,;]+")
_UNSEEN = "\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_ADDRESS = re.compile(
    rf"https?://[^\s<>\"`{{}}|\\^/?#，。、；！？（）「」『』【】《》{_UNSEEN}]+(?:[/?#][^\s<>\"`{{}}|\\^{_UNSEEN}]*)?",
    re.IGNORECASE,
)
"""An address within a text. Signs of Chinese and Japanese sentences may be in a path, but in no host."""

_OPENED, _CLOSED = re.compile(r"(?:^|[^\w])'$"), re.compile(r"[^']+(?='(?!\w))")
"""An apostrophe that opens a quotation, and an address up to the one that closes it."""

_PAIRS = {
    ")": "(",
    "]": "[",
    "'": "",
    "*": "",
    "_": "",
    "）": "（",
    "」": "「",
    "』": "『",
    "】": "【",
    "〉": "〈",
    "》": "《",
}
_BRACKETS = re.compile(f"[{re.escape(''.join({*_PAIRS, *_PAIRS.values()}))}]")
_ENDS = ".,;:!?…”’»›“„‹«。、，；：！？．"
"""Signs that end a sentence or a quotation, and no address."""

_CLOSING = re.compile("[）」』】〉》。、，；：！？．]+")
"""What closes a sentence or a bracket of Chinese and Japanese behind an address."""

_LABEL = re.compile(r"(?<=[\x21-\x7e])[。、，；：！？](?=[^\x00-\x7f])")
"""Where a label begins that stands behind an address without a space: an address that has such signs itself has letters
of Chinese or Japanese before them too, as in `/你好，李焕英`."""

_SEPARATORS = _ENDS.translate({ord(sign): None for sign in ".:!?"})


def cells_of(lines: Iterable[Cell], kind: Kind) -> Iterator[Cell]:
    """What was typed in numbered lines, cell by cell, each with its line. What is not understood stays as a cell:
    nothing is dropped."""
    filled = ((number, line) for number, line in lines if line.strip())
    if reads_urls(kind):
        return ((number, cell) for number, line in filled for cell in _addresses(line, kind))
    if _reads_numbers(kind):
        return ((number, cell) for number, line in filled for cell in _numbers(line, ranges=kind.ranges))
    return ((number, line.strip()) for number, line in filled)


def reads_urls(kind: Kind) -> bool:
    """Whether items are URLs."""
    return kind.looks_like("https://example.org/") and not kind.looks_like("example")


def holds_url(text: str) -> bool:
    """Whether an http URL is somewhere in a text."""
    return bool(_ADDRESS.search(text))


def count_urls(cell: str, kind: Kind) -> int:
    """How many URLs stand in a cell; none where items are no URLs."""
    return len(_addresses(cell, kind)) if reads_urls(kind) and holds_url(cell) else 0


def has_more_than_urls(cells: Iterable[str], kind: Kind) -> bool:
    """Whether a list is one of URLs, mostly, with more in its lines than one each: a label, a mark, another URL."""
    filled = [cell for cell in cells if cell.strip()] if reads_urls(kind) else []
    held = [cell for cell in filled if holds_url(cell)]
    more = any(_addresses(cell, kind) not in ([cell.strip()], [bare_url(cell)]) for cell in held)
    return more and 2 * len(held) > len(filled)


def _reads_numbers(kind: Kind) -> bool:
    return kind.looks_like("12") and not kind.looks_like("example")


def _numbers(line: str, *, ranges: bool) -> Iterable[str]:
    """Numbers between white space, commas or semicolons, and ranges; `5,000` is one cell, which is no whole number."""
    place = 0
    while place < len(line):
        span = _RANGE.match(line, place) if ranges else None
        counted = _counted(span) if span else None
        if span:
            yield from map(str, counted) if counted is not None else [span[0]]
            place = span.end()
            continue
        token = _thousands(line, place) or _WORD.match(line, place)
        if token:
            yield token[0]
        place = token.end() if token else place + 1


def _thousands(line: str, place: int) -> re.Match[str] | None:
    """A number with commas or spaces between its thousands, where a list is out of the question: a group begins with
    0, as no number of a list does."""
    token = _THOUSANDS.match(line, place)
    return token if token and re.search(r"[^0-9+-]0", token[0]) else None


def _counted(span: re.Match[str]) -> range | None:
    """The numbers of a range, its end included; None for one that holds none."""
    first, last, step = int(span[1]), int(span[2]), _step(span)
    if step == 0:
        return None
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return numbers if numbers else None


def _step(span: re.Match[str]) -> int:
    """What a range counts on by; 0: by nothing that can be counted on."""
    if not span[3]:
        return 1
    return int(span[4]) if span[4] and re.fullmatch(_NUMBER, span[4]) else 0


def _addresses(line: str, kind: Kind) -> list[str]:
    """The URLs in a line, and the hosts beside them where it holds nothing else; else the words in it that could be
    hosts; else the line as it is."""
    whole = _unescaped(line.strip().strip(INVISIBLE).strip())
    found = [_without_ends(address) for part in _parts(whole) for address in _apart(part)]
    listed = [_without_ends(word) for word in re.split(r"[\s|]+", whole) if word]
    if 0 < len(found) < len(listed) and all(map(kind.looks_like, listed)):
        return listed
    if found:
        alone = not re.search(r"\s", whole) and len(found) == 1 and whole.lower().startswith("http")
        if alone and _CLOSING.match(whole.removeprefix(found[0])):
            return found
        return [whole.rstrip(_SEPARATORS)] if alone and "<" not in whole and '"' not in whole else found
    words = [word.strip("<>()[]\"'`") for word in re.split(r"[\s,;|]+", whole)]
    hosts = [word.rstrip(".") for word in words if word and kind.looks_like(word.rstrip("."))]
    return hosts or [whole]


def _parts(text: str) -> Iterator[str]:
    """What reads like an address within a text; one that stands behind an apostrophe as a quote ends with the next."""
    place = 0
    while found := _ADDRESS.search(text, place):
        closed = (
            _CLOSED.match(text, found.start(), found.end())
            if _OPENED.search(text[max(0, found.start() - 2) : found.start()])
            else None
        )
        yield closed[0] if closed else found[0]
        place = closed.end() if closed else found.end()


def _unescaped(line: str) -> str:
    """A line without the escapes of HTML and of JSON, where it is a piece of such."""
    if re.search(r"""(href|src)\s*=\s*["']""", line, re.IGNORECASE):
        line = line.replace("&amp;", "&")
    return line.replace(r"\/", "/") if r":\/\/" in line else line


def _apart(part: str) -> list[str]:
    """Addresses that only a comma or a semicolon keeps apart, or brackets, as in `[![text](image)](page)`."""
    return re.split(r"(?:[,;，；、。]{1,9}|[\])]{1,9}\()(?=https?://)", part, flags=re.IGNORECASE)


def _without_ends(address: str) -> str:
    """An address without the punctuation of the sentence around it; a bracket stays where its partner is inside."""
    address = _LABEL.split(_until_closed(address), maxsplit=1)[0]
    end, signs = len(address), Counter(_BRACKETS.findall(address))
    while end:
        last = address[end - 1]
        partner = _PAIRS.get(last, "")
        if last not in _ENDS and (last not in _PAIRS or (partner and signs[partner] >= signs[last])):
            break
        signs[last] -= 1
        end -= 1
    return address[:end]


def _until_closed(address: str) -> str:
    """An address up to a full-width bracket that closes what was opened before it: `（https://a.org）和` goes on."""
    signs: Counter[str] = Counter()
    for found in _BRACKETS.finditer(address):
        sign = found[0]
        if sign > "\xff" and sign in _PAIRS and signs[_PAIRS[sign]] <= signs[sign]:
            return address[: found.start()]
        signs[sign] += 1
    return address
