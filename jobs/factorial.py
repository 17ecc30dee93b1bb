"""Compute factorials with all their digits.

Whole numbers from 0 up. Every digit goes to a file; the row says how many there are, shows both ends, and has the
whole value where it is short. GMP (through gmpy2) multiplies and converts; the engine "python" is the classic way,
`math.factorial` and `str`, for comparison: at 80,000 it takes some seventy times as long, and a million takes hours.

Memory: at most 16 MiB and 4 bytes a digit (the peak was 3.2 to 3.9 for 5 to 66 million digits), so that the limit of
100,000,000 digits needs 416 MB; what would not fit in a worker is refused before it is computed.
"""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from jobs import Artifact, ItemError, job, progress, setting

SHOWN_DIGITS = 20
WHOLE_DIGITS = 1_000
LONG_DIGITS = 1_000_000
"""From so many digits on an item takes long enough (0.1 s) to say how far it is."""

PIECE_DIGITS = 20_000
"""GMP converts so many digits at once; anything from 2,000 to 40,000 is as fast (tests/bench/factorial.py)."""

BASE_BYTES, BYTES_PER_DIGIT = 16 * 2**20, 4


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


@job(bound="cpu", check=check, cost=cost)
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
    long = n > 200_000 and count_digits(n) >= LONG_DIGITS
    if long:
        progress(phase="multiplying")
    began = time.perf_counter()
    number = _multiply(n, engine)
    multiplied = time.perf_counter()
    if long:
        progress(phase="turning it into decimal digits")
    pieces = list(_watched(_text(number, engine), count_digits(n)) if long else _text(number, engine))
    written = time.perf_counter()
    return _row(n, pieces, multiplied - began, written - multiplied)


def count_digits(n: int) -> int:
    """How many decimal digits n! has, exactly, for any n from 0 up, without computing it.

    floor(lgamma(n + 1) / ln 10) + 1, in double precision where its error (below 1e-13 of the value) cannot matter,
    else by MPFR with precision added until it cannot: n! is no power of ten from 2 up, so that this ends.
    """
    if n < 2:
        return 1
    if n < 10**9:
        logarithm = math.lgamma(n + 1) / math.log(10)
        doubt = logarithm * 1e-13 + 1e-9
        if math.floor(logarithm - doubt) == math.floor(logarithm + doubt):
            return math.floor(logarithm) + 1
    return _count_precisely(n)


def _count_precisely(n: int) -> int:
    import gmpy2

    guard = 64
    while True:
        with gmpy2.context(precision=n.bit_length() + n.bit_length().bit_length() + guard):
            logarithm = gmpy2.lngamma(n + 1) / gmpy2.log(10)
            doubt = gmpy2.mpfr(2) ** (8 - guard)
            low, high = gmpy2.floor(logarithm - doubt), gmpy2.floor(logarithm + doubt)
            if low == high:
                return int(low) + 1
        guard *= 2


def _multiply(n: int, engine: str) -> Any:
    if engine == "python":
        return math.factorial(n)
    import gmpy2

    return gmpy2.fac(n)


def _text(number: Any, engine: str) -> Iterator[bytes]:
    return _python_digits(number) if engine == "python" else _gmp_digits(number)


def _python_digits(number: int) -> Iterator[bytes]:
    sys.set_int_max_str_digits(0)  # of the whole process: put back, it would stop another thread's conversion
    yield str(number).encode()


def _gmp_digits(number: Any) -> Iterator[bytes]:
    """The decimal digits of an mpz in pieces, the highest first.

    Divide and conquer, as GMP's own mpz_get_str does (Knuth, The Art of Computer Programming 2, 4.4), and as fast:
    halve by 10**k = 5**k * 2**k, where the twos are shifts. In pieces, because one call would hold the GIL for its
    whole length (seconds), tell nothing meanwhile, and take half as much memory again.
    """
    from gmpy2 import f_divmod, f_mod_2exp, mpz

    most = number.num_digits(10)
    levels = max(0, math.ceil(math.log2(most / PIECE_DIGITS)))
    width = -(-most // 2**levels)
    fives: list[Any] = []
    for _ in range(levels):
        fives.append(fives[-1] ** 2 if fives else mpz(5) ** width)
    parts, started = [(number, levels)], False
    while parts:
        part, level = parts.pop()
        if level:
            twos = width << (level - 1)
            high, low = f_divmod(part >> twos, fives[level - 1])
            parts += [((low << twos) + f_mod_2exp(part, twos), level - 1), (high, level - 1)]
        elif started or part:
            yield part.digits().rjust(width if started else 0, "0").encode()
            started = True


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
