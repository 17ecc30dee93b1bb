"""Seconds, sizes and counts as a person reads them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal

UNMEASURED = "–"
"""What is shown where nothing was measured."""


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 item`, `2,000 items`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(amount: float) -> str:
    """Bytes as a person reads them, each unit 1,024 of the one before: `512 bytes`, `1.5 KiB`, `120 MiB`."""
    if amount < 1024:
        return count(round(amount), "byte")
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        amount /= 1024
        if amount < 1023.5 or unit == "TiB":
            break
    shown = f"{amount:,.1f}".removesuffix(".0") if amount < 99.95 else f"{amount:,.0f}"
    return f"{shown} {unit}"


def moment(seconds: float | None) -> str | None:
    """A time of Unix seconds in ISO 8601 (UTC); None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def duration(seconds: float | None) -> str:
    """Seconds as a person reads them: `0.4 ms`, `420 ms`, `4.2 s`, `42 s`, `3 min 12 s`, `2 h 5 min`."""
    if seconds is None:
        return UNMEASURED
    if seconds < 0.9995:
        thousandths = seconds * 1000
        return f"{thousandths:.0f} ms" if thousandths >= 9.95 or thousandths == 0 else f"{thousandths:.1f} ms"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds: float) -> str:
    """Seconds that are expected, no finer than they can be known: `under a second`, `about 4 s`, `about 35 s`, `about
    3 min`, `about 2 h 10 min`."""
    if seconds < 1:
        return "under a second"
    if seconds < 57.5:
        return f"about {round(seconds) if seconds < 9.5 else 5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(10 * round(minutes / 10), 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


def precise(seconds: float | None) -> str:
    """Seconds to three digits, to be told from others: `21.4 µs`, `31.4 ms`, `844 ms`, `1.91 s`, `3 min 12 s`."""
    if seconds is None:
        return UNMEASURED
    if seconds < 0.9995e-3:
        return f"{_three_digits(seconds * 1e6)} µs"
    if seconds < 0.9995:
        return f"{_three_digits(seconds * 1e3)} ms"
    return f"{_three_digits(seconds)} s" if seconds < 59.5 else duration(seconds)


def number(value: float | None, decimals: int = 1) -> str:
    """A measured figure with so many decimals."""
    return UNMEASURED if value is None else f"{value:,.{decimals}f}"


def figure(value: float | None, digits: int = 3) -> str:
    """A number with as many digits as its size deserves: `12,345`, `228`, `0.0314`, `1.2e-7`."""
    if value is None:
        return UNMEASURED
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    size = math.floor(math.log10(abs(value)))
    if -5 <= size < 15:
        shown = f"{value:,.{max(0, digits - 1 - size)}f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return plain(float(f"{value:.{digits - 1}e}"))


def plain(value: float) -> str:
    """A number with all its digits, in the notation that people read: `0.000079` for 7.9e-05, `1.2e-7` for 1.2e-07."""
    shown = repr(value)
    mantissa, _, power = shown.partition("e")
    if not power:
        return shown
    if -6 <= int(power) < 0:
        return f"{Decimal(shown):f}"
    return f"{mantissa}e{int(power)}"


def percent(share: float | None) -> str:
    """A share (1 is all) in percent."""
    if share is None:
        return UNMEASURED
    return f"{share * 100:.1f} %" if 0 < share < 0.0995 else f"{share * 100:,.0f} %"


_SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def read_size(text: str) -> int:
    """Bytes as people write them: `2147483648`, `2 GiB`, `512m`. Raises ValueError, OverflowError."""
    folded = text.strip().lower().removesuffix("b").removesuffix("i").strip()
    unit = folded[-1:] if folded[-1:] in _SIZES else ""
    return int(float(folded.removesuffix(unit)) * _SIZES[unit])


_AGES = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}


def age(text: str) -> float:
    """Seconds of an age as people write it: `30d`, `12h`, `90m`. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,6})\s*([smhdw])", text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} is no age: write it as in 30d, 12h or 90m")
    return float(int(found[1]) * _AGES[found[2]])


def age_text(seconds: float) -> str:
    """An age of more than 0 seconds as `age` reads it, to the second; one of many days to the minute."""
    whole = max(1, round(seconds)) if seconds < 10**6 else 60 * round(seconds / 60)
    unit = next(unit for unit in "dhms" if whole % _AGES[unit] == 0)
    return f"{whole // _AGES[unit]}{unit}"


def _three_digits(value: float) -> str:
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"
