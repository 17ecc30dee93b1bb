"""A job as it is read from the signature of its marked function: the item, the params, the columns."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import is_typeddict

from jobs.runtime import mark
from jobs.runtime.annotations import column_type, columns_of, extras_of, help_of, plain_type, read_hints
from jobs.runtime.errors import DefinitionError
from jobs.runtime.kinds import FLOAT, INTEGER, TEXT, Kind
from jobs.runtime.mark import Bound, Mark
from jobs.runtime.records import Column, Limits, Pool

RESERVED = frozenset(
    "item column sheet name processes threads at_once pause attempts deadline out raw detach json help only bom "
    "ways workers repeats yes politeness".split()
)
"""Names of the command line's own options, which a param may not have."""

IO_THREADS = 32
"""Threads of the default pool of an io job."""


@dataclass(frozen=True, kw_only=True)
class Param:
    """One keyword option of a job: its name, its annotation (with pydantic's Field), default and help."""

    name: str
    annotation: Any
    default: Any
    help: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as its signature defines it."""

    name: str
    title: str
    description: str
    function: Callable[..., Any]
    mark: Mark
    item_name: str
    kind: Kind
    item_annotation: Any
    params: tuple[Param, ...]
    fixed_columns: tuple[Column, ...]
    scalar: bool

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

    def columns(self, params: Mapping[str, Any]) -> tuple[Column, ...]:
        """The output columns of a run with these params."""
        if self.mark.columns is None:
            return self.fixed_columns
        return columns_of(dict(self.mark.columns(params)))

    def default_pool(self, cores: int) -> Pool:
        """Threads for waiting work, one process per core for computing work."""
        if self.bound == "io":
            return Pool(processes=1, threads=IO_THREADS)
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
    columns, scalar = _return_columns(function, hints.get("return"))
    return Job(
        name=name,
        title=title.strip().rstrip("."),
        description=description.strip(),
        function=function,
        mark=function.__job__,
        item_name=item.name,
        kind=_kind_of(function, item.name, annotation),
        item_annotation=annotation,
        params=tuple(_param(function, parameter, hints) for parameter in parameters[1:]),
        fixed_columns=columns,
        scalar=scalar,
    )


def _marked_function(name: str, module: types.ModuleType) -> Any:
    own = [
        value
        for value in vars(module).values()
        if isinstance(getattr(value, "__dict__", {}).get("__job__"), Mark)
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
    mark.check(function.__job__)
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


_KINDS: Mapping[Any, Kind] = {str: TEXT, int: INTEGER, float: FLOAT}


def _kind_of(function: Callable[..., Any], item: str, annotation: Any) -> Kind:
    for extra in extras_of(annotation):
        if isinstance(extra, Kind):
            return extra
    kind = _KINDS.get(plain_type(annotation))
    if kind is None:
        raise DefinitionError(
            f"the item {item} of {function.__name__} has a type that no cell can be read as: "
            "use Url, str, int or float, or Annotated with a Kind"
        )
    return kind


def _return_columns(function: Callable[..., Any], annotation: Any) -> tuple[tuple[Column, ...], bool]:
    if annotation is None or annotation is type(None):
        raise DefinitionError(
            f"{function.__name__} says not what it returns: annotate it with a TypedDict of its columns, or one type"
        )
    if is_typeddict(annotation):
        return columns_of(read_hints(annotation)), False
    if function.__job__.columns is not None:  # type: ignore[attr-defined]
        return (), False
    if column_type(annotation) == "json" and typing.get_origin(plain_type(annotation)) is None:
        raise DefinitionError(
            f"{function.__name__} returns {getattr(annotation, '__name__', annotation)}: "
            "annotate a TypedDict of its columns, or one of int, float, bool, str"
        )
    return columns_of({"result": annotation}), True
