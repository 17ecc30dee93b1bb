"""A job that sets how its items compute: as its module is imported, and once it is ready."""

from __future__ import annotations

import decimal
from contextvars import ContextVar

from jobs import job

WORD: ContextVar[str] = ContextVar("WORD", default="of nobody")

decimal.getcontext().prec = 6


def ready() -> None:
    WORD.set("ready")


@job(bound="io", ready=ready)
def settled(verb: str) -> str:
    """Tell a third and the word; `round_off` changes how both are here."""
    told = f"{decimal.Decimal(1) / 3} {WORD.get()}"
    if verb == "round_off":
        decimal.getcontext().prec = 3
        WORD.set("of another item")
    return told
