"""Rows as classes: the columns that a dataclass, a pydantic model, a NamedTuple, attrs or msgspec class names, and what
one of its objects holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jobs.runtime.job.annotations import read_hints

_OURS = "jobs.runtime."
"""Classes of the machine are no rows."""


def record_hints(annotation: Any) -> dict[str, Any] | None:
    """The columns of a class of records, by name; None: it is no such class. Raises DefinitionError."""
    names = _names(annotation) if isinstance(annotation, type) else None
    if names is None or annotation.__module__.startswith(_OURS):
        return None
    hints = read_hints(annotation)
    model = getattr(annotation, "model_fields", {})
    computed = getattr(annotation, "model_computed_fields", {})
    return {name: _hint(hints, model, computed, name) for name in names}


def record_values(value: Any) -> Mapping[str, Any] | None:
    """What a record holds, by name; None: it is none."""
    names = _names(type(value))
    if names is None:
        return None
    may_lack = dataclasses.is_dataclass(value) or hasattr(value, "__attrs_attrs__")  # what no `__init__` has set
    found = {name: getattr(value, name) for name in names if not may_lack or hasattr(value, name)}
    return found | (getattr(value, "model_extra", None) or {})


def _hint(hints: Mapping[str, Any], model: Mapping[str, Any], computed: Mapping[str, Any], name: str) -> Any:
    from typing import Annotated

    found = hints.get(name, getattr(computed.get(name), "return_type", Any))
    told = model.get(name) or computed.get(name)
    return Annotated[found, told] if getattr(told, "description", None) else found


def _names(kind: type) -> tuple[str, ...] | None:
    if hasattr(kind, "model_fields") and hasattr(kind, "model_computed_fields"):
        kept = (name for name, field in kind.model_fields.items() if field.exclude is not True)
        return (*kept, *kind.model_computed_fields)
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    if hasattr(kind, "__attrs_attrs__"):
        return tuple(field.name for field in kind.__attrs_attrs__)
    names = getattr(kind, "_fields", None) if issubclass(kind, tuple) else getattr(kind, "__struct_fields__", None)
    return tuple(names) if isinstance(names, tuple) else None
