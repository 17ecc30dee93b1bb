"""factorial, held against identities of its own standing: never against itself alone."""

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path
from random import Random
from typing import Literal

import gmpy2
import numpy as np
import pytest

from jobs import ItemError, factorial
from jobs.factorial import BASE_BYTES, BYTES_PER_DIGIT, check, cost, count_digits, lengths, radix, squares
from jobs.factorial import factorial as compute
from jobs.runtime.job import context

DIGITS_OF_POWERS_OF_TEN = (
    "1 7 158 2568 35660 456574 5565709 65657060 756570557 8565705523 95657055187 1056570551816 11565705518104 "
    "125657055180975 1356570551809683"
)
"""How many digits (10**k)! has, k from 0 (The On-Line Encyclopedia of Integer Sequences, A061010)."""

COMPARED: tuple[Literal["digits", "trailing_zeros", "first_digits", "last_digits", "value", "sha256"], ...]
COMPARED = ("digits", "trailing_zeros", "first_digits", "last_digits", "value", "sha256")


def written(row: factorial.Factorial) -> str:
    """All the digits, as the worker would write them to the file."""
    return b"".join(row["digits_file"].chunks).decode()  # type: ignore[arg-type]


def product_modulo(n: int, modulus: int) -> int:
    product = 1
    for factor in range(2, n + 1):
        product = product * factor % modulus
    return product


def digits_modulo(digits: str, modulus: int) -> int:
    """A decimal text modulo a number, by Horner's rule over nine digits at a time."""
    head = len(digits) % 9
    rest = int(digits[:head] or "0") % modulus
    for start in range(head, len(digits), 9):
        rest = (rest * 10**9 + int(digits[start : start + 9])) % modulus
    return rest


def legendre(n: int, prime: int) -> int:
    """The exponent of a prime in n! (Legendre's formula)."""
    exponent = 0
    while n:
        n //= prime
        exponent += n
    return exponent


def stirling_logarithm(n: int, precision: int) -> Decimal:
    """log10(n!) by Stirling's series in decimal arithmetic; five terms are exact to about 11 * log10(n) places."""
    with localcontext() as here:
        here.prec = precision
        x = Decimal(n)
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
        series = 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5) - 1 / (1680 * x**7) + 1 / (1188 * x**9)
        natural = (x + Decimal("0.5")) * x.ln() - x + (2 * pi).ln() / 2 + series
        return natural / Decimal(10).ln()


def test_factorial_is_right_for_small_numbers_by_plain_multiplication() -> None:
    product = 1
    for n in range(301):
        product *= max(1, n)
        row = compute(n)

        assert (row["n"], row["value"], written(row)) == (n, str(product), str(product))


def test_factorial_of_zero_and_one_is_one() -> None:
    for n in (0, 1):
        row = compute(n)

        assert (row["digits"], row["trailing_zeros"], row["first_digits"], row["last_digits"]) == (1, 0, "1", "1")
        assert row["sha256"] == hashlib.sha256(b"1").hexdigest()


@pytest.mark.parametrize("n", [1_558, 1_559, 5_000, 9_999, 80_000, 123_457])
def test_factorial_agrees_with_independent_identities(n: int) -> None:
    row = compute(n)
    digits = written(row)

    assert row["digits"] == len(digits) == math.floor(math.lgamma(n + 1) / math.log(10)) + 1
    assert row["trailing_zeros"] == legendre(n, 5)
    assert digits.endswith("0" * legendre(n, 5))
    assert digits[-legendre(n, 5) - 1] != "0"
    for modulus in (2**61 - 1, 10**18 + 9, 998_244_353):
        assert digits_modulo(digits, modulus) == product_modulo(n, modulus)


@pytest.mark.parametrize("n", [1_559, 80_000])
def test_factorial_holds_each_prime_as_often_as_legendre_says(n: int) -> None:
    number = gmpy2.mpz(written(compute(n)))

    for prime in (2, 3, 7, 11, 997, 1_549):
        assert gmpy2.remove(number, prime)[1] == legendre(n, prime)


