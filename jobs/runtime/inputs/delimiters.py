"""Which sign parts the cells of a text: the one that makes its lines agree, and cuts no address or number apart."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

DELIMITERS = ("\x1f", "\x01", "\t", ";", "|", ",", "^", "~")
"""In the order that decides between equals: a tab is hardly ever text, a comma often is."""

BELOW_HEADINGS = "^~"
"""Signs that count only where they part headings, and every line below into as many cells."""

TIED_LINES = 200
"""So many lines decide between delimiters that do equally well."""

_HEADING = re.compile(r"[^\W\d][\w .#%()?-]{0,60}")
_COMMENT = re.compile(r"\s*#\s")
_SPOKEN = re.compile(r"\s+[^\W\d]")
_NAME = re.compile("[a-z_]+")
_GROUP = re.compile("[0-9]{3}")
_COMMA = re.compile("[+-]?[0-9]+,[0-9]+")
_FURTHER = re.compile(r"^[\w.\-\[\]]+=|%[0-9A-Fa-f]{2}|\.(?:html?|php|aspx?|jsp)(?:[?#]|$)")
"""How an address goes on behind a delimiter within it."""

_MAP = re.compile(r"[@=/]-?[0-9]{1,3}\.[0-9]{1,20}$")
_IN_PATH = re.compile(r"https?://[^\s/?#,;|]+[/?#]\S*$", re.IGNORECASE)
_DEGREES = re.compile(r"-?[0-9]{1,3}\.[0-9]")


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What parts the cells of a line (empty: nothing does), and whether spaces behind it are none of the cell."""

    delimiter: str
    spaced: bool = False


def best_delimiter(sample: list[str], looks_like: Callable[[str], bool]) -> str:
    """The delimiter under which most lines have the same number of cells, two or more; empty: there is one column.
    Between equals the one whose cells are whole in their quotes, then the one that leaves most items whole."""
    texts = [line for line in sample if not _COMMENT.match(line)] or sample
    whole = [sign for sign in ",;" if looks_like("two words") and looks_like("example") and _is_text(texts, sign)]
    whole += "," if looks_like("1,5") and not looks_like("example") and _has_decimals(texts, looks_like) else ""
    shares = {delimiter: 0.0 if delimiter in whole else _agreement(texts, delimiter) for delimiter in DELIMITERS}
    best = max(shares.values())
    tied = [delimiter for delimiter in DELIMITERS if shares[delimiter] == best]
    if best < 0.5:
        return ""
    return (
        max(tied, key=lambda delimiter: _wholeness(sample[:TIED_LINES], delimiter, looks_like)) if tied[1:] else tied[0]
    )


def _is_text(sample: list[str], delimiter: str) -> bool:
    """Whether the lines are texts with one such sign each, as in `Hello, world`, which are whole: a letter and not a
    number follows behind a space, and no heading; or a heading without it stands above them."""
    rows = [[cell.rstrip("\r\n") for cell in row] for row in _lenient(sample, delimiter) if any(row)]
    if not rows or any('"' in line for line in sample):
        return False
    below = rows[1:] if len(rows[0]) == 1 else rows
    parted = [row for row in below if len(row) == 2]
    if len(parted) < 0.5 * len(below) or len(parted) < sum(len(row) > 1 for row in below) or not parted:
        return False
    if len(rows[0]) == 1:
        return True
    spoken = sum(bool(_SPOKEN.match(row[1])) for row in parted)
    return spoken >= 0.9 * len(parted) and not all(_NAME.fullmatch(cell.strip()) for cell in rows[0])


def _has_decimals(sample: list[str], looks_like: Callable[[str], bool]) -> bool:
    """Whether each line is a number whose decimals a comma parts, some of them for certain or below one heading. One
    that could have thousands is refused where it is read: to cut all at their commas would be no better."""
    lines = [line.strip() for line in sample if line.strip()]
    headed = not looks_like(lines[0]) and "," not in lines[0]
    below = {*lines[headed:]}
    numbers = set(filter(looks_like, below))
    return bool(numbers or (headed and below)) and all(map(_COMMA.fullmatch, below - numbers))


