"""The mark on a job's function: what it waits for, its hooks, its pace; and the by-products it may put in its row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from jobs.runtime.errors import DefinitionError
from jobs.runtime.records import MACHINE_CODES

Function = TypeVar("Function", bound=Callable[..., Any])
Bound = Literal["io", "cpu"]


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
    keys are performed once and copied, None equals none; `cost(item, params)`: largest first; `check(item, params)`
    returns a sentence to refuse the item before computing (`over_budget`), or None; `columns(params)` gives all columns
    (name to annotation) where they depend on params. `ready()` is called once in each worker before its first item, to
    load what takes long, which would count as that item's seconds. `codes` lists the job's own codes with what each
    means. A hidden job is in no list, and runs when named.
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


def check(mark: Mark) -> None:
    """Raise DefinitionError, with what to change, for a mark that cannot be."""
    if mark.bound not in ("io", "cpu"):
        raise DefinitionError(f'@job(bound={mark.bound!r}) is not known: write bound="io" or bound="cpu"')
    for hook in ("group", "key", "cost", "check", "columns", "ready"):
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
