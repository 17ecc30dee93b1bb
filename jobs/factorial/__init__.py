"""Compute factorials with all their digits.

Whole numbers from 0 up. Every digit goes to a file; the row says how many there are, shows both ends, and has the
whole value where it is short. GMP (through gmpy2) multiplies and converts; where that takes less time, decimal numbers
are multiplied instead (`squares`; `lengths` counts digits beforehand, `radix` converts). The engine "python" is the
classic way, `math.factorial` and `str`, for comparison: at 80,000 it takes more than a hundred times as long, and a
million takes hours.

Memory: at most 16 MiB and 4 bytes a digit (the peak was 3.2 to 3.9 for 5 to 66 million digits), so that the limit of
100,000,000 digits needs 416 MB; what would not fit in a worker is refused before it is computed. Squares are for
workers that may take more (`ROOM`).
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from jobs import Artifact, Files, ItemError, Sample, job, progress, setting
from jobs.factorial.lengths import count_digits
from jobs.factorial.radix import gmp_digits, python_digits

SHOWN_DIGITS = 20
WHOLE_DIGITS = 1_000
LONG_DIGITS = 1_000_000
"""From so many digits on an item takes long enough (0.1 s) to say how far it is."""

SQUARED = range(20_000, 205_023)
"""These are computed by squares: the first that are faster so, to 205,022! with its 1,000,000 digits."""

BASE_BYTES, BYTES_PER_DIGIT = 16 * 2**20, 4
ROOM = 256 * 2**20
"""Squares load numpy (43 MiB) and need 11 bytes a digit: they are for workers that may allocate so much."""


class Factorial(TypedDict):
    """The columns."""

    n: Annotated[int, Field(description="the number")]
    digits: Annotated[int, Field(description="how many decimal digits n! has")]
    trailing_zeros: Annotated[int, Field(description="how many zeros it ends with")]
    first_digits: Annotated[str, Field(description="its first 20 digits")]
    last_digits: Annotated[str, Field(description="its last 20 digits")]
    value: Annotated[str | None, Field(description="n! itself, where it has at most 1,000 digits")]
    digits_file: Annotated[Artifact, Field(description="a text file of all its digits")]
    sha256: Annotated[str, Field(description="SHA-256 of those digits, as sha256sum gives it for the file")]
    compute_seconds: Annotated[float, Field(description="seconds it took to multiply")]
    text_seconds: Annotated[float, Field(description="seconds it took to turn the number into decimal digits")]


def check(n: int, params: Mapping[str, Any]) -> str | None:  # noqa: ARG001  (a hook is given the params)
    """Why n! is not computed: more digits than JOBS_MAX_DIGITS, or than a worker's memory holds; None: it can be."""
    digits = count_digits(n)
    most, memory = setting("JOBS_MAX_DIGITS"), setting("JOBS_WORKER_MEMORY")
    if digits > most:
        return f"{_name(n)} has {_figure(digits)} digits, more than the limit of {most:,} (JOBS_MAX_DIGITS)"
    if memory and BASE_BYTES + BYTES_PER_DIGIT * digits > memory:
        need = math.ceil((BASE_BYTES + BYTES_PER_DIGIT * digits) / 2**20)
        return (
            f"{_name(n)} has {_figure(digits)} digits and needs {need:,} MiB of memory, "
            f"more than the {memory // 2**20:,} MiB of a worker (JOBS_WORKER_MEMORY)"
        )
    return None


def cost(n: int, params: Mapping[str, Any]) -> float:
    """About how many seconds n! takes (of a machine as usual in 2025); meant for putting the largest first."""
    base = float(min(n, 10**15))
    digits = base * math.log10(base + 2)
    return digits**2 * 1e-11 if params.get("engine") == "python" else digits**1.15 * 1e-8


def load() -> None:
    """Load what multiplies before the first item, whose seconds it would count as otherwise."""
    import gmpy2  # noqa: F401

    if _has_room():
        _load_squares()


