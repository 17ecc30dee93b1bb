"""A job's params and item limits as pydantic reads them: validation, and the fields of forms and command lines."""

from __future__ import annotations

import enum
import functools
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Union

import annotated_types
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo

from jobs.runtime.errors import BadParams, DefinitionError, ItemError
from jobs.runtime.fields import Field, wrong
from jobs.runtime.job import Job, Param

HIDDEN = "(hidden)"
"""What stands for a secret param wherever it is shown."""


def validate_params(job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a run, complete and plain (ready for JSON). Texts are read as their types.

    Raises BadParams with one sentence for each param that is unknown or out of its limits.
    """
    known = {param.name for param in job.params}
    for name in given:
        if name not in known:
            offer = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise BadParams(f"{job.name} has no param {name} ({offer})")
    secret = secret_params(job)
    for name in secret & given.keys():
        if given[name] == HIDDEN:
            raise BadParams(f"{name}: the value of the earlier run is not shown to anybody: give it again")
    try:
        model = _read(job, given)
    except ValidationError as error:
        asked = {_OURS + param.name: _field(param, None) for param in job.params}
        raise BadParams("; ".join(_sentence(asked[str(part["loc"][0])], part) for part in error.errors())) from None
    return {name.removeprefix(_OURS): value for name, value in model.model_dump(mode="json").items()}


def secret_params(job: Job) -> frozenset[str]:
    """The names of the params that are shown to nobody."""
    return frozenset(param.name for param in job.params if _says(param.annotation, "secret"))


def conceal(job: Job, plain: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Plain params as they may be shown, and the secret ones in full; what is empty hides nothing."""
    secrets = {name: plain[name] for name in secret_params(job) if plain.get(name)}
    return {**plain, **dict.fromkeys(secrets, HIDDEN)}, secrets


def typed_params(job: Job, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments for the job's function, from the plain params that a run stores."""
    model = _read(job, plain)
    return {param.name: getattr(model, _OURS + param.name) for param in job.params}


def form_fields(job: Job) -> tuple[Field, ...]:
    """The job's params as fields of a form, in the order of the signature.

    Raises DefinitionError: a type that no form can ask for, a default out of its limits, names that a command line
    cannot tell apart, a Field that says what no param can be.
    """
    _check_flags(job)
    for param in job.params:
        _check_field(param)
    try:
        defaults = validate_params(job, {})
    except BadParams as error:
        raise DefinitionError(f"a default of {job.name} is not allowed by its own type or limits: {error}") from None
    return tuple(_field(param, defaults[param.name]) for param in job.params)


def _check_flags(job: Job) -> None:
    for param in job.params:
        if _unwrap(param.annotation)[0] is bool and f"no_{param.name}" in {other.name for other in job.params}:
            raise DefinitionError(f"param no_{param.name} is what --no-{param.name} of {param.name} says: drop one")


_UNFIT: Mapping[str, str] = {
    **dict.fromkeys(("alias", "validation_alias"), "an option has the name of its param: rename the param itself"),
    "exclude": "a run stores all its params: leave it out",
    "strict": "forms and options give texts, which it would not read: leave it out",
}
"""What a Field may say that no param can be, and why."""


def _check_field(param: Param) -> None:
    bare = _unwrap(param.annotation)[0]
    if isinstance(param.default, FieldInfo):
        kind = getattr(bare, "__name__", str(bare))
        raise DefinitionError(
            f"the default of param {param.name} is a Field, which an ordinary call would get as its value: "
            f"write {param.name}: Annotated[{kind}, Field(…)] = and the default"
        )
    extras = _metadata(param.annotation)
    said = [*extras, *(inner for extra in extras for inner in getattr(extra, "metadata", ()))]
    for word, why in _UNFIT.items():
        if any(getattr(extra, word, None) for extra in said) and (word, bare) != ("strict", str):
            raise DefinitionError(f"param {param.name} has a Field with {word}: {why}")


def item_checker(job: Job) -> Callable[[Any], Any] | None:
    """What checks an item against the limits of its annotation (ge, le, pattern …, Literal); None where it has none.

    It returns the item or raises ItemError(`invalid_item`) with a sentence.
    """
    extras = getattr(job.item_annotation, "__metadata__", ())
    bare = _unwrap(job.item_annotation)[0]
    choices = tuple(_choices(bare))
    if not choices and not any(isinstance(extra, FieldInfo | annotated_types.BaseMetadata) for extra in extras):
        return None
    adapter = TypeAdapter(job.item_annotation)
    asked = _limited(Field(name=job.item_name, input="whole" if bare is int else "text", choices=choices), extras)

    def check(item: Any) -> Any:
        try:
            return adapter.validate_python(item)
        except ValidationError as error:
            raise ItemError("invalid_item", _sentence(asked, error.errors()[0])) from None

    return check


_OURS = "param_"
"""What stands before the name of each param in its model, where model_dump, model_extra and others are taken."""


def _read(job: Job, given: Mapping[str, Any]) -> BaseModel:
    return _model(job).model_validate({_OURS + name: value for name, value in given.items()})


@functools.lru_cache(maxsize=64)
def _model_of(name: str, params: tuple[tuple[str, Any, Any], ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {_OURS + param: (_readable(annotation), default) for param, annotation, default in params}
    config = ConfigDict(extra="forbid", validate_default=True, allow_inf_nan=False)
    return create_model(f"{name}_params", __config__=config, **fields)


def _readable(annotation: Any) -> Any:
    """The annotation, such that the text of a choice that is not a text itself (a number, an enum's) is understood."""
    choices = _choices(_unwrap(annotation)[0])
    if all(isinstance(choice, str) for choice in choices.values()):
        return annotation
    return Annotated[
        annotation, BeforeValidator(lambda given: choices.get(given, given) if type(given) is str else given)
    ]


def _model(job: Job) -> type[BaseModel]:
    rows = tuple((param.name, param.annotation, param.default) for param in job.params)
    try:
        try:
            return _model_of(job.name, rows)
        except TypeError:  # a default that cannot be hashed: a list
            return _model_of.__wrapped__(job.name, rows)
    except Exception as error:  # pydantic's schema errors share no base class
        raise DefinitionError(f"the params of {job.name} cannot be read: {error}") from error


def _sentence(asked: Field, part: Any) -> str:
    return wrong(asked, part["type"], part.get("input"), part.get("ctx", {}), str(part["msg"]))


def _field(param: Param, default: Any) -> Field:
    bare, optional = _unwrap(param.annotation)
    extras = _metadata(param.annotation)
    choices = tuple(_choices(bare))
    asked = Field(
        name=param.name,
        input="choice" if choices else _input(param, bare),
        default=str(default) if choices and default is not None else default,
        help=param.help,
        choices=choices,
        optional=optional,
        multiline=_says(param.annotation, "multiline"),
        secret=_says(param.annotation, "secret"),
    )
    return _limited(asked, extras)


def _limited(asked: Field, extras: tuple[Any, ...]) -> Field:
    """The field with the limits of an annotation."""
    step = 1 if asked.input == "whole" else None
    least, most = _limit(extras, "ge", "gt", step), _limit(extras, "le", "lt", None if step is None else -step)
    return replace(asked, least=least, most=most)


def _says(annotation: Any, word: str) -> bool:
    """Whether the Field of a param says so in its `json_schema_extra`."""
    return any((getattr(extra, "json_schema_extra", None) or {}).get(word) for extra in _metadata(annotation))


def _choices(bare: Any) -> Mapping[str, Any]:
    """The choices of a Literal or an Enum by the texts that a form shows; none for other types."""
    if typing.get_origin(bare) is Literal:
        return {str(choice): choice for choice in typing.get_args(bare)}
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return {str(member.value): member for member in bare}
    return {}


def _input(param: Param, bare: Any) -> str:
    plain = {bool: "switch", int: "whole", float: "number", str: "text"}
    if bare in plain:
        return plain[bare]
    try:
        schema = TypeAdapter(bare).json_schema()
    except PydanticUserError:
        schema = {}
    if schema.get("type") == "array" and _is_plain(_entry(schema)):
        return "lines"
    if _is_plain(schema):
        return "text"
    raise DefinitionError(
        f"param {param.name} has a type that no form can ask for: "
        "use bool, int, float, str, Literal, an Enum, or a list of these"
    )


def _entry(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON schema of what an array holds; of a bare list, texts."""
    entry: Mapping[str, Any] = schema.get("items") or {"type": "string"}
    return schema["$defs"][entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry


def _is_plain(schema: Mapping[str, Any]) -> bool:
    """Whether a value of this JSON schema can be given as one text."""
    kinds = [schema, *schema.get("anyOf", ())]
    return any(kind.get("type") in ("string", "integer", "number", "boolean") or "enum" in kind for kind in kinds)


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    if hasattr(annotation, "__metadata__"):
        return _unwrap(annotation.__origin__)
    if typing.get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in typing.get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _unwrap(members[0])[0], True
    return annotation, False


def _metadata(annotation: Any) -> tuple[Any, ...]:
    own = tuple(getattr(annotation, "__metadata__", ()))
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return own + tuple(extra for member in typing.get_args(annotation) for extra in _metadata(member))
    return own


def _limit(extras: tuple[Any, ...], name: str, beyond: str, step: int | None) -> float | None:
    """An inclusive limit; of whole numbers, an exclusive one as well (`step` further in)."""
    limit = _number(extras, name)
    if limit is not None or step is None:
        return limit
    exclusive = _number(extras, beyond)
    return None if exclusive is None else exclusive + step


def _number(extras: tuple[Any, ...], name: str) -> float | None:
    found = [getattr(extra, name, None) for extra in extras]
    found += [getattr(inner, name, None) for extra in extras for inner in getattr(extra, "metadata", ())]
    numbers = [limit for limit in found if isinstance(limit, int | float)]
    return numbers[0] if numbers else None
