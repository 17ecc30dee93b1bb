"""An item that is a row: the fields of a TypedDict, dataclass or model, each read from a cell of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union

from typing_extensions import is_typeddict

from jobs.runtime.core import row_cells
from jobs.runtime.core.errors import DefinitionError, FieldError, ItemError
from jobs.runtime.job.annotations import extras_of, help_of, plain_type, read_hints, stands_for
from jobs.runtime.job.item_kinds import FLOAT, INTEGER, TEXT, Kind

ROW = "row"
"""What an item of several cells is called."""

_KINDS: Mapping[Any, Kind] = {str: TEXT, int: INTEGER, float: FLOAT}


@dataclass(frozen=True, kw_only=True)
class RowField:
    """One field of an item that is a row: how its cell is read, and what an empty one stands for (the field's default,
    where it is not `required`; None where that is allowed)."""

    name: str
    annotation: Any
    kind: Kind
    required: bool = True
    nullable: bool = False
    help: str = ""

    @property
    def strict(self) -> bool:
        """Whether the look of a cell tells that it may be one."""
        return not self.kind.looks_like("two words")


def kind_of(annotation: Any) -> Kind | None:
    """How a cell becomes a value of this type: a Kind among its extras, or that of text and numbers; None: neither."""
    extras = [*extras_of(annotation), *extras_of(_without_none(annotation))]
    found = next((extra for extra in extras if isinstance(extra, Kind)), None)
    return found or _KINDS.get(plain_type(annotation))


def _without_none(annotation: Any) -> Any:
    """The type itself, of one that may also be None; with what Annotated adds to it."""
    annotation = stands_for(annotation)
    if hasattr(annotation, "__metadata__"):
        return annotation if not _may_be_none(annotation) else _without_none(annotation.__origin__)
    if getattr(typing.get_origin(annotation), "_name", "") in ("Required", "NotRequired", "ReadOnly"):
        return _without_none(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    members = [member for member in typing.get_args(annotation) if member is not type(None)]
    return members[0] if len(members) == 1 else annotation


def row_fields(item: str, annotation: Any) -> tuple[RowField, ...]:
    """The fields of a TypedDict, dataclass or pydantic model; none: it is no such class. Raises DefinitionError."""
    if is_typeddict(annotation):
        required = annotation.__required_keys__
        return tuple(
            field_of(item, name, hint, required=name in required) for name, hint in read_hints(annotation).items()
        )
    if not isinstance(annotation, type):
        return ()
    model = getattr(annotation, "model_fields", None)
    if isinstance(model, Mapping):
        hints = {name: Annotated[told.annotation, told] for name, told in model.items()}
        return tuple(field_of(item, name, hints[name], required=told.is_required()) for name, told in model.items())
    if not dataclasses.is_dataclass(annotation):
        return ()
    hints = read_hints(annotation)
    return tuple(
        field_of(item, told.name, hints[told.name], required=_has_no_default(told))
        for told in dataclasses.fields(annotation)
        if told.init
    )


def _has_no_default(told: dataclasses.Field[Any]) -> bool:
    return told.default is dataclasses.MISSING and told.default_factory is dataclasses.MISSING


def field_of(item: str, name: str, annotation: Any, *, required: bool = True) -> RowField:
    """One field as its annotation says. Raises DefinitionError for a type that no cell can be read as."""
    kind = kind_of(annotation) or _read_by_pydantic(item, name, annotation)
    return RowField(
        name=name,
        annotation=annotation,
        kind=kind,
        required=required,
        nullable=_may_be_none(annotation),
        help=help_of(annotation),
    )


def _may_be_none(annotation: Any) -> bool:
    annotation = stands_for(annotation)
    if hasattr(annotation, "__metadata__"):
        return _may_be_none(annotation.__origin__)
    return typing.get_origin(annotation) in (Union, types.UnionType) and type(None) in typing.get_args(annotation)


def _read_by_pydantic(item: str, name: str, annotation: Any) -> Kind:
    """A kind for any other type that pydantic reads from a text: dates, choices, `bool`, `Decimal`; lists and objects
    from JSON, as tables hold them."""
    from pydantic import TypeAdapter, ValidationError  # 190 ms: only for fields of such types

    try:
        adapter = TypeAdapter(annotation)
    except Exception as error:  # pydantic's schema errors share no base class
        raise DefinitionError(f"field {name} of the item {item} has a type that no cell can be read as") from error

    def read(cell: str) -> Any:
        text = cell.strip()
        try:
            return of_json(text) if text[:1] in ("[", "{") else adapter.validate_strings(text)
        except ValidationError as error:
            said = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
            raise ValueError(f"{word.quoted(cell)}: {said[:1].lower()}{said[1:]}") from None

    def of_json(text: str) -> Any:
        try:
            return adapter.validate_json(text)
        except ValidationError as error:
            with contextlib.suppress(ValidationError):
                return adapter.validate_strings(text)  # a choice that is written so
            raise error from None

    def looks_like(cell: str) -> bool:
        try:
            read(cell)
        except ValueError:
            return False
        return True

    word = Kind(name=_type_name(annotation), read=read, looks_like=looks_like)
    return word


def _type_name(annotation: Any) -> str:
    plain = plain_type(annotation)
    return str(getattr(plain, "__name__", plain)).lower()


@dataclass(kw_only=True)
class RowReader:
    """Reads the text of a row: each field's cell by its kind and within its limits, then the whole by `build`."""

    fields: tuple[RowField, ...]
    build: Callable[[dict[str, Any]], Any]
    _checks: dict[str, Callable[[Any], Any] | None] = field(default_factory=dict)

    def __call__(self, text: str) -> Any:
        """The item. Raises FieldError for a cell that cannot be what its field wants, ItemError for the whole."""
        cells = row_cells.decode(text)
        values = {}
        for told in self.fields:
            cell = cells.get(told.name, "")
            if told.required or (cell and not cell.isspace()):
                values[told.name] = self._read(told, cell)
        try:
            return self.build(values)
        except ItemError:
            raise
        except (ValueError, TypeError) as error:  # what a class says of values that do not fit together
            raise ItemError("invalid_item", _first_words(error)) from None

    def _read(self, told: RowField, cell: str) -> Any:
        if told.nullable and not cell.strip():
            return None
        try:
            value = told.kind.read(cell)
            check = self._check(told)
            return value if check is None else check(value)
        except ItemError as error:
            raise FieldError(error.code, told.name, cell, error.message) from None
        except ValueError as error:
            raise FieldError("invalid_item", told.name, cell, str(error)) from None

    def _check(self, told: RowField) -> Callable[[Any], Any] | None:
        if told.name not in self._checks:
            self._checks[told.name] = _checker(told)
        return self._checks[told.name]


