"""What an annotation says of a param: how a form asks for it, its choices, its limits, and whether it is secret."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from itertools import combinations
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, Union

from pydantic import BeforeValidator, Json, PlainValidator, SecretBytes, SecretStr, TypeAdapter, WrapValidator
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.types import Secret
from typing_extensions import is_typeddict

from jobs.runtime.core.errors import DefinitionError
from jobs.runtime.job.annotations import read_hints, stands_for
from jobs.runtime.job.form_fields import FormField
from jobs.runtime.job.record_types import record_hints

if TYPE_CHECKING:
    from jobs.runtime.job.definition import Job, Param

MOST_FLAGS = 6
"""More flags make more choices together than a form can offer: they are given as their number."""

MOST_PARTS = 1_000
"""Of a type that holds itself in ever new forms, so many parts are looked at for secrets."""

_PLAIN: Mapping[Any, str] = {bool: "switch", int: "whole", float: "number", str: "text"}


def check(job: Job) -> None:
    """Raise DefinitionError for params that no form or command line can ask for."""
    names = {param.name for param in job.params}
    for param in job.params:
        if unwrap(param.annotation)[0] is bool and f"no_{param.name}" in names:
            raise DefinitionError(f"param no_{param.name} is what --no-{param.name} of {param.name} says: drop one")
        _check_field(param)
        _check_choices(param)
        _check_scale(param)
        _check_line(param)
        _check_lasting(param)


def field_of(param: Param, default: Any) -> FormField:
    """The field that asks for a param; `default` is plain."""
    bare, optional = unwrap(param.annotation)
    known = choices(bare)
    asked = FormField(
        name=param.name,
        input="choice" if known else _input(param, bare),
        default=str(default) if known and default is not None else default,
        help=param.help,
        choices=tuple(known),
        examples=_examples(param.annotation) if bare is str else (),
        optional=optional,
        multiline=is_marked(param.annotation, "multiline"),
        line=_told(param.annotation, "line") or "",
        words={part: tuple(words) for part, words in (_told(param.annotation, "words") or {}).items()},
        secret=is_secret(param.annotation),
        title=_title(param.annotation),
        group=str(_told(param.annotation, "group") or ""),
        unit=str(_told(param.annotation, "unit") or ""),
        scale=_told(param.annotation, "scale") or 1,
    )
    return limited(asked, _metadata(param.annotation))


def limited(asked: FormField, extras: tuple[Any, ...]) -> FormField:
    """The field with the limits of an annotation."""
    step = 1 if asked.input == "whole" else None
    least, most = _limit(extras, "ge", "gt", step), _limit(extras, "le", "lt", None if step is None else -step)
    return replace(asked, least=least, most=most)


def is_marked(annotation: Any, word: str) -> bool:
    """Whether the Field of a param says so in its `json_schema_extra`."""
    return bool(_told(annotation, word))


def _told(annotation: Any, word: str) -> Any:
    """What the Field of a param says under this word of its `json_schema_extra`; None: nothing."""
    told = (getattr(extra, "json_schema_extra", None) for extra in _metadata(annotation))
    return next((extra[word] for extra in told if isinstance(extra, dict) and extra.get(word)), None)


def _title(annotation: Any) -> str:
    titles = (extra.title for extra in _metadata(annotation) if isinstance(extra, FieldInfo))
    return next(filter(None, titles), "")


def _examples(annotation: Any) -> tuple[str, ...]:
    """The texts that its Field gives as examples."""
    told = (getattr(extra, "examples", None) or () for extra in _metadata(annotation))
    return tuple(text for examples in told for text in examples if isinstance(text, str))


def is_secret(annotation: Any) -> bool:
    """Whether its values are shown to nobody: by its Field, or since it is or holds a SecretStr of pydantic's."""
    return _is_secret(annotation, [])


def _is_secret(annotation: Any, seen: list[Any]) -> bool:
    """`seen`: what was looked at before, since a type may hold itself."""
    meant = stands_for(annotation)
    if len(seen) > MOST_PARTS or any(meant is one for one in seen):
        return False
    seen.append(meant)
    origin = typing.get_origin(meant) or meant
    if isinstance(origin, type) and issubclass(origin, SecretStr | SecretBytes | Secret):
        return True
    return is_marked(meant, "secret") or any(_is_secret(part, seen) for part in _parts(meant, origin))


def _parts(annotation: Any, origin: Any) -> Iterable[Any]:
    """The types that a type is made of: what a list holds, the fields of a class."""
    if origin is Literal:
        return ()
    with suppress(DefinitionError):  # of another's class, whose annotations do not concern us
        fields = read_hints(origin) if is_typeddict(origin) else record_hints(origin)
        return (*typing.get_args(annotation), *(fields or {}).values())
    return typing.get_args(annotation)


