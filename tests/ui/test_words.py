"""How the pages say things."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ui import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.0099, "9.9 ms"),
        (0.42, "420 ms"),
        (0.9996, "1.0 s"),
        (4.21, "4.2 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (192, "3 min 12 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_seconds_read_like_a_person_says_them(value: float | None, said: str) -> None:
    assert words.seconds(value) == said


def test_a_share_below_a_tenth_keeps_a_decimal() -> None:
    assert [words.percent(share) for share in (None, 0.0, 0.041, 0.23, 1.49)] == ["–", "0 %", "4.1 %", "23 %", "149 %"]


def test_a_moment_of_another_day_has_its_date() -> None:
    at = datetime(2026, 3, 5, 14, 3, 5, tzinfo=UTC).timestamp()

    assert words.moment(at, at + 60, UTC) == "14:03:05"
    assert words.moment(at, at + 86_400, UTC) == "5 Mar 14:03"
    assert words.moment(at, at + 400 * 86_400, UTC) == "5 Mar 2026 14:03"


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_a_literal_says_what_it_was_given(text: str) -> None:
    line = " ".join(text.split())

    shown = _without_escapes(words.literal(text).replace(words.JOINER, ""))

    assert shown == line


def _without_escapes(markdown: str) -> str:
    """What CommonMark shows of a text in which each ASCII punctuation mark is escaped."""
    characters = iter(markdown)
    return "".join(next(characters) if character == "\\" else character for character in characters)


@pytest.mark.parametrize("found", ["https://", "http://", "www.", ":material", ":smile:", "a@b", "->", "--"])
def test_a_literal_holds_nothing_that_is_recognised_in_the_finished_text(found: str) -> None:
    shown = _without_escapes(words.literal(f"before {found} www.after.example"))

    assert found not in shown


def test_a_literal_is_one_line_and_cut() -> None:
    assert words.literal("a\nb\tc" + "d" * 400).count("\n") == 0
    assert len(words.literal("d" * 400)) == 300


@pytest.mark.parametrize("text", ["\u202egnp.exe", "a\u2067b\u202dc", "\u200fleft"])
def test_a_text_set_apart_does_not_turn_what_follows(text: str) -> None:
    shown = words.apart(text, 80)

    assert not set(shown) & set("\u200f\u202a\u202b\u202d\u202e\u2066\u2067")


def test_a_text_from_right_to_left_is_set_apart_and_any_other_stays_as_it_is() -> None:
    assert words.apart("مرحبا", 80) == f"{words.ISOLATE}مرحبا{words.POP_ISOLATE}"
    assert words.apart("plain\ntext 🎉", 80) == "plain text 🎉"
    assert len(words.apart("x" * 500, 80)) == 80