def _checker(told: RowField) -> Callable[[Any], Any] | None:
    bare = _without_none(told.annotation)
    limits = [extra for extra in extras_of(bare) if not isinstance(extra, Kind)]
    if kind_of(bare) is None or not (limits or typing.get_origin(bare) is Literal):
        return None
    from jobs.runtime.job.value_limits import value_checker  # pydantic costs 190 ms: only where a field has limits

    return value_checker(told.name, bare)


def _first_words(error: Exception) -> str:
    """What a class says of its values; of pydantic's errors the first."""
    errors = getattr(error, "errors", None)
    words = str(errors()[0]["msg"]).removeprefix("Value error, ") if callable(errors) else str(error)
    return f"the row does not fit: {words}"


def row_kind(fields: tuple[RowField, ...], build: Callable[[dict[str, Any]], Any]) -> Kind:
    """The kind of items that are rows of these fields: a row is recognised by those of its fields that have a look."""
    strict = [told.kind for told in fields if told.strict]
    names = [told.name.lower() for told in fields] + [name for kind in strict for name in kind.names]
    return Kind(
        name=ROW,
        read=RowReader(fields=fields, build=build),
        looks_like=lambda cell: any(kind.looks_like(cell) for kind in strict),
        names=tuple(dict.fromkeys(names)),
    )


def builder_of(annotation: Any) -> Callable[[dict[str, Any]], Any]:
    """What makes an item of the values of its fields."""
    if is_typeddict(annotation) or not isinstance(annotation, type) or issubclass(annotation, dict):
        return dict
    if hasattr(annotation, "model_validate"):
        return lambda values: annotation.model_validate(values, by_alias=False, by_name=True)
    return lambda values: annotation(**values)
