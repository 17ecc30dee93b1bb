"""The plain form of one param, as a run stores it, and the value that it is read as again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job import param_fields, param_reader
from jobs.runtime.job.definition import Job, Param
from jobs.runtime.job.form_fields import FormField


def stored(job: Job, param: Param, given: Mapping[str, Any]) -> dict[str, Any]:
    """The plain form of one param, by its name; nothing for a default that has none."""
    raw = given.get(param.name, param.default)
    secrets.names_in(param_reader.bare(raw))
    try:
        value = param_reader.read(job, param, raw)
    except BadParams:
        if awaits_secret(param_reader.bare(raw)):
            return {param.name: param_reader.bare(raw)}
        if param.name not in given and param_fields.has_reader(param.annotation):
            return {}  # a value already, not a text for the author's own reader
        raise
    if param.name not in given and param_fields.is_secret(param.annotation) and hides(param_reader.bare(raw)):
        return {}  # it stands in the job's code, and need not stand anywhere else
    for plain in _plain_forms(job, param, raw, value):
        if _reads_as(job, param, plain, value):
            return {param.name: plain}
    if _is_plain(raw):
        return {param.name: raw}  # reads as what cannot be compared: a connection, a clock
    if param.name not in given:
        return {}
    raise BadParams(f"{param.name}: what was given cannot be kept as plain data: give it as a text")


def _plain_forms(job: Job, param: Param, raw: Any, value: Any) -> list[Any]:
    """What might stand for a value in the store: as pydantic writes it, and as it was given. A secret, and a text that
    names one, are kept as given."""
    if param_fields.is_secret(param.annotation) or secrets.names_in(param_reader.bare(raw)):
        return [param_reader.bare(raw)]
    written = []
    with suppress(Exception):  # the author's serializers: they may raise anything, and need not be gone by
        written.append(param_reader.bare(param_reader.dump(job, param, value)))
    return [*written, param_reader.bare(raw)]


def _reads_as(job: Job, param: Param, plain: Any, value: Any) -> bool:
    try:
        again = param_reader.read(job, param, json.loads(json.dumps(plain)))
    except (BadParams, TypeError, ValueError, RecursionError):
        return False
    if type(again) is not type(value) or again != value:
        return False
    return repr(again) == repr(value) or _written(job, param, again) == _written(job, param, value) != _UNWRITTEN


def _is_plain(raw: Any) -> bool:
    """Whether what was given is what JSON gives back."""
    try:
        return bool(json.dumps(again := json.loads(json.dumps(raw, allow_nan=False))) and again == raw)
    except (TypeError, ValueError, RecursionError):
        return False


_UNWRITTEN = object()


def _written(job: Job, param: Param, value: Any) -> Any:
    """The value as pydantic writes it: where two are equal and their texts are not (two names of one time zone)."""
    with suppress(Exception):  # the author's serializers
        return param_reader.dump(job, param, value)
    return _UNWRITTEN


def typed(job: Job, param: Param, plain: Mapping[str, Any]) -> Any:
    """What the job's function gets for a param: what is stored, or its default. Raises BadParams."""
    if param.name in plain:
        return param_reader.read(job, param, plain[param.name])
    try:
        return param_reader.read(job, param, param.default)
    except BadParams:
        if param_fields.has_reader(param.annotation):
            return param.default
        raise


def awaits_secret(raw: Any) -> bool:
    """Whether a text is nothing but the name of a secret: only the worker can tell what it is."""
    return any(secrets.is_name_alone(text) for text in secrets.texts(raw))


def hides(plain: Any) -> bool:
    """Whether there is something to be hidden: a text that is more than a secret's name, or a number."""
    hiding = (scalar for scalar in secrets.scalars(plain) if scalar not in (None, "") and not isinstance(scalar, bool))
    return not all(secrets.showable(str(scalar)) for scalar in hiding)


def field(param: Param, defaults: Mapping[str, Any]) -> FormField:
    """A param as a field of a form; `defaults` are the plain ones of the job."""
    return replace(param_fields.field_of(param, defaults.get(param.name)), standing=param.name not in defaults)
