"""Text to cells: the delimiter that makes the lines agree, quotes as RFC 4180 has them, and errors with their line."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from jobs.runtime.errors import BadInput
from jobs.runtime.records import count
from jobs.runtime.tables.charsets import MAX_LINE_BYTES, Charset, charset_of, lines_of
from jobs.runtime.tables.grid import MAX_FIELD, SAMPLE_LINES, Grid, Line
from jobs.runtime.tables.sources import Source

DELIMITERS = ("\t", ";", "|", ",")
"""In the order that decides between equals: a tab is hardly ever text, a comma often is."""

NO_DELIMITER = "\U0010ffff"
"""What csv is told where there is one column: a code that is no character."""

SAMPLE_CHARACTERS = 2**20

MAX_MENDED = 100_000
"""Lines with stray quotes that are remembered for the report."""

_SEP = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)
_HEADING = re.compile(r"[^\W\d][\w .#%()?-]{0,60}")
_GROUP = re.compile("[0-9]{3}")
_PARAMETER = re.compile(r"[\w.\-\[\]]+=[^\s\"]*|[^\s\"]*%[0-9A-Fa-f]{2}[^\s\"]*")
_UNSTORABLE = str.maketrans({0: "\ufffd"})

csv.field_size_limit(MAX_FIELD)


def delimited_grid(source: Source) -> Grid:
    """The cells of a text file. Raises BadInput for a line that is too long; reading the lines raises it for a quote
    that is not closed and for a cell beyond MAX_FIELD, with the number of the line."""
    charset = charset_of(source)
    if charset.long_line:
        raise BadInput(
            f"{source.name}, line {charset.long_line:,}: more than {MAX_LINE_BYTES:,} bytes without a line end: "
            "this is no table of items"
        )
    declared, sample = _sample(source, charset)
    delimiter = declared or best_delimiter(sample)
    first = 2 if declared else 1

    mended: set[int] = set()

    def texts() -> Iterator[str]:
        return _clean(lines_of(source, charset), charset)

    def lines() -> Iterator[Line]:
        rows = itertools.islice(texts(), first - 1, None)
        return cells_of(rows, delimiter, name=source.name, first=first, mended=mended)

    notes = charset.notes
    if charset.nuls:
        notes += (f"{count(charset.nuls, 'NUL character')} replaced by U+FFFD",)
    return Grid(
        name=source.name,
        lines=lines,
        most_lines=charset.lines,
        encoding=charset.name,
        delimiter=delimiter,
        notes=notes,
        mended=mended,
        texts=texts,
    )


def best_delimiter(sample: list[str]) -> str:
    """The delimiter under which most lines have the same number of cells, two or more; empty: there is one column."""
    ranked = sorted(
        ((_agreement(sample, delimiter), -place, delimiter) for place, delimiter in enumerate(DELIMITERS)),
        reverse=True,
    )
    agreement, _, delimiter = ranked[0]
    return delimiter if agreement >= 0.5 else ""


def cells_of(
    texts: Iterator[str], delimiter: str, *, name: str, first: int = 1, mended: set[int] | None = None
) -> Iterator[Line]:
    """Lines of text as numbered lines of cells, from number `first`; `mended` gathers the numbers of those with stray
    quotes. Raises BadInput with the number of the line."""
    remember = _Last(texts)
    reader = csv.reader(remember, delimiter=delimiter or NO_DELIMITER, strict=True)
    number = first
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = _mend(error, remember.text, delimiter, name, number, reader.line_num + first)
            if mended is not None and len(mended) < MAX_MENDED:
                mended.add(number)
        yield number, row
        number = reader.line_num + first


class _Escaped(csv.excel):
    doublequote = False
    escapechar = "\\"


class _Last:
    """An iterator that remembers the line it gave last."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._next, self.text = texts.__next__, ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.text = text = self._next()
        return text


