"""From a binary number to its decimal digits."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any

PIECE_DIGITS = 20_000
"""GMP converts so many digits at once; anything from 2,000 to 40,000 is as fast (tests/bench/factorial.py)."""


def python_digits(number: int) -> Iterator[bytes]:
    """The decimal digits as the interpreter writes them."""
    sys.set_int_max_str_digits(0)  # of the whole process: put back, it would stop another thread's conversion
    yield str(number).encode()


def gmp_digits(number: Any) -> Iterator[bytes]:
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
