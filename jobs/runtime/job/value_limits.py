"""The limits that an annotation sets to an item, or to a field of one: checked by pydantic, told in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import annotated_types
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from jobs.runtime.core.errors import ItemError
from jobs.runtime.job import param_fields, param_reader
from jobs.runtime.job.annotations import extras_of
from jobs.runtime.job.form_fields import FormField


def value_checker(name: str, annotation: Any) -> Callable[[Any], Any] | None:
    """What checks an item, or a field of one, against the limits of its annotation (ge, le, pattern …, Literal); None
    where it has none.

    It returns the item or raises ItemError(`invalid_item`) with a sentence.
    """
    extras = extras_of(annotation)
    bare = param_fields.unwrap(annotation)[0]
    choices = tuple(param_fields.choices(bare))
    if not choices and not any(isinstance(extra, FieldInfo | annotated_types.BaseMetadata) for extra in extras):
        return None
    adapter = TypeAdapter(annotation)
    whole = "whole" if bare is int else "text"
    asked = param_fields.limited(FormField(name=name, input=whole, choices=choices), extras)

    def check(item: Any) -> Any:
        try:
            return adapter.validate_python(item)
        except ValidationError as error:
            raise ItemError("invalid_item", param_reader.sentence(asked, error.errors()[0])) from None

    return check