@job(
    bound="cpu",
    check=check,
    cost=cost,
    ready=load,
    sample=Sample(file="numbers.csv", words="--item 5000 --item 80000"),
    files=Files(verb="digits"),
    size="digits",
)
def factorial(
    n: Annotated[int, Field(ge=0, description="a whole number from 0 up")],
    *,
    engine: Annotated[
        Literal["gmp", "python"],
        Field(description="gmp is the fast way; python is the classic one (math.factorial and str), to compare"),
    ] = "gmp",
) -> Factorial:
    """n! with all its digits. Raises ItemError (over_budget) for one that `check` refuses."""
    refusal = check(n, {"engine": engine})
    if refusal:
        raise ItemError("over_budget", refusal)
    if engine == "gmp" and n in SQUARED and _has_room():
        with suppress(ArithmeticError):  # this machine's floating-point numbers do not tell it exactly
            return _by_squares(n)
    return _by_conversion(n, engine)


def _has_room() -> bool:
    memory = setting("JOBS_WORKER_MEMORY")
    return not memory or memory >= ROOM


def _load_squares() -> Any:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else numpy starts a thread per core, for what is not used here
    from jobs.factorial import squares

    return squares


def _by_squares(n: int) -> Factorial:
    by = _load_squares()
    began = time.perf_counter()
    digits, text_seconds = by.factorial(n)
    return _row(n, [digits], time.perf_counter() - began - text_seconds, text_seconds)


def _by_conversion(n: int, engine: str) -> Factorial:
    long = n > 200_000 and count_digits(n) >= LONG_DIGITS
    if long:
        progress(phase="multiplying")
    began = time.perf_counter()
    number = _multiply(n, engine)
    multiplied = time.perf_counter()
    if long:
        progress(phase="turning it into decimal digits")
    converted = python_digits(number) if engine == "python" else gmp_digits(number)
    pieces = list(_watched(converted, count_digits(n)) if long else converted)
    return _row(n, pieces, multiplied - began, time.perf_counter() - multiplied)


def _multiply(n: int, engine: str) -> Any:
    if engine == "python":
        return math.factorial(n)
    import gmpy2

    return gmpy2.fac(n)


def _watched(pieces: Iterable[bytes], digits: int) -> Iterator[bytes]:
    """The same pieces; each hundredth of the digits is told as progress."""
    written, told = 0, 0
    for piece in pieces:
        yield piece
        written += len(piece)
        if written * 100 >= (told + 1) * digits:
            told = written * 100 // digits
            progress(written / digits, f"{written:,} of {digits:,} digits")


def _row(n: int, pieces: list[bytes], compute_seconds: float, text_seconds: float) -> Factorial:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    digits = sum(map(len, pieces))
    return Factorial(
        n=n,
        digits=digits,
        trailing_zeros=_trailing_zeros(pieces),
        first_digits=b"".join(pieces[:2])[:SHOWN_DIGITS].decode(),
        last_digits=b"".join(pieces[-2:])[-SHOWN_DIGITS:].decode(),
        value=b"".join(pieces).decode() if digits <= WHOLE_DIGITS else None,
        digits_file=Artifact(f"{n}.txt", pieces),
        sha256=digest.hexdigest(),
        compute_seconds=compute_seconds,
        text_seconds=text_seconds,
    )


def _trailing_zeros(pieces: list[bytes]) -> int:
    zeros = 0
    for piece in reversed(pieces):
        kept = len(piece.rstrip(b"0"))
        zeros += len(piece) - kept
        if kept:
            break
    return zeros


def _name(n: int) -> str:
    return f"{n:,}!" if n < 10**24 else f"The factorial of a number of {len(str(n))} digits"


def _figure(number: int) -> str:
    """A count in full where one can read it, else as in 9.957 × 10^101."""
    if number < 10**24:
        return f"{number:,}"
    mantissa, _, power = f"{Decimal(number):.3e}".partition("e+")
    return f"about {mantissa} × 10^{power}"
