"""A preset: settings of a job under a name, to begin runs with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import msgspec

from jobs.runtime.core.budget import Budget
from jobs.runtime.core.kept_name import kept_name
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.text import in_one_line

HOW: Mapping[str, bool] = {
    **dict.fromkeys(("processes", "threads", "attempts", "pause"), False),
    **dict.fromkeys(("deadline", "at_once"), True),
}
"""What says how a run is executed, and whether it may be None: no deadline, any number at once."""

MOST_NAME = 200
"""Characters of a preset's name."""


@dataclass(frozen=True, kw_only=True)
class RunPreset:
    """What a preset says of a run; all that it does not say is as the job has it.

    `params` are the job's, plain, `how` is how it is run (processes, threads, attempts, deadline, at_once, pause; None:
    none), `on` where its workers are (`local` or `cluster`; empty: it does not say), `column` where the items are,
    `fields` the columns of a row's fields, `shown` the columns of the result that are shown, `reuse` what is taken from
    earlier runs (None: nothing), `budget` at what it is paused. What a run keeps of its preset is complete. `saved_at`
    is in Unix seconds (0: never); `owner` is whose it is, which it does not say itself; `fault` says why it cannot be
    used (empty: it can).
    """

    name: str
    job: str
    params: Mapping[str, Any] = field(default_factory=dict)
    how: Mapping[str, float | None] = field(default_factory=dict)
    on: str = ""
    column: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    reuse: Reuse | None = None
    budget: Budget = field(default_factory=Budget)
    saved_at: float = 0.0
    owner: str = OWNER
    fault: str = ""

    def plain(self) -> dict[str, Any]:
        """What it says, ready for JSON."""
        return {name: _plain(getattr(self, name)) for name in _SAID}

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns of the input that it says."""
        return tuple(name for name in (self.column, *self.fields.values()) if name)

    @property
    def title(self) -> str:
        """Its name within a sentence."""
        return f"'{in_one_line(self.name)}'"


_SAID = tuple(entry.name for entry in fields(RunPreset) if entry.name not in ("saved_at", "owner", "fault"))


def of_plain(given: Any, saved_at: float = 0.0, owner: str = OWNER) -> RunPreset:
    """A preset from what `plain` gave. Raises ValueError, TypeError or LookupError: it is none."""
    return RunPreset(
        name=_of(str, given["name"]),
        job=_of(str, given["job"]),
        params=_of(dict, given.get("params", {})),
        how=_how(given.get("how", {})),
        on=_of(str, given.get("on", "")),
        column=_of(str, given.get("column", "")),
        fields=_of(dict, given.get("fields", {})),
        shown=tuple(_of(str, name) for name in _of(list, given.get("shown", []))),
        reuse=msgspec.convert(given.get("reuse"), Reuse | None),
        budget=msgspec.convert(given.get("budget", {}), Budget),
        saved_at=saved_at,
        owner=owner,
    )


def preset_name(text: str) -> str:
    """The name of a preset as it is kept. Raises Refused for none, and for a long one."""
    return kept_name(text, "a preset", MOST_NAME)


def _plain(value: Any) -> Any:
    if isinstance(value, Reuse | Budget):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def _how(given: Any) -> dict[str, float | None]:
    for name, value in _of(dict, given).items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name not in HOW or not (number or (value is None and HOW[name])):
            raise ValueError(f"its {name} is {str(value)[:40]!r}")
    return dict(given)


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{str(value)[:40]!r} is no {kind.__name__}")
    return value
