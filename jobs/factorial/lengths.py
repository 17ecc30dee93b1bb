"""How many decimal digits n! has, without computing it."""

from __future__ import annotations

import math


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
