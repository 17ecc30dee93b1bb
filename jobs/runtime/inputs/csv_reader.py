"""Text to cells: quotes as RFC 4180 has them, and errors with their line."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections.abc import Iterator

from jobs.runtime.core.errors import BadInput
from jobs.runtime.core.units import count
from jobs.runtime.inputs.charset import MAX_LINE_BYTES, Charset, charset_as_said, charset_of, lines_of
from jobs.runtime.inputs.delimiters import Marks, best_delimiter, has_spaced_quotes
from jobs.runtime.inputs.grid import MAX_FIELD, SAMPLE_LINES, Grid, Line
from jobs.runtime.inputs.read_options import FOUND, ReadOptions
from jobs.runtime.inputs.sources import InputSource
from jobs.runtime.job.item_kinds import Kind

NO_DELIMITER = "\U0010ffff"
"""What csv is told where there is one column: a code that is no character."""

SAMPLE_CHARACTERS = 2**20

MAX_SKIPPED = 1_000_000
"""Lines among which a sample of filled ones is looked for."""

MAX_MENDED = 100_000
"""Lines with stray quotes that are remembered for the report."""

_MARK = r"\s*(?::-+:?|-+:|-{2,})\s*"
_ESCAPED_BAR = "\U0010fffe"
"""Stands for `\\|` while the cells of Markdown are parted."""

_RULE = re.compile(rf"\|?{_MARK}(?:\|{_MARK})*\|?")
_SEP = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)
_UNSTORABLE = str.maketrans({0: "\ufffd"})

csv.field_size_limit(MAX_FIELD)


def delimited_grid(source: InputSource, *, kind: Kind, options: ReadOptions = FOUND) -> Grid:
    """The cells of a text file; `kind` decides between delimiters that do equally well, `options` over all.

    Raises BadInput for a line that is too long; reading the lines raises it for a quote that is not closed and for a
    cell beyond MAX_FIELD, with the number of the line.
    """
    codec, said = options.codec(), options.sign()
    charset = charset_as_said(source, codec) if codec else charset_of(source)
    if charset.long_line:
        raise BadInput(
            f"{source.name}, line {charset.long_line:,}: more than {MAX_LINE_BYTES:,} bytes without a line end: "
            "this is no table of items"
        )
    declared, sample = _sample(source, charset)
    delimiter = said if said is not None else declared or _bar(sample) or best_delimiter(sample, kind.looks_like)
    is_markdown = delimiter == _bar(sample) != ""
    marks = Marks(delimiter=delimiter, spaced=has_spaced_quotes(sample, delimiter))
    first = 2 if declared else 1

    mended: set[int] = set()

    def texts() -> Iterator[str]:
        return _clean(lines_of(source, charset), charset)

    def lines() -> Iterator[Line]:
        rows: Iterator[str] = itertools.islice(texts(), first - 1, None)
        if is_markdown:
            rows = (text.replace("\\|", _ESCAPED_BAR) for text in rows)
        found = cells_of(rows, marks, name=source.name, first=first, mended=mended)
        return _of_markdown(found) if is_markdown else found

    notes = charset.notes
    if charset.nuls:
        notes += (f"{count(charset.nuls, 'NUL character')} replaced by U+FFFD",)
    if marks.spaced:
        notes += ("spaces between a delimiter and its cell passed over: quotes stand behind them",)
    return Grid(
        name=source.name,
        lines=lines,
        most_lines=charset.lines,
        encoding=charset.name,
        delimiter=delimiter,
        header=options.header,
        notes=notes,
        mended=mended,
        texts=texts,
    )


def cells_of(
    texts: Iterator[str], marks: Marks, *, name: str, first: int = 1, mended: set[int] | None = None
) -> Iterator[Line]:
    """Lines of text as numbered lines of cells, from number `first`; `mended` gathers the numbers of those with stray
    quotes. Raises BadInput with the number of the line."""
    remember = _Last(texts)
    reader = csv.reader(remember, _dialect(marks), strict=True)
    number = first
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = _mend(error, remember.text, marks, name, number, reader.line_num + first)
            if mended is not None and len(mended) < MAX_MENDED:
                mended.add(number)
        yield number, row
        number = reader.line_num + first


def _bar(sample: list[str]) -> str:
    """The delimiter of a table of Markdown: below its headings stands a rule, `|---|:--:|`. Empty for any other."""
    rules = (line for line in map(str.strip, sample[1:3]) if _RULE.fullmatch(line))
    return "|" if any("|" in rule for rule in rules) and "|" in "".join(sample[:2]) else ""


def _of_markdown(lines: Iterator[Line]) -> Iterator[Line]:
    """The cells without the rule, escapes of bars, the spaces around them and the bars at the ends of a line."""
    ruled = False
    for number, cells in lines:
        if not ruled and _RULE.fullmatch("|".join(cells).strip()):
            ruled = True
        elif any(map(str.strip, cells)):
            ends = slice(not cells[0].strip(), -1 if len(cells) > 1 and not cells[-1].strip() else None)
            yield number, [cell.strip().replace(_ESCAPED_BAR, "|") for cell in cells[ends]]
        else:
            yield number, cells


class _Last:
    """An iterator that remembers the line it gave last."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._next, self.text = texts.__next__, ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.text = text = self._next()
        return text


def _mend(error: csv.Error, text: str, marks: Marks, name: str, number: int, following: int) -> list[str]:
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
            escaped = csv.reader([text], _dialect(marks), doublequote=False, escapechar="\\", strict=True)
            return next(escaped, [])
    if marks.delimiter in ("\t", ""):  # files of tabs or of one column often mean nothing by their quotes
        return next(csv.reader([text], _dialect(marks), quoting=csv.QUOTE_NONE), [])
    return next(csv.reader([text], _dialect(marks)), [])


def _dialect(marks: Marks) -> type[csv.Dialect]:
    """RFC 4180 with these marks, as csv wants to be told."""
    return type("", (csv.excel,), {"delimiter": marks.delimiter or NO_DELIMITER, "skipinitialspace": marks.spaced})


def _clean(texts: Iterator[str], charset: Charset) -> Iterator[str]:
    if charset.nuls or charset.codec.startswith("utf-16") or charset.codec.startswith("utf-32"):
        return (text.translate(_UNSTORABLE) if "\x00" in text else text for text in texts)
    return texts


def _sample(source: InputSource, charset: Charset) -> tuple[str, list[str]]:
    """The delimiter that an Excel `sep=` line declares, and the first filled lines after it."""
    texts = _clean(lines_of(source, charset), charset)
    first = next(texts, "")
    declared = _SEP.fullmatch(first)
    return (declared[1], _first_texts(texts)) if declared else ("", _first_texts(itertools.chain([first], texts)))


def _first_texts(texts: Iterator[str]) -> list[str]:
    sample, size = [], 0
    filled = (text for text in itertools.islice(texts, MAX_SKIPPED) if not text.isspace())
    for text in itertools.islice(filled, SAMPLE_LINES):
        sample.append(text)
        size += len(text)
        if size >= SAMPLE_CHARACTERS:
            break
    return sample