def has_spaced_quotes(sample: list[str], delimiter: str) -> bool:
    """Whether quoted cells stand behind a space, as in `a, "b, c"`: a cell that begins with one is written `" b"`."""
    if not delimiter.strip():
        return False
    sign = re.escape(delimiter)
    spaced = re.compile(rf'{sign} +"(?!")[^"]*(?:""[^"]*)*"\s*(?:{sign}|$)')
    return any(spaced.search(line) for line in sample if '"' in line)


def _wholeness(sample: list[str], delimiter: str, looks_like: Callable[[str], bool]) -> tuple[int, int]:
    """How many cells are whole in their quotes, and how many lines have a cell that is an item."""
    sign = re.escape(delimiter)
    quoted = re.findall(rf'(?:^|{sign})"[^"]*(?:""[^"]*)*"(?={sign}|\s*$)', "".join(sample), re.MULTILINE)
    return len(quoted), sum(any(map(looks_like, cells)) for cells in _lenient(sample, delimiter))


def _agreement(sample: list[str], delimiter: str) -> float:
    """The share of filled lines that have the commonest number of cells, two or more; at least a half, and a quarter
    more, where the first line reads like several headings. 0 where there is one cell a line, or where many lines after
    the first such one lack the delimiter: a list of addresses with a comma here and there."""
    rows = [row for row in _lenient(sample, delimiter) if len(row) > 1 or any(row)]
    widths = [len(row) for row in rows]
    if max(widths, default=1) == 1 or (delimiter == "," and _thousands(rows)) or _cuts_addresses(rows, delimiter):
        return 0.0
    width, lines = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0]))
    start = next(place for place, cells in enumerate(widths) if cells > 1)
    bare = widths[start:].count(1)
    if delimiter in BELOW_HEADINGS and not (lines == len(widths) and _stands_above(rows)):
        return 0.0
    share = lines / len(widths) if width > 1 and bare <= 0.2 * (len(widths) - start) else 0.0
    return max(share, 0.5) + 0.25 if _reads_like_headings(rows[0]) else share


def _reads_like_headings(cells: list[str]) -> bool:
    return 1 < len(cells) == len(set(cells)) and all(_HEADING.fullmatch(cell) for cell in cells)


def _stands_above(rows: list[list[str]]) -> bool:
    """Whether the first line reads like headings, and where there are but two, some other line does not: `jo~home` and
    `al~work` are names."""
    below = rows[1:]
    return (
        _reads_like_headings(rows[0])
        and bool(below)
        and (len(rows[0]) > 2 or not all(map(_reads_like_headings, below)))
    )


def _thousands(rows: list[list[str]]) -> bool:
    """Whether the commas only part thousands (`5,000`): some group begins with 0, as no number of a list does."""
    parted = [row for row in rows if len(row) > 1]
    grouped = all(re.fullmatch("[+-]?[0-9]{1,3}", row[0]) and all(map(_GROUP.fullmatch, row[1:])) for row in parted)
    return grouped and any(cell.startswith("0") for row in parted for cell in row[1:])


def _cuts_addresses(rows: list[list[str]], delimiter: str) -> bool:
    """Whether a delimiter only cuts addresses apart: within their parameters (`https://a.org/x;id=1`), before the name
    of a file, between the degrees of a map; or in paths, below a single heading or in the one line that has it. Never
    where it parts headings, and nearly every line below into as many cells."""
    if _reads_like_headings(rows[0]) and sum(len(row) == len(rows[0]) for row in rows) >= 0.9 * len(rows):
        return False
    parted = [row for row in rows if len(row) > 1]
    cut = [row for row in parted if row[0].lower().startswith("http")]
    if cut == parted and len(rows[0]) == 1 and (len(parted) == 1 or _HEADING.fullmatch(rows[0][0])):
        return all(map(_IN_PATH.match, map(delimiter.join, parted)))
    return 2 * sum(map(_goes_on, cut)) > len(parted)


def _goes_on(row: list[str]) -> bool:
    return any(map(_is_further, row[1:])) or bool(_MAP.search(row[0]) and _DEGREES.match(row[1]))


def _is_further(cell: str) -> bool:
    return not re.search(r'[\s"]', cell) and bool(_FURTHER.search(cell))


def _lenient(sample: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(sample, delimiter=delimiter)
    except csv.Error:
        return
