"""One param read as its annotation says, by pydantic; what it refuses is one sentence that shows no secret."""

from __future__ import annotations

import enum
import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretBytes, SecretStr, ValidationError, create_model
from pydantic.types import Secret

from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadParams, DefinitionError
from jobs.runtime.job import param_fields
from jobs.runtime.job.form_fields import FormField, wrong
from jobs.runtime.job.record_types import record_values

if TYPE_CHECKING:
    from jobs.runtime.job.definition import Job, Param

_CONFIG = ConfigDict(allow_inf_nan=False, arbitrary_types_allowed=False)
_models: weakref.WeakKeyDictionary[Callable[..., Any], dict[str, type[BaseModel]]] = weakref.WeakKeyDictionary()


def read(job: Job, param: Param, given: Any) -> Any:
    """The value that the job's function gets for what was given. Raises BadParams, DefinitionError."""
    model = _model(job, param)
    try:
        return model.model_validate({"value": given}).value  # type: ignore[attr-defined]
    except ValidationError as error:
        asked = param_fields.field_of(param, None)
        said = [sentence(asked, part) for part in error.errors(include_url=False)]
        raise BadParams(_without_secrets(param, given, "; ".join(dict.fromkeys(said)))) from None
    except Exception as error:  # the author's validators
        words = f"{param.name}: its own validator raised {type(error).__name__}: {error}"
        raise BadParams(_without_secrets(param, given, words)) from None


def dump(job: Job, param: Param, value: Any) -> Any:
    """The value as pydantic makes it plain, by the author's serializers. Raises whatever they raise."""
    made = _model(job, param).model_construct(value=value)
    return made.model_dump(mode="json", warnings=False)["value"]


def sentence(asked: FormField, part: Any) -> str:
    """What an error of pydantic's says of a value."""
    return wrong(asked, part["type"], part.get("input"), part.get("ctx", {}), str(part["msg"]))


def bare(given: Any) -> Any:
    """Given data as JSON has it: choices by the text of their value, secrets as they are, no number without an end."""
    if isinstance(given, SecretStr | SecretBytes | Secret):
        return bare(given.get_secret_value())
    if isinstance(given, enum.Enum):
        return bare(given.value) if isinstance(given.value, str | int | float) else str(given.value)
    if isinstance(given, bytes):
        return given.decode("utf-8", "replace")
    if isinstance(given, float) and not math.isfinite(given):
        return str(given)
    if isinstance(given, Mapping):
        return {name: bare(inner) for name, inner in given.items()}
    return [bare(inner) for inner in given] if isinstance(given, list | tuple | set | frozenset) else given


def secrets_within(value: Any) -> Iterator[Any]:
    """What the secrets of pydantic's hold that a value is, or has among its members."""
    if isinstance(value, SecretStr | SecretBytes | Secret):
        yield from secrets.scalars(bare(value))
        return
    for member in _members(value):
        yield from secrets_within(member)


def _members(value: Any) -> Iterable[Any]:
    known = value if isinstance(value, Mapping) else record_values(value)
    if known is not None:
        return known.values()
    return value if isinstance(value, list | tuple | set | frozenset) else ()


def _without_secrets(param: Param, given: Any, words: str) -> str:
    """A sentence without what was given for a secret param: the author's own words may quote it."""
    if not param_fields.is_secret(param.annotation):
        return words
    texts = [*secrets.texts(bare(given)), *([str(given)] if isinstance(given, int | float) else ())]
    words_of = [word for text in texts for word in text.split()]
    return secrets.blotter((text, secrets.HIDDEN) for text in [*texts, *words_of]).text(words)


def _model(job: Job, param: Param) -> type[BaseModel]:
    known = _models.setdefault(job.function, {})
    if param.name not in known:
        known[param.name] = _model_of(job, param)
    return known[param.name]


def _model_of(job: Job, param: Param) -> type[BaseModel]:
    try:
        return create_model("param", __config__=_CONFIG, value=(_readable(param.annotation), ...))
    except Exception as error:  # pydantic's schema errors share no base class
        raise DefinitionError(f"the params of {job.name} cannot be read: {error}") from error


def _readable(annotation: Any) -> Any:
    """The annotation, such that the text of a choice that is not a text itself (a number, an enum's) is understood,
    alone or in a list."""
    bare_type = param_fields.unwrap(annotation)[0]
    if isinstance(bare_type, type) and issubclass(bare_type, enum.Flag):
        return Annotated[annotation, BeforeValidator(_number_of_flags)]
    known = param_fields.choices(bare_type)
    if not all(isinstance(choice, str) for choice in known.values()):
        return Annotated[annotation, BeforeValidator(lambda given: _chosen(known, given))]
    entries = param_fields.entry_choices(annotation)
    return Annotated[annotation, BeforeValidator(lambda given: _entries(entries, given))] if entries else annotation


def _number_of_flags(given: Any) -> Any:
    return int(given) if isinstance(given, str) and given.isascii() and given.isdecimal() else given


def _chosen(known: Mapping[str, Any], given: Any) -> Any:
    return known.get(given, given) if type(given) is str else given


def _entries(known: Mapping[str, Any], given: Any) -> Any:
    return [_chosen(known, entry) for entry in given] if isinstance(given, list | tuple) else given
