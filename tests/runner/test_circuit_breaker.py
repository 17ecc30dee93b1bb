"""When a run should ask a person whether to go on: by its newest answers."""

from __future__ import annotations

import pytest

from jobs.runtime.runner.circuit_breaker import LEAST, LOOKED_AT, CircuitBreaker


def circuit_breaker(said: str, *, accepted: bool = False) -> CircuitBreaker:
    """`x` is a refusal, `.` a good answer."""
    found = CircuitBreaker(accepted=accepted)
    for letter in said:
        found.note(refused=letter == "x")
    return found


@pytest.mark.parametrize(
    ("said", "too_many"),
    [
        ("x" * (LEAST - 1), False),
        ("x" * LEAST, True),
        ("x." * LEAST, False),
        ("x." * LEAST + "xx", True),
        ("." * 10_000 + "x" * (LOOKED_AT // 2), False),
        ("." * 10_000 + "x" * (LOOKED_AT // 2 + 1), True),
        ("x" * LEAST + "." * LEAST, False),
    ],
)
def test_more_than_half_of_the_newest_answers_are_too_many(said: str, too_many: bool) -> None:
    assert circuit_breaker(said).too_many is too_many


def test_who_has_gone_on_once_is_not_asked_again() -> None:
    found = circuit_breaker("x" * LEAST)
    found.accept()

    assert not found.too_many
    assert not circuit_breaker("x" * LEAST, accepted=True).too_many


def test_the_sentence_has_the_figures_and_the_remedy() -> None:
    sentence = circuit_breaker("x" * 40 + "." * 5).sentence

    assert "40 of the last 45 answers" in sentence
    assert "Resume" in sentence
    assert "cancel" in sentence
