"""Text as it may be shown."""

from __future__ import annotations

import json
import unicodedata

import pytest

from jobs.runtime.core.text import UNSEEN, in_one_line, json_safe, visible

BIDI = [chr(number) for number in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
CONTROLS = [chr(number) for number in (*range(32), *range(127, 160)) if chr(number) not in "\t\n"]


@pytest.mark.parametrize("character", [*CONTROLS, *BIDI, "\u2028", "\u2029"], ids=lambda one: f"{ord(one):04x}")
def test_x15_what_turns_a_text_or_steers_a_terminal_is_shown(character: str) -> None:
    shown = visible(f"a{character}b")

    assert character not in shown
    assert f"{ord(character):x}" in shown.lower()
    assert json.loads(json_safe(json.dumps({character: character}, ensure_ascii=False))) == {character: character}


def test_x15_no_character_of_those_kinds_is_forgotten() -> None:
    kinds = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    every = map(chr, range(0x110000))
    wanted = {
        one
        for one in every
        if (unicodedata.category(one) == "Cc" and one not in "\t\n") or unicodedata.bidirectional(one) in kinds
    }

    assert {one for one in wanted if UNSEEN.fullmatch(one) is None} == set()


@pytest.mark.parametrize("text", ["", "plain", "a\tb\nc", "مرحبا", "नमस्ते क्‍ष", "👩‍👩‍👧", "\u200b", "co\u00adop"])
def test_x15_every_other_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_x15_what_others_wrote_cannot_look_like_a_line_of_ours() -> None:
    assert in_one_line("x\nstate: finished\t\x1b[2K") == "x\\nstate: finished\\t\\x1b[2K"
