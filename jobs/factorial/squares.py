"""The decimal digits of n! without converting the whole of it: by squares and products that are decimal themselves.

n! = h!² · C(n, h) · (n - h, where n is odd), with h = n // 2 (the swing of P. Luschny's factorial algorithms, its
central binomial from GMP). A number is an array of limbs of four decimal digits, the lowest first; arrays are
multiplied by fast Fourier transforms in double precision, and only the short factors are converted from binary. Of the
time that GMP takes for n! and its digits, three quarters of it for the digits, this takes four fifths at 25,000!, half
at 80,000! and a third at 200,000! (tests/bench/factorial.py).

It is exact: with limbs below 10⁴ and at most a million digits, C. Percival's bound for products by transforms
(R. Brent and P. Zimmermann, Modern Computer Arithmetic, section 3.3; stated for lengths that are powers of two) leaves
an error below 0.3 in every sum of limbs, which is a whole number. What is observed stays below 0.01; more than `DOUBT`
is refused.
"""

from __future__ import annotations

import time
from typing import Any, TypeAlias

import gmpy2
import numpy as np
import numpy.typing as npt

DIRECT = 8_000
"""Factorials up to this one are converted by GMP."""

WIDTH = 4
LIMB = 10**WIDTH
PASSES = 4
"""How often all limbs are carried at once: of sums below 10¹⁵, few are then above 9,999, and by 2 at most."""

DOUBT = 0.125
"""How far a sum may be from a whole number: a quarter of the error that could make it another one."""

Limbs: TypeAlias = npt.NDArray[np.float64]

_PLACES = 10 ** np.arange(WIDTH - 1, -1, -1)
_TEXTS = (np.arange(LIMB)[:, None] // _PLACES % 10 + ord("0")).astype(np.uint8).view(np.uint32).ravel()


def factorial(n: int) -> tuple[bytes, float]:
    """The digits of n!, up to a million; and how many of the seconds went into conversions, not multiplication.

    Raises ArithmeticError: this machine's floating-point numbers do not tell them exactly.
    """
    convert = Converter()
    digits = convert.text(_factorial(n, convert))
    return digits, convert.seconds


class Converter:
    """Turns numbers into limbs and limbs into text, and counts the seconds it takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def limbs(self, number: Any) -> Limbs:
        """The limbs of an mpz."""
        began = time.perf_counter()
        text = number.digits().encode()
        digits = np.frombuffer(text.rjust(-(-len(text) // WIDTH) * WIDTH, b"0"), np.uint8) - ord("0")
        limbs: Limbs = (digits.reshape(-1, WIDTH) * _PLACES).sum(axis=1)[::-1].astype(np.float64)
        self.seconds += time.perf_counter() - began
        return limbs

    def text(self, limbs: Limbs) -> bytes:
        """The decimal digits, without leading zeros."""
        began = time.perf_counter()
        text: bytes = _TEXTS[limbs[::-1].astype(np.int32)].tobytes().lstrip(b"0")
        self.seconds += time.perf_counter() - began
        return text


def _factorial(n: int, convert: Converter) -> Limbs:
    if n <= DIRECT:
        return convert.limbs(gmpy2.fac(n))
    half = n // 2
    root = _factorial(half, convert)
    swing = gmpy2.bincoef(n, half) * (n - half if n % 2 else 1)
    return multiply(multiply(root, convert.limbs(swing)), root)


def multiply(left: Limbs, right: Limbs) -> Limbs:
    """Their product. Raises ArithmeticError: it cannot be told exactly."""
    most = len(left) + len(right)
    length = smooth(most)
    spectrum = np.fft.rfft(left, length)
    spectrum *= np.fft.rfft(right, length)
    sums = np.fft.irfft(spectrum, length)[:most]
    whole = np.rint(sums)
    sums -= whole
    if not max(sums.max(), -sums.min()) <= DOUBT:  # nor where it is no number
        raise ArithmeticError(f"a product of {most * WIDTH:,} digits could not be told exactly on this machine")
    return carry(whole)


def carry(sums: Limbs) -> Limbs:
    """The same number with every limb from 0 to 9,999 and none at its head that is 0; changes the array.

    Its last limb must be free to take what is carried.
    """
    over = np.empty_like(sums)
    for _ in range(PASSES):
        np.multiply(sums, 1 / LIMB, out=over)
        np.floor(over, out=over)
        sums[1:] += over[:-1]
        over *= LIMB
        sums -= over
    for place in np.flatnonzero(sums >= LIMB).tolist():
        while sums[place] >= LIMB:  # and so on through all the nines above it, seldom more than one
            sums[place] -= LIMB
            place += 1  # noqa: PLW2901
            sums[place] += 1
    end = len(sums)
    while end > 1 and not sums[end - 1]:
        end -= 1
    return sums[:end]


def smooth(least: int) -> int:
    """The smallest number from `least` on with no prime factor above 5: of such a length a transform is fast."""
    best = 1 << (least - 1).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = 1 << (-(-least // threes) - 1).bit_length()
            best = min(best, threes * twos)
            threes *= 3
        fives *= 5
    return best
