"""Say who a row of a table is: its item has three fields, one with limits and one that may stay without a column."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from jobs import ItemError, job


class Person(TypedDict):
    name: str
    age: Annotated[int, Field(ge=0, le=150)]
    title: NotRequired[str]


@job(
    bound="io",
    group=lambda person, params: f"{params['prefix']}{person['name'][:1]}",
    key=lambda person: person["name"].lower(),
    check=lambda person, _params: "nobody" if person["name"] == "nobody" else None,
    cost=lambda person, _params: person["age"],
)
def person(person: Person, *, prefix: str = "") -> str:
    if person["name"] == "fails":
        raise ItemError("failed", "as it was told to")
    return f"{prefix}{person.get('title', 'no title')} {person['name']} {person['age'] + 1}"
