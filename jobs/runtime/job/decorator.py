"""The mark on a job's function: what it waits for, its hooks, its pace; and the by-products it may put in its row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from jobs.runtime.core.errors import DefinitionError
from jobs.runtime.core.job_terms import MACHINE_CODES
from jobs.runtime.core.text import as_text

Function = TypeVar("Function", bound=Callable[..., Any])
Bound = Literal["io", "cpu"]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How gentle a job is with each group unless a run says otherwise: items at once, seconds between two starts."""

    at_once: int | None = None
    pause: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a job is tried with: files in its own folder or in `data/`, and words of the command line.

    `file` is its sample input (`data/NAME.csv` where it names none), `params` what it is run with unless a person says
    otherwise, `measured` what Measure takes instead of it, for a
    sample that is full of mishaps on purpose; `words` give a few items, as in `urls.csv` or `--item 5`. Where a job has
    several, a sample is chosen by its `name`, and `title` says on a button what it shows.
    """

    file: str = ""
    measured: str = ""
    words: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Files:
    """What the files are that a job's items write: `verb`, another name for the command `files`; `joined`, the endings
    of files that they make one after the other (see a column's `joined`), each with what a run needs for it."""

    verb: str = ""
    joined: Mapping[str, str] = field(default_factory=dict)


class Artifact:
    """A large by-product of an item: a name for its file and its content, in pieces of bytes or text.

    Put it in the row; the worker writes it, piece by piece, beside the store and puts the reference in its place.
    """

    column_type = "file"

    def __init__(self, name: str, chunks: Iterable[bytes | str] | bytes | str) -> None:
        self.name = name
        self.chunks: Iterable[bytes | str] = (chunks,) if isinstance(chunks, bytes | str) else chunks


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """What `@job(…)` says; see there."""

    bound: Bound
    group: Callable[..., str] | None = None
    pace: Pace = Pace()
    key: Callable[..., str | None] | None = None
    cost: Callable[[Any, Mapping[str, Any]], float] | None = None
    check: Callable[[Any, Mapping[str, Any]], str | None] | None = None
    columns: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    fields: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    ready: Callable[[], None] | None = None
    fetch: Callable[[str], bytes] | None = None
    codes: Mapping[str, str] | None = None
    sample: Sample | tuple[Sample, ...] = Sample()
    files: Files = Files()
    dry_run: Mapping[str, Any] | None = None
    size: str = ""
    conditional: bool = False
    asks: bool = False
    hidden: bool = False

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What it is tried with, the first of them where nothing else is said."""
        return self.sample if isinstance(self.sample, tuple) and self.sample else (self.sample or Sample(),)  # type: ignore[return-value]


def job(
    *,
    bound: Bound,
    group: Callable[..., str] | None = None,
    pace: Pace | None = None,
    key: Callable[..., str | None] | None = None,
    cost: Callable[[Any, Mapping[str, Any]], float] | None = None,
    check: Callable[[Any, Mapping[str, Any]], str | None] | None = None,
    columns: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    fields: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ready: Callable[[], None] | None = None,
    fetch: Callable[[str], bytes] | None = None,
    codes: Mapping[str, str] | None = None,
    sample: Sample | tuple[Sample, ...] | None = None,
    files: Files | None = None,
    dry_run: Mapping[str, Any] | None = None,
    size: str = "",
    conditional: bool = False,
    asks: bool = False,
    hidden: bool = False,
) -> Callable[[Function], Function]:
    """Mark a function as the job of its module; the function itself stays as it is.

    `bound` is what the job waits for: "io" (threads by default) or "cpu" (processes). The hooks are pure and cheap:
    `group(item)` names what the item shares with others that must be gentle together, by `pace`; `key(item)`: equal
    keys are performed once and copied, None equals none; `cost(item, params)`: largest first; `check(item, params)`
    returns a sentence to refuse the item before computing (`over_budget`), or None; `columns(params)` gives all columns
    (name to annotation) where they depend on params, and `fields(params)` likewise the fields of an item that is a row.
    `group` and `key` may take the params too. `ready()` is called once in each worker before its first item, to
    load what takes long, which would count as that item's seconds. `fetch(url)` gives the bytes of a list that an input
    names, as a sitemap index names sitemaps. `codes` lists the job's own codes with what each means, `sample` what it
    is tried with (several have names), `files` what its items' files are; `size` names the column (of numbers) with
    which an item's seconds grow: the overview of a run draws them against it. `dry_run` are params that are added where
    one item is tried, to see what would be done. `conditional`: the job asks whether what an earlier run has of an item
    has changed (`jobs.earlier`); `asks`: it asks servers, and says how often (`jobs.spent`). A hidden job is in no
    list, and runs when named.
    """

    def mark(function: Function) -> Function:
        function.__job__ = JobOptions(  # type: ignore[attr-defined]
            bound=bound,
            group=group,
            pace=Pace() if pace is None else pace,
            key=key,
            cost=cost,
            check=check,
            columns=columns,
            fields=fields,
            ready=ready,
            fetch=fetch,
            codes=_plain(codes),
            sample=Sample() if sample is None else sample,
            files=Files() if files is None else files,
            dry_run=dry_run,
            size=size,
            conditional=conditional,
            asks=asks,
            hidden=hidden,
        )
        return function

    return mark


def check(mark: JobOptions) -> None:
    """Raise DefinitionError, with what to change, for a mark that cannot be."""
    if mark.bound not in ("io", "cpu"):
        raise DefinitionError(f'@job(bound={mark.bound!r}) is not known: write bound="io" or bound="cpu"')
    for hook in ("group", "key", "cost", "check", "columns", "fields", "ready", "fetch"):
        if getattr(mark, hook) is not None and not callable(getattr(mark, hook)):
            raise DefinitionError(f"@job({hook}={getattr(mark, hook)!r}) must be a function: write its name alone")
    if not isinstance(mark.size, str):
        raise DefinitionError(f'@job(size={mark.size!r}) is no name of a column: write size="digits"')
    _check_pace(mark.pace)
    for name, record, given in (("sample", Sample, mark.samples), ("files", Files, (mark.files,))):
        if not all(isinstance(one, record) for one in given):
            said = getattr(mark, name)
            raise DefinitionError(f"@job({name}={said!r}) is no {record.__name__}: write {name}={record.__name__}(…)")
    _check_samples(mark.samples)
    _check_codes(mark.codes)


def _plain(codes: Any) -> Any:
    """Codes and what they mean as texts, also where they are members of an enum."""
    known = isinstance(codes, Mapping)
    return {as_text(code): as_text(meaning) for code, meaning in codes.items()} if known and codes else codes


def _check_samples(samples: tuple[Sample, ...]) -> None:
    names = [sample.name for sample in samples]
    if len(samples) > 1 and (not all(names) or len(set(names)) < len(names)):
        raise DefinitionError(f'@job(sample=…) has several with the names {names}: give each its own, name="places"')


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
