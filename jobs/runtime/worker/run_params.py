"""The params of a run as its items get them: secrets looked up, values read once, and what must be blotted out."""

from __future__ import annotations

import copy
import datetime
import decimal
import enum
import pathlib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadSecret
from jobs.runtime.core.secrets import HIDDEN, NOTHING, Blotter
from jobs.runtime.home import literal_secrets
from jobs.runtime.job.definition import Job


def read(job: Job, home: Path, run: str, plain: Mapping[str, Any]) -> tuple[dict[str, Any], Blotter]:
    """The keyword arguments of the job's function, and what blots out the secrets among them.

    Raises BadSecret, BadParams; their sentences hold no value of a secret.
    """
    if not job.params:
        return {}, NOTHING
    from jobs.runtime.job.params import (  # pydantic costs 190 ms: only where there are params
        secret_params,
        secret_values,
        typed_params,
    )

    kept = literal_secrets.read(home, run)
    gone = [name for name in secret_params(job) if plain.get(name) == HIDDEN and name not in kept]
    if gone:
        raise BadSecret(f"the value of {', '.join(sorted(gone))} is not kept any more: give it again in a new run")
    found: dict[str, str] = {}

    def find(name: str) -> str:
        return found.setdefault(name, secrets.lookup(name))

    filled = secrets.fill({**plain, **kept}, find)
    signs = [(value, secrets.placeholder(name)) for name, value in found.items()]
    signs += [(str(text), HIDDEN) for name in kept for text in _scalars(filled[name])]
    typed = typed_params(job, filled)
    read_from_them = [
        (str(value), HIDDEN) for value in secret_values(job, typed)
    ]  # by validators, as members of models
    return typed, secrets.blotter([*read_from_them, *signs])


def _scalars(plain: Any) -> list[Any]:
    return [scalar for scalar in secrets.scalars(plain) if scalar is not None and not isinstance(scalar, bool)]


_IMMUTABLE = (
    *(str, int, float, bool, bytes, complex, type(None), decimal.Decimal, uuid.UUID, pathlib.PurePath, enum.Enum),
    *(datetime.date, datetime.time, datetime.timedelta),
)


def may_change(value: Any) -> bool:
    """Whether an item could change it under the others: then each gets a copy. What cannot be copied is shared."""
    if isinstance(value, tuple | frozenset):
        return any(map(may_change, value))
    return not isinstance(value, _IMMUTABLE) and _can_be_copied(value)


def _can_be_copied(value: Any) -> bool:
    try:
        copy.deepcopy(value)
    except (TypeError, copy.Error, RecursionError):
        return False
    return True
