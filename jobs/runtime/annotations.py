"""What annotations say: of a TypedDict its columns, of any type its plain form, its extras and its help."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from jobs.runtime.errors import DefinitionError
from jobs.runtime.records import Column

OWN_COLUMNS = tuple(
    "position state code error attempts worker slot waited_seconds started_at seconds cpu_seconds duplicate_of".split()
)
"""Columns of the result that the machine fills, which a job may not have."""


def read_hints(annotated: Any) -> dict[str, Any]:
    """The annotations of a function or a TypedDict, by name. Raises DefinitionError for one that cannot be read."""
    try:
        return typing.get_type_hints(annotated, include_extras=True)
    except Exception as error:  # annotations are the author's code
        raise DefinitionError(f"the annotations of {annotated.__name__} cannot be read: {error}") from error


def columns_of(hints: Mapping[str, Any]) -> tuple[Column, ...]:
    """Columns from their names and annotations. Raises DefinitionError for a name that is the machine's own."""
    for name in hints:
        if name in OWN_COLUMNS:
            raise DefinitionError(f"column {name} is one of Fanout's own: choose another name")
    return tuple(
        Column(name=name, type=column_type(hint), help=help_of(hint), joined=joined_of(hint))
        for name, hint in hints.items()
    )


def column_type(annotation: Any) -> str:
    """int, float, bool or str; a class's own word for it (an Artifact says file); json for everything else."""
    plain = plain_type(annotation)
    if not isinstance(plain, type):
        return "json"
    known = next((known for known in (bool, int, float, str) if issubclass(plain, known)), None)
    return str(getattr(plain, "column_type", known.__name__ if known else "json"))


def plain_type(annotation: Any) -> Any:
    """A type without its wrappers: Annotated, Required, NotRequired, Optional; Literal is the type of its choices."""
    origin = typing.get_origin(annotation)
    if hasattr(annotation, "__metadata__"):
        return plain_type(annotation.__origin__)
    if origin in (Union, types.UnionType):
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        return plain_type(members[0]) if len(members) == 1 else annotation
    if origin is Literal:
        choices = {type(choice) for choice in typing.get_args(annotation) if choice is not None}
        return choices.pop() if len(choices) == 1 else annotation
    return plain_type(typing.get_args(annotation)[0]) if _is_requirement(origin) else annotation


def extras_of(annotation: Any) -> tuple[Any, ...]:
    """What Annotated adds to a type."""
    return tuple(getattr(annotation, "__metadata__", ()))


def help_of(annotation: Any) -> str:
    """The description of the Field in an annotation, or an empty text."""
    texts = (getattr(extra, "description", None) for extra in extras_of(annotation))
    found = next((text for text in texts if isinstance(text, str)), "")
    if not found and _is_requirement(typing.get_origin(annotation)):
        return help_of(typing.get_args(annotation)[0])
    return found


def joined_of(annotation: Any) -> str:
    """The ending of what the files of a column make together, by `json_schema_extra={"joined": ".warc.gz"}` in its
    Field; or an empty text."""
    extras = (getattr(extra, "json_schema_extra", None) for extra in extras_of(annotation))
    return next((str(extra["joined"]) for extra in extras if isinstance(extra, dict) and "joined" in extra), "")


def _is_requirement(origin: Any) -> bool:
    """Whether this is Required or NotRequired, of typing or of typing_extensions."""
    return getattr(origin, "_name", "") in ("Required", "NotRequired")