def _mend(error: csv.Error, text: str, delimiter: str, name: str, number: int, following: int) -> list[str]:
    """A line with a stray quote, read without quotes' meaning; what cannot be mended is refused with its line."""
    spans = following - number > 1
    if "field larger" in str(error) and not spans:
        raise BadInput(f"{name}, line {number:,}: a cell has more than {MAX_FIELD:,} characters") from None
    if spans or "unexpected end" in str(error):
        raise BadInput(
            f"{name}, line {number:,}: a quote is opened and not closed where its cell ends: close it, or double "
            "it where it is text"
        ) from None
    if '\\"' in text:  # quotes as other languages escape them
        with contextlib.suppress(csv.Error):
            return next(csv.reader([text], _Escaped, delimiter=delimiter or NO_DELIMITER, strict=True), [])
    if delimiter in ("\t", ""):  # files of tabs or of one column often mean nothing by their quotes
        return next(csv.reader([text], delimiter=delimiter or NO_DELIMITER, quoting=csv.QUOTE_NONE), [])
    return next(csv.reader([text], delimiter=delimiter), [])


def _clean(texts: Iterator[str], charset: Charset) -> Iterator[str]:
    if charset.nuls or charset.codec.startswith("utf-16") or charset.codec.startswith("utf-32"):
        return (text.translate(_UNSTORABLE) if "\x00" in text else text for text in texts)
    return texts


def _sample(source: Source, charset: Charset) -> tuple[str, list[str]]:
    """The delimiter that an Excel `sep=` line declares, and the first lines after it."""
    sample = _first_texts(_clean(lines_of(source, charset), charset))
    declared = _SEP.fullmatch(sample[0]) if sample else None
    return (declared[1], sample[1:]) if declared else ("", sample)


def _first_texts(texts: Iterator[str]) -> list[str]:
    sample, size = [], 0
    for text in itertools.islice(texts, SAMPLE_LINES):
        sample.append(text)
        size += len(text)
        if size >= SAMPLE_CHARACTERS:
            break
    return sample


def _agreement(sample: list[str], delimiter: str) -> float:
    """The share of filled lines that have the commonest number of cells, two or more; at least a half where the first
    line reads like several headings. 0 where there is one cell a line, or where many lines after the first such one
    lack the delimiter: a list of addresses with a comma here and there."""
    rows = [row for row in _lenient(sample, delimiter) if len(row) > 1 or any(row)]
    widths = [len(row) for row in rows]
    if max(widths, default=1) == 1 or (delimiter == "," and _thousands(rows)) or _part_queries(rows):
        return 0.0
    width, lines = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0]))
    start = next(place for place, cells in enumerate(widths) if cells > 1)
    bare = widths[start:].count(1)
    share = lines / len(widths) if width > 1 and bare <= 0.2 * (len(widths) - start) else 0.0
    return max(share, 0.5) if _reads_like_headings(rows[0]) else share


def _reads_like_headings(cells: list[str]) -> bool:
    return 1 < len(cells) == len(set(cells)) and all(_HEADING.fullmatch(cell) for cell in cells)


def _thousands(rows: list[list[str]]) -> bool:
    """Whether the commas only part thousands (`5,000`): some group begins with 0, as no number of a list does."""
    parted = [row for row in rows if len(row) > 1]
    grouped = all(re.fullmatch("[+-]?[0-9]{1,3}", row[0]) and all(map(_GROUP.fullmatch, row[1:])) for row in parted)
    return grouped and any(cell.startswith("0") for row in parted for cell in row[1:])


def _part_queries(rows: list[list[str]]) -> bool:
    """Whether a delimiter only cuts addresses apart within their parameters: `https://a.org/x;id=1`."""
    parted = [row for row in rows if len(row) > 1]
    cut = sum(row[0].lower().startswith("http") and bool(_PARAMETER.fullmatch(row[1])) for row in parted)
    return 2 * cut > len(parted)


def _lenient(sample: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(sample, delimiter=delimiter)
    except csv.Error:
        return
