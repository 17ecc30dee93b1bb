"""What a program asks for, as it says it: bodies in JSON and the words behind `?`, read into records at once.

What is unknown, of another type or out of its limits is refused by msgspec with the place where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from jobs.runtime import client
from jobs.runtime.api.problems import Problem
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Limits, Pool, Run
from jobs.runtime.core.result_filter import ResultFilter
from jobs.runtime.core.reuse import ANY_AGE, Reuse

MOST_WAIT = 60.0
MOST_ROWS = 1_000
MOST_RUNS = 200

Text = Annotated[str, Meta(max_length=1_000)]
Place = Annotated[int, Meta(ge=0, le=2**53)]
Cell = str | int | float | bool | None
Workers = int | Literal["auto"] | None


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything that is asked for: no more than what is named."""


class WantedPool(Asked, frozen=True, kw_only=True):
    """A pool; what is left out is the job's own."""

    processes: Workers = None
    threads: Workers = None


class WantedLimits(Asked, frozen=True, kw_only=True):
    """What a run may take; what is left out is the job's own, a deadline of null is none."""

    attempts: int | UnsetType = UNSET
    deadline: float | UnsetType | None = UNSET
    at_once: int | UnsetType | None = UNSET
    pause: float | UnsetType = UNSET


class WantedBudget(Asked, frozen=True, kw_only=True):
    """At what a run is paused: requests sent, bytes of answers read, the sum of a column of numbers."""

    requests: int | None = None
    bytes: int | None = None
    column: Text = ""
    sum: float | None = None

    def budget(self) -> Budget:
        """The same as a run has it."""
        return Budget(requests=self.requests, bytes=self.bytes, column=self.column, total=self.sum)


class WantedReuse(Asked, frozen=True, kw_only=True):
    """That rows of earlier runs are taken: those at most `fresh` seconds old (null: of any age); with `conditional` it
    is asked whether the others have changed."""

    fresh: Annotated[float, Meta(ge=0, le=ANY_AGE)] | None = None
    conditional: bool = False

    def reuse(self) -> Reuse:
        """The same as a run has it."""
        return Reuse(fresh=ANY_AGE if self.fresh is None else self.fresh, conditional=self.conditional)


class RunRequest(Asked, frozen=True, kw_only=True):
    """A run to start, or a table to check: a job and its items, as `items`, as `rows`, or as a file beside this.

    With `preset` all that is not said otherwise here is as that says; `preset_owner` says whose it is. `on` is where
    its workers are, `local` or `cluster`. `column` is the one of the items, `fields` the columns of an item that is a
    row, by the job's fields; `sheet`, `delimiter`, `header` and `encoding` say how the file is written.
    """

    job: Text
    preset: Text = ""
    preset_owner: Text = ""
    items: list[str | int | float] | UnsetType = UNSET
    rows: list[dict[str, Cell]] | UnsetType = UNSET
    params: dict[str, Any] = {}
    name: Text = ""
    column: Text = ""
    fields: dict[str, str] = {}
    sheet: Text = ""
    delimiter: Text | None = None
    header: bool | None = None
    encoding: Text = ""
    pool: WantedPool = WantedPool()
    limits: WantedLimits = WantedLimits()
    on: Literal["", "local", "cluster"] = ""
    budget: WantedBudget | UnsetType | None = UNSET
    reuse: WantedReuse | UnsetType | None = UNSET

    def wanted_pool(self, usual: Pool) -> Pool:
        """The pool asked for, the usual one for the rest. Raises BadParams."""
        processes, threads = (_number(name, self.pool) for name in ("processes", "threads"))
        return client.pool_with(usual, processes, threads)

    def wanted_limits(self, usual: Limits) -> Limits:
        """The limits asked for, the usual ones for the rest."""
        given = {name: value for name, value in msgspec.structs.asdict(self.limits).items() if value is not UNSET}
        return client.limits_with(usual, given)

    def wanted_reuse(self, usual: Reuse | None) -> Reuse | None:
        """What is taken from earlier runs; the usual where nothing is said of it, null: nothing."""
        return usual if self.reuse is UNSET else self.reuse.reuse() if self.reuse else None

    def wanted_budget(self, usual: Budget) -> Budget:
        """At what it is paused; the usual where nothing is said of it, null: at nothing."""
        return usual if self.budget is UNSET else self.budget.budget() if self.budget else Budget()