@pytest.mark.parametrize("prime", [1_559, 20_011, 80_021])
def test_factorial_before_a_prime_is_minus_one_modulo_it(prime: int) -> None:
    """Wilson's theorem."""
    assert digits_modulo(written(compute(prime - 1)), prime) == prime - 1


@pytest.mark.parametrize("n", [1_000, 80_000, 123_457])
def test_first_digits_are_those_of_stirlings_series(n: int) -> None:
    logarithm = stirling_logarithm(n, 70)

    with localcontext() as here:
        here.prec = 60
        leading = 10 ** (logarithm - int(logarithm))
    assert compute(n)["first_digits"] == str(leading).replace(".", "")[:20]


def test_both_ends_and_the_digest_are_those_of_the_file() -> None:
    row = compute(30_000)
    digits = written(row)

    assert (row["first_digits"], row["last_digits"]) == (digits[:20], digits[-20:])
    assert row["sha256"] == hashlib.sha256(digits.encode()).hexdigest()
    assert row["digits_file"].name == "30000.txt"


def test_value_is_whole_up_to_a_thousand_digits() -> None:
    assert count_digits(449) == 998
    assert len(compute(449)["value"] or "") == 998
    assert (count_digits(450), compute(450)["value"]) == (1_001, None)


@pytest.mark.parametrize("n", [0, 1, 24, 1_558, 1_559, 10_000])
def test_both_engines_give_the_same_digits(n: int) -> None:
    classic, fast = compute(n, engine="python"), compute(n)

    assert written(classic) == written(fast)
    assert {name: classic[name] for name in COMPARED} == {name: fast[name] for name in COMPARED}


