"""Return values of every kind, and change the params: what an item does is no other's affair."""

import dataclasses
import datetime
import decimal
import enum
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from jobs import job


class Colour(str, enum.Enum):  # noqa: UP042 (many write it so)
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Row:
    day: Annotated[datetime.date, Field(description="a day")]
    at: datetime.datetime
    price: decimal.Decimal
    colour: Colour
    either: int | str
    many: int
    ratio: float
    seen: list[str]


def check(text: str, params: Mapping[str, Any]) -> str | None:
    if text == "break":
        error = LookupError("the hook broke")
        error.add_note("while checking")
        raise ExceptionGroup("hooks", [error, ValueError(params["share"])])
    return None


@job(
    bound="io",
    key=lambda text: Colour.RED if text in ("red", "rouge") else text,
    group=lambda _: Colour.BLUE,
    check=check,
)
def kinds(
    text: str,
    *,
    seen: list[str] = [],  # noqa: B006 (that is what is tried)
    share: Annotated[float, AfterValidator(lambda x: x / 100)] = 50,
) -> Row:
    seen.append(text)
    return Row(
        day=datetime.date(2024, 2, 29),
        at=datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC),
        price=decimal.Decimal("1.50"),
        colour=Colour.RED,
        either=5 if text == "5" else text,
        many=10**5_000,
        ratio=share if text != "inf" else float("inf"),
        seen=seen,
    )