class ResumeWish(Asked, frozen=True, kw_only=True):
    """With which budget a run goes on that has reached the one it had; without: with none."""

    budget: WantedBudget = WantedBudget()


class RetryWish(Asked, frozen=True, kw_only=True):
    """Which items are tried again: those with these codes, or all that failed or were cancelled."""

    codes: Annotated[list[Text], Meta(max_length=200)] = []


class NoWords(Asked, frozen=True, kw_only=True):
    """Nothing behind `?`."""


class WaitWords(Asked, frozen=True, kw_only=True):
    """How long the answer may wait for the end of the run, in seconds."""

    wait: Annotated[float, Meta(ge=0, le=MOST_WAIT)] = 0.0


class ListWords(Asked, frozen=True, kw_only=True):
    """Which runs, newest first: `after` is the `next` of the page before."""

    state: Text = ""
    job: Text = ""
    text: Text = ""
    after: Place | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=MOST_RUNS)] = 50


class FilterWords(Asked, frozen=True, kw_only=True):
    """Which rows: of a state, a code, a group, with a text, with a value of a column as in `lang: "en"`."""

    state: Literal["", "waiting", "ok", "failed", "cancelled"] = ""
    code: Text = ""
    group: Text = ""
    text: Text = ""
    value: Text = ""

    def wanted(self, run: Run) -> ResultFilter:
        """The filter for a run. Raises Refused for a value of no column."""
        value = client.column_value(run, self.value) if self.value else None
        if self.value and value is None:
            raise Refused(f'{self.value[:80]!r} is no value of a column of the run: write it as in lang: "en"')
        return ResultFilter(state=self.state, code=self.code, group=self.group, text=self.text, value=value)


class RowWords(FilterWords, frozen=True, kw_only=True):
    """Which rows, by position: `after` is the `next` of the page before."""

    after: Place = 0
    limit: Annotated[int, Meta(ge=1, le=MOST_ROWS)] = 100


class ExportWords(FilterWords, frozen=True, kw_only=True):
    """What a file holds, and how it is written: as the options of `export` say."""

    only: Literal["", "ok", "failed", "input-of-failed"] = ""
    raw: bool = False
    bom: bool = False
    printed: bool = False
    related: bool = False
    delimiter: Text = ","
    decimal: Text = "."
    columns: Text = ""


Body = TypeVar("Body", bound=Asked)


def read_body(content: bytes, kind: type[Body]) -> Body:
    """A body of JSON. Raises Problem for what is none, or holds something else."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise Problem(422, f"the body is not what is wanted: {_sentence(error)}", code="bad_body") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, f"the body is no JSON: {_sentence(error)}", code="bad_json") from None


def as_asked(given: Mapping[str, Any], kind: type[Body]) -> Body:
    """The same of plain data. Raises Problem."""
    try:
        return msgspec.convert(dict(given), kind)
    except msgspec.ValidationError as error:
        raise Problem(422, f"this is not what is wanted: {_sentence(error)}", code="bad_body") from None


def read_words(given: Mapping[str, str], kind: type[Body]) -> Body:
    """What stands behind `?`. Raises Problem."""
    try:
        return msgspec.convert(dict(given), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(422, f"what stands behind ? is not wanted: {_sentence(error)}", code="bad_query") from None


def _number(name: str, asked: WantedPool) -> int | None:
    given = getattr(asked, name)
    return None if given is None else int(client.RUN_FIELDS[name].number(given))


def _sentence(error: Exception) -> str:
    text = str(error)[:300]
    return text[:1].lower() + text[1:]
