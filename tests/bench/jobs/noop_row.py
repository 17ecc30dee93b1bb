"""Do nothing with a row of three fields, as quickly as it can be done."""

from typing_extensions import TypedDict

from jobs import Url, job


class Row(TypedDict):
    page: Url
    name: str
    number: int


@job(bound="io")
def noop_row(row: Row) -> str:
    return row["name"]
