"""A job as it is read from the signature of its marked function: the item, the params, the columns."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from typing_extensions import is_typeddict

from jobs.runtime.core.errors import DefinitionError
from jobs.runtime.core.job_terms import AUTO, Column, Limits, Pool
from jobs.runtime.job import decorator, hook_call
from jobs.runtime.job.annotations import column_type, columns_of, help_of, plain_type, read_hints
from jobs.runtime.job.decorator import Bound, JobOptions
from jobs.runtime.job.item_kinds import Kind
from jobs.runtime.job.record_types import record_hints
from jobs.runtime.job.row_fields import ROW, RowField, builder_of, field_of, kind_of, row_fields, row_kind

RESERVED = frozenset(
    "item column sheet name processes threads at_once pause attempts deadline out raw detach json help only bom "
    "dry_run from where explode ways workers repeats yes politeness delimiter header encoding out_delimiter "
    "out_decimal out_columns printed position sitemaps preset preset_owner replace "
    "new fresh conditional most_requests most_bytes most_sum on "
    "cron zone every overlap paused webhook email apprise tell sign".split()
)
"""Names of the command line's own options, which a param may not have."""

IO_THREADS = 32
"""Threads of an io job where the number must be fixed, as in the ways that are measured."""


@dataclass(frozen=True, kw_only=True)
class Param:
    """One keyword option of a job: its name, its annotation (with pydantic's Field), default and help."""

    name: str
    annotation: Any
    default: Any
    help: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as its signature defines it.

    `fields` are those of an item that is a row; `values` the params of the run that it is read for (see `with_params`).
    """

    name: str
    title: str
    description: str
    function: Callable[..., Any]
    mark: JobOptions
    item_name: str
    kind: Kind
    item_annotation: Any
    fields: tuple[RowField, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    params: tuple[Param, ...]
    fixed_columns: tuple[Column, ...]
    scalar: bool

    @property
    def folder(self) -> Path:
        """Where its module lies."""
        return Path(inspect.getfile(inspect.unwrap(self.function))).parent

    @property
    def bound(self) -> Bound:
        """What it waits for: io or cpu."""
        return self.mark.bound

    @property
    def prepares(self) -> bool:
        """Whether a run of it begins with its hooks: grouping, keys, costs or checks."""
        return any((self.mark.group, self.mark.key, self.mark.cost, self.mark.check))

    @property
    def codes(self) -> Mapping[str, str]:
        """The job's own codes and what each means."""
        return self.mark.codes or {}

    @property
    def takes_rows(self) -> bool:
        """Whether its items are rows: of several cells, each bound to a column."""
        return self.kind.name == ROW

    def with_params(self, params: Mapping[str, Any]) -> Job:
        """The same job for a run with these params: its hooks may ask for them, and the fields of its items may depend
        on them. Raises BadParams where these say no fields."""
        if self.mark.fields is None:
            return replace(self, values=params)
        hints = hook_call.within(hook_call.SECONDS, self.name, "fields", self._own_fields, params)
        fields = tuple(field_of(self.item_name, name, hint) for name, hint in hints.items())
        return replace(self, values=params, fields=fields, kind=row_kind(fields, dict))

    def _own_fields(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {} if self.mark.fields is None else dict(self.mark.fields(params))

    def columns(self, params: Mapping[str, Any]) -> tuple[Column, ...]:
        """The output columns of a run with these params."""
        if self.mark.columns is None:
            return self.fixed_columns
        return columns_of(hook_call.within(hook_call.SECONDS, self.name, "columns", self._own_columns, params))

    def _own_columns(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {} if self.mark.columns is None else dict(self.mark.columns(params))

    def default_pool(self, cores: int) -> Pool:
        """As many threads as it finds to be right for waiting work, one process per core for computing work."""
        if self.bound == "io":
            return Pool(processes=AUTO, threads=AUTO)
        return Pool(processes=max(1, cores), threads=1)

    def default_limits(self) -> Limits:
        """3 attempts of 30 s for io, 1 attempt without a deadline for cpu, and the job's own pace."""
        io = self.bound == "io"
        return Limits(
            attempts=3 if io else 1,
            deadline=30.0 if io else None,
            at_once=self.mark.pace.at_once,
            pause=self.mark.pace.pause,
        )


def read_job(name: str, module: types.ModuleType) -> Job:
    """The job a module defines. Raises DefinitionError with a sentence that says what to change."""
    function = _marked_function(name, module)
    hints = read_hints(function)
    parameters = list(inspect.signature(function).parameters.values())
    item = _item_parameter(function, parameters)
    title, _, description = (inspect.getdoc(module) or inspect.getdoc(function) or name).partition("\n")
    annotation = hints.get(item.name, str)
    fields = row_fields(item.name, annotation)
    columns, scalar = _return_columns(function, hints.get("return"))
    _check_size(function.__job__, columns)
    return Job(
        name=name,
        title=title.strip().rstrip("."),
        description=description.strip(),
        function=function,
        mark=function.__job__,
        item_name=item.name,
        kind=_kind_of(function, item.name, annotation, fields),
        item_annotation=annotation,
        fields=fields,
        params=tuple(_param(function, parameter, hints) for parameter in parameters[1:]),
        fixed_columns=columns,
        scalar=scalar,
    )


def _check_size(mark: JobOptions, columns: tuple[Column, ...]) -> None:
    """Where the columns depend on params, a size that is none of a run's is left out there."""
    numbers = [column.name for column in columns if column.type in ("int", "float", "number")]
    if mark.size and mark.columns is None and mark.size not in numbers:
        offer = f"it has {', '.join(numbers)}" if numbers else "it has none"
        raise DefinitionError(f"@job(size={mark.size!r}) is no column of numbers that the job returns: {offer}")


def _marked_function(name: str, module: types.ModuleType) -> Any:
    own = [
        value
        for value in vars(module).values()
        if isinstance(getattr(value, "__dict__", {}).get("__job__"), JobOptions)
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
    ]
    marked = list({id(function): function for function in own}.values())
    if not marked:
        raise DefinitionError(
            f"no function in {name} is marked with @job(…): mark the one that performs an item, "
            "above its other decorators and outside any class"
        )
    if len(marked) > 1:
        names = ", ".join(sorted(map(_name, marked)))
        raise DefinitionError(f"{name} marks several functions ({names}): a module is one job, keep one mark")
    if not inspect.isfunction(marked[0]) or _is_special(marked[0]):
        raise DefinitionError(
            f"{_name(marked[0])} must be a plain function that returns its row (no class, no async def, no yield)"
        )
    function: Any = marked[0]
    decorator.check(function.__job__)
    return function


def _name(marked: Any) -> str:
    """What a marked thing is called; of an object that can be called, its class."""
    return str(getattr(marked, "__name__", type(marked).__name__))


def _is_special(function: Callable[..., Any]) -> bool:
    tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(test(function) for test in tests)


def _item_parameter(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> inspect.Parameter:
    name = function.__name__
    if not parameters or parameters[0].kind not in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        raise DefinitionError(f"{name} takes no item: its first parameter must be the item, as in def {name}(url: Url)")
    for parameter in parameters[1:]:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            raise DefinitionError(f"{name} takes any arguments (**{parameter.name}): name each param, after a *")
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise DefinitionError(f"param {parameter.name} of {name} must be keyword-only: put a * after the item")
    return parameters[0]


def _param(function: Callable[..., Any], parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Param:
    name = parameter.name
    if name.startswith("_"):
        raise DefinitionError(f"param {name} of {function.__name__} begins with _, as no option does: rename it")
    if name in RESERVED:
        raise DefinitionError(f"param {name} of {function.__name__} is an option of the command line: choose another")
    if parameter.default is inspect.Parameter.empty:
        raise DefinitionError(f"param {name} of {function.__name__} has no default: give it one")
    if name not in hints:
        raise DefinitionError(f"param {name} of {function.__name__} has no type: annotate it")
    return Param(name=name, annotation=hints[name], default=parameter.default, help=help_of(hints[name]))


def _kind_of(function: Any, item: str, annotation: Any, fields: tuple[RowField, ...]) -> Kind:
    if fields or function.__job__.fields is not None:
        return row_kind(fields, builder_of(annotation))
    kind = kind_of(annotation)
    if kind is None:
        raise DefinitionError(
            f"the item {item} of {function.__name__} has a type that no cell can be read as: use Url, str, int or "
            "float, Annotated with a Kind, or a TypedDict, dataclass or model whose fields are such"
        )
    return kind


def _return_columns(function: Callable[..., Any], annotation: Any) -> tuple[tuple[Column, ...], bool]:
    if annotation is None or annotation is type(None):
        raise DefinitionError(
            f"{function.__name__} says not what it returns: annotate it with a TypedDict of its columns, or one type"
        )
    if is_typeddict(annotation):
        return columns_of(read_hints(annotation)), False
    record = record_hints(annotation)
    if record is not None and function.__job__.columns is None:  # type: ignore[attr-defined]
        return columns_of(record), False
    if function.__job__.columns is not None:  # type: ignore[attr-defined]
        return (), False
    if column_type(annotation) == "json" and typing.get_origin(plain_type(annotation)) is None:
        raise DefinitionError(
            f"{function.__name__} returns {getattr(annotation, '__name__', annotation)}: "
            "annotate a TypedDict of its columns, or one of int, float, bool, str"
        )
    return columns_of({"result": annotation}), True
