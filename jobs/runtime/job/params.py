"""A job's params: what a run stores of them, and what the job's function gets.

A run stores what was given, as plain data that reads as the very same value; the worker reads it, once, and that is
what the function gets. So whatever an annotation does (validators, serializers), it does it once. Pydantic, which reads
them, is loaded where a job has params.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.runtime.core.errors import BadParams, DefinitionError
from jobs.runtime.core.secrets import HIDDEN
from jobs.runtime.job.definition import Job
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
    if not job.params:
        return {}
    from jobs.runtime.job.param_forms import stored

    plain: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for param in job.params:
        try:
            plain |= stored(job, param, given)
        except BadParams as fault:
            faults[param.name] = str(fault)
    if faults:
        raise BadParams("; ".join(faults.values()), faults)
    return plain


def typed_params(job: Job, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments for the job's function, from the plain params that a run stores. Raises BadParams."""
    if not job.params:
        return {}
    from jobs.runtime.job.param_forms import typed

    return {param.name: typed(job, param, plain) for param in job.params}


def typed_without_secrets(job: Job, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The same where no secret is looked up: a param that only a secret can fill has its default. For what must be
    known of a run before its workers begin."""
    if not job.params:
        return {}
    from jobs.runtime.job.param_forms import awaits_secret

    return typed_params(job, {name: value for name, value in plain.items() if not awaits_secret(value)})


def secret_params(job: Job) -> frozenset[str]:
    """The names of the params that are shown to nobody."""
    if not job.params:
        return frozenset()
    from jobs.runtime.job.param_fields import is_secret

    return frozenset(param.name for param in job.params if is_secret(param.annotation))


def secret_values(job: Job, typed: Mapping[str, Any]) -> list[str | float]:
    """The secrets that the job's function gets: each that is one of pydantic's, wherever it stands, and the secret
    params that are a text or a number."""
    if not job.params:
        return []
    from jobs.runtime.job import param_reader

    alone = [typed[name] for name in secret_params(job) if isinstance(typed[name], str | int | float | bytes)]
    found = [*param_reader.secrets_within(typed), *map(param_reader.bare, alone)]
    return [value for value in found if isinstance(value, str | int | float) and not isinstance(value, bool)]


def conceal(job: Job, plain: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Plain params as they may be shown, and the secret ones in full; what is empty, or only names a secret, hides
    nothing."""
    hidden = _hidden(job, plain)
    return {**plain, **dict.fromkeys(hidden, HIDDEN)}, hidden


def _hidden(job: Job, plain: Mapping[str, Any]) -> dict[str, Any]:
    if not job.params:
        return {}
    from jobs.runtime.job.param_forms import hides

    return {name: plain[name] for name in secret_params(job) if hides(plain.get(name))}


def form_fields(job: Job) -> tuple[FormField, ...]:
    """The job's params as fields of a form, in the order of the signature.

    Raises DefinitionError: a type that no form can ask for, a default out of its limits, names that a command line
    cannot tell apart, a Field that says what no param can be.
    """
    if not job.params:
        return ()
    from jobs.runtime.job import param_fields, param_forms

    param_fields.check(job)
    try:
        defaults = validate_params(job, {})
    except BadParams as error:
        raise DefinitionError(f"a default of {job.name} is not allowed by its own type or limits: {error}") from None
    return tuple(param_forms.field(param, defaults) for param in job.params)


def _refuse_unknown(job: Job, given: Mapping[str, Any]) -> None:
    known = {param.name for param in job.params}
    for name in given:
        if name not in known:
            offer = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise BadParams(f"{job.name} has no param {name} ({offer})")
    for name in secret_params(job) & given.keys():
        if given[name] == HIDDEN:
            raise BadParams(f"{name}: the value of the earlier run is not shown to anybody: give it again")
