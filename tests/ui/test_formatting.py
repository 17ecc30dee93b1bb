"""How the pages say things."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.core.records import AUTO, Pool
from jobs.runtime.core.text import visible
from jobs.ui.shared import formatting
from tests.support.machine import unstored


def test_a_moment_of_another_day_has_its_date() -> None:
    at = datetime(2026, 3, 5, 14, 3, 5, tzinfo=UTC).timestamp()

    assert formatting.moment(at, at + 60, UTC) == "14:03:05"
    assert formatting.moment(at, at + 86_400, UTC) == "5 Mar 14:03"
    assert formatting.moment(at, at + 400 * 86_400, UTC) == "5 Mar 2026 14:03"


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_a_literal_says_what_it_was_given(text: str) -> None:
    line = " ".join(visible(text).split())

    shown = _without_escapes(formatting.literal(text).replace(formatting.JOINER, ""))

    assert shown == line


def _without_escapes(markdown: str) -> str:
    """What CommonMark shows of a text in which each ASCII punctuation mark is escaped."""
    characters = iter(markdown)
    return "".join(next(characters) if character == "\\" else character for character in characters)


@pytest.mark.parametrize("found", ["https://", "http://", "www.", ":material", ":smile:", "a@b", "->", "--"])
def test_a_literal_holds_nothing_that_is_recognised_in_the_finished_text(found: str) -> None:
    shown = _without_escapes(formatting.literal(f"before {found} www.after.example"))

    assert found not in shown


def test_a_literal_is_one_line_and_cut() -> None:
    assert formatting.literal("a\nb\tc" + "d" * 400).count("\n") == 0
    assert len(formatting.literal("d" * 400)) == 300


@pytest.mark.parametrize("text", ["\u202egnp.exe", "a\u2067b\u202dc", "\u200fleft"])
def test_a_text_set_apart_does_not_turn_what_follows(text: str) -> None:
    shown = formatting.apart(text, 80)

    assert not set(shown) & set("\u200f\u202a\u202b\u202d\u202e\u2066\u2067")


def test_a_text_from_right_to_left_is_set_apart_and_any_other_stays_as_it_is() -> None:
    assert formatting.apart("مرحبا", 80) == f"{formatting.ISOLATE}مرحبا{formatting.POP_ISOLATE}"
    assert formatting.apart("plain\ntext 🎉", 80) == "plain text 🎉"
    assert len(formatting.apart("x" * 500, 80)) == 80


def test_the_slots_of_a_pool_that_found_its_own_size_are_those_when_it_was_largest() -> None:
    auto = Pool(processes=AUTO, threads=AUTO)
    run = replace(unstored(), pool=auto, peak=Pool(processes=1, threads=96), item_seconds=520.0)

    assert formatting.concurrency(run, run.submitted_at + 10) == "52.0 of up to 96"
    assert formatting.concurrency(replace(run, peak=None), run.submitted_at + 10) == "52.0"
    assert run.pool_words == "auto (up to 1 process × 96 threads)"