def has_reader(annotation: Any) -> bool:
    """Whether the author reads what is given himself, before its type does: then it is asked for as one text."""
    readers = (BeforeValidator, PlainValidator, WrapValidator, Json)
    extras = _metadata(annotation)
    return annotation is Json or any(isinstance(extra, readers) or extra is Json for extra in extras)


def choices(bare: Any) -> Mapping[str, Any]:
    """The choices of a Literal or an Enum by the texts that a form shows, those of flags with all that they make
    together; none for other types, and for flags that make too many."""
    if typing.get_origin(bare) is Literal:
        return {str(_value(choice)): choice for choice in typing.get_args(bare) if choice is not None}
    if isinstance(bare, type) and issubclass(bare, enum.Flag):
        return {str(flags.value): flags for flags in _combined(bare)}
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return {str(member.value): member for member in bare}
    return {}


def _combined(kind: type[enum.Flag]) -> list[enum.Flag]:
    """Flags alone, then together; none of them comes last."""
    sizes = (*range(1, len(kind) + 1), 0) if len(kind) <= MOST_FLAGS else ()
    return [reduce(or_, some, kind(0)) for size in sizes for some in combinations(kind, size)]


def entry_choices(annotation: Any) -> Mapping[str, Any]:
    """The choices of what a list holds, by their texts, where some are no texts themselves."""
    arguments = [inner for inner in typing.get_args(unwrap(annotation)[0]) if inner is not Ellipsis]
    known = choices(unwrap(arguments[0])[0]) if len(arguments) == 1 else {}
    return {} if all(isinstance(choice, str) for choice in known.values()) else known


def unwrap(annotation: Any) -> tuple[Any, bool]:
    """A type without its name, Annotated and None, and whether None was among what it may be."""
    annotation = stands_for(annotation)
    if hasattr(annotation, "__metadata__"):
        return unwrap(annotation.__origin__)
    origin, members = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return annotation, None in members
    if origin in (Union, types.UnionType) and type(None) in members:
        others = [member for member in members if member is not type(None)]
        return (unwrap(others[0])[0] if len(others) == 1 else annotation), True
    return annotation, False


def _value(choice: Any) -> Any:
    return choice.value if isinstance(choice, enum.Enum) else choice


_UNFIT: Mapping[str, str] = {
    **dict.fromkeys(("alias", "validation_alias"), "an option has the name of its param: rename the param itself"),
    "exclude": "a run stores all its params: leave it out",
    "strict": "forms and options give texts, which it would not read: leave it out",
}
"""What a Field may say that no param can be, and why."""


def _check_field(param: Param) -> None:
    bare = unwrap(param.annotation)[0]
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


def _check_choices(param: Param) -> None:
    bare = unwrap(param.annotation)[0]
    given = [choice for choice in typing.get_args(bare) if choice is not None]
    number = len(given) if typing.get_origin(bare) is Literal else len(choices(bare))
    if isinstance(bare, type) and issubclass(bare, enum.Enum) and not issubclass(bare, enum.Flag):
        number = len(list(bare))
    if len(choices(bare)) < number:
        raise DefinitionError(f"param {param.name} has choices that read the same as texts: let each read differently")


def _check_scale(param: Param) -> None:
    scale, bare = _told(param.annotation, "scale"), unwrap(param.annotation)[0]
    if scale is not None and (type(scale) is not int or scale < 1 or bare not in (int, float)):
        raise DefinitionError(
            f"param {param.name} has the scale {scale!r}: give a number of its type, and how many of it are one of its "
            "unit, as a whole number"
        )


def _check_line(param: Param) -> None:
    """A form puts lines together from the parts that are named, and knows no others."""
    line, words = _told(param.annotation, "line") or "", _told(param.annotation, "words") or {}
    with suppress(ValueError, KeyError, IndexError, AttributeError, TypeError):
        parts = FormField(name=param.name, input="text", line=line).parts
        if words.keys() <= set(parts) and line.format_map(dict.fromkeys(parts, "")) != line:
            return
    if line or words:
        raise DefinitionError(
            f"param {param.name} has lines of {line!r} with words for {words!r}: give a text with a name in braces for "
            'each part, as in "{name} = {which} {what}", and lists of words for some of these names'
        )


def _check_lasting(param: Param) -> None:
    """What pydantic reads only while it is gone through would be used up by the first item."""
    origin = typing.get_origin(unwrap(param.annotation)[0])
    if origin in (Iterable, Iterator, Generator):
        raise DefinitionError(f"param {param.name} is of a kind that can be gone through once: use a list")


def _input(param: Param, bare: Any) -> str:
    if has_reader(param.annotation):
        return "text"
    if bare in _PLAIN:
        return _PLAIN[bare]
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


def _metadata(annotation: Any) -> tuple[Any, ...]:
    annotation = stands_for(annotation)
    own = tuple(getattr(annotation, "__metadata__", ()))
    if hasattr(annotation, "__metadata__"):
        return own + _metadata(annotation.__origin__)
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
