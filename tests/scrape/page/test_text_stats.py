"""Counting a text as bytes gives what its plain definition, in words and characters, gives."""

from __future__ import annotations

import hashlib
import re
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.scrape.page.text_stats import LETTERS_A_WORD, MARK, SHORT, Counts, count

WHITE = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
IDEOGRAPHS = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
SIGNS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

EDGES = [chr(code + step) for code in (0x3005, 0x3007, 0x3040, 0x30FF, 0x4E00, 0x9FFF, 0xF900) for step in (-1, 0, 1)]
EDGES += [chr(code + step) for code in (0xFAFF, 0xE00, 0xEFF, 0x1000, 0x109F, 0x1780, 0x17FF) for step in (-1, 0, 1)]
EDGES += [chr(code) for code in (0x1FFFF, 0x20000, 0x3FFFF, 0x40000, 0x1F600, 0xA0, 0x9F, 0xA1, 0x7FF, 0x800, 0x10FFFF)]

TEXTS = st.text(
    st.one_of(
        st.sampled_from(["a", "b", "é", "—", "’", MARK, MARK, " "]),
        st.sampled_from(WHITE),
        st.sampled_from(EDGES),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


def plainly(marked: str) -> Counts:
    """The definition: marks are borders of words, and no part of the text."""
    folded = " ".join(marked.replace(MARK, "").split())
    spaced = marked.replace(MARK, " ")
    ideographs, signs = len(IDEOGRAPHS.findall(spaced)), len(SIGNS.findall(spaced))
    rest = SIGNS.sub(" ", IDEOGRAPHS.sub(" ", spaced))
    return Counts(
        chars=len(folded),
        words=len(rest.split()) + ideographs + -(-signs // LETTERS_A_WORD),
        digest=hashlib.blake2b(folded.encode(), digest_size=8).hexdigest() if folded else None,
    )


@given(TEXTS)
@example("")
@example(MARK)
@example(f" {MARK}\u3000 ")
@example(f"a{MARK}b")
@example(f"a {MARK} b")
@example("\u3000a\u2028\u00a0b\x85")
@example("漢")
@example("\U00020000")
@example("ก" * 9)
@settings(max_examples=1_000, deadline=None)
def test_a_text_is_counted_as_defined(marked: str) -> None:
    long = marked * (SHORT // max(1, len(marked.encode())) + 1)

    assert count(marked.encode()) == plainly(marked)
    assert count(long.encode()) == plainly(long)


@pytest.mark.parametrize("space", WHITE, ids=ascii)
@pytest.mark.parametrize("times", [1, SHORT], ids=["short", "long"])
def test_all_white_space_is_one_blank(space: str, times: int) -> None:
    assert count(f"{space}one{space}{space}two{space}".encode() * times) == count(
        " ".join(["one two"] * times).encode()
    )


def test_a_mark_ends_a_word_and_is_no_character() -> None:
    apart, together = count(f"one{MARK}two".encode()), count(b"onetwo")

    assert (apart.words, together.words) == (2, 1)
    assert (apart.chars, apart.digest) == (together.chars, together.digest)


def test_texts_that_differ_have_other_digests() -> None:
    assert len({count(text).digest for text in (b"a b", b"ab", b"a", b"b a", b"A b")}) == 5
