"""The mark on a job's function, and the Job that is read from its signature: the item, the params, the columns."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from typing_extensions import is_typeddict

from jobs.runtime.annotations import column_type, columns_of, extras_of, help_of, plain_type, read_hints
from jobs.runtime.errors import DefinitionError
from jobs.runtime.kinds import FLOAT, INTEGER, TEXT, Kind
from jobs.runtime.records import MACHINE_CODES, Column, Limits, Pool

Function = TypeVar("Function", bound=Callable[..., Any])
Bound = Literal["io", "cpu"]

RESERVED = frozenset(
    "item column sheet name processes threads at_once pause attempts deadline out raw detach json help only bom "
    "ways workers repeats yes politeness".split()
)
"""Names of the command line's own options, which a param may not have."""

IO_THREADS = 32
"""Threads of the default pool of an io job."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How gentle a job is with each group unless a run says otherwise: items at once, seconds between two starts."""

    at_once: int | None = None
    pause: float = 0.0


class Artifact:
    """A large by-product of an item: a name for its file and its content, in pieces of bytes or text.

    Put it in the row; the worker writes it, piece by piece, beside the store and puts the reference in its place.
    """

    column_type = "file"

    def __init__(self, name: str, chunks: Iterable[bytes | str] | bytes | str) -> None:
        self.name = name
        self.chunks: Iterable[bytes | str] = (chunks,) if isinstance(chunks, bytes | str) else chunks


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What `@job(…)` says; see there."""

    bound: Bound
    group: Callable[[Any], str] | None = None
    pace: Pace = Pace()
    key: Callable[[Any], str] | None = None
    cost: Callable[[Any, Mapping[str, Any]], float] | None = None
    check: Callable[[Any, Mapping[str, Any]], str | None] | None = None
    columns: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    ready: Callable[[], None] | None = None
    codes: Mapping[str, str] | None = None
    hidden: bool = False


def job(
    *,
    bound: Bound,
    group: Callable[[Any], str] | None = None,
    pace: Pace | None = None,
    key: Callable[[Any], str] | None = None,
    cost: Callable[[Any, Mapping[str, Any]], float] | None = None,
    check: Callable[[Any, Mapping[str, Any]], str | None] | None = None,
    columns: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ready: Callable[[], None] | None = None,
    codes: Mapping[str, str] | None = None,
    hidden: bool = False,
) -> Callable[[Function], Function]:
    """Mark a function as the job of its module; the function itself stays as it is.

    `bound` is what the job waits for: "io" (threads by default) or "cpu" (processes). The hooks are pure and cheap:
    `group(item)` names what the item shares with others that must be gentle together, by `pace`; `key(item)`: equal
    keys are performed once and copied; `cost(item, params)`: largest first; `check(item, params)` returns a sentence
    to refuse the item before computing (`over_budget`), or None; `columns(params)` gives all columns (name to
    annotation) where they depend on params. `ready()` is called once in each worker before its first item, to load
    what takes long, which would count as that item's seconds. `codes` lists the job's own codes with what each means.
    A hidden job is in no list, and runs when named.
    """

    def mark(function: Function) -> Function:
        function.__job__ = Mark(  # type: ignore[attr-defined]
            bound=bound,
            group=group,
            pace=pace or Pace(),
            key=key,
            cost=cost,
            check=check,
            columns=columns,
            ready=ready,
            codes=codes,
            hidden=hidden,
        )
        return function

    return mark


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
        raise DefinitionError(f"no function in {name} is marked with @job(…): mark the one that performs an item")
    if len(marked) > 1:
        names = ", ".join(sorted(function.__name__ for function in marked))
        raise DefinitionError(f"{name} marks several functions ({names}): a module is one job, keep one mark")
    if not inspect.isfunction(marked[0]) or _is_special(marked[0]):
        raise DefinitionError(
            f"{marked[0].__name__} must be a plain function that returns its row (no class, no async def, no yield)"
        )
    function: Any = marked[0]
    _check_mark(function.__job__)
    return function


def _is_special(function: Callable[..., Any]) -> bool:
    tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(test(function) for test in tests)


def _check_mark(mark: Mark) -> None:
    if mark.bound not in ("io", "cpu"):
        raise DefinitionError(f'@job(bound={mark.bound!r}) is not known: write bound="io" or bound="cpu"')
    for hook in ("group", "key", "cost", "check", "columns"):
        if getattr(mark, hook) is not None and not callable(getattr(mark, hook)):
            raise DefinitionError(f"@job({hook}={getattr(mark, hook)!r}) must be a function: write its name alone")
    _check_pace(mark.pace)
    _check_codes(mark.codes)


def _check_pace(pace: Any) -> None:
    if not isinstance(pace, Pace):
        raise DefinitionError(f"@job(pace={pace!r}) is no pace: write pace=Pace(at_once=2, pause=0.25)")
    if pace.at_once is not None and not (isinstance(pace.at_once, int) and pace.at_once >= 1):
        raise DefinitionError(f"Pace(at_once={pace.at_once!r}) must be a whole number from 1 up, or None for no cap")
    if not (isinstance(pace.pause, int | float) and 0 <= pace.pause < float("inf")):
        raise DefinitionError(f"Pace(pause={pace.pause!r}) must be a number of seconds from 0 up")


def _check_codes(codes: Any) -> None:
    if codes is None:
        return
    if not isinstance(codes, Mapping) or not all(isinstance(text, str) and text for text in [*codes, *codes.values()]):
        raise DefinitionError('@job(codes=…) must map each code to what it means: codes={"gone": "it is not there"}')
    taken = sorted(set(codes) & set(MACHINE_CODES))
    if taken:
        raise DefinitionError(f"code {taken[0]} is one of Fanout's own: choose another name")


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
    if column_type(annotation) == "json" and typing.get_origin(plain_type(annotation)) is None:
        raise DefinitionError(
            f"{function.__name__} returns {getattr(annotation, '__name__', annotation)}: "
            "annotate a TypedDict of its columns, or one of int, float, bool, str"
        )
    return columns_of({"result": annotation}), True
