"""Add numbers up in plain Python, which computes all the time."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from jobs import job


class Added(TypedDict):
    """The columns."""

    number: Annotated[int, Field(description="which item this is")]
    total: Annotated[int, Field(description="what the loop added up to")]


@job(bound="cpu", hidden=True)
def demo_compute(
    number: int,
    *,
    rounds: Annotated[int, Field(ge=1, le=10**9, description="how often the loop goes round")] = 1_500_000,
) -> Added:
    """Loop: the thread holds the GIL while it computes."""
    total = 0
    for value in range(rounds):
        total += value
    return Added(number=number, total=total)
