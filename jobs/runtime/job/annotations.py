"""What annotations say: of a TypedDict its columns, of any type its plain form, its extras and its help."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import numbers
import pathlib
import types
import typing
import uuid
from collections.abc import Mapping
from typing import Any, Literal, Union

import typing_extensions

from jobs.runtime.core.errors import DefinitionError
from jobs.runtime.core.job_terms import OWN_COLUMNS, Column


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
        Column(
            name=name,
            type=column_type(hint),
            help=help_of(hint),
            joined=_said_of(hint, "joined"),
            role=_said_of(hint, "role"),
        )
        for name, hint in hints.items()
    )


_KINDS: tuple[tuple[type, str], ...] = (
    *((bool, "bool"), (numbers.Integral, "int"), (datetime.timedelta, "float"), (fractions.Fraction, "str")),
    *((numbers.Real, "float"), (str, "str"), (datetime.datetime, "datetime"), (datetime.date, "date")),
    *((datetime.time, "str"), (decimal.Decimal, "decimal"), (pathlib.PurePath, "str"), (uuid.UUID, "str")),
    *((bytes, "str"), (bytearray, "str"), (memoryview, "str"), (complex, "str")),
)
"""What the cells of a type are, the first that fits; see `worker/cell_values` for their form."""

_OF_NUMPY: Mapping[str, str] = {"bool": "bool", "bool_": "bool", "datetime64": "datetime", "timedelta64": "float"}
"""Those of numpy's types that say by no base what they are, or the wrong thing (a span is no whole number)."""


def column_type(annotation: Any) -> str:
    """int, float, bool, str, date, datetime or decimal; number where it may be int or float; of an Enum that of its
    values; a class's own word for it (an Artifact says file); json for everything else."""
    plain = plain_type(annotation)
    if typing.get_origin(plain) in (Union, types.UnionType):
        return "number" if set(map(column_type, _without_none(plain))) == {"int", "float"} else "json"
    if not isinstance(plain, type):
        return "str" if plain in (typing.LiteralString, typing_extensions.LiteralString) else "json"
    own = _OF_NUMPY.get(plain.__name__) if plain.__module__ == "numpy" else getattr(plain, "column_type", None)
    if isinstance(own, str):
        return own
    known = next((word for kind, word in _KINDS if issubclass(plain, kind)), "json")
    return _enum_type(plain) if known == "json" and issubclass(plain, enum.Enum) else known


def _enum_type(kind: type[enum.Enum]) -> str:
    words = {column_type(type(member.value)) for member in kind}
    return words.pop() if len(words) == 1 else "json"


def plain_type(annotation: Any) -> Any:
    """A type without its wrappers: Annotated, Required, NotRequired, Optional, NewType, an alias; of a Literal that of
    its choices."""
    annotation = stands_for(annotation)
    origin = typing.get_origin(annotation)
    if hasattr(annotation, "__metadata__"):
        return plain_type(annotation.__origin__)
    if origin in (Union, types.UnionType):
        members = _without_none(annotation)
        return plain_type(members[0]) if len(members) == 1 else annotation
    if origin is Literal:
        choices = {type(choice) for choice in typing.get_args(annotation) if choice is not None}
        return choices.pop() if len(choices) == 1 else annotation
    return plain_type(typing.get_args(annotation)[0]) if _is_requirement(origin) else annotation


def _without_none(union: Any) -> list[Any]:
    return [member for member in typing.get_args(union) if member is not type(None)]


def stands_for(annotation: Any) -> Any:
    """What a name for a type means: a NewType, or an alias, also one with parts of its own (`Pairs[int]`)."""
    if isinstance(annotation, type):
        return annotation
    origin = typing.get_origin(annotation)
    alias = getattr(origin, "__value__", None)
    if alias is not None:
        given = dict(zip(origin.__type_params__, typing.get_args(annotation), strict=False))
        return stands_for(alias[tuple(given.get(part, part) for part in alias.__parameters__)])
    named = getattr(annotation, "__supertype__", getattr(annotation, "__value__", None))
    return annotation if named is None else stands_for(named)


def extras_of(annotation: Any) -> tuple[Any, ...]:
    """What Annotated adds to a type, also within Required and its kin."""
    annotation = stands_for(annotation)
    own = tuple(getattr(annotation, "__metadata__", ()))
    if hasattr(annotation, "__metadata__"):
        return own + extras_of(annotation.__origin__)
    return extras_of(typing.get_args(annotation)[0]) if _is_requirement(typing.get_origin(annotation)) else own


def help_of(annotation: Any) -> str:
    """The description of the Field in an annotation, or an empty text."""
    texts = (getattr(extra, "description", None) for extra in extras_of(annotation))
    return next((text for text in texts if isinstance(text, str)), "")


def _said_of(annotation: Any, what: str) -> str:
    """What the Field of a column says beside its description, as in `json_schema_extra={"joined": ".warc.gz"}`; or an
    empty text."""
    extras = (getattr(extra, "json_schema_extra", None) for extra in extras_of(annotation))
    return next((str(extra[what]) for extra in extras if isinstance(extra, dict) and what in extra), "")


def _is_requirement(origin: Any) -> bool:
    """Whether this is Required, NotRequired or ReadOnly, of typing or of typing_extensions."""
    return getattr(origin, "_name", "") in ("Required", "NotRequired", "ReadOnly")
