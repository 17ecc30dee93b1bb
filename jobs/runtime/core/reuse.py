"""What a run takes from earlier ones in place of performing it again, and by what its items are found there."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.runtime.core.units import count, duration

ANY_AGE = 36_500 * 86_400.0
"""Seconds that nothing stored is older than."""


@dataclass(frozen=True, kw_only=True)
class Reuse:
    """Rows that are there already are taken from earlier runs: those that were performed at most `fresh` seconds before
    the run was submitted (0: none). `conditional`: of the older ones it is only asked whether they have changed."""

    fresh: float = ANY_AGE
    conditional: bool = False

    def __bool__(self) -> bool:
        """Whether anything is taken, or asked."""
        return self.fresh > 0 or self.conditional

    def __str__(self) -> str:
        """In words: `rows of any age`, `rows at most 30 days old; of older ones it is asked whether they have
        changed`."""
        if not self:
            return "nothing"
        asks = "it is asked whether they have changed"
        if not self.fresh:
            return f"of all rows {asks}"
        return f"rows {self._age}; of older ones {asks}" if self.conditional else f"rows {self._age}"

    @property
    def _age(self) -> str:
        if self.fresh >= ANY_AGE:
            return "of any age"
        days = self.fresh / 86_400
        return f"at most {count(int(days), 'day') if days >= 1 and days.is_integer() else duration(self.fresh)} old"


KEY_BYTES = 16


def key_digest(key: str) -> bytes:
    """What stands for a key in the store."""
    import hashlib  # OpenSSL comes with it: 4 ms, only where there are keys

    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=KEY_BYTES).digest()
