"""README, CONTRIBUTING and docs/ as tests read them: sections, tables, blocks of code, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FILES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
PAGES: Mapping[str, str] = {path.relative_to(PROJECT).as_posix(): path.read_text("utf-8") for path in FILES}

_PROGRAM = re.compile(r"(?:python -m jobs|fanout) (?=\w)")
_MEANT = {"COMMAND": "list", "JOB": "factorial", "RUN": "1a2b3c4d", "…": "factorial"}
"""What stands for a word that a person puts in."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of code in a page: its language and its text."""

    page: str
    language: str
    text: str


def section(page: str, heading: str) -> str:
    """What stands below a heading, down to the next of its level or above. AssertionError: there is no such heading."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", PAGES[page], re.MULTILINE)
    assert found, f"{page} has no section {heading!r}"
    below = PAGES[page][found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The tables of a section without their heads: what the first cell names, and the other cells."""
    tables = re.findall(r"(?:^\|.*\n)+", section(page, heading), re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()[2:]]
    cells = [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def named(page: str, heading: str) -> list[str]:
    """What stands in backticks in a section."""
    return re.findall(r"`([^`\n]+)`", section(page, heading))


def blocks(page: str) -> list[Block]:
    """The blocks of code of a page, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)
    return [Block(page=page, language=language, text=text) for language, text in found]


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", PAGES[page], flags=re.MULTILINE | re.DOTALL)


def command_lines() -> dict[str, list[str]]:
    """Every command line that a page shows, in a block or within a sentence: `page: line` to its words after the
    program's name."""
    return {f"{page}: {line}": _words(line) for page in PAGES for line in _shown(page)}


def _shown(page: str) -> Iterator[str]:
    for block in blocks(page):
        if block.language == "sh":
            yield from (line for line in block.text.splitlines() if _PROGRAM.match(line))
    yield from (code for code in re.findall(r"`([^`\n]+)`", prose(page)) if _PROGRAM.match(code))


def _words(line: str) -> list[str]:
    words = shlex.split(_PROGRAM.sub("", line, count=1), comments=True)
    return [_MEANT.get(word, word) for word in words]
