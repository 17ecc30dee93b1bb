"""Crash the process on purpose, for one of many numbers."""

import ctypes
import os
import time
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from jobs import job


class Alive(TypedDict):
    """The columns."""

    process: Annotated[int, Field(description="the process that survived this number")]


@job(bound="cpu", hidden=True)
def demo_crash(
    number: int, *, crash_at: Annotated[int, Field(description="the number that takes its process down")] = 4
) -> Alive:
    """Read memory that does not exist, if this is the number: the system ends the process at once (SIGSEGV)."""
    time.sleep(0.05)
    if number == crash_at:
        ctypes.string_at(0)
    return Alive(process=os.getpid())
