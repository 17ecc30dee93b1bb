"""A job's params: what a run stores of them, and what the job's function gets.

A run stores what was given, as plain data that reads as the very same value; the worker reads it, once, and that is
what the function gets. So whatever an annotation does (validators, serializers), it does it once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadParams, DefinitionError
from jobs.runtime.core.secrets import HIDDEN
from jobs.runtime.job import param_fields, param_reader
from jobs.runtime.job.definition import Job, Param
from jobs.runtime.job.form_fields import FormField

__all__ = [
    "HIDDEN",
    "FormField",
    "conceal",
    "form_fields",
    "secret_params",
    "secret_values",
    "typed_params",
    "validate_params",
]


def validate_params(job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a run as they are stored: complete, plain (ready for JSON), and each such that it reads as the
    value that was given. One whose default cannot be plain is left out, where it was not given.

    Raises BadParams with one sentence for each param that is unknown or out of its limits.
    """
    _refuse_unknown(job, given)
    plain: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for param in job.params:
        try:
            plain |= _stored(job, param, given)
        except BadParams as fault:
            faults[param.name] = str(fault)
    if faults:
        raise BadParams("; ".join(faults.values()), faults)
    return plain


def typed_params(job: Job, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments for the job's function, from the plain params that a run stores. Raises BadParams."""
    return {param.name: _typed(job, param, plain) for param in job.params}


def typed_without_secrets(job: Job, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The same where no secret is looked up: a param that only a secret can fill has its default. For what must be
    known of a run before its workers begin."""
    known = {name: value for name, value in plain.items() if not _awaits_secret(value)}
    return typed_params(job, known)


def secret_params(job: Job) -> frozenset[str]:
    """The names of the params that are shown to nobody."""
    return frozenset(param.name for param in job.params if param_fields.is_secret(param.annotation))


def secret_values(job: Job, typed: Mapping[str, Any]) -> list[str | float]:
    """The secrets that the job's function gets: each that is one of pydantic's, wherever it stands, and the secret
    params that are a text or a number."""
    alone = [typed[name] for name in secret_params(job) if isinstance(typed[name], str | int | float | bytes)]
    found = [*param_reader.secrets_within(typed), *map(param_reader.bare, alone)]
    return [value for value in found if isinstance(value, str | int | float) and not isinstance(value, bool)]


def conceal(job: Job, plain: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Plain params as they may be shown, and the secret ones in full; what is empty, or only names a secret, hides
    nothing."""
    hidden = {name: plain[name] for name in secret_params(job) if _hides(plain.get(name))}
    return {**plain, **dict.fromkeys(hidden, HIDDEN)}, hidden


def form_fields(job: Job) -> tuple[FormField, ...]:
    """The job's params as fields of a form, in the order of the signature.

    Raises DefinitionError: a type that no form can ask for, a default out of its limits, names that a command line
    cannot tell apart, a Field that says what no param can be.
    """
    param_fields.check(job)
    try:
        defaults = validate_params(job, {})
    except BadParams as error:
        raise DefinitionError(f"a default of {job.name} is not allowed by its own type or limits: {error}") from None
    return tuple(_field(param, defaults) for param in job.params)


def _refuse_unknown(job: Job, given: Mapping[str, Any]) -> None:
    known = {param.name for param in job.params}
    for name in given:
        if name not in known:
            offer = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise BadParams(f"{job.name} has no param {name} ({offer})")
    for name in secret_params(job) & given.keys():
        if given[name] == HIDDEN:
            raise BadParams(f"{name}: the value of the earlier run is not shown to anybody: give it again")


def _stored(job: Job, param: Param, given: Mapping[str, Any]) -> dict[str, Any]:
    """The plain form of one param, by its name; nothing for a default that has none."""
    raw = given.get(param.name, param.default)
    secrets.names_in(param_reader.bare(raw))
    try:
        value = param_reader.read(job, param, raw)
    except BadParams:
        if _awaits_secret(param_reader.bare(raw)):
            return {param.name: param_reader.bare(raw)}
        if param.name not in given and param_fields.has_reader(param.annotation):
            return {}  # a value already, not a text for the author's own reader
        raise
    if param.name not in given and param_fields.is_secret(param.annotation) and _hides(param_reader.bare(raw)):
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


def _typed(job: Job, param: Param, plain: Mapping[str, Any]) -> Any:
    if param.name in plain:
        return param_reader.read(job, param, plain[param.name])
    try:
        return param_reader.read(job, param, param.default)
    except BadParams:
        if param_fields.has_reader(param.annotation):
            return param.default
        raise


def _awaits_secret(raw: Any) -> bool:
    """Whether a text is nothing but the name of a secret: only the worker can tell what it is."""
    return any(secrets.is_name_alone(text) for text in secrets.texts(raw))


def _hides(plain: Any) -> bool:
    """Whether there is something to be hidden: a text that is more than a secret's name, or a number."""
    hiding = (scalar for scalar in secrets.scalars(plain) if scalar not in (None, "") and not isinstance(scalar, bool))
    return not all(secrets.showable(str(scalar)) for scalar in hiding)


def _field(param: Param, defaults: Mapping[str, Any]) -> FormField:
    return replace(param_fields.field_of(param, defaults.get(param.name)), standing=param.name not in defaults)