def test_text_is_the_same_wherever_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a few digits put many borders into long runs of zeros and other places."""
    for width in (1, 2, 3, 7, 50):
        monkeypatch.setattr(radix, "PIECE_DIGITS", width)
        for n in (0, 1, 4, 10, 25, 50, 100, 400):
            assert written(compute(n)) == str(math.factorial(n))


@pytest.mark.parametrize("n", [19_999, 20_000, 20_001, 40_000, 65_537, 99_991, 205_022, 205_023])
def test_squares_and_conversion_give_the_same_digits(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    row = compute(n)
    monkeypatch.setattr(factorial, "SQUARED", range(0))
    converted = compute(n)

    assert written(row) == written(converted)
    assert {name: row[name] for name in COMPARED} == {name: converted[name] for name in COMPARED}


def test_squares_are_for_what_is_proven_and_for_workers_with_room(monkeypatch: pytest.MonkeyPatch) -> None:
    squared: list[int] = []
    monkeypatch.setattr(squares, "factorial", lambda n: (squared.append(n), (b"1", 0.0))[1])

    for n in (19_999, 20_000, 205_022, 205_023):
        compute(n)
    compute(30_000, engine="python")
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "255 MiB")
    compute(20_000)
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "0")
    compute(20_001)

    assert squared == [20_000, 205_022, 20_001]
    assert count_digits(205_022) == 1_000_000 < count_digits(205_023)


@pytest.mark.parametrize(("memory", "loaded"), [("2 GiB", ["gmpy2", "numpy"]), ("64 MiB", ["gmpy2"])])
def test_a_worker_loads_what_it_may_use_before_its_first_item(memory: str, loaded: list[str]) -> None:
    script = "import sys; from jobs.factorial import load; load(); print(*({'gmpy2', 'numpy'} & {*sys.modules}))"
    surroundings = {**os.environ, "JOBS_WORKER_MEMORY": memory}
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=surroundings
    )

    assert sorted(printed.stdout.split()) == loaded


def test_products_of_limbs_are_those_of_whole_numbers() -> None:
    convert, random = squares.Converter(), Random(7)
    for _ in range(300):
        left, right = (random.randrange(1, 10 ** random.randrange(1, 400)) for _ in range(2))
        limbs = [convert.limbs(gmpy2.mpz(number)) for number in (left, right)]

        assert convert.text(squares.multiply(*limbs)) == str(left * right).encode()


def test_sums_of_limbs_are_carried_whatever_they_are() -> None:
    convert, random = squares.Converter(), Random(9)
    for _ in range(300):
        edges = [0, 9_998, 9_999, 10_000, 99_990_000, random.randrange(10**14)]
        sums = [random.choice(edges) for _ in range(random.randrange(1, 40))] + [1]
        whole = sum(limb * squares.LIMB**place for place, limb in enumerate(sums))

        assert convert.text(squares.carry(np.array([*sums, 0, 0, 0], float))) == str(whole).encode()


def test_products_are_exact_where_the_error_and_the_carries_are_largest() -> None:
    """(10**k - 1)**2 is k - 1 nines, an 8, k - 1 zeros and a 1; (10**k - 1) * 5 * 10**(k - 1) carries all the way."""
    convert, k = squares.Converter(), 500_000
    nines = convert.limbs(gmpy2.mpz(10) ** k - 1)

    assert convert.text(squares.multiply(nines, nines)) == b"9" * (k - 1) + b"8" + b"0" * (k - 1) + b"1"
    shifted = squares.multiply(nines, convert.limbs(5 * gmpy2.mpz(10) ** (k - 1)))
    assert convert.text(shifted) == b"4" + b"9" * (k - 1) + b"5" + b"0" * (k - 1)


def test_random_products_of_a_million_digits_are_told_without_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "DOUBT", 0.01)
    convert, random = squares.Converter(), Random(8)
    left, right = (gmpy2.mpz("".join(random.choices("5678901234", k=500_000))) for _ in range(2))

    product = squares.multiply(convert.limbs(left), convert.limbs(right))

    assert convert.text(product) == gmpy2.digits(left * right).encode()


def test_a_product_in_doubt_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "DOUBT", 0.0)
    many = squares.Converter().limbs(gmpy2.mpz(3) ** 100_000)

    with pytest.raises(ArithmeticError, match="could not be told exactly"):
        squares.multiply(many, many)
    monkeypatch.undo()
    with pytest.raises(ArithmeticError, match="could not be told exactly"):
        squares.multiply(many * math.nan, many)


def test_what_squares_cannot_tell_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = compute(20_000)
    monkeypatch.setattr(squares, "DOUBT", 0.0)

    assert compute(20_000)["sha256"] == usual["sha256"]


def test_transforms_have_the_shortest_length_that_is_fast() -> None:
    smooth = sorted(2**a * 3**b * 5**c for a in range(15) for b in range(10) for c in range(7))

    for least in range(1, 3_000):
        assert squares.smooth(least) == next(length for length in smooth if length >= least)


def test_digits_are_counted_exactly_up_to_3000() -> None:
    product, power, digits = 1, 10, 1
    for n in range(3_001):
        product *= max(1, n)
        while product >= power:
            power, digits = power * 10, digits + 1

        assert count_digits(n) == digits


@pytest.mark.parametrize(("power", "digits"), list(enumerate(map(int, DIGITS_OF_POWERS_OF_TEN.split()))))
def test_digits_are_counted_exactly_for_powers_of_ten(power: int, digits: int) -> None:
    assert count_digits(10**power) == digits


@pytest.mark.parametrize("n", [10**9, 10**12, 10**18, 2**63, 10**24 + 7, 10**30])
def test_digits_of_very_large_factorials_are_those_of_stirlings_series(n: int) -> None:
    assert count_digits(n) == int(stirling_logarithm(n, 75)) + 1


@pytest.mark.parametrize("n", [10**8 + 1, 2 * 10**8, 10**9 - 1])
def test_precise_count_agrees_with_the_quick_one(n: int) -> None:
    assert count_digits(n) == lengths._count_precisely(n) == int(stirling_logarithm(n, 75)) + 1


@pytest.mark.parametrize(
    ("n", "figure"),
    [
        (10**12, "1,000,000,000,000! has 11,565,705,518,104 digits"),
        (10**18, "1,000,000,000,000,000,000! has 17,565,705,518,096,748,182 digits"),
        (2**63, "9,223,372,036,854,775,808! has 170,914,574,008,338,964,296 digits"),
        (10**100, "The factorial of a number of 101 digits has about 9.957 × 10^101 digits"),
        (10**999, "The factorial of a number of 1000 digits has about 9.986 × 10^1001 digits"),
    ],
)
def test_check_refuses_an_enormous_number_with_its_figure(n: int, figure: str) -> None:
    assert check(n, {"engine": "gmp"}) == f"{figure}, more than the limit of 100,000,000 (JOBS_MAX_DIGITS)"


def test_check_draws_the_line_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_DIGITS", "4300")

    assert check(1_558, {}) is None
    assert check(1_559, {}) == "1,559! has 4,303 digits, more than the limit of 4,300 (JOBS_MAX_DIGITS)"


def test_check_refuses_what_a_worker_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "64 MiB")

    assert check(1_000_000, {}) is None
    assert check(10_000_000, {}) == (
        "10,000,000! has 65,657,060 digits and needs 267 MiB of memory, "
        "more than the 64 MiB of a worker (JOBS_WORKER_MEMORY)"
    )


def test_check_knows_no_memory_limit_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "0")

    assert check(10_000_000, {}) is None


def test_an_ordinary_call_refuses_too() -> None:
    with pytest.raises(ItemError, match="more than the limit") as refused:
        compute(10**18)

    assert refused.value.code == "over_budget"


def test_cost_puts_the_largest_first() -> None:
    numbers = [0, 1, 5_000, 80_000, 10**7, 10**12, 10**400]

    for engine in ("gmp", "python"):
        costs = [cost(n, {"engine": engine}) for n in numbers]
        assert costs == sorted(costs)
        assert costs[:5] == sorted(set(costs[:5]))


@pytest.fixture
def told() -> Iterator[list[tuple[float, str]]]:
    """What the item tells of its progress; a share of -1 means that it is not known."""
    said: list[tuple[float, str]] = []
    context.enter(context.Context(report=lambda share, phase: said.append((share, phase))))
    yield said
    context.enter(None)


def test_a_long_item_tells_its_phases_and_shares(told: list[tuple[float, str]]) -> None:
    digits = compute(250_000)["digits"]

    shares = [share for share, _ in told[1:]]
    assert told[0] == (-1.0, "multiplying")
    assert len(shares) >= 10
    assert shares == sorted(shares)
    assert told[-1] == (1.0, f"{digits:,} of {digits:,} digits")


def test_short_items_tell_nothing(told: list[tuple[float, str]]) -> None:
    for n in (0, 3_000, 80_000):
        compute(n)

    assert told == []


@pytest.mark.slow
def test_a_million_factorial_agrees_with_independent_identities() -> None:
    row = compute(1_000_000)
    digits = written(row)

    assert len(digits) == 5_565_709
    assert (row["trailing_zeros"], legendre(1_000_000, 5)) == (249_998, 249_998)
    assert digits_modulo(digits, 2**61 - 1) == product_modulo(1_000_000, 2**61 - 1)


TEN_MILLION = """
import re, sys
from pathlib import Path
from jobs.factorial import factorial
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
row = factorial(10_000_000)
print(peak() - before, row["digits"], row["trailing_zeros"], row["sha256"])
with Path(sys.argv[1]).open("wb") as file:
    file.writelines(row["digits_file"].chunks)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_ten_million_in_full_is_right_and_stays_within_what_check_assumes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TEN_MILLION, str(tmp_path / "digits")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    peak, digits, zeros = map(int, printed[:3])
    content = (tmp_path / "digits").read_text()

    assert digits == len(content) == 65_657_060
    assert zeros == legendre(10_000_000, 5) == len(content) - len(content.rstrip("0"))
    assert printed[3] == hashlib.sha256(content.encode()).hexdigest()
    assert digits_modulo(content, 2**61 - 1) == product_modulo(10_000_000, 2**61 - 1)
    assert peak <= BASE_BYTES + BYTES_PER_DIGIT * digits
