"""How an exception is told."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from jobs import ItemError, TryLater
from jobs.runtime.worker.attempt import failure


class OwnError(Exception):
    """An exception of a job's."""


class Gone(str, enum.Enum):  # noqa: UP042 (many write it so)
    GONE = "gone"


class Plain(enum.Enum):
    GONE = "gone"


class Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not to be said")


class Shy(Exception):
    @property
    def __notes__(self) -> list[str]:
        raise RuntimeError("not to be said")


def noted(error: BaseException, *notes: Any) -> BaseException:
    error.__notes__ = list(notes)
    return error


def group(*members: Exception, message: str = "several") -> ExceptionGroup[Exception]:
    return ExceptionGroup(message, list(members))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "ValueError"),
        (KeyError("a"), "KeyError: 'a'"),
        (OwnError("x"), f"{__name__}.OwnError: x"),
        (
            BaseExceptionGroup("b", [KeyboardInterrupt(), SystemExit(2)]),
            "KeyboardInterrupt; SystemExit: 2",
        ),
        (noted(ValueError("no"), "while reading", "in row 3"), "ValueError: no\nwhile reading\nin row 3"),
        (noted(ValueError("no"), 5), "ValueError: no\n5"),
        (noted(ValueError("no"), Silent(), "after"), "ValueError: no\n(a note that cannot be said: Silent)\nafter"),
        (Shy("no"), f"{__name__}.Shy: no"),
        (noted(Silent(), "on the way"), "Silent, which cannot say what it is (RuntimeError)\non the way"),
        (group(Silent(), ValueError("b")), f"{__name__}.Silent, which cannot say what it is; ValueError: b"),
        (SyntaxError("bad", ("file", 1, 1, "x", 1, 2)), "SyntaxError: bad"),
        (group(ValueError("a"), OwnError("b")), f"several (2 sub-exceptions): ValueError: a; {__name__}.OwnError: b"),
        (group(*[ValueError(str(n)) for n in range(9)]), "ValueError: 0; ValueError: 1; ValueError: 2; and 6 more"),
        (
            group(group(KeyError("deep")), message="outer"),
            "ExceptionGroup: several (1 sub-exception): KeyError: 'deep'",
        ),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (StopIteration(1), "StopIteration: 1"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), "UnicodeDecodeError: 'utf-8' codec can't decode"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_is_told_by_its_own_type_and_message(error: BaseException, told: str) -> None:
    verdict = failure(error)

    assert (verdict.kind, verdict.code) == ("failed", "bug")
    assert told in verdict.error
    assert verdict.error.startswith((type(error).__name__, __name__))


def test_an_exception_that_cannot_say_what_it_is_is_named_with_where_it_was() -> None:
    try:
        raise Silent
    except Silent as error:
        verdict = failure(error)

    assert verdict.error == "Silent, which cannot say what it is (RuntimeError)"
    assert "raise Silent" in verdict.detail


@pytest.mark.parametrize("kind", ["str", "plain"])
def test_codes_and_words_that_are_members_of_an_enum_are_told_by_value(kind: str) -> None:
    gone = Gone.GONE if kind == "str" else Plain.GONE

    for error in (ItemError(gone, gone, detail=gone), TryLater(1, gone, gone, detail=gone)):  # type: ignore[arg-type]
        verdict = failure(error)
        assert (verdict.code, verdict.error, verdict.detail) == ("gone", "gone", "gone")


def test_a_code_is_one_line_and_never_none() -> None:
    codes = [failure(ItemError(code, "m")).code for code in ("two\nlines", "", None)]  # type: ignore[arg-type]

    assert codes == ["two lines", "bug", "bug"]


@pytest.mark.parametrize("notes", ["text", 5, None])
def test_notes_that_are_none_harm_nothing(notes: Any) -> None:
    error = ValueError("no")
    error.__notes__ = notes

    assert failure(error).error == "ValueError: no"


@pytest.mark.parametrize("error", [ItemError("gone", "it is gone"), TryLater(1, "gone", "it is gone")])
def test_a_foreseen_failure_has_its_notes_too(error: BaseException) -> None:
    error.add_note("after three tries")

    verdict = failure(error)

    assert (verdict.code, verdict.error) == ("gone", "it is gone\nafter three tries")
