"""Wait for a moment, as for a server's answer."""

import time
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from jobs import job


class Waited(TypedDict):
    """The columns."""

    number: Annotated[int, Field(description="which item this is")]
    waited: Annotated[float, Field(description="seconds that passed")]


@job(bound="io", hidden=True)
def demo_wait(
    number: int, *, seconds: Annotated[float, Field(ge=0, le=10, description="how long to wait")] = 0.1
) -> Waited:
    """Sleep: the thread gives the processor, and the GIL, to others."""
    began = time.perf_counter()
    time.sleep(seconds)
    return Waited(number=number, waited=time.perf_counter() - began)
